/** Drafts in the browser's document: drawn as mine alone, kept apart from the history, gone into it when placed. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { BoardDocument } from "../../static/storming/document.js";
import { exampleOf } from "../../static/storming/schema_fields.js";

const note = (more = {}) => ({ kind: "domain_event", x: 0, y: 0, text: "Order placed", ...more });

test("a draft with a place is drawn and marked; one without lies in the tray", () => {
  const board = new BoardDocument();
  board.setDrafts({ a: note(), t: { kind: "domain_event", text: "Parcel packed" } }, true);
  assert.equal(board.live("a")?.draft, true);
  assert.equal(board.live("t"), undefined);
  assert.deepEqual(board.tray.map(({ id }) => id), ["t"]);
  assert.equal(board.draftCount, 1);
});

test("what I write on a draft is drawn at once and stays when the server has it", () => {
  const board = new BoardDocument();
  board.setDrafts({ a: note() }, true);
  board.applyMine({ n: 1, patch: { elements: { a: { x: 50 } } } });
  assert.equal(board.live("a")?.x, 50);
  board.setDrafts({ a: note({ x: 50 }) }, false);
  board.forget(1);
  assert.equal(board.live("a")?.x, 50);
  assert.equal(board.live("a")?.draft, true);
});

test("at the reveal the draft goes and the history has the note", () => {
  const board = new BoardDocument();
  board.setDrafts({ a: note() }, true);
  board.setDrafts({}, true);
  assert.equal(board.live("a"), undefined);
  board.applyHistory([{ seq: 1, actor: { id: "me", name: "Me" }, client_id: "server", n: 1, at: "", patch: { elements: { a: note() } } }], "mine");
  assert.equal(board.live("a")?.draft, undefined);
  assert.equal(board.live("a")?.text, "Order placed");
});

test("a snapshot does not take drafts away", () => {
  const board = new BoardDocument();
  board.setDrafts({ a: note() }, true);
  board.load({ b: note() }, 3);
  assert.deepEqual([...board.elements.keys()].sort(), ["a", "b"]);
});

test("the examples of a note's fields make an example of the whole, or none", () => {
  const fields = [{ name: "orderId", type: "uuid", example: "1f0c", required: true }, { name: "total", type: "number", example: "49.9" }, { name: "note", type: "text" }];
  assert.deepEqual(exampleOf(fields), { orderId: "1f0c", total: 49.9 });
  assert.equal(exampleOf([{ name: "total", type: "number", example: "a lot", required: true }]), null);
  assert.equal(exampleOf([{ name: "id", type: "uuid", required: true }]), null);
});
