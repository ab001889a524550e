"""Streams: made, changed, deleted."""

from contextlib import suppress

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from broker_adapter.engine_holder import engine, stream_settings
from broker_adapter.errors import NoSuchStream, StreamNameTaken, log_errors
from broker_adapter.log.errors import StreamExists, StreamNotFound
from broker_adapter.models import Stream
from broker_adapter.projector import projector
from broker_adapter.queries import forget_stream
from workspaces.access import Access, Permission
from workspaces.errors import Invalid, LimitReached

DESCRIPTION_CHARS_MAX = 500


def create_stream(access: Access, *, name: str, description: str = "", partitions: int = 1) -> Stream:
    """A new, empty stream. Raises Invalid with ``place`` name, description or partitions; StreamNameTaken."""
    access.require(Permission.STREAM_MANAGE, stream=name)
    stream = Stream(
        workspace=access.workspace,
        name=name.strip(),
        description=description.strip(),
        partitions=partitions,
        created_by=access.person,
        created_by_name=access.actor.name[:80],
    )
    _check(stream)
    if Stream.objects.filter(workspace=access.workspace).count() >= settings.STREAMS_PER_WORKSPACE_MAX:
        raise LimitReached(f"A workspace has at most {settings.STREAMS_PER_WORKSPACE_MAX} streams.")
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
    if not 1 <= stream.partitions <= settings.PARTITIONS_MAX:
        raise Invalid(f"A stream has 1 to {settings.PARTITIONS_MAX} partitions.", place="partitions")
    try:
        stream.clean_fields(exclude=["workspace", "created_by"])
    except ValidationError as error:
        place = next(iter(error.message_dict))
        raise Invalid(" ".join(error.message_dict[place]), place=place) from error


def _create_log(stream: Stream) -> None:
    """The stream's log. One left behind by a creation that did not commit is empty, and replaced."""
    with log_errors(stream.name):
        try:
            engine().create(stream.log_name, partitions=stream.partitions, settings=stream_settings())
        except StreamExists:
            if engine().describe(stream.log_name).records:
                raise
            engine().delete(stream.log_name)
            engine().create(stream.log_name, partitions=stream.partitions, settings=stream_settings())


def update_stream(access: Access, *, stream: str, description: str) -> Stream:
    """Change what can be changed: the description. Raises NoSuchStream, Invalid."""
    access.require(Permission.STREAM_MANAGE, stream=stream)
    found = Stream.objects.filter(workspace=access.workspace, name=stream).first()
    if found is None:
        raise NoSuchStream(stream)
    if len(description.strip()) > DESCRIPTION_CHARS_MAX:
        raise Invalid(f"A description has at most {DESCRIPTION_CHARS_MAX} characters.", place="description")
    found.description = description.strip()
    found.save(update_fields=["description"])
    forget_stream(access.workspace.pk, stream)
    return found


def delete_stream(access: Access, *, stream: str, confirmation: str) -> None:
    """Delete the stream and all its records, for good; ``confirmation`` is its name, typed.

    The log goes first: if this is cut short the row still stands, and deleting again finishes the work.
    """
    access.require(Permission.STREAM_MANAGE, stream=stream)
    found = Stream.objects.filter(workspace=access.workspace, name=stream).first()
    if found is None:
        raise NoSuchStream(stream)
    if confirmation != stream:
        raise Invalid("Type the stream's name to delete it.", hint=f"The name is {stream}.", place="confirmation")
    with log_errors(stream), suppress(StreamNotFound):
        engine().delete(found.log_name)
    found.delete()
    forget_stream(access.workspace.pk, stream)
    projector.forget(found.log_name)
