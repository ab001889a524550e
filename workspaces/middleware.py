"""Middleware: the content security policy, and errors of pages and plain API views in their proper shape."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from workspaces.api_errors import json_error
from workspaces.errors import FactstormError, Forbidden

POLICY = "; ".join(
    [
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self' ws: wss:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)


class ContentSecurityPolicy:
    """Nothing is loaded from anywhere but here; no inline scripts or styles, except the import map by its hash."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if iscoroutinefunction(self):
            return self._call_async(request)
        return self._with_policy(self.get_response(request))

    async def _call_async(self, request: HttpRequest) -> HttpResponseBase:
        response: Awaitable[HttpResponseBase] = self.get_response(request)
        return self._with_policy(await response)

    @staticmethod
    def _with_policy(response: HttpResponseBase) -> HttpResponseBase:
        from workspaces.import_map import script_hash

        script = f"script-src 'self' '{script_hash()}'"
        response.headers.setdefault("Content-Security-Policy", f"{POLICY}; {script}")
        return response


class PlainErrors:
    """Turns a FactstormError raised by a view into JSON under /api/, into a friendly page elsewhere."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Django calls this for an exception of a view; anything but our own errors goes on as it was."""
        if not isinstance(error, FactstormError):
            return None
        if request.path.startswith("/api/") or "application/json" in request.headers.get("Accept", ""):
            return json_error(error)
        return error_page(request, error)


def error_page(request: HttpRequest, error: FactstormError) -> HttpResponse:
    """The page for an error: 404.html and 403.html look the same for everything they stand for."""
    name = {404: "404.html", 403: "403.html"}.get(error.http_status, "400.html")
    return render(request, name, {"error": error}, status=error.http_status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW: says what to do, instead of what went wrong inside."""
    error = Forbidden("This form has expired.", hint="Go back, reload the page and send it again.", code="csrf")
    if request.path.startswith("/api/"):
        return json_error(error)
    return error_page(request, error)
