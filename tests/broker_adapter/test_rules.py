"""Settings of streams: by action, API, page and command; what they change for senders, watchers and the log."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from broker_adapter import dead_letters, engine_holder, maintenance, queries, traffic
from broker_adapter.actions import append_records, create_stream, delete_stream, redrive, update_stream
from broker_adapter.actions.dead_letters import Selection
from broker_adapter.checks import CheckResult, ColumnCheck, Fault, Refused
from broker_adapter.dead_letters import Wanted
from broker_adapter.envelopes import Events
from broker_adapter.errors import RecordsRefused
from broker_adapter.models import DeadLetterOutcome, MaintenanceLease, Stream
from broker_adapter.rules import StreamRules, changed_rules, rules_from
from tests.cast import PASSWORD, Cast
from workspaces.errors import Forbidden, Invalid, NotFound

pytestmark = pytest.mark.django_db(transaction=True)
API = "/api/v1/w/acme/streams/orders"


class Picky(ColumnCheck):
    """Refuses payloads that contain a word, until it is mended; knows the type A alone."""

    refuses = b"bad"

    def check_columns(self, *, types: Any, payloads: Any, take_unknown: bool = False, **_: Any) -> CheckResult:
        result = CheckResult(["1.0.0"] * len(types))
        for index, (name, payload) in enumerate(zip(types, payloads, strict=True)):
            if self.refuses and self.refuses in payload:
                result.refused[index] = Refused((Fault("/word", "Not that word.", "pattern", "1.0.0", "Say good."),))
            elif name != "A" and not take_unknown:
                result.refused[index] = Refused((Fault("", f"There is no type {name}.", "type"),))
        return result


@pytest.fixture
def picky(settings: Any, monkeypatch: pytest.MonkeyPatch) -> type[Picky]:
    settings.APPEND_CHECKS = "tests.broker_adapter.test_rules.Picky"
    monkeypatch.setattr(Picky, "refuses", b"bad")
    return Picky


@pytest.fixture
def change(cast: Cast, orders: Stream) -> Callable[..., Stream]:
    return lambda **settings: update_stream(cast.access(cast.fay), stream="orders", settings=settings)


@pytest.fixture
def send(cast: Cast, orders: Stream) -> Callable[..., Any]:
    def send(*words: str, kind: str = "A", partial: bool = False, **columns: Any) -> Any:
        payloads = [json.dumps({"word": word}).encode() for word in words]
        events = Events([kind] * len(words), payloads, **columns)
        return append_records(cast.access(cast.bob), stream="orders", events=events, partial=partial)

    return send


@pytest.fixture
def fay(cast: Cast) -> Client:
    client = Client()
    assert client.login(email="fay@example.org", password=PASSWORD)
    return client


def stored(stream: Stream) -> list[dict[str, Any]]:
    found = queries.read(stream, queries.resolve_position(stream, "earliest"), records_max=1000)
    return [json.loads(record.payload) for record in found.records()]


def letters_of(stream: Stream, **wanted: Any) -> list[dead_letters.Letter]:
    letters = dead_letters.find_dead_letters(stream)
    assert letters is not None
    start = queries.resolve_position(letters, "earliest")
    return list(dead_letters.read_letters(letters, start, Wanted(**wanted), limit=1000).letters)


# Rules ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"retention_ms": 5}, "retention_ms"),
        ({"retention_ms": True}, "retention_ms"),
        ({"retention_bytes": "many"}, "retention_bytes"),
        ({"compaction": "yes"}, "compaction"),
        ({"record_bytes_max": 10**9}, "record_bytes_max"),
        ({"batch_records_max": 0}, "batch_records_max"),
        ({"validation": "lax"}, "validation"),
        ({"takes": "all"}, "takes"),
        ({"takes": "listed"}, "types"),
        ({"types": ["x" * 300]}, "types"),
        ({"types": "A"}, "types"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_its_place(
    change: Callable[..., Stream], given: dict[str, Any], place: str
) -> None:
    with pytest.raises(Invalid) as refused:
        change(**given)
    assert refused.value.fields["place"] == place


def test_what_is_stored_and_unknown_is_left_alone_and_what_cannot_be_read_has_its_default(orders: Stream) -> None:
    assert rules_from({"from_the_future": 1, "retention_ms": 120_000}).retention_ms == 120_000
    assert rules_from({"validation": "nonsense"}) == StreamRules()
    assert changed_rules(StreamRules(), {"types": ["A", "A", " "], "takes": "listed"}).types == ("A",)


def test_settings_reach_the_log(change: Callable[..., Stream], orders: Stream) -> None:
    change(retention_ms=3_600_000, retention_bytes=64 * 1024 * 1024, compaction=True, record_bytes_max=1000)
    kept = engine_holder.engine().describe(orders.log_name).settings
    assert (kept.retention_ms, kept.retention_bytes, kept.compaction) == (3_600_000, 64 * 1024 * 1024, True)
    assert kept.record_bytes_max == 1000


def test_only_who_may_manage_streams_changes_them(cast: Cast, orders: Stream) -> None:
    with pytest.raises(Forbidden):
        update_stream(cast.access(cast.bob), stream="orders", settings={"compaction": True})


# What they change for senders -----------------------------------------------------------------------------------------


def test_a_streams_own_limits_are_kept(change: Callable[..., Stream], make_key: Callable) -> None:
    change(record_bytes_max=20, batch_records_max=2)
    key = {"Authorization": make_key("append")[1]}
    long = Client().post(
        f"{API}/records", {"type": "A", "data": "x" * 50}, content_type="application/json", headers=key
    )
    assert long.json()["error"]["records"][0]["errors"][0]["keyword"] == "record_bytes_max"
    many = Client().post(f"{API}/records", [{"type": "A", "data": 1}] * 3, content_type="application/json", headers=key)
    assert (many.status_code, many.json()["error"]["records_max"]) == (413, 2)


def test_a_stream_that_takes_listed_types_refuses_others(
    picky: Any, change: Callable[..., Stream], send: Callable[..., Any]
) -> None:
    change(takes="listed", types=["B", "C"])
    with pytest.raises(RecordsRefused) as refused:
        send("good")
    assert refused.value.fields["records"][0]["errors"][0]["keyword"] == "takes"


def test_a_stream_that_takes_anything_takes_unknown_types_and_still_validates_known_ones(
    picky: Any, change: Callable[..., Stream], send: Callable[..., Any]
) -> None:
    with pytest.raises(RecordsRefused):
        send("good", kind="Unknown")
    change(takes="anything")
    assert send("good", kind="Unknown").stored == 1
    with pytest.raises(RecordsRefused):
        send("bad")


def test_observe_stores_what_would_be_refused_with_its_faults_and_counts_it_as_flagged(
    picky: Any, cast: Cast, change: Callable[..., Stream], send: Callable[..., Any], fay: Client, orders: Stream
) -> None:
    change(validation="observe")
    assert send("good", "bad").stored == 2
    good, bad = fay.get(f"{API}/records").json()["records"]
    assert "faults" not in good
    assert good["version"] == "1.0.0"
    assert bad["faults"][0]["pointer"] == "/word"
    assert "version" not in bad
    told = traffic.snapshot(cast.workspace.pk)["A"]
    assert (told.total, told.flagged, told.rejected) == (2, 1, 0)
    assert told.as_json()["flagged"] == 1


def test_observe_keeps_even_what_is_no_json_so_that_readers_get_valid_answers(
    settings: Any, change: Callable[..., Stream], cast: Cast, fay: Client
) -> None:
    change(validation="observe")
    events = Events(["A"], [b"{broken"])
    append_records(cast.access(cast.bob), stream="orders", events=events)
    (record,) = fay.get(f"{API}/records").json()["records"]
    assert record["data_base64"] == "e2Jyb2tlbg=="
    assert record["faults"][0]["keyword"] == "json"


# Quarantine -----------------------------------------------------------------------------------------------------------


def test_quarantine_refuses_to_the_sender_and_keeps_the_record_with_its_reasons(
    picky: Any, change: Callable[..., Stream], make_key: Callable, orders: Stream
) -> None:
    change(validation="quarantine")
    key = {"Authorization": make_key("append", "read")[1]}
    lines = (
        b'{"type":"A","key":"k","id":"1","source":"/s","data": {"word": "bad"} }\n{"type":"A","data":{"word":"good"}}'
    )
    answer = Client().post(f"{API}/records", lines, content_type="application/x-ndjson", headers=key)
    assert answer.status_code == 422
    assert answer.json()["error"]["dead_letters"] == "orders.dead-letters"
    assert stored(orders) == []
    told = Client().get(f"{API}/dead-letters", headers=key).json()
    (letter,) = told["letters"]
    assert (letter["key"], letter["text"], letter["sender"]) == ("k", '{"word": "bad"}', "Shop")
    assert letter["faults"][0]["hint"] == "Say good."
    assert (told["open"], told["stream"], told["more"]) == (1, "orders.dead-letters", False)


def test_a_line_that_is_no_record_is_kept_as_it_came(
    change: Callable[..., Stream], make_key: Callable, orders: Stream
) -> None:
    change(validation="quarantine")
    key = {"Authorization": make_key("append")[1]}
    Client().post(f"{API}/records", b"{nonsense", content_type="application/x-ndjson", headers=key)
    (letter,) = letters_of(orders)
    assert letter.record.payload == b"{nonsense"
    assert letter.faults


def test_redriving_after_a_fix_stores_each_letter_once_with_its_key_and_attributes(
    picky: Any, cast: Cast, change: Callable[..., Stream], send: Callable[..., Any], orders: Stream
) -> None:
    change(validation="quarantine")
    with pytest.raises(RecordsRefused):
        send("bad one", "worse bad", keys=[b"k1", None])
    early = redrive(cast.access(cast.bob), stream="orders", selection=Selection())
    assert (early.tried, early.stored, early.refused) == (2, 0, 2)
    assert early.records[0]["offset"] == "0"
    assert len(letters_of(orders)) == 2, "what is refused again is not kept twice"
    picky.refuses = b"worse"
    done = redrive(cast.access(cast.bob), stream="orders", selection=Selection())
    assert (done.tried, done.stored, done.refused) == (2, 1, 1)
    assert stored(orders) == [{"word": "bad one"}]
    found = queries.read(orders, queries.resolve_position(orders, "earliest"), records_max=10)
    assert next(iter(found.records())).key == b"k1"
    picky.refuses = b""
    DeadLetterOutcome.objects.all().delete()  # as if the process had died before it could note
    again = redrive(cast.access(cast.bob), stream="orders", selection=Selection())
    assert (again.tried, again.stored, again.duplicates) == (2, 1, 1)
    assert len(stored(orders)) == 2
    assert letters_of(orders) == []
    assert {letter.outcome.placed for letter in letters_of(orders, state="done") if letter.outcome} == {"0:0", "0:1"}


def test_letters_are_found_by_type_reason_and_text_and_chosen_ones_are_discarded(
    picky: Any, change: Callable[..., Stream], send: Callable[..., Any], fay: Client, orders: Stream
) -> None:
    change(validation="quarantine")
    for word, kind in (("bad", "A"), ("fine", "B"), ("bad too", "A")):
        with pytest.raises(RecordsRefused):
            send(word, kind=kind)
    assert [letter.header("type") for letter in letters_of(orders, types=frozenset({"B"}))] == ["B"]
    assert len(letters_of(orders, keyword="pattern")) == 2
    assert len(letters_of(orders, text="BAD TOO")) == 1
    body = {"letters": [{"partition": 0, "offset": "2"}, {"partition": 0, "offset": "77"}]}
    report = fay.post(f"{API}/dead-letters/discards", body, content_type="application/json").json()
    assert report["discarded"] == 1
    told = fay.get(f"{API}/dead-letters?state=all&limit=2").json()
    assert (told["open"], len(told["letters"]), told["more"]) == (2, 2, True)
    (last,) = fay.get(f"{API}/dead-letters?state=all&from={told['next']}").json()["letters"]
    assert last["outcome"]["kind"] == "discarded"
    assert fay.get(f"{API}/dead-letters?state=odd").status_code == 422
    assert fay.get(f"{API}/dead-letters?limit=0").status_code == 422


def test_dead_letters_are_a_stream_that_nobody_appends_to_and_that_traffic_does_not_count_as_stored(
    picky: Any, cast: Cast, change: Callable[..., Stream], send: Callable[..., Any], fay: Client
) -> None:
    change(validation="quarantine")
    with pytest.raises(RecordsRefused):
        send("bad")
    records = fay.get("/api/v1/w/acme/streams/orders.dead-letters/records").json()["records"]
    assert (records[0]["data"], records[0]["faults"][0]["keyword"]) == ({"word": "bad"}, "pattern")
    event = {"type": "A", "data": 1}
    to_letters = "/api/v1/w/acme/streams/orders.dead-letters/records"
    assert fay.post(to_letters, event, content_type="application/json").status_code in (403, 422)
    with pytest.raises(Invalid):
        append_records(cast.access(cast.bob), stream="orders.dead-letters", events=Events(["A"], [b"1"]))
    told = traffic.snapshot(cast.workspace.pk)["A"]
    assert (told.total, told.rejected) == (0, 1)
    names = [row["name"] for row in fay.get("/api/v1/w/acme/streams").json()["streams"]]
    assert names == ["orders", "orders.dead-letters"]
    with pytest.raises(Invalid):
        delete_stream(cast.access(cast.fay), stream="orders.dead-letters", confirmation="orders.dead-letters")
    delete_stream(cast.access(cast.fay), stream="orders", confirmation="orders")
    assert not Stream.objects.exists()
    assert engine_holder.engine().streams() == []


def test_who_may_only_look_redrives_nothing_and_a_stranger_learns_nothing(
    picky: Any, cast: Cast, change: Callable[..., Stream], send: Callable[..., Any], orders: Stream
) -> None:
    change(validation="quarantine")
    with pytest.raises(RecordsRefused):
        send("bad")
    with pytest.raises(Forbidden):
        redrive(cast.access(cast.vera), stream="orders", selection=Selection())
    charlie = Client()
    assert charlie.login(email="charlie@example.org", password=PASSWORD)
    for path in ("dead-letters", ""):
        assert charlie.get(f"{API}/{path}".rstrip("/")).status_code == 404
    assert charlie.get("/w/acme/streams/orders/dead-letters").status_code == 404
    assert charlie.get("/w/acme/streams/orders/settings").status_code == 404


def test_a_stream_without_dead_letters_has_none(cast: Cast, orders: Stream, fay: Client) -> None:
    assert fay.get(f"{API}/dead-letters").json()["letters"] == []
    assert b"No dead letters" in fay.get("/w/acme/streams/orders/dead-letters").content
    with pytest.raises(NotFound):
        redrive(cast.access(cast.bob), stream="orders", selection=Selection())


# API, page, command ---------------------------------------------------------------------------------------------------


def test_settings_by_api(fay: Client) -> None:
    wanted = {"retention_ms": 86_400_000, "validation": "observe", "takes": "listed", "types": ["A"]}
    made = fay.post("/api/v1/w/acme/streams", {"name": "orders", "settings": wanted}, content_type="application/json")
    assert made.status_code == 201, made.content
    shown = made.json()["settings"]
    assert {name: shown[name] for name in wanted} == wanted
    changed = fay.patch(API, {"settings": {"retention_ms": None}}, content_type="application/json").json()
    assert (changed["settings"]["retention_ms"], changed["settings"]["validation"]) == (None, "observe")
    refused = fay.patch(API, {"settings": {"colour": "red"}}, content_type="application/json")
    assert (refused.status_code, refused.json()["error"]["place"]) == (422, "colour")


def test_settings_by_page(fay: Client, orders: Stream) -> None:
    page = "/w/acme/streams/orders/settings"
    assert b"Save settings" in fay.get(page).content
    form = {
        "description": "Orders", "by_age": "on", "age": "14", "age_unit": "86400000", "takes": "listed",
        "types": "A\nB",
        "validation": "quarantine", "record_bytes_max": "5000", "batch_records_max": "", "compaction": "on",
    }  # fmt: skip
    assert fay.post(page, form).status_code == 302
    orders = Stream.objects.get(name="orders")
    assert orders.rules.retention_ms == 14 * 86_400_000
    assert (orders.rules.types, orders.rules.compaction, orders.rules.record_bytes_max) == (("A", "B"), True, 5000)
    shown = fay.get(page).content
    assert b'value="14"' in shown
    refused = fay.post(page, form | {"age": "soon"})
    assert refused.status_code == 422
    assert b'aria-invalid="true"' in refused.content


def test_a_stream_is_made_with_settings_on_the_page(fay: Client) -> None:
    form = {"name": "orders", "partitions": "1", "retention_days": "7", "validation": "quarantine"}
    assert fay.post("/w/acme/streams/", form).status_code == 302
    rules = Stream.objects.get(name="orders").rules
    assert (rules.retention_ms, rules.validation) == (7 * 86_400_000, "quarantine")


def test_streams_by_command(
    cast: Cast, picky: Any, send: Callable[..., Any], change: Callable[..., Stream], orders: Stream
) -> None:
    out = StringIO()

    def run(*words: str) -> str:
        call_command("streams", *words, stdout=out)
        return out.getvalue()

    run("create", "acme", "other", "--partitions", "2", "--retention-days", "1.5", "--validation", "observe")
    assert Stream.objects.get(name="other").rules.retention_ms == 129_600_000
    run(
        "change",
        "acme",
        "other",
        "--retention-days",
        "forever",
        "--compaction",
        "on",
        "--type",
        "A",
        "--takes",
        "listed",
    )
    assert Stream.objects.get(name="other").rules.as_json()["retention_ms"] is None
    assert '"compaction": true' in run("describe", "acme", "other")
    for wrong in (
        ("change", "acme", "other"),
        ("change", "acme", "other", "--retention-bytes", "lots"),
        ("delete", "acme", "other"),
        ("describe", "nowhere", "other"),
    ):
        with pytest.raises(CommandError):
            run(*wrong)
    run("delete", "acme", "other", "--confirm", "other")
    assert not Stream.objects.filter(name="other").exists()
    change(validation="quarantine")
    with pytest.raises(RecordsRefused):
        send("bad")
    assert "still refused" in run("redrive", "acme", "orders")
    picky.refuses = b""
    assert "stored 1" in run("redrive", "acme", "orders", "--type", "A")
    assert "Looked after 2 streams" in run("maintain")


# Maintenance ----------------------------------------------------------------------------------------------------------


def test_one_process_at_a_time_looks_after_the_streams(orders: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    assert maintenance.run_once() is not None
    assert maintenance.run_once() is None, "it was done just now"
    assert maintenance.run_once(force=True) is not None
    MaintenanceLease.objects.update(holder="another", until="2999-01-01T00:00:00Z")
    assert maintenance.run_once(force=True) is None
    MaintenanceLease.objects.update(until="2000-01-01T00:00:00Z")
    assert maintenance.run_once(force=True) is not None, "who holds it was silent for too long"


@pytest.mark.parametrize("engine", ["memory", "on_disk"])
def test_what_retention_and_compaction_take_is_gone_and_counted(
    cast: Cast,
    engine: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    tmp_path: Any,
) -> None:
    if engine == "on_disk":
        engine_holder.close_engine()
        settings.COMMIT_LOG_URL = f"file://{tmp_path}/log"
    alice = cast.access(cast.alice)
    table = create_stream(alice, name="table", settings={"compaction": True})
    payloads = [str(number).encode() for number in range(40)]
    keys: list[bytes | None] = [f"k{number % 4}".encode() for number in range(40)]
    for at in range(40):
        append_records(alice, stream="table", events=Events(["A"], payloads[at : at + 1], keys=keys[at : at + 1]))
    done = maintenance.run_once(force=True)
    assert done is not None
    assert done.problems == {}
    assert done.removed[table.log_name][0] == 36
    assert sorted(stored(table)) == [36, 37, 38, 39]
    assert any("36 records went" in line for line in done.lines())


def test_outcomes_of_letters_that_are_gone_are_forgotten(
    picky: Any, cast: Cast, change: Callable[..., Stream], send: Callable[..., Any], orders: Stream
) -> None:
    change(validation="quarantine")
    with pytest.raises(RecordsRefused):
        send("bad", "bad")
    picky.refuses = b""
    redrive(cast.access(cast.bob), stream="orders", selection=Selection())
    letters = dead_letters.find_dead_letters(orders)
    assert letters is not None
    from broker_adapter.actions.dead_letters import forget_outcomes

    forget_outcomes(letters, queries.resolve_position(letters, "earliest").moved(partition=0, offset=1))
    assert list(DeadLetterOutcome.objects.values_list("offset", flat=True)) == [1]


def test_a_second_stream_of_dead_letters_gets_another_name(picky: Any, cast: Cast, change: Any, send: Any) -> None:
    create_stream(cast.access(cast.fay), name="orders.dead-letters")
    change(validation="quarantine")
    with pytest.raises(RecordsRefused) as refused:
        send("bad")
    assert refused.value.fields["dead_letters"] == "orders.dead-letters-2"
