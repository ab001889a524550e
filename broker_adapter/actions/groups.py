"""Consumer groups: join, heartbeat, fetch, commit, leave, reset. Theory in docs/stream-protocol.md#consumer-groups.

Each action is one transaction that first locks the group's row, then puts out members whose time is over. A change of
members deals the partitions anew (broker_adapter.assignment) and makes a new generation. Rules:

- A partition has one owner: one row, one column.
- What a member says with an older generation than the group's is refused (StaleGeneration, with the present one), so a
  reader that was away can't move what others have done.
- A commit may name the value that it expects to replace; if another stands there, nothing is committed
  (CommitConflict, with the actual one). All partitions of a commit are committed or none.
- Nothing is delivered but what lies after the committed offset, unless the reader asks for another place.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from broker_adapter import queries
from broker_adapter.assignment import assign
from broker_adapter.errors import CommitConflict, MemberGone, NoSuchGroup, StaleGeneration, StreamError
from broker_adapter.log.batch import BatchView
from broker_adapter.log.engine import StreamDescription
from broker_adapter.models import ConsumerGroup, GroupMember, GroupPartition, Stream
from workspaces.access import Access, Permission
from workspaces.errors import Invalid, LimitReached

SESSION_MS_DEFAULT, SESSION_MS_MIN, SESSION_MS_MAX = 30_000, 1_000, 600_000
MEMBERS_MAX = 256
FETCH_BYTES_MAX = 16 * 1024 * 1024
PUT_OFF_SHARE = 1 / 3  # a heartbeat is written only once that much of the session's time is over
clock: Callable[[], datetime] = timezone.now


@dataclass(frozen=True, slots=True)
class Membership:
    """What a member knows of itself. ``partitions``: {partition: committed offset}. ``changed``: there is another
    generation than the one that it named; ``restart``: read on from the committed offsets, since they were reset.
    """

    member: str
    generation: int
    partitions: Mapping[int, int]
    session_timeout_ms: int
    changed: bool = False
    restart: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """Records that the group never read and that are no longer kept."""

    partition: int
    first_offset: int
    next_offset: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a member gets. ``offsets``: {partition: where to go on, and what to commit once these are dealt with}."""

    generation: int
    batches: Sequence[BatchView]
    offsets: Mapping[int, int]
    caught_up: bool
    skipped: Sequence[Skipped] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Move:
    """One partition's part of a reset."""

    partition: int
    before: int
    after: int


# The group ------------------------------------------------------------------------------------------------------------


def create_group(access: Access, *, stream: str, name: str, start: str = "earliest") -> ConsumerGroup:
    """The group, made at ``start`` (as for reading) if it isn't there. Raises Invalid, LimitReached, NoSuchStream."""
    access.require(Permission.STREAM_READ, stream=stream)
    found = queries.find_stream(access.workspace, stream)
    known = ConsumerGroup.objects.filter(stream=found, name=name).first()
    if known is not None:
        return known
    if ConsumerGroup.objects.filter(stream=found).count() >= settings.GROUPS_PER_STREAM_MAX:
        raise LimitReached(f"A stream has at most {settings.GROUPS_PER_STREAM_MAX} groups.")
    position = queries.resolve_position(found, start)
    group = ConsumerGroup(stream=found, name=name, epoch=position.epoch, created_by_name=access.actor.name[:80])
    try:
        group.clean_fields(exclude=["stream"])
    except ValidationError as error:
        raise Invalid(" ".join(error.message_dict.get("name", ["This can't be a group."])), place="name") from error
    rows = zip(range(found.partitions), position.offsets, strict=False)
    try:
        with transaction.atomic():
            group.save(force_insert=True)
            GroupPartition.objects.bulk_create(
                GroupPartition(group=group, partition=partition, committed_offset=offset) for partition, offset in rows
            )
    except IntegrityError:  # somebody else was quicker
        return ConsumerGroup.objects.get(stream=found, name=name)
    return group


def delete_group(access: Access, *, stream: str, group: str, confirmation: str) -> None:
    """Delete the group and what it has committed; ``confirmation`` is its name, typed. Its members are gone."""
    access.require(Permission.STREAM_MANAGE, stream=stream)
    if confirmation != group:
        raise Invalid("Type the group's name to delete it.", hint=f"The name is {group}.", place="confirmation")
    with _locked(access, stream, group) as held:
        held.group.delete()


