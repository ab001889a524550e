"""CatalogCheck: what an append must pass."""

import pytest

from broker_adapter.checks import Accepted, AppendCheck, Incoming, Refused
from eventcatalog import actions, notify
from eventcatalog.models import CatalogRevision, MessageType
from eventcatalog.validation import CatalogCheck
from tests.cast import Cast
from tests.eventcatalog.conftest import BAD, GOOD

pytestmark = pytest.mark.django_db


def check(cast: Cast, *incoming: Incoming):
    return CatalogCheck().check(workspace_id=cast.workspace.pk, stream="orders", incoming=incoming)


def check_columns(cast: Cast, payloads, **columns):
    count = len(payloads)
    given = {"types": ["OrderPlaced"] * count, "versions": [None] * count, **columns}
    return CatalogCheck().check_columns(workspace_id=cast.workspace.pk, stream="orders", payloads=payloads, **given)


def test_it_is_the_check_that_floor_1_asks_for():
    assert isinstance(CatalogCheck(), AppendCheck)


def test_a_good_payload_is_accepted_and_says_which_version_took_it(cast: Cast, order_placed: MessageType):
    assert check(cast, Incoming("OrderPlaced", None, GOOD)) == [Accepted("1.0.0")]


def test_a_bad_payload_is_refused_with_pointer_words_and_version(cast: Cast, order_placed: MessageType):
    wrong = GOOD.replace(b"1299", b'"free"')
    [refused] = check(cast, Incoming("OrderPlaced", None, wrong))
    assert isinstance(refused, Refused)
    [fault] = refused.errors
    assert (fault.pointer, fault.keyword, fault.schema_version) == ("/total_cents", "type", "1.0.0")
    assert fault.message


def test_of_a_mixed_batch_only_the_bad_places_are_refused(cast: Cast, order_placed: MessageType):
    result = check_columns(cast, [GOOD, BAD, GOOD, b"{", GOOD])
    assert sorted(result.refused) == [1, 3]
    assert result.versions[0] == "1.0.0"
    assert result.refused[3].errors[0].keyword == "json"


def test_a_payload_that_is_not_utf8_json_is_refused(cast: Cast, order_placed: MessageType):
    result = check_columns(cast, [b"\xff\xfe", b"", b'{"order_id": NaN}', b"[1,2", GOOD + b"x"])
    assert sorted(result.refused) == [0, 1, 2, 3, 4]


def test_an_unknown_type_is_refused_with_names_that_look_like_it(cast: Cast, order_placed: MessageType):
    [refused] = check(cast, Incoming("orderplacd", None, GOOD))
    assert "OrderPlaced" in refused.errors[0].hint
    assert refused.errors[0].keyword == "type"


def test_a_pinned_version_that_does_not_exist_is_refused_naming_the_latest(cast: Cast, order_placed: MessageType):
    [refused] = check(cast, Incoming("OrderPlaced", "9.9.9", GOOD))
    assert "1.0.0" in refused.errors[0].hint
    assert refused.errors[0].keyword == "version"


def test_records_of_a_deprecated_type_are_still_taken(cast: Cast, order_placed: MessageType):
    actions.deprecate(cast.access(cast.fay), order_placed, reason="Replaced")
    assert check(cast, Incoming("OrderPlaced", None, GOOD)) == [Accepted("1.0.0")]


def test_another_workspaces_types_are_unknown_here(cast: Cast, order_placed: MessageType):
    [refused] = CatalogCheck().check(
        workspace_id=cast.elsewhere.pk, stream="orders", incoming=[Incoming("OrderPlaced", None, GOOD)]
    )
    assert "no type" in refused.errors[0].message
    assert "OrderPlaced" not in refused.errors[0].hint


def test_what_says_it_is_not_json_is_refused(cast: Cast, order_placed: MessageType):
    result = check_columns(cast, [GOOD, GOOD], content_types=[None, "image/png"])
    assert list(result.refused) == [1]
    assert result.refused[1].errors[0].keyword == "content_type"


def test_a_type_registered_in_this_process_is_known_at_once(cast: Cast):
    assert isinstance(check(cast, Incoming("OrderShipped", None, b"{}"))[0], Refused)
    actions.register_type(cast.access(cast.fay), kind="event", name="OrderShipped", schema={"type": "object"})
    assert check(cast, Incoming("OrderShipped", None, b"{}")) == [Accepted("1.0.0")]


def test_a_change_made_by_another_process_is_seen_once_the_second_is_over(cast: Cast, order_placed, monkeypatch):
    from eventcatalog import validation

    now = [100.0]
    monkeypatch.setattr(validation.time, "monotonic", lambda: now[0])
    revisions = validation.Revisions()
    before = revisions.of(cast.workspace.pk)
    CatalogRevision.objects.filter(workspace=cast.workspace).update(number=before + 5)
    now[0] += validation.REVISION_SECONDS_MAX / 2
    assert revisions.of(cast.workspace.pk) == before
    now[0] += validation.REVISION_SECONDS_MAX
    assert revisions.of(cast.workspace.pk) == before + 5 == notify.revision_of(cast.workspace.pk)


def test_a_warm_batch_of_one_type_asks_the_database_nothing(cast: Cast, order_placed, django_assert_num_queries):
    check_columns(cast, [GOOD])
    with django_assert_num_queries(0):
        check_columns(cast, [GOOD] * 1000)


def test_an_lru_lets_go_of_what_was_used_longest_ago():
    from eventcatalog.validation import Lru

    lru: Lru[str, str] = Lru(entries_max=10, weight_max=10)
    lru.put("a", "A", weight=5)
    lru.put("b", "B", weight=5)
    lru.get("a")
    lru.put("c", "C", weight=5)
    assert (lru.get("a"), lru.get("b"), lru.get("c")) == ("A", None, "C")


def test_a_batch_of_nothing_but_bad_records_is_refused_whole_and_each_is_told_why(cast: Cast, order_placed):
    result = check_columns(cast, [BAD] * 300)
    assert len(result.refused) == 300
    assert {each.errors[0].keyword for each in result.refused.values()} == {"required"}
    assert {each.errors[0].pointer for each in result.refused.values()} == {"/total_cents"}


def test_records_of_several_types_and_versions_in_one_batch_keep_their_places(cast: Cast, order_placed):
    access = cast.access(cast.fay)
    actions.register_type(access, kind="event", name="Ping", schema={"type": "integer"})
    types = ["OrderPlaced", "Ping", "Ping", "OrderPlaced", "Nope"]
    payloads = [GOOD, b"1", b'"x"', BAD, b"1"]
    result = check_columns(cast, payloads, types=types, versions=[None, None, None, "1.0.0", None])
    assert sorted(result.refused) == [2, 3, 4]
    assert list(result.versions[:4]) == ["1.0.0"] * 4


def test_four_threads_checking_at_once_agree(cast: Cast, order_placed):
    from concurrent.futures import ThreadPoolExecutor

    check_columns(cast, [GOOD])  # the threads have no transaction of the test: let them find all in the caches
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: sorted(check_columns(cast, [GOOD, BAD] * 200).refused), range(8)))
    assert results == [list(range(1, 400, 2))] * 8
