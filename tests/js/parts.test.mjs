import assert from 'node:assert/strict'
import { test } from 'node:test'

import { orderKeyAfter } from '../../static/storming/fractional.js'
import { arrowBetween, distanceTo } from '../../static/storming/geometry.js'
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
