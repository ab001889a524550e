import assert from 'node:assert/strict'
import { test } from 'node:test'

import { BoardDocument } from '../../static/storming/document.js'
import { UndoStack } from '../../static/storming/undo.js'
import { deedOf } from '../../static/storming/past/deeds.js'
import { idsIn, restoration } from '../../static/storming/past/restoring.js'

const note = (x, more = {}) => ({ kind: 'domain_event', x, y: 0, ...more })
const map = (elements) => new Map(Object.entries(elements))

test('restoring writes what differs, deletes what came later and brings back what was deleted', () => {
  const present = map({ a: note(5, { text: 'new', w: 200 }), b: note(1), gone: note(2, { deleted: true }), same: note(3) })
  const past = map({ a: note(0, { text: 'old' }), gone: note(2), same: note(3) })
  assert.deepEqual(restoration(present, past, null).elements, {
    a: { x: 0, text: 'old', w: null }, b: { deleted: true }, gone: { deleted: null },
  })
})

test('restoring leaves alone what the server sets, others\' remarks, locks, and what may not be changed', () => {
  const present = map({
    a: note(0, { type_id: 't', kind: 'command', locked: true, created_by: 'x' }), r: { kind: 'remark', text: 'now' }, lane: { kind: 'swimlane', x: 1, y: 1, w: 9, h: 9 },
  })
  const past = map({ a: note(0, { created_by: 'y' }), r: { kind: 'remark', text: 'then' }, lane: { kind: 'swimlane', x: 0, y: 1, w: 9, h: 9 } })
  const { elements, left } = restoration(present, past, null, (id) => id !== 'lane')
  assert.deepEqual([elements, left], [{}, 1])
})

test('a restored board equals the moment, and undo gives back what was before', () => {
  const document = new BoardDocument()
  const now = { a: note(5), b: note(1), arrow: { kind: 'connector', from: 'a', to: 'b', deleted: true } }
  document.load(now, 9)
  const undo = new UndoStack(document)
  const past = map({ a: note(0), b: note(1), arrow: { kind: 'connector', from: 'a', to: 'b' } })
  const { elements } = restoration(document.elements, past, null)
  assert.deepEqual(Object.keys(elements).at(-1), 'arrow')
  undo.record(1, { elements })
  document.applyMine({ n: 1, patch: { elements } })
  assert.deepEqual(Object.fromEntries(document.elements), Object.fromEntries(past))
  document.applyMine({ n: 2, patch: undo.take('undo', 2).patch })
  assert.deepEqual(Object.fromEntries(document.elements), now)
})

test('a region takes what lies there now, what lay there then, and the arrows between', () => {
  const present = map({ in: note(0), out: note(900), left: note(900), arrow: { kind: 'connector', from: 'in', to: 'left' } })
  const past = map({ in: note(0), left: note(100), out: note(900), arrow: { kind: 'connector', from: 'in', to: 'left' } })
  assert.deepEqual([...idsIn(present, past, { x: -10, y: -10, w: 400, h: 400 })].sort(), ['arrow', 'in', 'left'])
})

test('deeds are told in words', () => {
  const known = { a: note(0, { text: 'Order placed' }) }
  const before = (id) => known[id]
  assert.equal(deedOf({ n: { kind: 'hotspot', x: 1, y: 2, text: '' } }, before), 'made the hotspot')
  assert.equal(deedOf({ a: { x: 3 } }, before), 'moved the event “Order placed”')
  assert.equal(deedOf({ a: { text: 'Order paid' } }, before), 'wrote the event “Order paid”')
  assert.equal(deedOf({ a: { deleted: true }, b: { deleted: true }, c: { deleted: true } }, before), 'deleted 3 elements')
  assert.equal(deedOf({ a: { deleted: null } }, (id) => ({ ...known[id], deleted: true })), 'brought back the event “Order placed”')
})
