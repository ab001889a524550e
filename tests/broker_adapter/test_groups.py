"""Consumer groups: partitions shared, commits guarded, members that come, go and die; by action and over HTTP."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker_adapter import engine_holder, lag, maintenance, queries
from broker_adapter.actions import append_records, create_stream, groups
from broker_adapter.assignment import assign
from broker_adapter.envelopes import Events
from broker_adapter.errors import CommitConflict, MemberGone, NoSuchGroup, StaleGeneration
from broker_adapter.models import ConsumerGroup, GroupMember, GroupPartition, Stream
from tests.cast import PASSWORD, Cast
from workspaces.access import Access
from workspaces.errors import Forbidden, Invalid, LimitReached

pytestmark = pytest.mark.django_db(transaction=True)
API = "/api/v1/w/acme/streams/many/groups"


class Clock:
    """Time stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 25, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def tick(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(groups, "clock", made)
    return made


@pytest.fixture
def many(cast: Cast) -> Stream:
    """A stream of four partitions."""
    return create_stream(cast.access(cast.alice), name="many", partitions=4)


@pytest.fixture
def vera(cast: Cast) -> Access:
    """Who may read, and no more."""
    return cast.access(cast.vera)


@pytest.fixture
def fill(cast: Cast, many: Stream) -> Callable[..., None]:
    def fill(count: int, first: int = 0) -> None:
        numbers = range(first, first + count)
        payloads = [str(n).encode() for n in numbers]
        keys: list[bytes | None] = [f"k{n}".encode() for n in numbers]
        append_records(cast.access(cast.bob), stream="many", events=Events(["A"] * count, payloads, keys=keys))

    return fill


def joined(access: Access, name: str = "", **more: Any) -> groups.Membership:
    return groups.join(access, stream="many", group="billing", client=name, **more)


def fetched(access: Access, member: groups.Membership, **more: Any) -> groups.Fetched:
    more = {"generation": member.generation} | more
    return groups.fetch(access, stream="many", group="billing", member=member.member, **more)


def committed(access: Access, member: groups.Membership, offsets: Any, **more: Any) -> dict[int, int]:
    more = {"generation": member.generation} | more
    return groups.commit(access, stream="many", group="billing", member=member.member, offsets=offsets, **more)


def refreshed(access: Access, member: groups.Membership) -> groups.Membership:
    known = {"member": member.member, "generation": member.generation}
    return groups.heartbeat(access, stream="many", group="billing", **known)


def payloads(found: groups.Fetched) -> list[int]:
    return [int(record.payload) for batch in found.batches for record in batch.records()]


# Shares ---------------------------------------------------------------------------------------------------------------

NAMES = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 40), NAMES, st.dictionaries(st.integers(0, 50), st.sampled_from("abcdefghxyz")))
def test_shares_differ_by_one_at_most_and_move_as_little_as_they_can(
    partitions: int, members: list[str], before: dict[int, str]
) -> None:
    owners = assign(partitions, members, before)
    assert owners == assign(partitions, members, before)
    if not members:
        assert owners == {}
        return
    assert set(owners) == set(range(partitions))
    sizes = [list(owners.values()).count(member) for member in members]
    assert max(sizes) - min(sizes) <= 1
    share, extra = divmod(partitions, len(members))
    held = sorted((sum(before.get(p) == m for p in range(partitions)) for m in members), reverse=True)
    can_stay = sum(min(count, share + (place < extra)) for place, count in enumerate(held))
    assert sum(before.get(partition) == owner for partition, owner in owners.items()) == can_stay


# Joining and leaving --------------------------------------------------------------------------------------------------


def test_members_share_the_partitions_and_who_comes_takes_over_some(vera: Access, many: Stream) -> None:
    one = joined(vera)
    assert set(one.partitions) == {0, 1, 2, 3}
    two = joined(vera)
    one = refreshed(vera, one)
    assert one.changed
    assert one.generation == two.generation
    assert (len(one.partitions), len(two.partitions)) == (2, 2)
    assert set(one.partitions) | set(two.partitions) == {0, 1, 2, 3}
    groups.leave(vera, stream="many", group="billing", member=two.member)
    groups.leave(vera, stream="many", group="billing", member=two.member)
    assert len(refreshed(vera, one).partitions) == 4


