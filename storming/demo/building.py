"""Builds the demo workspace through the same actions that people and services use.

Every step looks first whether its thing is there, so a build that was cut off goes on where it stopped, and building
again changes nothing: what visitors made of the demo since is theirs.
"""

import os
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from broker_adapter import actions as streams
from eventcatalog.actions.mapping import appoint_steward, declare_reaction, declare_stream_use
from eventcatalog.actions.participations import declare_participation
from eventcatalog.actions.places import create_context, create_domain, create_service, create_team
from eventcatalog.actions.types import TypeChanges, deprecate, register_type, update_type
from eventcatalog.actions.versions import publish_version
from eventcatalog.actions.words import write_about
from eventcatalog.models import MessageType
from storming import doorbell
from storming.actions.boards import create_board
from storming.actions.derived import refresh_derived
from storming.actions.operations import Batch, Incoming, apply_operations
from storming.actions.promotion import NewType, promote_note
from storming.demo import catalog, ties, walls
from storming.demo.layout import Patch, Wall, elements
from storming.demo.models import DemoState
from storming.document.notation import class_of
from storming.models import Board
from storming.state import BoardState
from workspaces import actions as ground
from workspaces.access import Access, Permission, access_of_member
from workspaces.models import ApiKey, Membership, Person, Role, Scope, Workspace, digest

SLUG = "demo"
NAME = "Northwind Fulfilment"
PASSWORD = "storm-the-facts"  # noqa: S105 - the demo is open to whoever reaches it
DANA = ("Dana Demo", "demo@factstorm.local", Role.OWNER)
COLLEAGUES = (
    ("Mats Ekholm", "mats@factstorm.local", Role.FACILITATOR),
    ("Priya Raman", "priya@factstorm.local", Role.PARTICIPANT),
)
KEY_FILE = "simulator_key"
KEY_NAME = "Simulator"
Say = Callable[[str], None]


class SlugTaken(Exception):
    """A workspace of somebody's has the demo's address."""


def find_demo() -> Workspace | None:
    """The demo workspace, when it is there and whole."""
    return Workspace.objects.filter(slug=SLUG, is_demo=True, demo_state__isnull=False).first()


def build(say: Say = lambda _: None) -> Workspace:
    """The demo workspace, whole. Raises SlugTaken."""
    people = [_person(name, email) for name, email, _ in (DANA, *COLLEAGUES)]
    workspace = _workspace(people[0])
    dana = _access(workspace, people[0])
    _members(dana, people[1:])
    say(f"Workspace {NAME!r} with {len(people)} people.")
    authors = [_access(workspace, person) for person in people]
    for wall in (walls.OPENING_A_DEPOT, walls.ORDER_TO_DOORSTEP):  # the last one edited is the first one listed
        _board(authors, wall)
        say(f"Board {wall.name!r} with {sum(1 for _ in wall.cells())} notes.")
    for stream in catalog.STREAMS:
        _stream(dana, stream)
    say(f"{len(catalog.STREAMS)} streams.")
    _places(dana)
    _catalog(dana)
    _ties(dana)
    counts = len(catalog.TYPES), len(catalog.SERVICES), len(catalog.DOMAINS)
    say("A catalog of {} message types, {} services, {} domains.".format(*counts))
    _key(dana)
    DemoState.objects.get_or_create(workspace=workspace)
    return workspace


def _person(name: str, email: str) -> Person:
    """Not by signing up: a password that everybody knows, and that resembles the address, would rightly be refused."""
    found = Person.objects.filter(email=email).first()
    return found or Person.objects.create_user(email=email, name=name, password=PASSWORD)


def _workspace(owner: Person) -> Workspace:
    found = Workspace.objects.filter(slug=SLUG).first()
    if found is None:
        found = ground.create_workspace(owner, name=SLUG, is_demo=True)  # the first name makes the address
        ground.rename_workspace(_access(found, owner), name=NAME)
        found.refresh_from_db()
    if not found.is_demo:
        raise SlugTaken
    return found


