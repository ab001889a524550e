"""Zip files, read carefully, and written the same way every time.

Refused: more than FILES_MAX files, more than BYTES_MAX unpacked, a file that unpacks to more than RATIO_MAX times its
size, absolute paths and ``..``, links, encryption. What a file claims of its size is not believed: bytes are counted
while they are unpacked.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import PurePosixPath

from eventcatalog.interchange.formats.errors import InterchangeError

FILES_MAX = 20_000
BYTES_MAX = 64 * 1024 * 1024
FILE_BYTES_MAX = 8 * 1024 * 1024
RATIO_MAX = 200
RATIO_FREE_BYTES = 1024 * 1024
_EPOCH = (1980, 1, 1, 0, 0, 0)
_IGNORED = ("__MACOSX/", ".git/", "node_modules/")
_IGNORED_NAMES = (".DS_Store", "Thumbs.db")

Files = dict[str, bytes]


def is_zip(content: bytes) -> bool:
    """Whether the bytes begin like a zip file."""
    return content[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def unpack(content: bytes) -> Files:
    """Path -> bytes, folders left out, in the order of the archive. Raises InterchangeError."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise InterchangeError(f"This is no zip file that can be read: {error}.") from error
    with archive:
        entries = [each for each in archive.infolist() if not each.is_dir()]
        if len(entries) > FILES_MAX:
            raise InterchangeError(f"This zip file holds more than {FILES_MAX:,} files.", hint="Import it in parts.")
        files: Files = {}
        room = BYTES_MAX
        for entry in entries:
            path = safe_path(entry.filename)
            _refuse_specials(entry, path)
            if path.startswith(_IGNORED) or PurePosixPath(path).name in _IGNORED_NAMES or "/node_modules/" in path:
                continue
            files[path] = _read(archive, entry, path, room)
            room -= len(files[path])
    return _without_common_folder(files)


def pack(files: Mapping[str, bytes | str]) -> bytes:
    """A zip file; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            content = files[path]
            entry = zipfile.ZipInfo(safe_path(path), _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return out.getvalue()


def safe_path(path: str) -> str:
    """The path with forward slashes. Raises InterchangeError where it leads out of the archive."""
    plain = path.replace("\\", "/")
    parts = PurePosixPath(plain).parts
    drive = len(plain) > 1 and plain[1] == ":"
    if not parts or plain.startswith("/") or drive or ".." in parts or "\x00" in plain or len(plain) > 500:
        raise InterchangeError(
            f"The path {path[:100]!r} leads out of the archive.",
            place=path[:200],
            hint="Pack the folder again, with paths relative to it.",
        )
    return "/".join(part for part in parts if part != ".")


def _refuse_specials(entry: zipfile.ZipInfo, path: str) -> None:
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise InterchangeError("This file is a link; links are not followed.", place=path)
    if entry.flag_bits & 0x1:
        raise InterchangeError("This file is encrypted.", place=path, hint="Pack it without a password.")


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: str, room: int) -> bytes:
    most = min(FILE_BYTES_MAX, room)
    try:
        with archive.open(entry) as file:
            content = file.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise InterchangeError(f"This file can't be unpacked: {error}.", place=path) from error
    if len(content) > most:
        limit = FILE_BYTES_MAX if most == FILE_BYTES_MAX else BYTES_MAX
        what = "This file unpacks" if most == FILE_BYTES_MAX else "The zip file unpacks"
        raise InterchangeError(f"{what} to more than {limit // 1024 // 1024} MB.", place=path)
    if len(content) > RATIO_FREE_BYTES and len(content) > RATIO_MAX * max(entry.compress_size, 1):
        raise InterchangeError(
            f"This file unpacks to more than {RATIO_MAX} times its packed size.",
            place=path,
            hint="It looks like a zip bomb. Import the folder in another form.",
        )
    return content


def _without_common_folder(files: Files) -> Files:
    """``project/a, project/b`` -> ``a, b``: most packers put one folder around everything."""
    firsts = {path.partition("/")[0] for path in files}
    if len(firsts) != 1 or any("/" not in path for path in files):
        return files
    if next(iter(firsts)) in ("domains", "services", "events", "commands", "queries"):
        return files
    return {path.partition("/")[2]: content for path, content in files.items()}