def test_who_is_silent_for_too_long_is_put_out_and_its_partitions_go_to_others(
    vera: Access, many: Stream, clock: Clock
) -> None:
    one, two = joined(vera, session_timeout_ms=10_000), joined(vera, session_timeout_ms=10_000)
    for _ in range(4):
        clock.tick(6)
        one = refreshed(vera, one)
    assert len(one.partitions) == 4
    for call in (lambda: refreshed(vera, two), lambda: fetched(vera, two), lambda: committed(vera, two, {0: 1})):
        with pytest.raises(MemberGone):
            call()
    assert GroupMember.objects.count() == 1


def test_maintenance_puts_out_who_is_silent_when_nobody_else_asks(vera: Access, many: Stream, clock: Clock) -> None:
    joined(vera)
    clock.tick(3_600)
    done = maintenance.run_once(force=True)
    assert done is not None
    assert done.members_put_out == 1
    assert not GroupPartition.objects.exclude(owner=None).exists()


def test_limits_of_groups_members_and_sessions_are_kept(
    vera: Access, many: Stream, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "MEMBERS_MAX", 1)
    joined(vera)
    with pytest.raises(LimitReached):
        joined(vera)
    settings.GROUPS_PER_STREAM_MAX = 1
    with pytest.raises(LimitReached):
        groups.join(vera, stream="many", group="another")
    for session in (5, 10**9):
        with pytest.raises(Invalid):
            joined(vera, session_timeout_ms=session)
    settings.GROUPS_PER_STREAM_MAX = 5
    with pytest.raises(Invalid):
        groups.join(vera, stream="many", group="no/slash")


# Reading and committing -----------------------------------------------------------------------------------------------


def test_members_read_their_own_partitions_from_where_the_group_is_done(
    vera: Access, many: Stream, fill: Callable[..., None]
) -> None:
    fill(40)
    one, two = joined(vera), joined(vera)
    one = refreshed(vera, one)
    first, second = fetched(vera, one, records_max=100), fetched(vera, two, records_max=100)
    assert sorted(payloads(first) + payloads(second)) == list(range(40))
    assert set(first.offsets) == set(one.partitions)
    assert payloads(fetched(vera, one, records_max=100)) == payloads(first), "nothing is done yet"
    assert payloads(fetched(vera, one, offsets=first.offsets)) == []
    committed(vera, one, first.offsets)
    assert payloads(fetched(vera, one)) == []


def test_a_commit_of_an_earlier_generation_is_refused_and_told_the_present_one(
    vera: Access, many: Stream, fill: Callable[..., None]
) -> None:
    fill(40)
    one = joined(vera)
    found = fetched(vera, one)
    two = joined(vera)
    with pytest.raises(StaleGeneration) as refused:
        committed(vera, one, found.offsets)
    assert refused.value.generation == two.generation
    assert len(refused.value.partitions) == 2
    with pytest.raises(StaleGeneration):
        fetched(vera, one)
    assert set(GroupPartition.objects.values_list("committed_offset", flat=True)) == {0}


def test_a_commit_names_what_it_replaces_and_is_refused_whole_where_that_is_wrong(
    vera: Access, many: Stream, fill: Callable[..., None]
) -> None:
    fill(40)
    one = joined(vera)
    assert committed(vera, one, {0: 2, 1: 1}, previous={0: 0, 1: 0}) == {0: 2, 1: 1}
    with pytest.raises(CommitConflict) as refused:
        committed(vera, one, {0: 3, 1: 2}, previous={0: 2, 1: 0})
    assert refused.value.actual == {1: 1}
    assert GroupPartition.objects.get(partition=0).committed_offset == 2


@pytest.mark.parametrize("offsets", [{}, {0: 1_000}, {7: 0}])
def test_a_commit_of_what_is_not_there_is_refused(vera: Access, many: Stream, offsets: dict[int, int]) -> None:
    one = joined(vera)
    with pytest.raises(Invalid):
        committed(vera, one, offsets)


