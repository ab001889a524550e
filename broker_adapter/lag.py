"""How far consumer groups are behind: in records, and in seconds since the oldest record that waits was stored."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from broker_adapter import queries
from broker_adapter.models import ConsumerGroup, GroupMember, GroupPartition, LagSample, Stream
from workspaces.errors import FactstormError

SAMPLES_KEPT = timedelta(hours=24)
TREND = timedelta(hours=1)
MEMBERS_SHOWN = 256


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """``records`` wait in the partition; ``seconds``: since when the oldest of them does. 0 when caught up."""

    row: GroupPartition
    end: int
    records: int
    seconds: float


@dataclass(frozen=True, slots=True)
class GroupOverview:
    """A group as it is now."""

    group: ConsumerGroup
    members: Sequence[GroupMember]
    partitions: Sequence[PartitionLag]
    committed_position: str
    trend: Sequence[LagSample] = ()

    @property
    def records(self) -> int:
        """How many records wait, all partitions together."""
        return sum(each.records for each in self.partitions)

    @property
    def seconds(self) -> float:
        """Since when the oldest of them waits."""
        return max((each.seconds for each in self.partitions), default=0.0)


def groups_of(stream: Stream, *, trend: bool = False) -> list[GroupOverview]:
    """All groups of the stream, by name. Raises StreamError where the log can't be read."""
    found = ConsumerGroup.objects.filter(stream=stream).prefetch_related("members", "partitions__owner")
    return [group_overview(stream, group, trend=trend) for group in found]


def group_overview(stream: Stream, group: ConsumerGroup, *, trend: bool = False) -> GroupOverview:
    """One group with its lag; with ``trend`` the samples of the last hour."""
    description = queries.describe(stream)
    ends = {each.partition: each for each in description.partitions}
    now = timezone.now()
    lags = []
    for row in group.partitions.all():
        kept = ends[row.partition]
        committed = max(row.committed_offset, kept.earliest_offset) if description.epoch == group.epoch else 0
        records = max(kept.next_offset - committed, 0)
        seconds = _waiting_s(stream, row.partition, committed) if records else 0.0
        lags.append(PartitionLag(row, kept.next_offset, records, seconds))
    offsets = {row.row.partition: min(row.row.committed_offset, row.end) for row in lags}
    position = queries.engine().position_at(stream.log_name, offsets).encode()
    members = [each for each in group.members.all() if each.expires_at >= now][:MEMBERS_SHOWN]
    samples = list(group.samples.filter(at__gte=now - TREND).order_by("at")) if trend else []
    return GroupOverview(group, members, lags, position, samples)


def _waiting_s(stream: Stream, partition: int, offset: int) -> float:
    """Since when the record at that place is stored."""
    try:
        start = queries.resolve_position(stream, f"offset:{partition}:{offset}")
        found = queries.read(stream, start, records_max=1, bytes_max=1)
    except FactstormError:
        return 0.0
    appended = [batch.appended_ms for batch in found.batches if batch.partition == partition]
    return max(time.time() - appended[0] / 1000, 0.0) if appended else 0.0


def sample(stream: Stream) -> None:
    """Note the lag of each group now, and forget what is older than SAMPLES_KEPT. Called once a maintenance round."""
    now = timezone.now()
    overviews = groups_of(stream)
    if not overviews:
        return  # most streams have none: nothing to write, no lock to take
    LagSample.objects.bulk_create(
        LagSample(group=each.group, at=now, records=each.records, seconds=each.seconds) for each in overviews
    )
    LagSample.objects.filter(group__stream=stream, at__lt=now - SAMPLES_KEPT).delete()


def group_json(found: GroupOverview) -> dict[str, Any]:
    """A group as the API and the page show it. Members by part of their id: the whole lets one act for them."""
    names = {each.pk: member_json(each) for each in found.members}
    owned: dict[Any, list[int]] = {pk: [] for pk in names}
    for lag in found.partitions:
        owned.get(lag.row.owner_id, []).append(lag.row.partition)
    return {
        "name": found.group.name,
        "generation": found.group.generation,
        "created_at": found.group.created_at.isoformat(),
        "members": [
            names[each.pk]
            | {"partitions": [lag.row.partition for lag in found.partitions if lag.row.owner_id == each.pk]}
            for each in found.members
        ],
        "partitions": [
            {
                "partition": each.row.partition,
                "owner": str(each.row.owner_id)[:8] if each.row.owner_id in names else None,
                "committed_offset": str(each.row.committed_offset),
                "next_offset": str(each.end),
                "lag_records": each.records,
                "lag_seconds": round(each.seconds, 1),
                "committed_at": each.row.committed_at.isoformat() if each.row.committed_at else None,
                "committed_by": each.row.committed_by,
            }
            for each in found.partitions
        ],
        "committed_position": found.committed_position,
        "lag_records": found.records,
        "lag_seconds": round(found.seconds, 1),
        "trend": [[int(each.at.timestamp()), each.records, round(each.seconds, 1)] for each in found.trend],
    }


def member_json(member: GroupMember) -> dict[str, Any]:
    """A member for others to see."""
    return {
        "member": str(member.pk)[:8],
        "client": member.client,
        "actor": member.actor_name,
        "joined_at": member.joined_at.isoformat(),
        "expires_at": member.expires_at.isoformat(),
    }
