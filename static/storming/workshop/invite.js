/** Inviting: a guest link with its QR code, large enough for the room. Facilitators only. @import {Wall} from '../wall.js' */

import { copyText } from "@app/copy.js";
import { el, icon } from "@app/dom.js";
import { fetchJson } from "@app/http.js";

/** @param {Wall} wall */
export async function invite(wall) {
  let link;
  try {
    link = await fetchJson(`${wall.config.board_api_url}/guest-links`, { method: "POST", body: { role: "participant", days: 7, label: "Invitation from the board" } });
  } catch (error) {
    wall.workshop.tell(error);
    return;
  }
  const copy = el("button", { class: "button button--primary", type: "button", "data-testid": "invite-copy" }, icon("copy"), "Copy the link");
  copy.addEventListener("click", () => void copyText(link.url, copy));
  const code = new DOMParser().parseFromString(link.qr, "image/svg+xml").documentElement;
  const dialog = el("dialog", { class: "dialog invite", "aria-labelledby": "invite-title", "data-testid": "invite-dialog" },
    el("div", { class: "dialog__head" }, el("h2", { id: "invite-title" }, "Join this board"), el("button", { class: "button button--quiet button--icon", type: "button", "data-closes": true, "aria-label": "Close" }, icon("close"))),
    el("div", { class: "dialog__body invite__body" }, el("div", { class: "invite__code", role: "img", "aria-label": "QR code of the link" }, document.importNode(code, true)),
      el("p", {}, "Point a phone's camera at it, say a name, done. No account needed; nothing else of the workspace can be seen."),
      el("input", { class: "input input--mono", readonly: true, value: link.url, "aria-label": "Link", "data-testid": "invite-link" }), copy,
      el("p", { class: "side-hint" }, "It works for a week. Under Share you can revoke it.")));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
