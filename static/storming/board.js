/**
 * The board page: reads what the server says of it (json_script "board-config") and puts the parts together.
 *
 * For end-to-end tests there is `window.factstormBoard`: `document.elements` (id -> properties), `camera`,
 * `toScreen(id)` -> {x, y, w, h} of an element in page pixels, or null, and `unsent()` -> operations not acknowledged.
 * Controls carry data-testid; <body data-board-state> is "opening" or "ready".
 *
 * @import {BoardConfig} from './types'
 */

import { confirm, openDialog } from "@app/dialogs.js";
import { toast } from "@app/toasts.js";

import { useClipboard } from "./clipboard.js";
import { showDetails } from "./details.js";
import { Exporting } from "./exchange/exporting.js";
import { Importing } from "./exchange/importing.js";
import { Keyboard } from "./keyboard.js";
import { Labels } from "./labels.js";
import { showLegend } from "./legend.js";
import { Minimap } from "./minimap.js";
import { letRename } from "./naming.js";
import { Outline } from "./outline.js";
import { fillPalette } from "./palette.js";
import { showPeople } from "./people.js";
import { openNoteHistory } from "./past/note_history.js";
import { TimeLapse } from "./past/time_lapse.js";
import { Promotion } from "./promote.js";
import { fillShortcuts } from "./shortcuts.js";
import { showStatus } from "./status.js";
import { Toolbar } from "./toolbar.js";
import { Wall } from "./wall.js";
import { useWorkshopKeys } from "./workshop/keys.js";
import { drawOverlays } from "./workshop/overlays.js";
import { Panel } from "./workshop/panel.js";
import { hearMentions } from "./workshop/remarks.js";
import { goTo } from "./workshop/rows.js";
import { showStrip } from "./workshop/strip.js";
import { beTogether, showHand } from "./workshop/together.js";

/** @template {HTMLElement} [T=HTMLElement] @param {string} id @returns {T} */
const part = (id) => {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return /** @type {T} */ (element);
};

const config = /** @type {BoardConfig} */ (JSON.parse(part("board-config").textContent ?? "{}"));
const wall = new Wall(config, {
  stage: part("wall"), still: part("wall-still"), lively: part("wall-lively"),
});
const phone = matchMedia("(max-width: 45rem)");
const setInsets = () => {
  const aside = document.body.dataset.side ? 352 : 0;
  wall.insets = phone.matches ? { top: 64, left: 16, bottom: 96 + (aside ? 300 : 0), right: 16 } : { top: 72, left: 108, bottom: 64, right: 32 + aside };
};
phone.addEventListener("change", setInsets);
setInsets();

// Who comes through the guests' door with a phone begins at the box for phones; the wall is one tap away.
if (phone.matches && config.tray_url && new URL(document.referrer || "about:blank").pathname.startsWith("/guest/")) location.replace(config.tray_url);

wall.say = (text, hint, kind = "info") => { toast(text, { hint, kind }); };
wall.announce = (text) => { part("wall-news").textContent = text; };
const promotion = new Promotion(wall, part("promotion"));
const labels = new Labels(wall, part("labels"));
const panel = new Panel(wall, part("wall-workshop"), part("open-workshop"));

fillPalette(wall, part("wall-palette"));
fillShortcuts(part("shortcuts-body"));
showStatus(wall, part("wall-status"));
showPeople(wall, part("wall-people"));
showDetails(wall, part("wall-details"));
showLegend(wall, { panel: part("wall-legend"), dialog: part("legend-editor"), opener: part("open-legend") });
letRename(wall, part("wall-name"), part("wall-name-button"));
const exporting = new Exporting(wall, part("exporting"));
const importing = new Importing(wall, part("importing"));
part("open-export").addEventListener("click", () => exporting.open());
part("open-import").addEventListener("click", () => importing.open());
const timeLapse = new TimeLapse(wall, part("time-lapse"));
part("open-history").addEventListener("click", () => void timeLapse.open());
const toolbar = new Toolbar(wall, part("wall-toolbar"));
wall.opens = {
  promote: (id) => promotion.open(id), shortcuts: () => openDialog("shortcuts"), labels: (id) => labels.open(id),
  arrange: () => toolbar.chooseArrangement(), history: () => void timeLapse.open(), note: () => panel.open("note"),
  exports: () => exporting.open(), imports: () => importing.open(),
  noteHistory: (id) => void openNoteHistory(wall, part("note-history"), id),
};
new Minimap(wall, part("wall-minimap"));
new Outline(wall, part("wall-outline"), part("open-outline"));
new Keyboard(wall, part("wall-keys"));
useWorkshopKeys(wall, panel);
useClipboard(wall);
panel.opened.on(setInsets);
showStrip(wall, part("wall-strip"), panel);
showHand(wall, part("hand"), part("cheers"));
beTogether(wall);
drawOverlays(wall);
hearMentions(wall, (id) => {
  goTo(wall, id);
  panel.open("note");
});

