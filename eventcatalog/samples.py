"""How to append a type: curl, Python and JavaScript, ready to paste."""

import json
import pprint
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from eventcatalog.models import MessageType
from eventcatalog.representations import absolute
from workspaces.models import Workspace

DEFAULT_STREAM = "events"
EXAMPLE_CHARACTERS_MAX = 4_000


@dataclass(frozen=True, slots=True)
class Sample:
    """A piece of code. ``slug`` names it in the page."""

    slug: str
    label: str
    language: str
    text: str


def append_url(request: HttpRequest, workspace: Workspace, stream: str) -> str:
    """Where records of a stream are sent."""
    arguments = {"workspace": workspace.slug, "stream": stream}
    return absolute(request, reverse("broker_adapter-api:records", kwargs=arguments))


def samples_for(request: HttpRequest, workspace: Workspace, message_type: MessageType, *, stream: str) -> list[Sample]:
    """The same append in three languages, with the type's example as its data."""
    url = append_url(request, workspace, stream)
    data = message_type.latest.example if message_type.latest else None
    if data is None or len(json.dumps(data)) > EXAMPLE_CHARACTERS_MAX:
        data = {}
    event = {"type": message_type.name, "data": data}
    return [
        Sample("curl", "curl", "shell", _curl(url, event)),
        Sample("python", "Python", "python", _python(url, event)),
        Sample("javascript", "JavaScript", "javascript", _javascript(url, event)),
        Sample("cloudevents", "CloudEvents", "shell", _cloudevents(url, message_type, data)),
    ]


def stream_for(message_type: MessageType, known: list[str]) -> str:
    """The type's own stream, else the workspace's only or first one, else a name to create."""
    if message_type.stream_name:
        return message_type.stream_name
    return known[0] if known else DEFAULT_STREAM


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _quoted(text: str) -> str:
    """For a shell, in single quotes."""
    return "'" + text.replace("'", "'\\''") + "'"


def _curl(url: str, event: dict[str, Any]) -> str:
    return (
        f"curl -X POST {_quoted(url)} \\\n"
        '  -H "Authorization: Bearer $FACTSTORM_KEY" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  -d {_quoted(_pretty(event))}\n"
    )


def _python(url: str, event: dict[str, Any]) -> str:
    return (
        "import json, os, urllib.request\n\n"
        f"event = {pprint.pformat(event, sort_dicts=False, width=100)}\n"
        "request = urllib.request.Request(\n"
        f"    {json.dumps(url)},\n"
        "    data=json.dumps(event).encode(),\n"
        "    headers={\n"
        '        "Authorization": f"Bearer {os.environ[\'FACTSTORM_KEY\']}",\n'
        '        "Content-Type": "application/json",\n'
        "    },\n"
        ")\n"
        "with urllib.request.urlopen(request) as answer:\n"
        "    print(json.load(answer))  # where the record was stored\n"
    )


def _javascript(url: str, event: dict[str, Any]) -> str:
    return (
        f"const answer = await fetch({json.dumps(url)}, {{\n"
        '  method: "POST",\n'
        "  headers: {\n"
        "    Authorization: `Bearer ${process.env.FACTSTORM_KEY}`,\n"
        '    "Content-Type": "application/json",\n'
        "  },\n"
        f"  body: JSON.stringify({_pretty(event)}),\n"
        "});\n"
        "if (!answer.ok) throw new Error(JSON.stringify(await answer.json()));\n"
        "console.log(await answer.json()); // where the record was stored\n"
    )


def _cloudevents(url: str, message_type: MessageType, data: Any) -> str:
    event = {
        "specversion": "1.0",
        "id": "a-unique-id",
        "source": "/your-service",
        "type": message_type.name,
        "datacontenttype": "application/json",
        "data": data,
    }
    return (
        f"curl -X POST {_quoted(url)} \\\n"
        '  -H "Authorization: Bearer $FACTSTORM_KEY" \\\n'
        '  -H "Content-Type: application/cloudevents+json" \\\n'
        f"  -d {_quoted(_pretty(event))}\n"
    )
