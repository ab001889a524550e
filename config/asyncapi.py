"""Our own sockets as an AsyncAPI 3.0 document: tails, replays, consumer groups and boards.

Frames of clients on floor 1 come from the very structs that read them; those of the server, and those of boards, are
listed here, and a test holds the golden frames of both sides against what this says.
"""

from typing import Any

import msgspec
from django.http import HttpRequest, JsonResponse

from broker_adapter import group_protocol, replay_protocol, tail_protocol

TEXT: dict[str, Any] = {"type": "string"}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
FLAG: dict[str, Any] = {"type": "boolean"}
OBJECT: dict[str, Any] = {"type": "object"}
OBJECTS: dict[str, Any] = {"type": "array", "items": OBJECT}
OFFSETS: dict[str, Any] = {"type": "object", "additionalProperties": TEXT, "description": "{partition: offset}"}
RECORD: dict[str, Any] = {
    "type": "object",
    "required": ["partition", "offset", "timestamp"],
    "properties": {
        "partition": COUNT,
        "offset": TEXT | {"description": "A whole number; some pass 2^53."},
        "timestamp": TEXT | {"format": "date-time"},
        "type": TEXT,
        "version": TEXT | {"description": "The schema version that validated it."},
        "key": TEXT,
        "key_base64": TEXT,
        "id": TEXT,
        "source": TEXT,
        "subject": TEXT,
        "time": TEXT,
        "faults": OBJECTS,
        "tombstone": FLAG,
        "attributes": OBJECT,
        "content_type": TEXT,
        "data": {"description": "The payload, byte for byte."},
        "data_base64": TEXT,
    },
}
RECORDS: dict[str, Any] = {"type": "array", "items": {"$ref": "#/components/schemas/Record"}}
ERROR = {"code": TEXT, "message": TEXT, "hint": TEXT}
PARTITIONS = OBJECTS | {"description": "[{partition, committed_offset}]"}

SERVER: dict[str, dict[str, dict[str, Any]]] = {
    "tail": {
        "subscribed": {"sub": COUNT, "position": TEXT, "epoch": TEXT, "credit": COUNT},
        "records": {"sub": COUNT, "records": RECORDS, "position": TEXT},
        "caught_up": {"sub": COUNT, "position": TEXT},
        "gap": {"sub": COUNT, "gaps": OBJECTS, "position": TEXT},
        "cannot_resume": {"sub": COUNT, "earliest": TEXT, "epoch": TEXT, "message": TEXT},
        "error": ERROR,
        "pong": {},
    },
    "replay": {
        "replaying": {"sub": COUNT, "position": TEXT, "to": TEXT, "records": COUNT, "credit": COUNT},
        "records": {"sub": COUNT, "records": RECORDS, "position": TEXT},
        "state": {"sub": COUNT, "paused": FLAG, "speed": TEXT, "position": TEXT},
        "finished": {"sub": COUNT, "position": TEXT},
        "error": ERROR,
        "pong": {},
    },
    "group": {
        "joined": {"member": TEXT, "generation": COUNT, "partitions": PARTITIONS, "session_timeout_ms": COUNT},
        "assigned": {"generation": COUNT, "partitions": PARTITIONS, "restart": FLAG},
        "records": {"generation": COUNT, "seq": COUNT, "records": RECORDS, "offsets": OFFSETS},
        "skipped": {"skipped": OBJECTS},
        "committed": {"ref": COUNT, "offsets": OFFSETS},
        "refused": {"ref": COUNT, "code": TEXT, "message": TEXT, "hint": TEXT, "actual": OFFSETS},
        "left": {},
        "error": ERROR,
        "pong": {},
    },
}
CLIENT = {
    "tail": (tail_protocol.Subscribe, tail_protocol.Credit, tail_protocol.Ping),
    "replay": (
        replay_protocol.Replay,
        replay_protocol.Pause,
        replay_protocol.Resume,
        replay_protocol.Step,
        replay_protocol.ChangeSpeed,
        replay_protocol.Credit,
        replay_protocol.Ping,
    ),
    "group": (
        group_protocol.Join,
        group_protocol.Credit,
        group_protocol.Commit,
        group_protocol.Leave,
        group_protocol.Ping,
    ),
}
BOARD_CLIENT = ("hello", "ops", "ping", "presence")
BOARD_SERVER = (
    "ack", "board", "drafts", "error", "ops", "pong", "presence", "pulses", "reset", "types", "welcome", "workshop",
    "you",
)  # fmt: skip
ADDRESSES = {
    "tail": ("/ws/v1/w/{workspace}/streams/{stream}/tail", "A stream, live (docs/stream-protocol.md)."),
    "replay": ("/ws/v1/w/{workspace}/streams/{stream}/replay", "A stream's past, at a pace (docs/stream-protocol.md)."),
    "group": ("/ws/v1/w/{workspace}/streams/{stream}/groups/{group}", "A member of a consumer group."),
    "board": ("/ws/v1/w/{workspace}/boards/{board}/", "A board, live (docs/board-protocol.md)."),
}
PARAMETERS = {
    "workspace": "The workspace's slug.",
    "stream": "The stream's name.",
    "group": "The group's name.",
    "board": "The board's id.",
}


