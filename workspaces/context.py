"""What every template gets: the import map, who is signed in, where we are."""

from typing import Any

from django.http import HttpRequest

from workspaces.import_map import import_map
from workspaces.models import Membership


def shell(request: HttpRequest) -> dict[str, Any]:
    """``import_map``, ``access`` (or None), and ``memberships`` for the workspace switcher."""
    access = getattr(request, "access", None)
    person = getattr(request, "user", None)
    memberships: Any = []
    if person is not None and person.is_authenticated:
        memberships = Membership.objects.filter(person=person).select_related("workspace").order_by("workspace__name")
    return {"import_map": import_map(), "access": access, "memberships": memberships}