def _access(workspace: Workspace, person: Person) -> Access:
    membership = Membership.objects.select_related("workspace").get(workspace=workspace, person=person)
    return access_of_member(membership, person)


def _members(owner: Access, people: Iterable[Person]) -> None:
    for person, (_, _, role) in zip(people, COLLEAGUES, strict=True):
        if not owner.workspace.memberships.filter(person=person).exists():
            invitation, token = ground.invite(owner, role=role, uses=1)
            ground.accept_invitation(person, token=token)
            ground.revoke_invitation(owner, invitation_id=invitation.pk)


def _places(access: Access) -> None:
    workspace = access.workspace
    for name, summary in catalog.TEAMS.items():
        if not workspace.teams.filter(name=name).exists():
            contact = f"{name.lower().replace(' ', '-')}@northwind.example"
            create_team(access, name=name, summary=summary, contact=contact)
    for name, (owner, summary, contexts) in catalog.DOMAINS.items():
        domain = workspace.domains.filter(name=name).first()
        domain = domain or create_domain(access, name=name, summary=summary, owner=owner)
        for context, words in contexts.items():
            if not workspace.contexts.filter(name=context).exists():
                create_context(access, domain=domain.slug, name=context, summary=words)
    for service in catalog.SERVICES:
        if not workspace.services.filter(name=service.name).exists():
            create_service(
                access, name=service.name, summary=service.summary, context=service.context, owner=service.owner
            )


def _catalog(access: Access) -> None:
    """All types: those on the wall by promoting their notes, the others by registering them."""
    wall = walls.ORDER_TO_DOORSTEP
    board = access.workspace.boards.get(name=wall.name)
    notes = {cell.type: wall.element_id(cell.key) for cell in wall.cells() if cell.type}
    for wanted in catalog.TYPES:
        found = access.workspace.message_types.filter(name=wanted.name).first()
        made = found or _new_type(access, wanted, board, notes.get(wanted.name))
        if found is None:
            _describe(access, made, wanted)
    for wanted in catalog.TYPES:
        made = access.workspace.message_types.get(name=wanted.name)
        if wanted.retired and made.state != "deprecated":
            deprecate(access, made, reason=wanted.retired, successor=wanted.successor)
    for (kind, subject), text in catalog.PAGES.items():
        if not access.workspace.about_pages.filter(kind=kind, subject=subject).exists():
            write_about(access, kind=kind, subject=subject, text=text)


def _ties(access: Access) -> None:
    """What leads to what, who uses which stream, who answers for what."""
    services = {each.slug: each for each in access.workspace.services.all()}
    types = {each.name: each for each in access.workspace.message_types.all()}
    told = set(access.workspace.reactions.values_list("service__slug", "trigger__name", "result__name"))
    for policy in ties.POLICIES:
        if (policy.service, policy.trigger, policy.result) not in told:
            trigger, result = types[policy.trigger], types[policy.result]
            declare_reaction(access, services[policy.service], trigger=trigger, result=result, policy=policy.words)
    for wanted in catalog.TYPES:
        if wanted.kind == "event":
            for role, slugs in (("appends", wanted.says), ("reads", wanted.hears)):
                for slug in slugs:
                    declare_stream_use(access, services[slug], stream=wanted.stream, role=role)
    people = {each.person.name: each.person for each in access.workspace.memberships.select_related("person")}
    subjects: dict[str, Any] = services | {each.slug: each for each in access.workspace.teams.all()}
    for slug, names in ties.PEOPLE.items():
        for name in names:
            appoint_steward(access, subjects[slug], person=people[name])


def _new_type(access: Access, wanted: catalog.DemoType, board: Board, note: str | None) -> MessageType:
    words: dict[str, Any] = {
        "title": wanted.title,
        "description": wanted.description,
        "context": wanted.context,
        "owner": wanted.owner or None,
        "stream_name": wanted.stream,
        "tags": tuple(wanted.tags),
        "schema": wanted.versions[0].schema,
        "notes": wanted.versions[0].notes,
    }
    if note is None:
        return register_type(access, kind=wanted.kind, name=wanted.name, pattern=wanted.pattern, **words)
    return promote_note(access, board_id=board.pk, element_id=note, new=NewType(name=wanted.name, **words))


