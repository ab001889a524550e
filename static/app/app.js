/** What every page gets. Each module looks after its own markup; pages import the same modules for their own use. */
import "./theme.js";
import "./menus.js";
import "./dialogs.js";
import "./toasts.js";
import "./tabs.js";
import "./times.js";
import "./copy.js";
import "./forms.js";
import "./code.js";
import "./split.js";
import "./tooltips.js";
import "./avatars.js";
import "./palette.js";
