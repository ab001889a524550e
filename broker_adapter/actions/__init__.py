"""What may be done on this floor: check, write, then notify."""

from broker_adapter.actions.append import AppendOutcome, aappend_records, append_records
from broker_adapter.actions.dead_letters import Report, Selection, discard, redrive
from broker_adapter.actions.groups import commit, create_group, delete_group, fetch, heartbeat, join, leave, reset_group
from broker_adapter.actions.imports import ImportReport, import_records
from broker_adapter.actions.streams import create_stream, delete_stream, update_stream
from broker_adapter.actions.views import save_views

__all__ = [
    "AppendOutcome",
    "ImportReport",
    "Report",
    "Selection",
    "aappend_records",
    "append_records",
    "commit",
    "create_group",
    "create_stream",
    "delete_group",
    "delete_stream",
    "discard",
    "fetch",
    "heartbeat",
    "import_records",
    "join",
    "leave",
    "redrive",
    "reset_group",
    "save_views",
    "update_stream",
]
