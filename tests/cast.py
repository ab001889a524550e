"""The cast: Alice owns, Fay facilitates, Bob takes part, Vera only looks, Charlie is a stranger.

Plain functions, so that any test module can build what it needs; fixtures of the same names are in tests/conftest.py.
"""

from dataclasses import dataclass

from workspaces import actions
from workspaces.access import Access, access_of_member
from workspaces.models import Membership, Person, Role, Workspace

PASSWORD = "correct horse battery"


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody, and the workspace that all but Charlie share."""

    workspace: Workspace
    alice: Person
    fay: Person
    bob: Person
    vera: Person
    charlie: Person
    elsewhere: Workspace

    def access(self, person: Person, workspace: Workspace | None = None) -> Access:
        """What this person may do; in the shared workspace unless another is named."""
        membership = Membership.objects.select_related("workspace").get(
            person=person, workspace=workspace or self.workspace
        )
        return access_of_member(membership, person)


def person(name: str) -> Person:
    """Somebody with an account and the cast's password."""
    return Person.objects.create_user(email=f"{name.lower()}@example.org", name=name, password=PASSWORD)


def make_cast() -> Cast:
    """Six people, two workspaces."""
    alice, fay, bob, vera, charlie = (person(name) for name in ("Alice", "Fay", "Bob", "Vera", "Charlie"))
    workspace = actions.create_workspace(alice, name="Acme")
    for member, role in ((fay, Role.FACILITATOR), (bob, Role.PARTICIPANT), (vera, Role.VIEWER)):
        Membership.objects.create(workspace=workspace, person=member, role=role)
    elsewhere = actions.create_workspace(charlie, name="Elsewhere")
    return Cast(workspace, alice, fay, bob, vera, charlie, elsewhere)
