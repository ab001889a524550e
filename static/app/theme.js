/** Light, dark or as the system: kept in a cookie, so that the server writes data-theme and no page flashes. */
const COOKIE = "factstorm_theme";
const YEAR_SECONDS = 31_536_000;

/** @returns {string} "light", "dark" or "" for as the system */
export function chosenTheme() {
  return document.documentElement.dataset.theme ?? "";
}

/** @returns {boolean} whether dark is what is seen now */
export function isDark() {
  const chosen = chosenTheme();
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/**
 * @param {string} theme "light", "dark" or ""; fires `themechange` on document, which canvases listen to
 */
export function chooseTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  document.cookie = `${COOKIE}=${theme}; path=/; max-age=${theme ? YEAR_SECONDS : 0}; samesite=lax`;
  showChoice();
  document.dispatchEvent(new CustomEvent("themechange"));
}

function showChoice() {
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    const state = button.getAttribute("role") === "menuitemradio" ? "aria-checked" : "aria-pressed";
    button.setAttribute(state, String(button.getAttribute("data-theme-choice") === chosenTheme()));
  }
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-theme-choice]");
  if (button) chooseTheme(button.getAttribute("data-theme-choice") ?? "");
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  if (!chosenTheme()) document.dispatchEvent(new CustomEvent("themechange"));
});
showChoice();
