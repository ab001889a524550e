import assert from 'node:assert/strict'
import { test } from 'node:test'

import { BoardDocument } from '../../static/storming/document.js'
import { UndoStack } from '../../static/storming/undo.js'

const ME = 'me'
const operation = (seq, elements, { client_id = 'bob', n = seq, name = 'Bob' } = {}) => ({
  seq, n, client_id, actor: { id: name, name }, at: '', patch: { elements },
})
const board = (elements = {}, seq = 0) => {
  const document = new BoardDocument()
  document.load(elements, seq)
  return document
}
const drawn = (document) => Object.fromEntries(document.elements)

test('a move and a change of kind by two people are both kept', () => {
  const document = board({ a: { kind: 'domain_event', x: 0, y: 0 } })
  document.applyMine({ n: 1, patch: { elements: { a: { x: 50 } } } })
  document.applyHistory([operation(1, { a: { kind: 'hotspot' } })], ME)
  assert.deepEqual(drawn(document), { a: { kind: 'hotspot', x: 50, y: 0 } })
})

test('my unacknowledged value wins over an older one of another, as it will on the server', () => {
  const document = board({ a: { kind: 'domain_event', x: 0, y: 0 } })
  document.applyMine({ n: 1, patch: { elements: { a: { x: 50 } } } })
  document.applyHistory([operation(1, { a: { x: 10 } })], ME)
  assert.equal(document.elements.get('a').x, 50)
  document.applyHistory([operation(2, { a: { x: 50 } }, { client_id: ME, n: 1 })], ME)
  document.applyHistory([operation(3, { a: { x: 70 } })], ME)
  assert.equal(document.elements.get('a').x, 70)
})

test('null removes a property and a deleted element is kept but not live', () => {
  const document = board({ a: { kind: 'domain_event', x: 0, y: 0, pivotal: true } })
  document.applyHistory([operation(1, { a: { pivotal: null, deleted: true } })], ME)
  assert.deepEqual(drawn(document), { a: { kind: 'domain_event', x: 0, y: 0, deleted: true } })
  assert.equal(document.live('a'), undefined)
})

test('a refused operation comes off, and what the server holds is put back', () => {
  const document = board({ a: { kind: 'domain_event', x: 0, y: 0 } })
  document.applyMine({ n: 1, patch: { elements: { a: { kind: 'command' }, b: { kind: 'hotspot', x: 1, y: 1 } } } })
  document.refuse(1, { a: { kind: 'domain_event' } })
  assert.deepEqual(drawn(document), { a: { kind: 'domain_event', x: 0, y: 0 } })
})

test('a fresh snapshot is the same as the old state with the updates', () => {
  const stale = board({ a: { kind: 'domain_event', x: 0, y: 0 } })
  stale.applyMine({ n: 1, patch: { elements: { a: { text: 'mine' } } } })
  stale.applyHistory([operation(1, { a: { x: 5 }, b: { kind: 'actor', x: 1, y: 2 } })], ME)
  const fresh = board({ a: { kind: 'domain_event', x: 5, y: 0 }, b: { kind: 'actor', x: 1, y: 2 } }, 1)
  fresh.applyMine({ n: 1, patch: { elements: { a: { text: 'mine' } } } })
  assert.deepEqual(drawn(stale), drawn(fresh))
})

test('an operation that came twice is applied once', () => {
  const document = board({ a: { kind: 'domain_event', x: 0, y: 0 } })
  document.applyHistory([operation(1, { a: { x: 5 } }), operation(2, { a: { x: 6 } })], ME)
  document.applyHistory([operation(1, { a: { x: 5 } })], ME)
  assert.equal(document.elements.get('a').x, 6)
})

/** Does it, as Syncing does. */
const write = (document, undo, n, elements, group) => {
  undo.record(n, { elements }, group)
  document.applyMine({ n, patch: { elements } })
}

test('undo takes back what I did, and redo does it again', () => {
  const document = board({ a: { kind: 'domain_event', x: 0, y: 0 } })
  const undo = new UndoStack(document)
  write(document, undo, 1, { a: { x: 50 } })
  const back = undo.take('undo', 2)
  assert.deepEqual(back.patch.elements, { a: { x: 0 } })
  assert.equal(back.undoOf, 1)
  document.applyMine({ n: 2, patch: back.patch })
  assert.deepEqual(undo.take('redo', 3).patch.elements, { a: { x: 50 } })
})

test('undo leaves alone what somebody else has written since', () => {
  const document = board({ a: { kind: 'domain_event', x: 0, y: 0, text: '' } })
  const undo = new UndoStack(document)
  write(document, undo, 1, { a: { x: 50, text: 'mine' } })
  document.applyHistory([operation(1, { a: { x: 50, text: 'mine' } }, { client_id: ME, n: 1 }), operation(2, { a: { text: "Bob's" } })], ME)
  const back = undo.take('undo', 2)
  assert.deepEqual(back.patch.elements, { a: { x: 0 } })
  assert.equal(back.skipped, 1)
})

test('undo of a creation deletes my note, but never one that somebody else has worked on', () => {
  const document = board()
  const undo = new UndoStack(document)
  write(document, undo, 1, { a: { kind: 'domain_event', x: 0, y: 0 } })
  document.applyHistory([operation(1, { a: { kind: 'domain_event', x: 0, y: 0 } }, { client_id: ME, n: 1 }), operation(2, { a: { text: 'Paid' } })], ME)
  assert.deepEqual(undo.take('undo', 2).patch.elements, {})
  write(document, undo, 2, { b: { kind: 'domain_event', x: 0, y: 0 } })
  assert.deepEqual(undo.take('undo', 3).patch.elements, { b: { deleted: true } })
})

test('what was typed in one go is one step', () => {
  const document = board({ a: { kind: 'domain_event', x: 0, y: 0, text: '' } })
  const undo = new UndoStack(document)
  write(document, undo, 1, { a: { text: 'Or' } }, 'text a 1')
  write(document, undo, 2, { a: { text: 'Order' } }, 'text a 1')
  const back = undo.take('undo', 3)
  assert.deepEqual(back.patch.elements, { a: { text: '' } })
  assert.equal(back.undoOf, 1)
  assert.equal(undo.take('undo', 4), null)
})
