"""What senders send, turned into columns. Pure: bytes and headers in, `Events` out, no Django, no network.

Bodies taken (by content type):

    application/json                      one event {"type", "data", "version"?, "key"?, "id"?, "source"?, "subject"?,
                                          "time"?}, or an array of such
    application/x-ndjson (or jsonl)       one such event a line
    both of these with ?type=             bare payloads: the whole body, or each line, is the data; ?version=, and
                                          ?key=/json/pointer says where in the payload the key is
    application/cloudevents+json          CloudEvents 1.0 structured mode
    application/cloudevents-batch+json    CloudEvents 1.0 batch mode
    any, with ce-* headers                CloudEvents 1.0 binary mode (attribute values percent-decoded)

Rules. `data` stays byte for byte as it came (without the blanks around it): it is cut out of the envelope, never
re-encoded. A body that can't be read as a whole raises MalformedBody, TooLarge or UnknownContentType; a single record
that can't be read becomes a fault at its index, like one that a schema refuses. The same source + id is the same event.
Attributes are kept as record headers named ce-<attribute>; the CloudEvents extension `partitionkey` is the key.
`{"type", "key", "tombstone": true}` without data (or a CloudEvent with the extension `tombstone`) ends a key.

Two conditions hold for a whole append and come in headers: `If-Position` (see `expected_position`), and `Producer-Id`
with `Producer-Sequence` and `Producer-Epoch` (see `producer`).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from urllib.parse import unquote_to_bytes

import msgspec

from broker_adapter.checks import Fault, Notice, Refused, is_json
from broker_adapter.errors import MalformedBody, TooLarge, UnknownContentType
from broker_adapter.log.records import TOMBSTONE_HEADER, Expected, Headers, Producer

JSON_TYPES = {"", "application/json", "text/json"}
LINE_TYPES = {
    "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines",
    "application/jsonlines", "application/x-jsonl",
}  # fmt: skip
CLOUDEVENT = "application/cloudevents+json"
CLOUDEVENT_BATCH = "application/cloudevents-batch+json"
TAKEN = "application/json, application/x-ndjson, application/cloudevents+json, application/cloudevents-batch+json"

TYPE_CHARS_MAX = 200
ATTRIBUTE_CHARS_MAX = 2_000
EXTENSIONS_MAX = 30
COUNTED_FIRST_BYTES = 4 * 1024 * 1024  # larger bodies have their lines counted before anything is made of them
ENVELOPE_HINT = 'An event is {"type": "OrderPlaced", "data": {...}}; for bare payloads add ?type=OrderPlaced.'
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)\Z")
_ATTRIBUTE = re.compile(r"[a-z0-9]{1,50}\Z")
_OUR_SCHEMA = re.compile(r"/w/([^/]+)/(?:catalog/)?types/([^/]+)/(?:versions/)?(\d+\.\d+\.\d+)(?:[/?#.].*)?\Z")
_PLACEHOLDER = b""

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=TYPE_CHARS_MAX)]
_Attribute = Annotated[str, msgspec.Meta(min_length=1, max_length=ATTRIBUTE_CHARS_MAX)]


class Envelope(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """Our own envelope; unknown fields are refused, so that a bare payload sent by mistake is noticed."""

    type: _Name
    data: msgspec.Raw
    version: _Attribute | None = None
    key: _Attribute | None = None
    id: _Attribute | None = None
    source: _Attribute | None = None
    subject: _Attribute | None = None
    time: _Attribute | None = None


class Tombstone(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The end of a key: no data, and nothing to validate."""

    type: _Name
    key: _Attribute
    tombstone: Literal[True]
    id: _Attribute | None = None
    source: _Attribute | None = None
    subject: _Attribute | None = None
    time: _Attribute | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one append; sizes in bytes."""

    records_max: int
    record_bytes_max: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address says: ?type=, ?version=, ?key=; and whose workspace it is (for schema addresses of ours)."""

    type: str = ""
    version: str = ""
    key: str = ""
    workspace_slug: str = ""


