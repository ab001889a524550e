"""The board file: everything on a board as JSON, to keep, to move and to read by machine (docs/board-format.md).

``{"format": "factstorm.board", "version": 1, "board": {"name", "format", "seq"}, "elements": {...}, "authors": {...},
"types": {...}}``. A reader takes version 1, and of elements it passes over what it does not know.
"""

from typing import Any

import msgspec

from storming.document.elements import Elements

FORMAT, VERSION = "factstorm.board", 1


def board_file(
    elements: Elements, *, name: str, board_format: str, seq: int, authors: dict[str, str], types: dict[str, Any]
) -> bytes:
    """The file: live elements, in the order in which they were made."""
    live = {key: element for key, element in elements.items() if not element.get("deleted")}
    return msgspec.json.format(
        msgspec.json.encode(
            {
                "format": FORMAT,
                "version": VERSION,
                "board": {"name": name, "format": board_format, "seq": seq},
                "elements": live,
                "authors": authors,
                "types": types,
            }
        ),
        indent=1,
    )
