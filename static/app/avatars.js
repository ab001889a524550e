/** Gives avatars their colour: style attributes are not allowed in our HTML, so they carry it as data-avatar. */

/** @param {ParentNode} [root] call it for avatars that came by htmx */
export function colourAvatars(root = document) {
  for (const avatar of root.querySelectorAll("[data-avatar]")) {
    const element = /** @type {HTMLElement} */ (avatar);
    element.style.setProperty("--avatar", element.dataset.avatar ?? "");
  }
}
colourAvatars();
