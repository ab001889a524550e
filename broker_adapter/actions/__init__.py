"""What may be done on this floor: check, write, then notify."""

from broker_adapter.actions.append import AppendOutcome, aappend_records, append_records
from broker_adapter.actions.dead_letters import Report, Selection, discard, redrive
from broker_adapter.actions.streams import create_stream, delete_stream, update_stream

__all__ = [
    "AppendOutcome",
    "Report",
    "Selection",
    "aappend_records",
    "append_records",
    "create_stream",
    "delete_stream",
    "discard",
    "redrive",
    "update_stream",
]