def test_a_new_group_starts_where_it_is_told_and_keeps_that_place_until_it_commits(
    vera: Access, many: Stream, fill: Callable[..., None]
) -> None:
    fill(10)
    one = joined(vera, start="latest")
    fill(5, first=10)
    assert sorted(payloads(fetched(vera, one))) == [10, 11, 12, 13, 14]


def test_a_group_of_a_log_that_was_made_anew_starts_at_its_beginning(
    vera: Access, many: Stream, fill: Callable[..., None]
) -> None:
    fill(10)
    one = joined(vera)
    committed(vera, one, fetched(vera, one).offsets)
    engine_holder.engine().delete(many.log_name)
    engine_holder.engine().create(many.log_name, partitions=4)
    fill(3)
    told = refreshed(vera, one)
    assert told.restart
    assert sorted(payloads(fetched(vera, told))) == [0, 1, 2]


# Resetting and looking ------------------------------------------------------------------------------------------------


def test_a_reset_moves_the_group_and_its_members_go_on_there(
    cast: Cast, vera: Access, many: Stream, fill: Callable[..., None]
) -> None:
    fill(40)
    one = joined(vera)
    committed(vera, one, fetched(vera, one).offsets)
    fay = cast.access(cast.fay)
    where = {"stream": "many", "group": "billing"}
    with pytest.raises(Forbidden):
        groups.reset_group(vera, **where, to="earliest")
    moves = groups.reset_group(fay, **where, to="earliest", dry_run=True)
    assert sum(move.before - move.after for move in moves) == 40
    assert not refreshed(vera, one).changed
    groups.reset_group(fay, **where, to="earliest", partitions=[1])
    told = refreshed(vera, one)
    assert told.changed
    assert told.restart
    assert told.partitions[1] == 0
    assert told.partitions[0] > 0
    groups.reset_group(fay, **where, to="latest")
    assert lag.groups_of(many)[0].records == 0
    groups.reset_group(fay, **where, to="offset:0:3")
    assert GroupPartition.objects.get(partition=0).committed_offset == 3
    groups.reset_group(fay, **where, to="time:2020-01-01T00:00:00Z")
    assert lag.groups_of(many)[0].records == 40
    with pytest.raises(Invalid):
        groups.reset_group(fay, **where, to="offset:0:4000")


def test_lag_is_told_in_records_and_seconds_and_sampled_for_its_trend(
    vera: Access, many: Stream, fill: Callable[..., None]
) -> None:
    fill(8)
    one = joined(vera, "worker-1")
    committed(vera, one, {0: queries.describe(many).partitions[0].next_offset})
    maintenance.run_once(force=True)
    (found,) = lag.groups_of(many, trend=True)
    told = lag.group_json(found)
    assert told["lag_records"] == 8 - queries.describe(many).partitions[0].next_offset
    assert told["partitions"][0]["lag_records"] == 0
    assert told["partitions"][0]["committed_by"] == "worker-1"
    assert 0 <= told["lag_seconds"] < 60
    assert [row[1] for row in told["trend"]] == [told["lag_records"]]
    assert told["members"][0]["member"] == one.member[:8], "the whole id would let others act for it"
    position = queries.resolve_position(many, told["committed_position"])
    assert position.offsets[0] == queries.describe(many).partitions[0].next_offset


def test_deleting_a_group_needs_its_name_and_a_manager(cast: Cast, vera: Access, many: Stream) -> None:
    joined(vera)
    with pytest.raises(Forbidden):
        groups.delete_group(vera, stream="many", group="billing", confirmation="billing")
    fay = cast.access(cast.fay)
    with pytest.raises(Invalid):
        groups.delete_group(fay, stream="many", group="billing", confirmation="bill")
    groups.delete_group(fay, stream="many", group="billing", confirmation="billing")
    assert not ConsumerGroup.objects.exists()
    with pytest.raises(NoSuchGroup):
        groups.delete_group(fay, stream="many", group="billing", confirmation="billing")


# The promise ----------------------------------------------------------------------------------------------------------

