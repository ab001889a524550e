"""What drf-spectacular can't see by itself: our plain views (append, read, fetch, export), for the OpenAPI document."""

from typing import Any

_TEXT = {"type": "string"}
_RECORD = {
    "type": "object",
    "description": "docs/stream-protocol.md describes it.",
    "required": ["partition", "offset", "timestamp"],
    "properties": {
        "partition": {"type": "integer"},
        "offset": _TEXT,
        "timestamp": {"type": "string", "format": "date-time"},
        **dict.fromkeys(("type", "version", "key", "id", "source", "subject", "time", "content_type"), _TEXT),
        "data": {"description": "The payload, byte for byte."},
        "data_base64": _TEXT,
        "faults": {"type": "array", "items": {"type": "object"}},
        "tombstone": {"type": "boolean"},
        "attributes": {"type": "object", "additionalProperties": _TEXT},
    },
}
_EVENT = {
    "type": "object",
    "required": ["type"],
    "properties": {
        **dict.fromkeys(("type", "version", "key", "id", "source", "subject", "time"), _TEXT),
        "data": {"description": "The payload: any JSON. Kept byte for byte."},
        "tombstone": {"type": "boolean", "description": "Ends the key, in a stream that compacts; then without data."},
    },
    "additionalProperties": False,
}
_APPENDED = {
    "type": "object",
    "required": ["positions", "position", "stored"],
    "properties": {
        "positions": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "index": {"type": "integer"},
                    "partition": {"type": "integer"},
                    "offset": {"type": ["string", "null"]},
                    "duplicate": {"type": "boolean"},
                },
            },
        },
        "position": _TEXT,
        "stored": {"type": "integer"},
        "duplicates": {"type": "integer"},
        "refused": {"type": "integer"},
        "records": {"type": "array", "items": {"type": "object"}},
        "dead_letters": _TEXT,
    },
}
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "hint"],
            "properties": {"code": _TEXT, "message": _TEXT, "hint": _TEXT},
            "additionalProperties": True,
        }
    },
}
_READ = {
    "type": "object",
    "properties": {
        "records": {"type": "array", "items": {"$ref": "#/components/schemas/Record"}},
        "next": _TEXT,
        "caught_up": {"type": "boolean"},
        "gaps": {"type": "array", "items": {"type": "object"}},
    },
}
_FETCHED = {
    "type": "object",
    "properties": {
        "generation": {"type": "integer"},
        "records": {"type": "array", "items": {"$ref": "#/components/schemas/Record"}},
        "offsets": {"type": "object", "additionalProperties": _TEXT},
        "caught_up": {"type": "boolean"},
        "skipped": {"type": "array", "items": {"type": "object"}},
    },
}
BASE = "/api/v1/w/{workspace}/streams/{stream}"


