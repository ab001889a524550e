"""The rest of the map by hand: who appends to and reads streams, what leads to what, who answers for what."""

import re
from typing import Any

from django.db import models, transaction

from broker_adapter.models import NAME_RULE, STREAM_NAME
from eventcatalog import notify
from eventcatalog.actions.participations import declare_participation
from eventcatalog.actions.types import own
from eventcatalog.history import Change, record, signature
from eventcatalog.map_models import Reaction, Steward, StreamRole, StreamUse
from eventcatalog.models import MessageKind, MessageType, ParticipationRole, Service
from workspaces.access import Access, Permission
from workspaces.errors import Invalid, LimitReached, NotFound
from workspaces.models import Person

USES_PER_SERVICE_MAX = 500
REACTIONS_PER_SERVICE_MAX = 1_000
STEWARDS_PER_THING_MAX = 20
POLICY_MAX = 300
TAKING = {
    MessageKind.EVENT: ParticipationRole.CONSUMES,
    MessageKind.COMMAND: ParticipationRole.HANDLES,
    MessageKind.QUERY: ParticipationRole.HANDLES,
}
SAYING = {
    MessageKind.EVENT: ParticipationRole.PRODUCES,
    MessageKind.COMMAND: ParticipationRole.PRODUCES,
    MessageKind.QUERY: ParticipationRole.ASKS,
}


def declare_stream_use(access: Access, service: Service, *, stream: str, role: str, why: str = "") -> StreamUse:
    """Say that ``service`` appends to or reads ``stream``; the stream may still be planned. Saying it twice is once."""
    access.require(Permission.CATALOG_WRITE)
    _own_service(access, service)
    if role not in StreamRole.values:
        raise Invalid(f"A service {' or '.join(StreamRole.values)} a stream.", place="role")
    if not re.fullmatch(STREAM_NAME, stream):
        raise Invalid(f"{stream[:60]!r} can't be a stream's name.", hint=NAME_RULE, place="stream")
    if StreamUse.objects.filter(service=service).count() >= USES_PER_SERVICE_MAX:
        raise LimitReached(f"A service has at most {USES_PER_SERVICE_MAX} declared uses of streams.")
    with transaction.atomic():
        found, created = StreamUse.objects.get_or_create(
            workspace=access.workspace, service=service, stream_name=stream, role=role, defaults=signature(access)
        )
        if created:
            detail = {"stream": stream, "role": role}
            words = "appends to" if role == StreamRole.APPENDS else "reads"
            summary = f"declared that {service.name} {words} the stream {stream}"
            record(access, service, Change("declared", summary, why, detail))
            notify.changed(access.workspace)
    return found


def withdraw_stream_use(access: Access, use: StreamUse, *, why: str = "") -> None:
    """Take the declaration back."""
    access.require(Permission.CATALOG_WRITE)
    _own_row(access, use)
    detail = {"stream": use.stream_name, "role": use.role}
    with transaction.atomic():
        use.delete()
        summary = f"declared that {use.service.name} no longer {use.role} the stream {use.stream_name}"
        record(access, use.service, Change("withdrew", summary, why, detail))
        notify.changed(access.workspace)


def declare_reaction(
    access: Access, service: Service, *, trigger: MessageType, result: MessageType, policy: str = "", why: str = ""
) -> Reaction:
    """Whenever ``service`` takes ``trigger``, it sends ``result``. That it takes the one and sends the other is
    declared along with it. Saying it again changes the words of the ``policy``. Raises Invalid, LimitReached.
    """
    access.require(Permission.CATALOG_WRITE)
    _own_service(access, service)
    for each in (trigger, result):
        own(access, each)
    if trigger.pk == result.pk:
        raise Invalid("A message can't lead to itself.", place="result")
    policy = " ".join(policy.split())
    if len(policy) > POLICY_MAX:
        raise Invalid(f"A policy has at most {POLICY_MAX} characters.", place="policy")
    if Reaction.objects.filter(service=service).count() >= REACTIONS_PER_SERVICE_MAX:
        raise LimitReached(f"A service has at most {REACTIONS_PER_SERVICE_MAX} reactions.")
    with transaction.atomic():
        declare_participation(access, trigger, service=service, role=TAKING[MessageKind(trigger.kind)])
        declare_participation(access, result, service=service, role=SAYING[MessageKind(result.kind)])
        found, created = Reaction.objects.get_or_create(
            workspace=access.workspace,
            service=service,
            trigger=trigger,
            result=result,
            defaults={"policy": policy, **signature(access)},
        )
        if created or (policy and policy != found.policy):
            found.policy = policy
            found.save(update_fields=["policy"])
            summary = f"declared that in {service.name}, {trigger.name} leads to {result.name}"
            detail = {"service": service.slug, "result": result.name, "policy": policy}
            record(access, trigger, Change("declared", summary, why, detail))
            notify.changed(access.workspace, type_id=trigger.pk)
    return found


