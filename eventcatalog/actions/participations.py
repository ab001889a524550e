"""Who produces, consumes, handles and asks."""

from django.db import transaction

from eventcatalog import notify
from eventcatalog.actions.types import own
from eventcatalog.history import Change, record, signature
from eventcatalog.models import MessageKind, MessageType, Participation, ParticipationRole, Service
from workspaces.access import Access, Permission
from workspaces.errors import Invalid, NotFound

ROLES_OF_KIND: dict[str, tuple[str, ...]] = {
    MessageKind.EVENT: (ParticipationRole.PRODUCES, ParticipationRole.CONSUMES),
    MessageKind.COMMAND: (ParticipationRole.PRODUCES, ParticipationRole.HANDLES),
    MessageKind.QUERY: (ParticipationRole.ASKS, ParticipationRole.HANDLES),
}


def declare_participation(
    access: Access, message_type: MessageType, *, service: Service, role: str, why: str = ""
) -> Participation:
    """Say that ``service`` plays ``role`` for the type; saying it twice is saying it once.

    Raises Invalid for a role that the kind does not have: commands are handled, queries asked.
    """
    access.require(Permission.CATALOG_WRITE)
    own(access, message_type)
    if service.workspace_id != access.workspace.pk:
        raise NotFound
    if role not in ROLES_OF_KIND[message_type.kind]:
        allowed = " or ".join(ROLES_OF_KIND[message_type.kind])
        raise Invalid(f"A service {allowed} a {message_type.kind}; it can't be said to {role!r} one.", place="role")
    with transaction.atomic():
        found, created = Participation.objects.get_or_create(
            workspace=access.workspace,
            message_type=message_type,
            service=service,
            role=role,
            defaults=signature(access),
        )
        if created:
            summary = f"declared that {service.name} {role} {message_type.name}"
            record(access, message_type, Change("declared", summary, why, {"service": service.slug, "role": role}))
            notify.changed(access.workspace, type_id=message_type.pk)
    return found


def withdraw_participation(access: Access, participation: Participation, *, why: str = "") -> None:
    """Take the declaration back."""
    access.require(Permission.CATALOG_WRITE)
    if participation.workspace_id != access.workspace.pk:
        raise NotFound
    message_type, service, role = participation.message_type, participation.service, participation.role
    with transaction.atomic():
        participation.delete()
        summary = f"declared that {service.name} no longer {role} {message_type.name}"
        record(access, message_type, Change("withdrew", summary, why, {"service": service.slug, "role": role}))
        notify.changed(access.workspace, type_id=message_type.pk)
