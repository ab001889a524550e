"""Errors at the API's edge: one shape for all, ``{"error": {"code", "message", "hint", ...}}``."""

from typing import Any

from django.http import Http404, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from workspaces.errors import FactstormError, NotFound

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="factstorm"'}


def json_error(error: FactstormError) -> JsonResponse:
    """The answer to a request that raised ``error`` (for plain, also asynchronous, views)."""
    headers = _CHALLENGE if error.http_status == 401 else None
    return JsonResponse(error.as_json(), status=error.http_status, headers=headers)


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER."""
    if isinstance(error, Http404):
        error = NotFound()
    if isinstance(error, FactstormError):
        headers = _CHALLENGE if error.http_status == 401 else None
        return Response(error.as_json(), status=error.http_status, headers=headers)
    response = exception_handler(error, context)
    if response is not None and isinstance(error, exceptions.APIException):
        response.data = {"error": _from_drf(error)}
    return response


def _from_drf(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        return {
            "code": "invalid",
            "message": "Some fields are missing or wrong.",
            "hint": "See 'fields' for each.",
            "fields": error.detail,
        }
    return {"code": str(getattr(error.detail, "code", error.default_code)), "message": str(error.detail), "hint": ""}