@dataclass(slots=True)
class Events:
    """Records to check and append, as columns of one length. An optional column of None: no record has any.

    ``attributes``: headers besides type and version. ``refused``: what could not be read, by index; such an index holds
    placeholders in the columns. ``timestamps_ms`` None: the time of append. ``tombstones``: indexes of records without
    data that end their key. ``expected`` and ``producer`` are of the append as a whole (broker_adapter.log.records).
    ``notices``: what the check has to say to the sender besides.
    """

    types: list[str] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    versions: list[str | None] | None = None
    keys: list[bytes | None] | None = None
    attributes: list[Headers] | None = None
    dedup_ids: list[bytes | None] | None = None
    content_types: list[str | None] | None = None
    timestamps_ms: list[int] | None = None
    refused: dict[int, Refused] = field(default_factory=dict)
    tombstones: set[int] = field(default_factory=set)
    expected: Expected | None = None
    producer: Producer | None = None
    notices: tuple[Notice, ...] = ()

    def __len__(self) -> int:
        return len(self.payloads)


@dataclass(slots=True)
class _One:
    """A single event on its way into the columns."""

    type: str
    payload: bytes
    version: str | None = None
    key: bytes | None = None
    attributes: Headers = ()
    dedup_id: bytes | None = None
    content_type: str | None = None