def reset_group(
    access: Access,
    *,
    stream: str,
    group: str,
    to: str,
    partitions: Sequence[int] | None = None,
    dry_run: bool = False,
) -> list[Move]:
    """Put the committed offsets to a place: ``earliest``, ``latest``, ``time:...``, ``offset:p:n``, a position.

    Members go on there: it makes a new generation. With ``dry_run`` nothing changes. Raises NoSuchGroup, StreamError.
    """
    access.require(Permission.STREAM_MANAGE, stream=stream)
    with _locked(access, stream, group) as held:
        target = queries.resolve_position(held.stream, to)
        wanted = {int(to.split(":")[1])} if to.startswith("offset:") else set(range(held.stream.partitions))
        wanted &= set(range(held.stream.partitions)) if partitions is None else set(partitions)
        rows = [row for row in held.rows() if row.partition in wanted and row.partition < len(target.offsets)]
        moves = [Move(row.partition, row.committed_offset, target.offsets[row.partition]) for row in rows]
        for row in rows:
            if not 0 <= target.offsets[row.partition] <= held.end(row.partition):
                raise Invalid(f"Partition {row.partition} ends at {held.end(row.partition)}.", place="to")
        if not dry_run:
            for row in rows:
                row.committed_offset = target.offsets[row.partition]
                row.committed_at, row.committed_by = clock(), f"{access.actor.name[:80]} (reset)"
            GroupPartition.objects.bulk_update(rows, ["committed_offset", "committed_at", "committed_by"])
            held.new_generation(reset=True)
        return moves


# Members --------------------------------------------------------------------------------------------------------------


def join(
    access: Access,
    *,
    stream: str,
    group: str,
    client: str = "",
    session_timeout_ms: int = SESSION_MS_DEFAULT,
    start: str = "earliest",
) -> Membership:
    """Become a member; the group is made at ``start`` if it isn't there. Raises Invalid, LimitReached, NoSuchStream."""
    if not SESSION_MS_MIN <= session_timeout_ms <= SESSION_MS_MAX:
        raise Invalid(
            f"session_timeout_ms goes from {SESSION_MS_MIN:,} to {SESSION_MS_MAX:,}.", place="session_timeout_ms"
        )
    create_group(access, stream=stream, name=group, start=start)
    with _locked(access, stream, group) as held:
        if held.group.members.count() >= MEMBERS_MAX:
            raise LimitReached(f"A group has at most {MEMBERS_MAX} members.")
        member = GroupMember.objects.create(
            group=held.group,
            client=client[:100],
            actor_name=access.actor.name[:80],
            session_timeout_ms=session_timeout_ms,
            joined_at=clock(),
            expires_at=clock() + timedelta(milliseconds=session_timeout_ms),
        )
        held.deal()
        return held.membership(member, named=None)


def heartbeat(access: Access, *, stream: str, group: str, member: str, generation: int | None = None) -> Membership:
    """Still here; learn of the present generation and partitions. Raises MemberGone."""
    with _locked(access, stream, group) as held:
        return held.membership(held.member(member), named=generation)


def leave(access: Access, *, stream: str, group: str, member: str) -> None:
    """Go, so that others take over at once. Somebody who is gone already may leave again."""
    with _locked(access, stream, group) as held:
        if GroupMember.objects.filter(group=held.group, pk=_uuid(member)).delete()[0]:
            held.deal()


def fetch(
    access: Access,
    *,
    stream: str,
    group: str,
    member: str,
    generation: int,
    offsets: Mapping[int, int] | None = None,
    records_max: int = 500,
    is_heartbeat: bool = True,
) -> Fetched:
    """Records of the member's partitions, from the committed offsets on, or from ``offsets`` where it has some.

    Counts as a heartbeat, unless told not to. Raises MemberGone, StaleGeneration.
    """
    held = _looked_at(access, stream, group, member, is_heartbeat)
    if held is not None:
        known = held.member(member, heard=False)
        held.check_generation(known, generation)
        committed = held.owned(known)
    else:
        with _locked(access, stream, group) as held:
            known = held.member(member, heard=is_heartbeat)
            held.check_generation(known, generation)
            committed = held.owned(known)
    return _read(held, committed, offsets or {}, records_max)


