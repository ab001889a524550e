"""A pytest plugin, loaded before Django's settings: tests keep their data in a folder of their own."""

import atexit
import os
import shutil
import tempfile

_FOLDER = tempfile.mkdtemp(prefix="factstorm-tests-")
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)

os.environ["FACTSTORM_DATA"] = _FOLDER
os.environ["SECRET_KEY"] = "only-for-tests"
os.environ["ALLOWED_HOSTS"] = "*"
os.environ.pop("COMMIT_LOG_URL", None)
os.environ.pop("REDIS_URL", None)
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "")
