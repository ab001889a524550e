import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import * as protocol from '../../static/storming/protocol.js'

const golden = JSON.parse(readFileSync(new URL('../golden/board_protocol.json', import.meta.url), 'utf8'))

for (const [name, frame] of Object.entries(golden.client)) {
  test(`the client writes the golden frame ${name}`, () => {
    const text = {
      hello: () => protocol.hello({ clientId: frame.client_id, epoch: frame.epoch, since: frame.since }),
      ops: () => protocol.ops(frame.ops), presence: () => protocol.presence(frame), ping: () => protocol.ping(),
    }[frame.t]()
    assert.deepEqual(JSON.parse(text), frame)
  })
}

for (const [name, frame] of Object.entries(golden.server)) {
  test(`the client reads the golden frame ${name}`, () => assert.deepEqual(protocol.decode(JSON.stringify(frame)), frame))
}

test('a frame of a newer server is passed over, one that is none is an error', () => {
  assert.equal(protocol.decode('{"t":"fireworks"}'), null)
  for (const text of ['[]', 'null', '{}', '{"t":1}', 'no']) assert.throws(() => protocol.decode(text), SyntaxError)
})

test('operations are cut into frames of at most 200 and a mebibyte, in order', () => {
  const small = Array.from({ length: 450 }, (_, place) => ({ n: place + 1, patch: { elements: { a: { x: place } } } }))
  const frames = protocol.frames(small)
  assert.deepEqual(frames.map((frame) => frame.length), [200, 200, 50])
  assert.deepEqual(frames.flat().map(({ n }) => n), small.map(({ n }) => n))
  const large = Array.from({ length: 40 }, (_, place) => ({ n: place + 1, patch: { elements: Object.fromEntries(Array.from({ length: 30 }, (__, id) => [id, { text: 'ü'.repeat(2000) }])) } }))
  for (const frame of protocol.frames(large)) assert.ok(Buffer.byteLength(protocol.ops(frame)) <= protocol.FRAME_BYTES_MAX)
})

test('a patch of very many elements becomes several operations that say the same', () => {
  const patch = { elements: Object.fromEntries(Array.from({ length: 2_500 }, (_, place) => [`n${place}`, { x: place }])) }
  const pieces = protocol.pieces(patch)
  assert.equal(pieces.length, 3)
  assert.deepEqual(Object.assign({}, ...pieces.map(({ elements }) => elements)), patch.elements)
})

test('numbers and texts are brought within what the server takes', () => {
  const { elements } = protocol.withinLimits({ elements: { a: { x: Infinity, y: 2e9, w: 10.123, text: 'x'.repeat(3000) } } })
  assert.deepEqual({ ...elements.a, text: elements.a.text.length }, { x: 0, y: 1_000_000, w: 10.12, text: 2000 })
})
