import assert from 'node:assert/strict'
import { test } from 'node:test'

import { arranged } from '../../static/storming/arranging.js'
import { hiddenKinds, NOTES, speak } from '../../static/storming/kinds.js'
import { snapped } from '../../static/storming/snapping.js'
import { orderKeyAfter } from '../../static/storming/fractional.js'
import { arrowBetween, distanceTo, overlap } from '../../static/storming/geometry.js'
import { mergeText } from '../../static/storming/merge_text.js'
import { nameOf, schemaOf } from '../../static/storming/schema_fields.js'
import { BoardDocument } from '../../static/storming/document.js'
import { freeToTheRight, timeline } from '../../static/storming/timeline.js'

test('order keys go up for as long as somebody raises notes', () => {
  let last
  for (let raised = 0; raised < 300_000; raised++) {
    const next = orderKeyAfter(last)
    assert.ok(last === undefined || next > last, `${next} after ${last}`)
    last = next
  }
  assert.ok(last.length < 8)
})

test('words in different places are both kept', () => {
  assert.deepEqual(mergeText('Order placed', 'Big order placed', 'Order placed online'), { text: 'Big order placed online', lost: null })
  assert.deepEqual(mergeText('a b c', 'a b c', 'a x c'), { text: 'a x c', lost: null })
})

test('where both changed the same words mine stays and theirs is handed back', () => {
  assert.deepEqual(mergeText('Order placed', 'Order received', 'Order paid'), { text: 'Order received', lost: 'Order paid' })
  assert.deepEqual(mergeText('', 'mine', 'theirs'), { text: 'mine', lost: 'theirs' })
})

test('an arrow begins and ends at the borders of its notes', () => {
  const { from, to } = arrowBetween({ x: 0, y: 0, w: 140, h: 140 }, { x: 300, y: 20, w: 252, h: 140 })
  assert.deepEqual([from, to], [{ x: 140, y: 70 }, { x: 300, y: 90 }])
  const down = arrowBetween({ x: 0, y: 0, w: 140, h: 140 }, { x: 20, y: 400, w: 140, h: 140 })
  assert.deepEqual([down.from, down.to], [{ x: 70, y: 140 }, { x: 90, y: 400 }])
  assert.ok(distanceTo(down, down.from) < 0.001)
})

test('fields become a schema; rows without a name are left out', () => {
  const fields = [
    { name: ' orderId ', type: 'uuid', required: true, description: 'Which one' },
    { name: 'total', type: 'number', required: false, description: '' }, { name: '', type: 'text', required: true, description: '' },
  ]
  assert.deepEqual(schemaOf(fields), {
    $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', required: ['orderId'],
    properties: { orderId: { type: 'string', format: 'uuid', description: 'Which one' }, total: { type: 'number' } },
  })
})

test('a note gives its type a name that services can write', () => {
  assert.equal(nameOf('Order placed!'), 'order.placed')
  assert.equal(nameOf('  Größe\n geändert '), 'grosse.geandert')
})

test('the timeline goes from left to right, then down; the next note goes where there is room', () => {
  const document = new BoardDocument()
  document.load({
    c: { kind: 'domain_event', x: 200, y: 0 }, a: { kind: 'domain_event', x: 0, y: 50 }, b: { kind: 'actor', x: 0, y: 90 },
    gone: { kind: 'domain_event', x: 10, y: 0, deleted: true }, arrow: { kind: 'connector', from: 'a', to: 'c' }, dot: { kind: 'vote', x: 5, y: 5 },
  }, 1)
  assert.deepEqual(timeline(document).map(({ id }) => id), ['a', 'b', 'c'])
  assert.equal(freeToTheRight(document, { x: 168, y: 0, w: 140, h: 140 }, 28).x, 368)
})

const boxes = (...places) => places.map(([x, y, w = 140, h = 140], place) => ({ id: `n${place}`, box: { x, y, w, h } }))

test('aligning brings edges or middles onto one line, and moves nothing else', () => {
  const boxed = boxes([0, 10], [200, 60], [500, 30, 252, 140])
  assert.deepEqual([...arranged(boxed, 'top').values()].map(({ y }) => y), [10, 10, 10])
  assert.deepEqual([...arranged(boxed, 'top').values()].map(({ x }) => x), [0, 200, 500])
  assert.deepEqual([...arranged(boxed, 'right').values()].map(({ x }) => x), [612, 612, 500])
})

test('even spacing keeps the outermost two and makes the gaps equal', () => {
  const places = arranged(boxes([0, 0], [150, 40], [620, 0, 252, 140]), 'across')
  assert.deepEqual([...places.values()].map(({ x }) => x), [0, 310, 620])
  assert.equal(arranged(boxes([0, 0], [150, 40]), 'across').size, 0)
})

test('a row and a grid leave no two notes on each other', () => {
  for (const how of ['row', 'grid']) {
    const boxed = boxes(...Array.from({ length: 9 }, (_, place) => [place * 3, place % 2, place % 3 ? 140 : 252, 140]))
    const put = boxed.map(({ id, box }) => ({ ...box, ...arranged(boxed, how).get(id) }))
    for (const a of put) for (const b of put) assert.ok(a === b || !overlap(a, b), how)
  }
})

test('what is dragged near an edge, a middle or an even gap is drawn there, and further off it is not', () => {
  const others = [{ x: 0, y: 0, w: 140, h: 140 }]
  assert.deepEqual(snapped({ x: 300, y: 4, w: 140, h: 140 }, others, 6).dy, -4)
  assert.deepEqual(snapped({ x: 300, y: 9, w: 140, h: 140 }, others, 6), { dx: 0, dy: 0, guides: [] })
  const row = [{ x: 0, y: 0, w: 140, h: 140 }, { x: 200, y: 3, w: 140, h: 140 }]
  assert.equal(snapped({ x: 403, y: 60, w: 100, h: 140 }, row, 6).dx, -3)
  assert.equal(snapped({ x: 300, y: 65, w: 10, h: 10 }, others, 6).guides.length, 1)
})

test('the timeline reads a column from top to bottom, as the server does', () => {
  const document = new BoardDocument()
  document.load({ low: { kind: 'command', x: 0, y: 300 }, high: { kind: 'domain_event', x: 40, y: 0 }, next: { kind: 'domain_event', x: 75, y: 0 } }, 1)
  assert.deepEqual(timeline(document).map(({ id }) => id), ['high', 'low', 'next'])
})

test('a legend renames and recolours kinds, and taking it away brings back the notation', () => {
  speak({ policy: { label: 'Reaction', colour: '#112233' }, vote: { hidden: true } })
  assert.deepEqual([NOTES.policy.label, NOTES.policy.colour, NOTES.policy.ink], ['Reaction', '#112233', '#fff'])
  assert.ok(hiddenKinds.has('vote'))
  speak({})
  assert.deepEqual([NOTES.policy.label, NOTES.policy.colour, hiddenKinds.size], ['Policy', '#C18DC9', 0])
})