followSyncing();
followCamera();
followCalm();
showEmptiness();
Object.assign(window, {
  factstormBoard: {
    document: wall.document, camera: wall.camera,
    toScreen: (/** @type {string} */ id) => {
      const box = wall.scene.boxOf(id);
      const { left, top } = wall.stage.getBoundingClientRect();
      const onScreen = box && wall.camera.boxToScreen(box);
      return onScreen && { ...onScreen, x: onScreen.x + left, y: onScreen.y + top };
    },
    select: (/** @type {string[]} */ ids) => wall.selection.set(ids),
    unsent: () => wall.syncing.outbox.size,
  },
});
document.body.dataset.boardState = "opening";
void wall.syncing.start();

function followSyncing() {
  const { syncing } = wall;
  let first = true;
  syncing.welcomed.on((frame) => {
    wall.types = frame.types ?? {};
    wall.presence.welcome(frame);
    wall.pulses.merge(frame.traffic ?? {});
    if (first) arrive();
    const moment = first ? /^#at=(\d+)$/.exec(location.hash) : null;
    if (moment) void timeLapse.open(Number(moment[1]));
    first = false;
    wall.renderer.dirtyAll();
    document.body.dataset.boardState = "ready";
  });
  syncing.received.on((frame) => {
    if (frame.t === "presence") wall.presence.merge(frame.people);
    else if (frame.t === "pulses") wall.pulses.merge(frame.traffic);
    else if (frame.t === "types") {
      wall.types = frame.types;
      wall.renderer.dirtyAll();
      wall.selection.changed.emit();
    } else if (frame.t === "error") wall.say(frame.message, frame.hint, "bad");
  });
  syncing.refused.on(({ message, patch }) => {
    const words = Object.values(patch.elements).map(({ text }) => text).filter(Boolean).join("\n");
    wall.say(message, words ? `Not saved: “${words.slice(0, 300)}”` : "This edit was not saved.", "bad");
  });
  syncing.wroteOnDeleted.on((ids) => {
    const back = { label: "Bring it back", run: () => syncing.write({ elements: Object.fromEntries(ids.map((id) => [id, { deleted: null }])) }) };
    toast("Somebody had deleted what you wrote on", { hint: "Your words are kept; it stays deleted unless you bring it back.", kind: "bad", action: back });
  });
  syncing.setAside.on((outbox) => {
    const count = outbox.size;
    void confirm({
      title: "This board has gone back to another moment",
      text: `${count} ${count === 1 ? "edit" : "edits"} of yours belong to how it was before. Put them onto the board as it is now, or throw them away?`,
      action: "Put them on", danger: false,
    }).then((yes) => {
      if (yes) for (const kept of outbox.waiting) syncing.write(kept.patch);
      outbox.settle(outbox.waiting.map((kept) => kept.n));
      outbox.release();
    });
  });
}

/** Where to look first: at the note of the address, where we were last time, or at everything. */
function arrive() {
  const asked = new URLSearchParams(location.hash.slice(1)).get("note");
  const box = asked ? wall.scene.boxOf(asked) : null;
  const last = lastView();
  if (asked && box) {
    wall.selection.set([asked]);
    wall.camera.set(box.x + box.w / 2 - wall.camera.width / 2, box.y + box.h / 2 - wall.camera.height / 2, 1);
  } else if (last) wall.camera.set(last[0], last[1], last[2]);
  else wall.commands.fitAll();
}

/** @returns {number[] | null} */
function lastView() {
  try {
    const view = JSON.parse(localStorage.getItem(`factstorm:view:${config.board_id}`) ?? "null");
    return Array.isArray(view) && view.length === 3 && view.every(Number.isFinite) ? view : null;
  } catch {
    return null;
  }
}

function followCamera() {
  const zoom = part("zoom-level");
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  wall.camera.changed.on(() => {
    zoom.textContent = `${Math.round(wall.camera.zoom * 100)} %`;
    if (!wall.syncing.joined) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      const { x, y, zoom: level } = wall.camera;
      localStorage.setItem(`factstorm:view:${config.board_id}`, JSON.stringify([x, y, level]));
    }, 500);
  });
  part("zoom-in").addEventListener("click", () => wall.camera.zoomTo(wall.camera.zoom * 1.25));
  part("zoom-out").addEventListener("click", () => wall.camera.zoomTo(wall.camera.zoom / 1.25));
  part("zoom-fit").addEventListener("click", () => wall.commands.fitAll());
  zoom.addEventListener("click", () => wall.camera.zoomTo(1));
  part("undo").addEventListener("click", () => wall.commands.step("undo"));
  part("redo").addEventListener("click", () => wall.commands.step("redo"));
}

function followCalm() {
  const button = part("calm");
  const show = () => button.setAttribute("aria-pressed", String(wall.pulses.calm));
  button.addEventListener("click", () => {
    wall.pulses.calm = !wall.pulses.calm;
    show();
  });
  show();
}

/** An empty board says what to do first; a board nobody may write on shows no tools. */
function showEmptiness() {
  const hint = part("wall-empty");
  const show = () => {
    hint.hidden = !wall.syncing.joined || wall.scene.size > 0 || wall.gesture.name === "placing_note";
    for (const tool of document.querySelectorAll("[data-for-editors]")) /** @type {HTMLElement} */ (tool).hidden = !wall.canEdit;
  };
  wall.scene.dirtied.on(show);
  wall.syncing.stateChanged.on(show);
}
