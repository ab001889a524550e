/**
 * The board protocol, version 1, as the browser speaks it. The specification is docs/board-protocol.md; the golden
 * frames in tests/golden/board_protocol.json hold this file and storming/protocol.py together.
 *
 * 1. JSON text frames, one object each; "t" names it. The client's first frame is hello, the server's answer welcome.
 * 2. An operation is durable when its ack comes, not before. (client_id, n) makes sending it again safe.
 * 3. Operations arrive in order of seq without gaps; a gap means: connect again and resume from the last seq.
 * 4. Presence and pulses are lossy and never stored.
 * 5. A frame of an unknown "t" is passed over, so that a newer server may say more.
 *
 * Nothing here touches the network.
 *
 * @import {OwnOperation, ServerFrame, Patch, Presence} from './types'
 */

export const VERSION = 1;
export const OPERATIONS_PER_FRAME_MAX = 200;
export const FRAME_BYTES_MAX = 1_048_576;
export const TEXT_CHARACTERS_MAX = 2_000;
export const COORDINATE_MAX = 1_000_000;
export const ELEMENTS_MAX = 20_000;
/** The server takes 5,000 elements and 450,000 bytes an operation; this stays far below both. */
export const PATCH_ELEMENTS_MAX = 1_000;

/** Close codes after which trying again is of no use until the person acts. */
export const CLOSE = { BAD_FRAME: 4400, SIGN_IN: 4401, NOT_FOUND: 4404, TOO_FAST: 4429, RESTARTING: 4012 };

const KNOWN = new Set([
  "welcome", "snapshot", "drafts", "workshop", "ack", "ops", "presence", "pulses", "types", "board", "you", "reset", "error", "pong",
]);

/** @param {{clientId: string, epoch: string | null, since: number | null}} from @returns {string} */
export const hello = ({ clientId, epoch, since }) =>
  JSON.stringify({ t: "hello", v: VERSION, client_id: clientId, epoch, since });

/** @param {OwnOperation[]} operations at most OPERATIONS_PER_FRAME_MAX @returns {string} */
export const ops = (operations) => JSON.stringify({ t: "ops", ops: operations.map(bare) });

/** @param {Pick<Presence, 'cursor' | 'selection' | 'editing' | 'drag' | 'view' | 'hand' | 'reaction'>} mine @returns {string} */
export const presence = ({ cursor = null, selection = [], editing = null, drag = null, view = null, hand, reaction }) =>
  JSON.stringify({ t: "presence", cursor, selection, editing, drag, view, ...(hand === undefined ? {} : { hand }), ...(reaction ? { reaction } : {}) });

export const ping = () => '{"t":"ping"}';

/**
 * One frame from the server, or null for one we don't know.
 * @param {string} text @returns {ServerFrame | null} @throws {SyntaxError} when it isn't JSON or isn't an object with "t"
 */
export function decode(text) {
  const frame = JSON.parse(text);
  if (typeof frame !== "object" || frame === null || typeof frame.t !== "string") {
    throw new SyntaxError('a frame is an object with "t"');
  }
  return KNOWN.has(frame.t) ? frame : null;
}

/**
 * Cuts operations into frames that keep both limits.
 * @param {OwnOperation[]} operations @returns {OwnOperation[][]}
 */
export function frames(operations) {
  /** @type {OwnOperation[][]} */
  const cut = [];
  let bytes = Infinity;
  for (const operation of operations) {
    const size = JSON.stringify(bare(operation)).length * 3; // a UTF-16 unit is at most three bytes of UTF-8
    const last = cut.at(-1);
    if (!last || last.length >= OPERATIONS_PER_FRAME_MAX || bytes + size > FRAME_BYTES_MAX) {
      cut.push([operation]);
      bytes = size + 64;
    } else {
      last.push(operation);
      bytes += size;
    }
  }
  return cut;
}

/** Brings a patch within what the server takes: finite numbers in range, texts not too long. @param {Patch} patch */
export function withinLimits(patch) {
  for (const properties of Object.values(patch.elements)) {
    for (const [name, value] of Object.entries(properties)) {
      if (typeof value === "number") {
        const safe = Number.isFinite(value) ? Math.round(value * 100) / 100 : 0;
        Object.assign(properties, { [name]: Math.max(-COORDINATE_MAX, Math.min(COORDINATE_MAX, safe)) });
      }
      if (name === "text" && typeof value === "string") properties.text = value.slice(0, TEXT_CHARACTERS_MAX);
    }
  }
  return patch;
}

/** A patch of many elements as several, each small enough for one operation. @param {Patch} patch @returns {Patch[]} */
export function pieces(patch) {
  const all = Object.entries(patch.elements);
  const cut = [];
  for (let start = 0; start < all.length; start += PATCH_ELEMENTS_MAX) {
    cut.push({ elements: Object.fromEntries(all.slice(start, start + PATCH_ELEMENTS_MAX)) });
  }
  return cut;
}

/** @param {OwnOperation} operation */
const bare = ({ n, patch, undo_of }) => (undo_of === undefined ? { n, patch } : { n, patch, undo_of });