def _describe(access: Access, made: MessageType, wanted: catalog.DemoType) -> None:
    """Later versions, the mode, and who says and hears it."""
    if wanted.compatibility != made.compatibility:
        made = update_type(access, made, TypeChanges(compatibility=wanted.compatibility))
    for version in wanted.versions[1:]:
        publish_version(access, made, schema=version.schema, notes=version.notes)
    says, hears = _ROLES[wanted.kind]
    for role, slugs in ((says, wanted.says), (hears, wanted.hears)):
        for service in access.workspace.services.filter(slug__in=slugs):
            declare_participation(access, made, service=service, role=role)


_ROLES = {"event": ("produces", "consumes"), "command": ("produces", "handles"), "query": ("asks", "handles")}


def _stream(access: Access, wanted: catalog.DemoStream) -> None:
    if not access.workspace.streams.filter(name=wanted.name).exists():
        streams.create_stream(access, name=wanted.name, description=wanted.description, partitions=wanted.partitions)


def _board(authors: list[Access], wall: Wall) -> None:
    """The board with its notes, in turns by its authors."""
    dana = authors[0]
    found = dana.workspace.boards.filter(name=wall.name).first()
    if found is not None:
        return
    with transaction.atomic():
        board = create_board(dana, name=wall.name, format=wall.format)
        state = BoardState.load(board.pk)
        for index, part in enumerate(_parts(elements(wall), len(authors))):
            _write(authors[index % len(authors)], state, part)
        refresh_derived(state)


def _write(access: Access, state: BoardState, patch: Patch) -> None:
    """One operation, as a socket would send it."""
    access.require(Permission.BOARD_EDIT, board_id=state.board_id)
    batch = Batch(access.actor, str(uuid.uuid4()), [Incoming(1, patch)])
    [[result]] = apply_operations(state, [batch]).results
    if result.refused is not None:
        raise RuntimeError(f"The demo's board was refused: {result.refused}")
    doorbell.ring_after_commit(state.board_id)


def _parts(patch: Patch, authors: int) -> list[Patch]:
    """Areas, then the notes in turns, then the arrows between them."""
    areas = {key: each for key, each in patch.items() if class_of(each["kind"]) == "area"}
    notes = {key: each for key, each in patch.items() if class_of(each["kind"]) == "note"}
    arrows = {key: each for key, each in patch.items() if class_of(each["kind"]) == "connector"}
    turns = [dict(list(notes.items())[start::authors]) for start in range(authors)]
    return [part for part in (areas, *turns, arrows) if part]


def _key(access: Access) -> None:
    """The simulator's key: it may append and nothing else; its text is readable by the server's account alone."""
    path = Path(settings.DATA_DIR) / KEY_FILE
    text = path.read_text().strip() if path.exists() else ""
    if text and access.workspace.api_keys.filter(token_digest=digest(text), revoked_at=None).exists():
        return
    for old in ApiKey.objects.filter(workspace=access.workspace, name=KEY_NAME, revoked_at=None):
        ground.revoke_api_key(access, key_id=old.pk)  # its text is lost
    names = [stream.name for stream in catalog.STREAMS]
    _, text = ground.create_api_key(access, name=KEY_NAME, scopes=[Scope.APPEND], stream_names=names)
    fresh = path.with_name(f"{KEY_FILE}.{uuid.uuid4().hex[:8]}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
    fresh.replace(path)


def summary(workspace: Workspace) -> dict[str, Any]:
    """What is there, for the command's last line."""
    return {
        "boards": Board.objects.filter(workspace=workspace).count(),
        "types": workspace.message_types.count(),
        "streams": workspace.streams.count(),
    }
