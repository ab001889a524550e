"""Liveness (the process answers) and readiness (the database answers)."""

from django.db import connection
from django.http import HttpRequest, JsonResponse

from config.goodbye import is_leaving


def live(request: HttpRequest) -> JsonResponse:
    """The process is up."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """The process can serve: 200, or 503 with what is missing."""
    if is_leaving():
        return JsonResponse({"status": "leaving"}, status=503)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:  # whatever the driver raises, the answer is the same: not ready
        return JsonResponse({"status": "unavailable", "database": "does not answer"}, status=503)
    return JsonResponse({"status": "ok"})