STEPS = st.lists(
    st.one_of(
        st.just(("join",)),
        st.tuples(st.sampled_from(["leave", "crash", "fetch", "commit", "beat", "stale"]), st.integers(0, 5)),
        st.tuples(st.just("append"), st.integers(1, 9)),
        st.tuples(st.just("tick"), st.sampled_from([1, 8, 20])),
    ),
    max_size=40,
)


@pytest.fixture
def fresh(cast: Cast, vera: Access, many: Stream, fill: Callable[..., None], clock: Clock) -> Iterator[Any]:
    def start() -> "Play":
        ConsumerGroup.objects.all().delete()
        engine_holder.engine().delete(many.log_name)
        engine_holder.engine().create(many.log_name, partitions=4)
        return Play(vera, fill, clock)

    yield start


class Play:
    """Members that do as they are told, and what they were given."""

    def __init__(self, access: Access, fill: Callable[..., None], clock: Clock) -> None:
        self.access, self.fill, self.clock = access, fill, clock
        self.members: list[groups.Membership] = []
        self.had: dict[str, dict[int, int]] = {}
        self.seen: set[int] = set()
        self.appended = 0

    def take(self, step: tuple[Any, ...]) -> None:
        kind, *rest = step
        if kind == "append":
            self.fill(rest[0], self.appended)
            self.appended += rest[0]
        elif kind == "tick":
            self.clock.tick(rest[0])
        elif kind == "join":
            self.members.append(joined(self.access, session_timeout_ms=10_000))
        elif self.members:
            at = rest[0] % len(self.members)
            try:
                getattr(self, f"_{kind}")(at)
            except (MemberGone, StaleGeneration) as error:
                if isinstance(error, MemberGone):
                    del self.members[at]
                else:
                    self._beat(at)
        self.check_owners()

    def _leave(self, at: int) -> None:
        groups.leave(self.access, stream="many", group="billing", member=self.members.pop(at).member)

    def _crash(self, at: int) -> None:
        del self.members[at]

    def _beat(self, at: int) -> None:
        self.members[at] = refreshed(self.access, self.members[at])

    def _fetch(self, at: int) -> None:
        found = fetched(self.access, self.members[at], records_max=7)
        self.seen.update(payloads(found))
        self.had[self.members[at].member] = dict(found.offsets)

    def _commit(self, at: int) -> None:
        offsets = self.had.pop(self.members[at].member, None)
        if offsets:
            own = {each: offset for each, offset in offsets.items() if each in self.members[at].partitions}
            if own:
                committed(self.access, self.members[at], own)

    def _stale(self, at: int) -> None:
        """Somebody who doesn't know the present generation commits: it must not move anything."""
        known = self.members[at]
        before = list(GroupPartition.objects.values_list("partition", "committed_offset"))
        with pytest.raises((StaleGeneration, MemberGone)):
            committed(self.access, known, dict.fromkeys(range(4), 0), generation=known.generation + 1_000)
        assert list(GroupPartition.objects.values_list("partition", "committed_offset")) == before

    def check_owners(self) -> None:
        """Of those who know the same generation no two own one partition."""
        by_generation: dict[int, list[int]] = {}
        for member in self.members:
            by_generation.setdefault(member.generation, []).extend(member.partitions)
        for generation, partitions in by_generation.items():
            assert len(partitions) == len(set(partitions)), generation

    def finish(self) -> None:
        """Somebody joins and reads to the end: then every record was given to somebody."""
        self.clock.tick(60)
        last = joined(self.access)
        while True:
            found = fetched(self.access, last)
            self.seen.update(payloads(found))
            if not payloads(found):
                break
            committed(self.access, last, found.offsets)
        assert self.seen == set(range(self.appended))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whoever_comes_goes_and_dies_every_record_is_given_to_a_member_and_no_partition_has_two_owners(
    fresh: Callable[[], Play], steps: list[tuple[Any, ...]]
) -> None:
    play = fresh()
    for step in steps:
        play.take(step)
    play.finish()


