import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inflateSync } from 'node:zlib'

import { pngOf } from '../../static/storming/exchange/png_stream.js'
import { kindOfWord, notesOf, tableOf } from '../../static/storming/exchange/pasting.js'

async function* strips(width, height, each) {
  for (let top = 0; top < height; top += each) {
    const rows = Math.min(each, height - top)
    const data = new Uint8ClampedArray(width * rows * 4)
    for (let place = 0; place < width * rows; place++) data.set([place % 251, (top + place) % 13, 200, 255], place * 4)
    yield { data, rows }
  }
}

/** Chunks of a PNG, and its pixels after taking the filters off. */
function decode(bytes) {
  const view = new DataView(bytes.buffer)
  const chunks = []
  for (let at = 8; at < bytes.length;) {
    const size = view.getUint32(at)
    chunks.push({ name: String.fromCharCode(...bytes.subarray(at + 4, at + 8)), data: bytes.subarray(at + 8, at + 8 + size) })
    at += size + 12
  }
  const head = new DataView(chunks[0].data.slice().buffer)
  const [width, height] = [head.getUint32(0), head.getUint32(4)]
  const raw = inflateSync(Buffer.concat(chunks.filter(({ name }) => name === 'IDAT').map(({ data }) => data)))
  const pixels = new Uint8Array(width * height * 3)
  for (let row = 0; row < height; row++) {
    const filter = raw[row * (width * 3 + 1)]
    for (let x = 0; x < width * 3; x++) {
      const above = filter === 2 ? pixels[(row - 1) * width * 3 + x] : 0
      pixels[row * width * 3 + x] = raw[row * (width * 3 + 1) + 1 + x] + above
    }
  }
  return { names: chunks.map(({ name }) => name), width, height, pixels, raw }
}

test('a PNG written in strips holds the pixels that went in', async () => {
  const blob = await pngOf(37, 29, strips(37, 29, 8))
  const { names, width, height, pixels, raw } = decode(new Uint8Array(await blob.arrayBuffer()))
  assert.deepEqual([names[0], names.at(-1), width, height, raw.length], ['IHDR', 'IEND', 37, 29, 29 * (37 * 3 + 1)])
  const wanted = []
  for await (const { data } of strips(37, 29, 8)) for (let place = 0; place < data.length; place += 4) wanted.push(...data.subarray(place, place + 3))
  assert.deepEqual([...pixels], wanted)
})

test('rows that are missing, and sides that are too long, are refused', async () => {
  await assert.rejects(pngOf(10, 20, strips(10, 12, 4)), RangeError)
  await assert.rejects(pngOf(70_000, 1, strips(1, 1, 1)), RangeError)
})

test('cells of a spreadsheet may hold line breaks and quotes', () => {
  assert.deepEqual(tableOf('a\t"b\n""c"""\r\nd\te\n'), [['a', 'b\n"c"'], ['d', 'e']])
})

test('rows of a spreadsheet become notes of the kinds that a column names', () => {
  const { notes } = notesOf('Kind\tText\nEvent\tOrder placed\ncommand\tPlace order\nquestion\tWho pays?\n', 500)
  assert.deepEqual(Object.values(notes).map(({ kind, text }) => [kind, text]), [
    ['domain_event', 'Order placed'], ['command', 'Place order'], ['hotspot', 'Who pays?'],
  ])
})

test('a table without kinds gives a note a cell, lines give a note a line, and what is too much is counted', () => {
  assert.equal(Object.keys(notesOf('a\tb\n\tc\n', 500).notes).length, 3)
  const { notes, left } = notesOf('- one\n\n* two\nthree', 2)
  assert.deepEqual([Object.values(notes).map(({ text }) => text), left], [['one', 'two'], 1])
})

test('kinds are known by our words and everyday ones', () => {
  assert.deepEqual(['Read model', 'read_model', 'View', 'Issue', 'nonsense'].map(kindOfWord), ['read_model', 'read_model', 'read_model', 'hotspot', undefined])
})
