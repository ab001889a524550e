"""Streams: made, changed, deleted."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.conf import settings as deployment
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from broker_adapter.engine_holder import engine, stream_settings
from broker_adapter.errors import NoSuchStream, StreamNameTaken, log_errors
from broker_adapter.log.errors import StreamExists, StreamNotFound
from broker_adapter.models import Stream, refuse_reserved
from broker_adapter.projector import projector
from broker_adapter.queries import forget_stream
from broker_adapter.rules import StreamRules, Takes, Validation, changed_rules
from workspaces.access import Access, Permission
from workspaces.errors import Invalid, LimitReached

DESCRIPTION_CHARS_MAX = 500


def create_stream(
    access: Access,
    *,
    name: str,
    description: str = "",
    partitions: int = 1,
    settings: Mapping[str, Any] | None = None,
) -> Stream:
    """A new, empty stream; ``settings`` are fields of broker_adapter.rules.

    Raises Invalid with ``place`` name, description, partitions or the setting's name; StreamNameTaken.
    """
    access.require(Permission.STREAM_MANAGE, stream=name)
    refuse_reserved(name.strip())
    rules = changed_rules(StreamRules(), settings or {})
    stream = Stream(
        workspace=access.workspace,
        name=name.strip(),
        description=description.strip(),
        partitions=partitions,
        settings=rules.as_json(),
        created_by=access.person,
        created_by_name=access.actor.name[:80],
    )
    return open_stream(stream)


def open_stream(stream: Stream) -> Stream:
    """Store a new stream and create its log: what create_stream does once it may, and how our own streams are made."""
    _check(stream)
    own = Stream.objects.filter(workspace=stream.workspace, dead_letters_of=None)
    if own.count() >= deployment.STREAMS_PER_WORKSPACE_MAX:
        raise LimitReached(f"A workspace has at most {deployment.STREAMS_PER_WORKSPACE_MAX} streams.")
    try:
        with transaction.atomic():
            stream.save(force_insert=True)
            _create_log(stream)
    except IntegrityError as error:
        raise StreamNameTaken(
            f"There is a stream {stream.name!r} already.", hint="Choose another name.", place="name"
        ) from error
    projector.forget(stream.log_name)
    return stream


def _check(stream: Stream) -> None:
    if not 1 <= stream.partitions <= deployment.PARTITIONS_MAX:
        raise Invalid(f"A stream has 1 to {deployment.PARTITIONS_MAX} partitions.", place="partitions")
    try:
        stream.clean_fields(exclude=["workspace", "created_by"])
    except ValidationError as error:
        place = next(iter(error.message_dict))
        raise Invalid(" ".join(error.message_dict[place]), place=place) from error


def _create_log(stream: Stream) -> None:
    """The stream's log. One left behind by a creation that did not commit is empty, and replaced."""
    with log_errors(stream.name):
        try:
            engine().create(
                stream.log_name, partitions=stream.partitions, settings=stream_settings(stream.rules, stream.partitions)
            )
        except StreamExists:
            if engine().describe(stream.log_name).records:
                raise
            engine().delete(stream.log_name)
            engine().create(
                stream.log_name, partitions=stream.partitions, settings=stream_settings(stream.rules, stream.partitions)
            )


def update_stream(
    access: Access, *, stream: str, description: str | None = None, settings: Mapping[str, Any] | None = None
) -> Stream:
    """Change the description, some settings (fields of broker_adapter.rules), or both; None leaves as it is.

    New rules hold for what is appended from now on, and retention for all that is kept. Raises NoSuchStream, Invalid.
    """
    access.require(Permission.STREAM_MANAGE, stream=stream)
    refuse_reserved(stream)
    with transaction.atomic():
        found = Stream.objects.select_for_update().filter(workspace=access.workspace, name=stream).first()
        if found is None:
            raise NoSuchStream(stream)
        rules = changed_rules(found.rules, settings or {})
        if found.dead_letters_of_id is not None:
            _check_dead_letters(rules)
        if description is not None:
            found.description = _description(description)
        found.settings = found.settings | rules.as_json()
        found.__dict__.pop("rules", None)
        found.save(update_fields=["description", "settings"])
        if settings:
            _alter_log(found)
    forget_stream(access.workspace.pk, stream)
    return found


def _description(text: str) -> str:
    if len(text.strip()) > DESCRIPTION_CHARS_MAX:
        raise Invalid(f"A description has at most {DESCRIPTION_CHARS_MAX} characters.", place="description")
    return text.strip()


def _check_dead_letters(rules: StreamRules) -> None:
    if rules.compaction or rules.takes is not Takes.ANYTHING or rules.validation is not Validation.STRICT:
        raise Invalid("Of a stream of dead letters only retention can be set.", place="validation")


def _alter_log(stream: Stream) -> None:
    with log_errors(stream.name), suppress(StreamNotFound):
        engine().alter(stream.log_name, stream_settings(stream.rules, stream.partitions))


def delete_stream(access: Access, *, stream: str, confirmation: str) -> None:
    """Delete the stream, its records and its dead letters, for good; ``confirmation`` is its name, typed.

    The log goes first: if this is cut short the row still stands, and deleting again finishes the work.
    """
    access.require(Permission.STREAM_MANAGE, stream=stream)
    refuse_reserved(stream)
    found = Stream.objects.filter(workspace=access.workspace, name=stream).first()
    if found is None:
        raise NoSuchStream(stream)
    if confirmation != stream:
        raise Invalid("Type the stream's name to delete it.", hint=f"The name is {stream}.", place="confirmation")
    if found.dead_letters_of is not None and found.dead_letters_of.rules.validation is Validation.QUARANTINE:
        raise Invalid(
            f"{found.dead_letters_of.name} keeps here what it refuses.",
            hint="Change its validation policy first, or delete it.",
        )
    letters = Stream.objects.filter(dead_letters_of=found).first()
    for each in (letters, found):
        if each is not None:
            with log_errors(each.name), suppress(StreamNotFound):
                engine().delete(each.log_name)
    found.delete()
    for each in (letters, found):
        if each is not None:
            forget_stream(access.workspace.pk, each.name)
            projector.forget(each.log_name)