# Over HTTP ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def service(many: Stream, make_key: Callable) -> Callable[..., Any]:
    client, headers = Client(), {"Authorization": make_key("read")[1]}

    def call(method: str, path: str, body: object = None) -> Any:
        answer = getattr(client, method)(
            API + path, headers=headers, **({} if body is None else {"data": body, "content_type": "application/json"})
        )
        return answer.status_code, json.loads(answer.content) if answer.content else None

    return call


def test_a_whole_turn_over_http(service: Callable[..., Any], fill: Callable[..., None]) -> None:
    fill(10)
    status, me = service("post", "/billing/members", {"client": "worker-1", "session_timeout_ms": 30_000})
    assert (status, me["heartbeat_ms"], len(me["partitions"])) == (201, 10_000, 4)
    own = f"/billing/members/{me['member']}"
    status, got = service("get", f"{own}/records?generation={me['generation']}&limit=100")
    assert (status, len(got["records"]), got["caught_up"]) == (200, 10, True)
    cursor = ",".join(f"{partition}:{offset}" for partition, offset in got["offsets"].items())
    _, rest = service("get", f"{own}/records?generation={me['generation']}&offsets={cursor}")
    assert rest["records"] == []
    previous = {str(each["partition"]): each["committed_offset"] for each in me["partitions"]}
    commit = {"generation": me["generation"], "offsets": got["offsets"], "previous": previous}
    assert service("post", f"{own}/commits", commit) == (200, {"committed": got["offsets"]})
    status, refused = service("post", f"{own}/commits", commit)
    assert (status, refused["error"]["code"]) == (409, "commit_conflict")
    assert refused["error"]["actual"] == {each: offset for each, offset in got["offsets"].items() if offset != "0"}
    _, other = service("post", "/billing/members", {})
    status, stale = service("post", f"{own}/commits", commit)
    assert (status, stale["error"]["code"], stale["error"]["generation"]) == (
        409,
        "stale_generation",
        other["generation"],
    )
    _, told = service("post", f"{own}/heartbeats", {"generation": me["generation"]})
    assert (told["changed"], len(told["partitions"])) == (True, 2)
    assert service("delete", own) == (204, None)
    status, gone = service("post", f"{own}/heartbeats", {})
    assert (status, gone["error"]["code"]) == (410, "member_gone")
    _, shown = service("get", "")
    assert [(each["name"], each["lag_records"]) for each in shown["groups"]] == [("billing", 0)]
    assert service("get", "/nope")[0] == 404
    assert service("post", "/billing/resets", {"to": "earliest"})[0] == 403


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("post", "/b/members", {"session_timeout_ms": 1}, 422),
        ("post", "/b/members", {"start": "noon"}, 400),
        ("post", "/b/members/not-an-id/heartbeats", {}, 404),
        ("get", "/b/members/not-an-id/records?generation=x", None, 422),
        ("get", "/b/members/not-an-id/records?generation=1&offsets=0", None, 422),
        ("post", "", {"name": "a b"}, 422),
        ("delete", "/b?confirm=b", None, 403),
    ],
)
def test_what_makes_no_sense_is_refused(
    service: Callable[..., Any], method: str, path: str, body: object, status: int
) -> None:
    found, answer = service(method, path, body)
    assert found == status, answer
    assert answer["error"]["message"]


def test_a_manager_resets_and_deletes_over_http_and_a_stranger_sees_nothing(
    cast: Cast, vera: Access, fill: Callable[..., None]
) -> None:
    fill(5)
    joined(vera)
    fay, charlie = Client(), Client()
    for client, name in ((fay, "fay"), (charlie, "charlie")):
        assert client.login(email=f"{name}@example.org", password=PASSWORD)
    moved = fay.post(f"{API}/billing/resets", {"to": "latest", "dry_run": True}, content_type="application/json")
    assert sum(int(move["after"]) for move in moved.json()["moves"]) == 5
    for path in ("", "/billing"):
        assert charlie.get(API + path).status_code == 404
    assert charlie.post(f"{API}/billing/members", {}, content_type="application/json").status_code == 404
    assert fay.delete(f"{API}/billing?confirm=billing").status_code == 204
