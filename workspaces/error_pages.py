"""Django's own error handlers, in our words."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from workspaces.api_errors import json_error
from workspaces.errors import FactstormError, Forbidden, NotFound
from workspaces.middleware import error_page


def _answer(request: HttpRequest, error: FactstormError) -> HttpResponse:
    return json_error(error) if request.path.startswith("/api/") else error_page(request, error)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return _answer(request, FactstormError("The request could not be understood.", code="bad_request"))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return _answer(request, Forbidden())


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: the same for what is not there and what may not be seen."""
    return _answer(request, NotFound())


def server_error(request: HttpRequest) -> HttpResponse:
    """500: nothing of the inside leaks."""
    if request.path.startswith("/api/"):
        error = FactstormError("Something went wrong on our side.", hint="Try again; the server's log has the details.")
        error.code, error.http_status = "server_error", 500
        return json_error(error)
    return render(request, "500.html", status=500)
