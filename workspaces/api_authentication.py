"""DRF authentication: who is asking is workspaces.access's business; here only CSRF for cookie-borne requests."""

from typing import Any

from django.http import HttpResponse
from rest_framework.authentication import CSRFCheck
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from workspaces.access import Principal, principal_from_request


class PrincipalAuthentication:
    """Sets ``request.auth`` to the Principal; unsafe methods with a session need the CSRF token, with a key don't."""

    def authenticate(self, request: Request) -> tuple[Any, Principal]:
        """``(person or None, principal)``; never refuses by itself, except for a missing CSRF token."""
        plain = request._request
        principal = principal_from_request(plain)
        if principal.api_key is None and not principal.bad_key:
            self._enforce_csrf(plain)
        return principal.person, principal

    def authenticate_header(self, request: Request) -> str:
        """The challenge of a 401."""
        return 'Bearer realm="factstorm"'

    @staticmethod
    def _enforce_csrf(request: Any) -> None:
        check = CSRFCheck(lambda _: None)  # type: ignore[arg-type]
        check.process_request(request)
        reason = check.process_view(request, lambda _: HttpResponse(), (), {})
        if reason:
            raise PermissionDenied(f"CSRF check failed: {reason}. Reload the page, or use an API key.")