def _looked_at(access: Access, stream: str, group: str, member: str, is_heartbeat: bool) -> "_Held | None":
    """The group without a lock, where a fetch has nothing to write: most of the time. Raises NoSuchStream."""
    access.require(Permission.STREAM_READ, stream=stream)
    found = queries.find_stream(access.workspace, stream)
    row = ConsumerGroup.objects.filter(stream_id=found.pk, name=group).first()
    if row is None:
        return None
    held = _Held(found, row)
    now = clock()
    members = {each.pk: each for each in row.members.all()}
    me = members.get(_uuid(member))
    is_due = is_heartbeat and me is not None and held.is_due(me)
    if is_due or any(each.expires_at < now for each in members.values()) or held.description.epoch != row.epoch:
        return None
    return held


def _read(held: "_Held", committed: Mapping[int, int], offsets: Mapping[int, int], records_max: int) -> Fetched:
    """From the log, outside of the transaction. Partitions of others are read from their end, that is, not at all."""
    position = queries.resolve_position(held.stream, "latest")
    here: dict[int, int] = {}
    skipped = []
    for partition, done in committed.items():
        wanted = offsets.get(partition, done)
        earliest = held.earliest(partition)
        if wanted < earliest:
            skipped.append(Skipped(partition, wanted, earliest))
        here[partition] = min(max(wanted, earliest), position.offsets[partition])
        position = position.moved(partition=partition, offset=here[partition])
    if not here:
        return Fetched(held.group.generation, (), {}, True)
    found = queries.read(held.stream, position, records_max=records_max, bytes_max=FETCH_BYTES_MAX)
    batches = [batch for batch in found.batches if batch.partition in here]
    after = {partition: found.position.offsets[partition] for partition in here}
    return Fetched(held.group.generation, batches, after, found.caught_up, skipped)


def commit(
    access: Access,
    *,
    stream: str,
    group: str,
    member: str,
    generation: int,
    offsets: Mapping[int, int],
    previous: Mapping[int, int] | None = None,
) -> dict[int, int]:
    """The group is done with everything before these offsets. Counts as a heartbeat.

    ``previous``: the committed offsets that these are to replace. Raises MemberGone, StaleGeneration, CommitConflict,
    Invalid.
    """
    if not offsets:
        raise Invalid("There is nothing to commit.", hint='Send {"offsets": {"0": "42"}}.', place="offsets")
    with _locked(access, stream, group) as held:
        known = held.member(member)
        held.check_generation(known, generation)
        rows = {row.partition: row for row in held.rows() if row.owner_id == known.pk}
        foreign = sorted(set(offsets) - set(rows))
        if foreign:
            raise Invalid(f"Partition {foreign[0]} is not this member's.", place="offsets")
        conflicts = {
            partition: rows[partition].committed_offset
            for partition, expected in (previous or {}).items()
            if partition in offsets and rows[partition].committed_offset != expected
        }
        if conflicts:
            raise CommitConflict(conflicts)
        for partition, offset in offsets.items():
            if not 0 <= offset <= held.end(partition):
                raise Invalid(f"Partition {partition} ends at {held.end(partition)}.", place="offsets")
            row = rows[partition]
            row.committed_offset, row.committed_at = offset, clock()
            row.committed_by = f"{known.client or known.actor_name}"
        changed = [rows[partition] for partition in offsets]
        GroupPartition.objects.bulk_update(changed, ["committed_offset", "committed_at", "committed_by"])
        return {row.partition: row.committed_offset for row in changed}


def generation_of(stream: Stream, group: str) -> int | None:
    """The group's generation, without a transaction: for those who look often. None: there is no such group."""
    return ConsumerGroup.objects.filter(stream=stream, name=group).values_list("generation", flat=True).first()


def put_out_expired(stream: Stream) -> int:
    """Deal the partitions of members whose time is over anew; returns how many were put out. For maintenance."""
    names = ConsumerGroup.objects.filter(stream=stream, members__expires_at__lt=clock()).distinct()
    count = 0
    for group in names:
        with transaction.atomic():
            held = _Held(stream, ConsumerGroup.objects.select_for_update().get(pk=group.pk))
            count += held.sweep()
    return count


# One group, locked ----------------------------------------------------------------------------------------------------


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise MemberGone from error


