"""YAML and JSON texts, read carefully: no tags, no dates, bounded size, depth and number of values.

Aliases are followed, but every use counts, so that a "billion laughs" is refused instead of unfolded.
"""

from __future__ import annotations

from typing import Any

import yaml

from eventcatalog.interchange.formats.errors import InterchangeError

TEXT_BYTES_MAX = 8 * 1024 * 1024
DEPTH_MAX = 100
VALUES_MAX = 500_000


class _Loader(yaml.SafeLoader):
    """Scalars of JSON only: a date stays a text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _Dumper(yaml.SafeDumper):
    """No aliases; texts of several lines as blocks."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value and not any(line.endswith(" ") for line in value.split("\n")) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def load(text: str, *, place: str = "") -> Any:
    """The values of a YAML or JSON text. Raises InterchangeError with line and column."""
    if len(text) > TEXT_BYTES_MAX:
        raise InterchangeError(f"This text has more than {TEXT_BYTES_MAX // 1024 // 1024} MB.", place=place)
    try:
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise InterchangeError(
            f"This is neither YAML nor JSON: {error.problem or 'it could not be read'}.",
            place=", ".join(filter(None, (place, where))),
            hint="Mend the text there.",
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        raise InterchangeError(f"This is neither YAML nor JSON: {error}", place=place) from error
    except RecursionError:
        raise InterchangeError("This text is nested too deep.", place=place) from None
    _bounded(value, place)
    return value


def dump(value: Any) -> str:
    """YAML with the keys in the order given."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def _bounded(value: Any, place: str) -> None:
    count = 0
    level = [value]
    for _ in range(DEPTH_MAX):
        level = [inner for each in level for inner in _inside(each, place)]
        count += len(level)
        if count > VALUES_MAX:
            raise InterchangeError(
                f"This text holds more than {VALUES_MAX:,} values.", place=place, hint="Import it in parts."
            )
        if not level:
            return
    raise InterchangeError(f"This text is nested more than {DEPTH_MAX} levels deep.", place=place)


def _inside(value: Any, place: str) -> Any:
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str | int | float | bool):
                raise InterchangeError("A key of this text is no text.", place=place)
        return value.values()
    if isinstance(value, list):
        return value
    if value is None or isinstance(value, str | int | float | bool):
        return ()
    raise InterchangeError(f"This text holds a {type(value).__name__}, which JSON doesn't know.", place=place)