def add_plain_views(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A postprocessing hook of drf-spectacular."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas |= {"Record": _RECORD, "Event": _EVENT, "Appended": _APPENDED, "Refusal": _ERROR}
    paths = result["paths"]
    paths[f"{BASE}/records"] = {"get": _read(), "post": _append()}
    paths[f"{BASE}/export"] = {"get": _export()}
    paths[f"{BASE}/groups/{{group}}/members/{{member}}/records"] = {"get": _fetch()}
    result["paths"] = dict(sorted(paths.items()))
    return result


def _path(*names: str) -> list[dict[str, Any]]:
    return [{"in": "path", "name": name, "required": True, "schema": _TEXT} for name in names]


def _query(**words: str) -> list[dict[str, Any]]:
    names = {name.rstrip("_"): text for name, text in words.items()}
    return [{"in": "query", "name": name, "schema": _TEXT, "description": text} for name, text in names.items()]


def _headers(**words: str) -> list[dict[str, Any]]:
    names = {name.replace("_", "-"): text for name, text in words.items()}
    return [{"in": "header", "name": name, "schema": _TEXT, "description": text} for name, text in names.items()]


def _json(reference: str, description: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{reference}"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _refusals(*rows: tuple[str, str]) -> dict[str, Any]:
    common = (("401", "Not signed in."), ("403", "Not allowed."), ("404", "Not found."))
    return {status: _json("Refusal", words) for status, words in (*common, *rows)}


def _append() -> dict[str, Any]:
    event = {"$ref": "#/components/schemas/Event"}
    many = {"type": "array", "items": event}
    cloudevent = {"type": "object", "description": "CloudEvents 1.0, JSON event format."}
    return {
        "operationId": "records_append",
        "tags": ["streams"],
        "description": "Validates every record and stores them durably: all or none, unless partial.",
        "parameters": _path("workspace", "stream")
        + _query(
            type="The body holds bare payloads of this type.",
            version="The schema version that they are validated by.",
            key="A JSON Pointer to the key in each bare payload.",
            partial="true: store the good ones though others are refused.",
        )
        + _headers(
            If_Position="partition:next-offset or key:next-offset that must hold.",
            Producer_Id="Who numbers what is sent, against doubles.",
            Producer_Sequence="The number of the first record.",
            Producer_Epoch="A higher one shuts out writers with a lower one.",
        ),
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"oneOf": [event, many]}},
                "application/x-ndjson": {"schema": _TEXT},
                "application/cloudevents+json": {"schema": cloudevent},
                "application/cloudevents-batch+json": {"schema": {"type": "array", "items": cloudevent}},
            },
        },
        "responses": {
            "200": _json("Appended", "All were stored before."),
            "201": _json("Appended", "Stored."),
            "207": _json("Appended", "Some were refused, the others are stored."),
            **_refusals(
                ("400", "The body can't be read."),
                ("408", "The body came too slowly."),
                ("409", "The producer is fenced, or its number is forgotten."),
                ("412", "If-Position does not hold."),
                ("413", "Too large."),
                ("415", "A content type that is not taken."),
                ("422", "Records were refused; none is stored."),
                ("503", "Wait and send again."),
                ("507", "The disk is full."),
            ),
        },
    }


def _read() -> dict[str, Any]:
    answer = {
        "description": "Records from a place on.",
        "content": {
            "application/json": {"schema": _READ},
            "application/x-ndjson": {"schema": _TEXT},
            "application/cloudevents-batch+json": {"schema": {"type": "array", "items": {"type": "object"}}},
        },
    }
    return {
        "operationId": "records_read",
        "tags": ["streams"],
        "parameters": _path("workspace", "stream")
        + _query(
            from_="earliest, latest, last:n, time:..., offset:p:n, or a position.",
            to="Where to stop.",
            order="asc, or desc: newest first.",
            limit="How many records are looked at.",
            types="Only these, comma separated.",
            wait="Seconds to wait for something to come.",
        ),
        "responses": {
            "200": answer,
            **_refusals(("400", "No such place."), ("410", "No longer kept."), ("422", "A query that makes no sense.")),
        },
    }


def _export() -> dict[str, Any]:
    return {
        "operationId": "records_export",
        "tags": ["streams"],
        "parameters": _path("workspace", "stream")
        + _query(
            from_="Where it begins.",
            to="Where it ends; fixed in the header Factstorm-Range-To.",
            after="0:41,1:17: go on behind these records.",
            format="ndjson or cloudevents.",
            types="Only these, comma separated.",
        ),
        "responses": {
            "200": {
                "description": "The range, streamed.",
                "content": {
                    "application/x-ndjson": {"schema": _TEXT},
                    "application/cloudevents-batch+json": {"schema": {"type": "array", "items": {"type": "object"}}},
                },
            },
            **_refusals(("400", "No such place."), ("422", "A query that makes no sense.")),
        },
    }


def _fetch() -> dict[str, Any]:
    return {
        "operationId": "groups_fetch",
        "tags": ["streams"],
        "parameters": _path("workspace", "stream", "group", "member")
        + _query(
            generation="The generation that the member knows.",
            offsets="0:42,1:17: from there, not from the committed offsets.",
            limit="How many records.",
            wait="Seconds to wait for something to come.",
        ),
        "responses": {
            "200": {"description": "Records.", "content": {"application/json": {"schema": _FETCHED}}},
            **_refusals(("409", "Another generation."), ("410", "Not in the group any more.")),
        },
    }
