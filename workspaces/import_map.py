"""The import map of ES modules: the one inline script, allowed in the content security policy by its hash."""

import base64
import functools
import hashlib
import json

from django.conf import settings


@functools.cache
def import_map() -> str:
    """JSON text that goes between the script tags: ours, plus the third-party modules of static/vendor/."""
    imports = {"@app/": f"{settings.STATIC_URL}app/", "@storming/": f"{settings.STATIC_URL}storming/"}
    vendored = settings.BASE_DIR / "static" / "vendor" / "importmap.json"
    if vendored.exists():
        imports |= json.loads(vendored.read_text())["imports"]
    return json.dumps({"imports": imports}, separators=(",", ":"), sort_keys=True)


@functools.cache
def script_hash() -> str:
    """``sha256-...`` of the import map, as script-src wants it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(import_map().encode()).digest()).decode()
