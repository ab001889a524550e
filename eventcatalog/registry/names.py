"""Names of subjects, contexts and the types that subjects become.

``:.dev:orders-value`` is the subject ``orders-value`` in the context ``.dev``; ``:.:orders-value`` and ``orders-value``
are the same. A type's name is the subject's without ``-value`` (TopicNameStrategy); RecordNameStrategy's subjects are
type names as they are. What a type's name can't hold becomes ``_``, and then a few hex digits keep it unique.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

SUBJECT_LENGTH_MAX = 250
VALUE = "-value"
DEFAULT_CONTEXT = "."
_QUALIFIED = re.compile(r":(\.[^:]*):(.*)\Z", re.DOTALL)
_TYPE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,199}\Z")


class SubjectNameError(ValueError):
    """Not a subject's name."""


@dataclass(frozen=True, slots=True)
class SubjectName:
    """A context (with its dot; the default one is ``.``) and the name in it."""

    context: str
    bare: str

    @property
    def full(self) -> str:
        """As it is stored and shown: qualified unless the context is the default one."""
        return self.bare if self.context == DEFAULT_CONTEXT else f":{self.context}:{self.bare}"


def parse(text: str, *, context: str = DEFAULT_CONTEXT) -> SubjectName:
    """A subject as a client names it; ``context`` is the one of the address. Raises SubjectNameError."""
    found = _QUALIFIED.match(text)
    name = SubjectName(found[1], found[2]) if found else SubjectName(context, text)
    if not name.bare or len(name.full) > SUBJECT_LENGTH_MAX or any(ord(each) < 32 for each in name.full):
        raise SubjectNameError(
            f"A subject's name has 1 to {SUBJECT_LENGTH_MAX} characters, and none that can't be printed."
        )
    return name


def windows_onto(name: SubjectName) -> tuple[str, ...]:
    """Names of types that this subject would be a window onto, the first that exists winning."""
    if name.context != DEFAULT_CONTEXT:
        return ()
    return (name.bare, name.bare.removesuffix(VALUE)) if name.bare.endswith(VALUE) else (name.bare,)


def type_name_for(name: SubjectName) -> str:
    """The name of the type that registering under a new subject makes."""
    plain = name.bare.removesuffix(VALUE) or name.bare
    if name.context != DEFAULT_CONTEXT:
        plain = f"{name.context.lstrip('.')}.{plain}"
    if _TYPE_NAME.match(plain):
        return plain
    cleaned = re.sub(r"[^A-Za-z0-9._-]", "_", plain)
    if not cleaned[:1].isalpha():
        cleaned = f"subject_{cleaned}"
    return f"{cleaned[:190]}_{hashlib.sha256(name.full.encode()).hexdigest()[:8]}"