def document() -> dict[str, Any]:
    """The whole document."""
    schemas: dict[str, Any] = {"Record": RECORD}
    messages: dict[str, Any] = {}
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for name, (address, words) in ADDRESSES.items():
        own = {"receive": _client(name, schemas), "send": _server(name)}
        for direction, found in own.items():
            messages |= {f"{name}.{direction}.{t}": message for t, message in found.items()}
            operations[f"{name}.{direction}"] = {
                "action": direction,
                "channel": {"$ref": f"#/channels/{name}"},
                "summary": "What a client sends." if direction == "receive" else "What the server sends.",
                "messages": [{"$ref": f"#/channels/{name}/messages/{direction}.{t}"} for t in found],
            }
        channels[name] = {
            "address": address,
            "title": name.capitalize(),
            "description": words,
            "parameters": {key: {"description": PARAMETERS[key]} for key in PARAMETERS if f"{{{key}}}" in address},
            "messages": {
                f"{direction}.{t}": {"$ref": f"#/components/messages/{name}.{direction}.{t}"}
                for direction, found in own.items()
                for t in found
            },
            "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
        }
    return {
        "asyncapi": "3.0.0",
        "id": "urn:factstorm:sockets",
        "defaultContentType": "application/json",
        "info": {
            "title": "Factstorm sockets",
            "version": "1.0.0",
            "description": "Every frame is one JSON object in a text frame; `t` names it. Records are sent by credit: "
            "docs/stream-protocol.md says how. Services send `Authorization: Bearer <API key>`.",
            "license": {"name": "See the repository"},
            "tags": [{"name": "streams"}, {"name": "boards"}],
        },
        "servers": {"site": {"host": "localhost:8000", "protocol": "ws", "description": "This site."}},
        "channels": channels,
        "operations": operations,
        "components": {"schemas": schemas, "messages": messages},
    }


def _client(name: str, schemas: dict[str, Any]) -> dict[str, Any]:
    if name == "board":
        return {t: _message(name, t, _frame(t, {}, required=False)) for t in BOARD_CLIENT}
    found = {}
    for struct in CLIENT[name]:
        _, components = msgspec.json.schema_components([struct], ref_template="#/components/schemas/{name}")
        schema = dict(components[struct.__name__])
        t = str(struct.__struct_config__.tag)
        schemas[f"{name}.{t}"] = schema
        found[t] = _message(name, t, {"$ref": f"#/components/schemas/{name}.{t}"})
    return found


def _server(name: str) -> dict[str, Any]:
    if name == "board":
        return {t: _message(name, t, _frame(t, {}, required=False)) for t in BOARD_SERVER}
    return {t: _message(name, t, _frame(t, members)) for t, members in SERVER[name].items()}


def _frame(t: str, members: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["t", *(members if required else ())],
        "properties": {"t": {"const": t}, **members},
    }


def _message(name: str, t: str, payload: dict[str, Any]) -> dict[str, Any]:
    tag = "boards" if name == "board" else "streams"
    words = {"name": t, "title": f"{name}: {t}", "contentType": "application/json"}
    return words | {"payload": payload, "tags": [{"name": tag}]}


def view(request: HttpRequest) -> JsonResponse:
    """``GET /api/v1/asyncapi.json``."""
    return JsonResponse(document() | {"servers": {"site": _server_of(request)}}, json_dumps_params={"indent": 1})


def _server_of(request: HttpRequest) -> dict[str, str]:
    return {"host": request.get_host(), "protocol": "wss" if request.is_secure() else "ws", "description": "This site."}
