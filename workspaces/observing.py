"""What this process counts about itself, and the number that ties a request's log lines together.

The floors count here; ``config.observation`` shows the counts at ``/metrics`` and sets the request id. Names and units
follow Prometheus' conventions (base units, ``_total`` for counters). Labels are bounded: no workspace, stream, type or
person is one, so the page tells an operator how busy a process is and nothing of whose business it is busy with.
"""

import contextvars

from prometheus_client import CollectorRegistry, Counter, Histogram

REGISTRY = CollectorRegistry()
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")

records_appended = Counter("factstorm_records_appended", "Records newly stored.", registry=REGISTRY)
record_bytes_appended = Counter("factstorm_record_bytes_appended", "Their payloads, in bytes.", registry=REGISTRY)
records_refused = Counter("factstorm_records_refused", "Records refused by their type's schema.", registry=REGISTRY)
records_repeated = Counter("factstorm_records_repeated", "Records sent again and not stored twice.", registry=REGISTRY)
append_seconds = Histogram(
    "factstorm_append_seconds", "From an append's arrival until it is durable.", buckets=_SECONDS, registry=REGISTRY
)
board_operations = Counter("factstorm_board_operations", "Operations stored on boards.", registry=REGISTRY)
board_commit_seconds = Histogram(
    "factstorm_board_commit_seconds", "One transaction of board operations.", buckets=_SECONDS, registry=REGISTRY
)
requests = Counter("factstorm_http_requests", "Answers, by area and class.", ["area", "status"], registry=REGISTRY)
request_seconds = Histogram(
    "factstorm_http_request_seconds", "Until the answer's head, by area.", ["area"], buckets=_SECONDS, registry=REGISTRY
)