def withdraw_reaction(access: Access, reaction: Reaction, *, why: str = "") -> None:
    """Take the reaction back; that the service takes and sends these types stays declared."""
    access.require(Permission.CATALOG_WRITE)
    _own_row(access, reaction)
    service, trigger, result = reaction.service, reaction.trigger, reaction.result
    with transaction.atomic():
        reaction.delete()
        summary = f"declared that in {service.name}, {trigger.name} no longer leads to {result.name}"
        record(access, trigger, Change("withdrew", summary, why, {"service": service.slug, "result": result.name}))
        notify.changed(access.workspace, type_id=trigger.pk)


def appoint_steward(access: Access, subject: models.Model, *, person: Person, why: str = "") -> Steward:
    """``person`` answers for the service, domain or type, or becomes a member of the team. Twice is once.

    Raises Invalid for somebody who is not in the workspace, LimitReached.
    """
    access.require(Permission.CATALOG_WRITE)
    kind = _kind(access, subject)
    if not access.workspace.memberships.filter(person=person).exists():
        raise Invalid("Only members of this workspace can answer for something in it.", place="person")
    place: dict[str, Any] = {"workspace": access.workspace, kind: subject}
    if Steward.objects.filter(**place).count() >= STEWARDS_PER_THING_MAX:
        raise LimitReached(f"At most {STEWARDS_PER_THING_MAX} people answer for one thing.")
    with transaction.atomic():
        found, created = Steward.objects.get_or_create(**place, person=person)
        if created:
            words = "is a member of" if kind == "team" else "answers for"
            summary = f"declared that {person.name} {words} {subject}"
            record(access, subject, Change("appointed", summary, why, {"person": str(person.pk)}))
            notify.changed(access.workspace)
    return found


def dismiss_steward(access: Access, steward: Steward, *, why: str = "") -> None:
    """The person no longer answers for it."""
    access.require(Permission.CATALOG_WRITE)
    _own_row(access, steward)
    kind, subject = subject_of(steward)
    with transaction.atomic():
        steward.delete()
        words = "is no longer a member of" if kind == "team" else "no longer answers for"
        record(access, subject, Change("dismissed", f"declared that {steward.person.name} {words} {subject}", why))
        notify.changed(access.workspace)


def subject_of(steward: Steward) -> tuple[str, models.Model]:
    """(which of the four, the row) that a steward answers for."""
    for kind in Steward.SUBJECTS:
        found = getattr(steward, kind)
        if found is not None:
            return kind, found
    raise ValueError("a steward of nothing")


def _kind(access: Access, subject: models.Model) -> str:
    if getattr(subject, "workspace_id", None) != access.workspace.pk:
        raise NotFound
    kind = "message_type" if isinstance(subject, MessageType) else str(subject._meta.model_name)
    if kind not in Steward.SUBJECTS:
        raise ValueError(f"nobody answers for a {kind}")
    return kind


def _own_service(access: Access, service: Service) -> None:
    if service.workspace_id != access.workspace.pk:
        raise NotFound


def _own_row(access: Access, row: StreamUse | Reaction | Steward) -> None:
    if row.workspace_id != access.workspace.pk:
        raise NotFound