class _Held:
    """A group whose row is locked by this transaction."""

    def __init__(self, stream: Stream, group: ConsumerGroup) -> None:
        self.stream = stream
        self.group = group
        self._description: StreamDescription | None = None

    @property
    def description(self) -> StreamDescription:
        if self._description is None:
            self._description = queries.describe(self.stream)
        return self._description

    def earliest(self, partition: int) -> int:
        return self.description.partitions[partition].earliest_offset

    def end(self, partition: int) -> int:
        return self.description.partitions[partition].next_offset

    def rows(self) -> list[GroupPartition]:
        return list(self.group.partitions.all())

    def follow_epoch(self) -> None:
        """A log that was made anew has other offsets: the group starts at its beginning."""
        if self.description.epoch != self.group.epoch:
            self.group.epoch = self.description.epoch
            self.group.save(update_fields=["epoch"])
            self.group.partitions.update(committed_offset=0, committed_at=None, committed_by="")
            self.new_generation(reset=True)

    def sweep(self) -> int:
        """Put out who was silent for too long."""
        gone, _ = GroupMember.objects.filter(group=self.group, expires_at__lt=clock()).delete()
        if gone:
            self.deal()
        return gone

    def deal(self) -> None:
        """A new generation with partitions for everybody."""
        members = {str(member.pk): member for member in self.group.members.all()}
        rows = self.rows()
        before = {row.partition: str(row.owner_id) for row in rows if row.owner_id is not None}
        owners = assign(len(rows), list(members), before)
        for row in rows:
            owner = owners.get(row.partition)
            row.owner = members[owner] if owner else None
        GroupPartition.objects.bulk_update(rows, ["owner"])
        self.new_generation()

    def new_generation(self, *, reset: bool = False) -> None:
        self.group.generation += 1
        if reset:
            self.group.reset_generation = self.group.generation
        self.group.save(update_fields=["generation", "reset_generation"])

    def member(self, member: str, *, heard: bool = True) -> GroupMember:
        """The member; ``heard`` of just now, or only looked up. Raises MemberGone."""
        found = GroupMember.objects.filter(group=self.group, pk=_uuid(member)).first()
        if found is None:
            raise MemberGone
        if heard and self.is_due(found):
            found.expires_at = clock() + timedelta(milliseconds=found.session_timeout_ms)
            found.save(update_fields=["expires_at"])
        return found

    @staticmethod
    def is_due(member: GroupMember) -> bool:
        """Whether it is worth writing that the member was heard of."""
        session = timedelta(milliseconds=member.session_timeout_ms)
        return member.expires_at - clock() < session * (1 - PUT_OFF_SHARE)

    def owned(self, member: GroupMember) -> dict[int, int]:
        return {row.partition: row.committed_offset for row in self.rows() if row.owner_id == member.pk}

    def membership(self, member: GroupMember, *, named: int | None) -> Membership:
        changed = named is not None and named != self.group.generation
        return Membership(
            str(member.pk),
            self.group.generation,
            self.owned(member),
            member.session_timeout_ms,
            changed,
            self.is_reset_since(named),
        )

    def is_reset_since(self, generation: int | None) -> bool:
        return generation is not None and generation < self.group.reset_generation

    def check_generation(self, member: GroupMember, generation: int) -> None:
        if generation != self.group.generation:
            restart = self.is_reset_since(generation)
            raise StaleGeneration(self.group.generation, self.owned(member), restart=restart)


@contextmanager
def _locked(access: Access, stream: str, group: str) -> Iterator[_Held]:
    """The group, for the length of a transaction, without members that are silent for too long.

    Raises NoSuchStream, NoSuchGroup, and StreamError where the log can't be read.
    """
    access.require(Permission.STREAM_READ, stream=stream)
    found = queries.find_stream(access.workspace, stream)
    refusal: StreamError | None = None
    with transaction.atomic():
        row = ConsumerGroup.objects.select_for_update().filter(stream_id=found.pk, name=group).first()
        if row is None:
            raise NoSuchGroup(group)
        held = _Held(found, row)
        held.follow_epoch()
        held.sweep()
        try:
            yield held
        except (StaleGeneration, MemberGone, CommitConflict) as error:
            refusal = error  # who was put out stays out: the transaction is kept
    if refusal is not None:
        raise refusal