class _Unreadable(Exception):
    """One record's envelope is wrong."""

    def __init__(self, message: str, *, keyword: str = "envelope", pointer: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.fault = Fault(pointer, message, keyword, hint=hint or ENVELOPE_HINT)

    @classmethod
    def of(cls, fault: Fault) -> "_Unreadable":
        """The exception that carries this fault."""
        return cls(fault.message, keyword=fault.keyword, pointer=fault.pointer, hint=fault.hint)


_ENVELOPE = msgspec.json.Decoder(Envelope)
_TOMBSTONE = msgspec.json.Decoder(Tombstone)
_TOMBSTONE_PAIR = (TOMBSTONE_HEADER, b"1")
_ENVELOPES = msgspec.json.Decoder(list[Envelope])
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_RAW = msgspec.json.Decoder(msgspec.Raw)
_ATTRIBUTES = msgspec.json.Decoder(dict[str, msgspec.Raw])
_BROKEN = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


def parse(body: bytes, *, content_type: str, headers: Mapping[str, str], wanted: Wanted, limits: Limits) -> Events:
    """The events of one append request; ``headers`` by lower-case name.

    Raises MalformedBody, TooLarge, UnknownContentType.
    """
    media = content_type.partition(";")[0].strip().lower()
    if "ce-specversion" in headers or "ce-id" in headers:
        events = _columns([_binary(body, content_type, headers, wanted)])
    elif media == CLOUDEVENT:
        events = _columns([_attempt(_structured, _whole(body), wanted)])
    elif media == CLOUDEVENT_BATCH:
        raws = _array(_utf8(body), limits)
        events = _columns([_attempt(_structured, bytes(raw), wanted) for raw in raws])
    elif media in LINE_TYPES:
        events = _lines(_utf8(body), wanted, limits)
    elif media in JSON_TYPES:
        events = _json(_whole(body), wanted, limits)
    else:
        raise UnknownContentType(f"Append does not take {media}.", hint=f"Send one of: {TAKEN}; or ce-* headers.")
    return _within(events, limits)


def _within(events: Events, limits: Limits) -> Events:
    if not events.payloads:
        raise MalformedBody("There is no record in the body.", hint=ENVELOPE_HINT)
    _bound_count(len(events), limits)
    if max(map(len, events.payloads)) > limits.record_bytes_max:
        for index, payload in enumerate(events.payloads):
            if len(payload) > limits.record_bytes_max:
                message = f"The payload has {len(payload):,} bytes; at most {limits.record_bytes_max:,} are taken."
                hint = "Send a smaller payload, or a reference to where the large part is kept."
                events.refused[index] = Refused((Fault("", message, "record_bytes_max", hint=hint),))
    return events


def _bound_count(count: int, limits: Limits) -> None:
    if count > limits.records_max:
        raise TooLarge(
            f"The body holds {count:,} records; one append takes {limits.records_max:,}.",
            hint="Send several appends.",
            records_max=limits.records_max,
        )


def _utf8(body: bytes) -> bytes:
    """The body without a byte order mark, once it is known to be UTF-8."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError as error:
            raise MalformedBody(
                f"Byte {error.start} of the body is not UTF-8.", hint="Encode the body as UTF-8."
            ) from error
    return body


def _whole(body: bytes) -> bytes:
    body = _utf8(body).strip()
    if not body:
        raise MalformedBody("The body is empty.", hint=ENVELOPE_HINT)
    return body


def _array(body: bytes, limits: Limits) -> list[msgspec.Raw]:
    try:
        raws = _RAWS.decode(body)
    except _BROKEN as error:
        raise MalformedBody(f"The body is not a JSON array: {error}.", hint="Send [event, event, ...].") from error
    _bound_count(len(raws), limits)
    return raws


# Our own envelope -----------------------------------------------------------------------------------------------------


def _json(body: bytes, wanted: Wanted, limits: Limits) -> Events:
    if wanted.type:
        return _bare([body], wanted)
    if body[:1] == b"[":
        try:
            return _from_envelopes(_ENVELOPES.decode(body))
        except _BROKEN:
            return _columns([_attempt(_enveloped, bytes(raw), wanted) for raw in _array(body, limits)])
    return _columns([_attempt(_enveloped, body, wanted)])


def _lines(body: bytes, wanted: Wanted, limits: Limits) -> Events:
    if not wanted.type:
        if len(body) > COUNTED_FIRST_BYTES:
            _bound_count(body.count(b"\n"), Limits(limits.records_max * 2 + 1, 0))  # blank lines are allowed, in reason
        try:
            return _from_envelopes(_ENVELOPE.decode_lines(body))
        except _BROKEN:
            pass  # find out which line, one by one
    lines = [(number, line) for number, line in enumerate(map(bytes.strip, body.split(b"\n")), 1) if line]
    _bound_count(len(lines), limits)
    if wanted.type:
        return _bare([line for _, line in lines], wanted)
    return _columns([_attempt(_enveloped, line, wanted, f"Line {number}: ") for number, line in lines])


def _from_envelopes(envelopes: list[Envelope]) -> Events:
    """The hot path: columns straight from the decoded structs; optional columns only when somebody uses them."""
    events = Events([each.type for each in envelopes], [bytes(each.data) for each in envelopes])
    events.versions = _if_any([each.version for each in envelopes])
    keys = _if_any([each.key for each in envelopes])
    events.keys = None if keys is None else [None if key is None else key.encode() for key in keys]
    columns = [
        (name, values)
        for name in ("id", "source", "subject", "time")
        if (values := _if_any([getattr(each, name) for each in envelopes])) is not None
    ]
    if columns:
        _attributes(events, columns)
    return events


def _if_any(values: list[str | None]) -> list[str | None] | None:
    return None if values.count(None) == len(values) else values


def _attributes(events: Events, columns: list[tuple[str, list[str | None]]]) -> None:
    """What CloudEvents calls attributes: as headers, and for source and id together as the id against doubles."""
    by_name = dict(columns)
    names = [f"ce-{name}" for name in by_name]
    events.attributes = [
        tuple([(name, value.encode()) for name, value in zip(names, row, strict=True) if value is not None])
        for row in zip(*by_name.values(), strict=True)
    ]
    if "id" in by_name and "source" in by_name:
        events.dedup_ids = list(map(_dedup_id, by_name["source"], by_name["id"]))
    for index, time in enumerate(by_name.get("time", ())):
        try:
            _check_time(time)
        except _Unreadable as error:
            events.refused[index] = Refused((error.fault,))


def _enveloped(body: bytes, wanted: Wanted) -> _One:
    """One event that did not come the fast way; says what is wrong, and takes a CloudEvent for what it is."""
    try:
        return _only(_from_envelopes([_ENVELOPE.decode(body)]))
    except msgspec.ValidationError as error:
        if b'"specversion"' in body:
            return _structured(body, wanted)
        if b'"tombstone"' in body:
            return _ended(body)
        raise _Unreadable(f"This is not an event: {error}.") from error
    except _BROKEN as error:
        raise _Unreadable(f"This is not JSON: {error}.", keyword="json") from error


def _ended(body: bytes) -> _One:
    """A tombstone of our own envelope. Raises _Unreadable."""
    try:
        ended = _TOMBSTONE.decode(body)
    except msgspec.ValidationError as error:
        hint = 'A tombstone is {"type": "OrderPlaced", "key": "o-1", "tombstone": true}, without data.'
        raise _Unreadable(f"This is no tombstone: {error}.", keyword="tombstone", hint=hint) from error
    _check_time(ended.time)
    own = {"id": ended.id, "source": ended.source, "subject": ended.subject, "time": ended.time}
    attributes = tuple((f"ce-{name}", value.encode()) for name, value in own.items() if value is not None)
    dedup_id = _dedup_id(ended.source, ended.id)
    return _One(ended.type, b"", None, ended.key.encode(), (*attributes, _TOMBSTONE_PAIR), dedup_id)


def _only(events: Events) -> _One:
    """The one event there is, as a row again. Raises _Unreadable."""
    for refused in events.refused.values():
        raise _Unreadable.of(refused.errors[0])
    return _One(
        events.types[0],
        events.payloads[0],
        events.versions[0] if events.versions else None,
        events.keys[0] if events.keys else None,
        events.attributes[0] if events.attributes else (),
        events.dedup_ids[0] if events.dedup_ids else None,
    )


def _bare(payloads: list[bytes], wanted: Wanted) -> Events:
    if len(wanted.type) > TYPE_CHARS_MAX:
        raise MalformedBody(f"A type's name has at most {TYPE_CHARS_MAX} characters.", hint="Check ?type=.")
    if wanted.key and not wanted.key.startswith("/"):
        raise MalformedBody(f"{wanted.key!r} is not a JSON Pointer.", hint="Say ?key=/order_id, for instance.")
    count = len(payloads)
    events = Events([wanted.type] * count, payloads, [wanted.version] * count if wanted.version else None)
    if wanted.key:
        events.keys = [None] * count
        for index, payload in enumerate(payloads):
            try:
                events.keys[index] = _at_pointer(payload, wanted.key)
            except _Unreadable as error:
                events.refused[index] = Refused((error.fault,))
    return events


def _at_pointer(payload: bytes, pointer: str) -> bytes:
    try:
        value: Any = msgspec.json.decode(payload)
        for part in pointer.split("/")[1:]:
            part = part.replace("~1", "/").replace("~0", "~")
            value = value[int(part)] if isinstance(value, list) else value[part]
    except _BROKEN as error:
        raise _Unreadable(f"This is not JSON: {error}.", keyword="json", hint="Send one JSON text a record.") from error
    except (KeyError, IndexError, TypeError, ValueError) as error:
        hint = "Name a field that every payload has, or leave ?key= away."
        raise _Unreadable("The key's field is missing.", keyword="key", pointer=pointer, hint=hint) from error
    if not isinstance(value, str | int) or isinstance(value, bool):
        hint = "Name a field that holds a string or a whole number."
        raise _Unreadable("The key is neither a string nor a whole number.", keyword="key", pointer=pointer, hint=hint)
    return str(value).encode()[:ATTRIBUTE_CHARS_MAX]


# CloudEvents 1.0: HTTP protocol binding and JSON event format (https://github.com/cloudevents/spec)
# ----------------------------------------------------------------------------------------------------------------------


def _binary(body: bytes, content_type: str, headers: Mapping[str, str], wanted: Wanted) -> "_One | Refused":
    """Binary mode: attributes in ce-* headers, percent-encoded UTF-8 (HTTP binding 3.1.3.2); the body is the data."""
    try:
        attributes = {name[3:]: _percent_decoded(value) for name, value in headers.items() if name.startswith("ce-")}
        payload = _utf8(body).strip() if is_json(content_type or None) else body
        return _cloudevent(attributes, payload, content_type or None, wanted)
    except _Unreadable as error:
        return Refused((error.fault,))


def _percent_decoded(value: str) -> str:
    try:
        return unquote_to_bytes(value.strip('"')).decode()
    except UnicodeDecodeError as error:
        raise _Unreadable(
            "A ce- header is not percent-encoded UTF-8.", hint="Encode it as UTF-8, then by percent."
        ) from error


def _structured(body: bytes, wanted: Wanted) -> _One:
    try:
        members = _ATTRIBUTES.decode(body)
    except _BROKEN as error:
        raise _Unreadable(f"This is not a CloudEvent: {error}.", keyword="json") from error
    data, encoded = members.pop("data", None), members.pop("data_base64", None)
    attributes = {name: _attribute(name, bytes(raw)) for name, raw in members.items() if bytes(raw) != b"null"}
    content_type = attributes.pop("datacontenttype", None)
    if encoded is not None:
        payload = _from_base64(bytes(encoded))
        content_type = content_type or "application/octet-stream"
    else:
        payload = bytes(data) if data is not None else b""
        if data is not None and not is_json(content_type) and payload[:1] == b'"':
            payload = msgspec.json.decode(payload).encode()
    return _cloudevent(attributes, payload, content_type, wanted)


def _attribute(name: str, raw: bytes) -> str:
    value = msgspec.json.decode(raw)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    raise _Unreadable(f"The attribute {name!r} is neither a string, a whole number nor a boolean.", pointer=f"/{name}")


def _from_base64(raw: bytes) -> bytes:
    try:
        return base64.b64decode(msgspec.json.decode(raw, type=str), validate=True)
    except (binascii.Error, msgspec.DecodeError, ValueError) as error:
        raise _Unreadable(
            "data_base64 is not Base64.", pointer="/data_base64", hint="RFC 4648, with padding."
        ) from error


def _cloudevent(attributes: dict[str, str], payload: bytes, content_type: str | None, wanted: Wanted) -> _One:
    hint = "CloudEvents 1.0 needs specversion, id, source and type."
    if attributes.pop("specversion", "") != "1.0":
        raise _Unreadable("specversion is not 1.0.", pointer="/specversion", hint=hint)
    for name in ("id", "source", "type"):
        if not attributes.get(name):
            raise _Unreadable(f"The CloudEvent has no {name}.", pointer=f"/{name}", hint=hint)
    _check_attributes(attributes)
    kind = attributes.pop("type")
    version = attributes.pop("schemaversion", None) or _pinned(attributes.get("dataschema"), kind, wanted)
    key = attributes.pop("partitionkey", None)
    ends = attributes.pop("tombstone", "") == "true"
    attributes.pop("factstormplace", None)  # where an exported record lay; it lies elsewhere now
    pairs = [(f"ce-{name}", value.encode()) for name, value in attributes.items()]
    if ends:
        if payload or key is None:
            hint = "A tombstone has a partitionkey, and no data."
            raise _Unreadable("This is no tombstone.", keyword="tombstone", hint=hint)
        pairs.append(_TOMBSTONE_PAIR)
    if content_type is not None and content_type.partition(";")[0].strip().lower() != "application/json":
        pairs.append(("content-type", content_type.encode()))
    else:
        content_type = None
    dedup_id = _dedup_id(attributes["source"], attributes["id"])
    return _One(kind, payload, version, None if key is None else key.encode(), tuple(pairs), dedup_id, content_type)


def _check_attributes(attributes: dict[str, str]) -> None:
    if len(attributes) > EXTENSIONS_MAX:
        raise _Unreadable(
            f"A CloudEvent has at most {EXTENSIONS_MAX} attributes here.", hint="Move some into the data."
        )
    for name, value in attributes.items():
        if not _ATTRIBUTE.match(name):
            hint = "Attribute names are a-z and 0-9, at most 50 characters."
            raise _Unreadable(f"{name[:80]!r} can't name an attribute.", hint=hint)
        if len(value) > (TYPE_CHARS_MAX if name == "type" else ATTRIBUTE_CHARS_MAX):
            raise _Unreadable(f"The attribute {name!r} is too long.", pointer=f"/{name}", hint="Move it into the data.")
    _check_time(attributes.get("time"))


def _check_time(time: str | None) -> None:
    if time is not None and not _TIME.match(time):
        hint = "Send RFC 3339, for instance 2026-11-24T12:00:00Z."
        raise _Unreadable(f"{time[:40]!r} is not a time.", pointer="/time", keyword="time", hint=hint)


def _pinned(dataschema: str | None, kind: str, wanted: Wanted) -> str | None:
    """The version that a ``dataschema`` address of this workspace's catalog names."""
    found = _OUR_SCHEMA.search(dataschema) if dataschema else None
    if found and found[1] == wanted.workspace_slug and found[2] == kind:
        return found[3]
    return wanted.version or None


# Columns --------------------------------------------------------------------------------------------------------------


def _dedup_id(source: str | None, identity: str | None) -> bytes | None:
    """16 bytes for source + id: bounded, however long the two are."""
    if source is None or identity is None:
        return None
    return hashlib.blake2b(f"{len(source)}:{source}{identity}".encode(), digest_size=16).digest()


def _attempt(read: Any, *arguments: Any) -> "_One | Refused":
    """``read(*arguments)``; when the last argument is a place ("Line 3: ") it begins the message of what is wrong."""
    place = ""
    if isinstance(arguments[-1], str):
        *arguments_, place = arguments
        arguments = tuple(arguments_)
    try:
        one: _One = read(*arguments)
    except _Unreadable as error:
        fault = error.fault
        return Refused((Fault(fault.pointer, place + fault.message, fault.keyword, hint=fault.hint),), raw=arguments[0])
    except _BROKEN as error:
        fault = Fault("", f"{place}This can't be read: {error}.", "envelope", hint=ENVELOPE_HINT)
        return Refused((fault,), raw=arguments[0])
    return one


def _columns(read: "Iterable[_One | Refused]") -> Events:
    events = Events()
    ones: list[_One] = []
    for index, each in enumerate(read):
        if isinstance(each, Refused):
            events.refused[index] = each
            each = _One("", _PLACEHOLDER)
        ones.append(each)
    events.types = [each.type for each in ones]
    events.payloads = [each.payload for each in ones]
    if any(each.version is not None for each in ones):
        events.versions = [each.version for each in ones]
    if any(each.key is not None for each in ones):
        events.keys = [each.key for each in ones]
    if any(each.attributes for each in ones):
        events.attributes = [each.attributes for each in ones]
    if any(each.dedup_id is not None for each in ones):
        events.dedup_ids = [each.dedup_id for each in ones]
    events.tombstones = {index for index, each in enumerate(ones) if _TOMBSTONE_PAIR in each.attributes}
    if any(each.content_type is not None for each in ones):
        events.content_types = [each.content_type for each in ones]
    return events


# Conditions -----------------------------------------------------------------------------------------------------------

OFFSET_MAX = 1 << 62
PRODUCER_ID_CHARS_MAX = 200
_IF_POSITION = re.compile(r"(key|\d{1,5}):(\d{1,19})\Z")


def conditions(headers: Mapping[str, str], events: Events) -> Events:
    """The events with what the headers (by lower-case name) ask of the whole append. Raises MalformedBody."""
    if "if-position" in headers:
        events.expected = expected_position(headers["if-position"], events)
    if any(name in headers for name in ("producer-id", "producer-sequence", "producer-epoch")):
        events.producer = producer(headers)
    return events


def expected_position(header: str, events: Events) -> Expected:
    """``<partition>:<next offset>``: where the partition ends; ``key:<next offset>``: right after the newest record of
    the key that all these records have (0: it has none). Raises MalformedBody.
    """
    hint = "Say If-Position: 0:42 (partition:next offset), or key:42 with records of one key; key:0 for a new key."
    found = _IF_POSITION.match(header.strip())
    if found is None or int(found[2]) >= OFFSET_MAX:
        raise MalformedBody(f"If-Position is {header[:40]!r}, which is no place.", hint=hint)
    if found[1] != "key":
        return Expected(int(found[2]), partition=int(found[1]))
    keys = set(events.keys or [None])
    key = keys.pop()
    if keys or key is None:
        raise MalformedBody("If-Position: key:... needs records that all have the same key.", hint=hint)
    return Expected(int(found[2]), key=key)


def producer(headers: Mapping[str, str]) -> Producer:
    """Who sends, and the number of the first record. Raises MalformedBody."""
    hint = "Send Producer-Id: shop-1 and Producer-Sequence: <number of the first record>, and maybe Producer-Epoch."
    name, sequence = headers.get("producer-id", ""), headers.get("producer-sequence", "")
    epoch = headers.get("producer-epoch", "0")
    if not 0 < len(name) <= PRODUCER_ID_CHARS_MAX or not name.isascii() or not name.isprintable():
        raise MalformedBody(f"Producer-Id is 1 to {PRODUCER_ID_CHARS_MAX} printable characters.", hint=hint)
    if not re.fullmatch(r"\d{1,18}", sequence) or not re.fullmatch(r"\d{1,9}", epoch):
        raise MalformedBody("Producer-Sequence and Producer-Epoch are whole numbers.", hint=hint)
    return Producer(name.encode(), int(sequence), int(epoch))
