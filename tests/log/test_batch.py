"""The batch format: what goes in comes out, and nothing else comes out."""

from hypothesis import given
from hypothesis import strategies as st

from broker_adapter.log.batch import BatchView, batch_fault, chain_of, encode_body, read_header, seal
from broker_adapter.log.records import NewRecords, Record

SALT = 12345
PREVIOUS = bytes(range(32))

headers = st.lists(st.tuples(st.text(max_size=8), st.binary(max_size=8)), max_size=4).map(tuple)
optional_bytes = st.none() | st.binary(max_size=12)


@st.composite
def new_records(draw: st.DrawFn) -> NewRecords:
    payloads = draw(st.lists(st.binary(max_size=40), min_size=1, max_size=30))
    size = len(payloads)

    def column(values):
        return draw(st.none() | st.lists(values, min_size=size, max_size=size))

    return NewRecords(
        payloads,
        keys=column(optional_bytes),
        headers=column(headers),
        timestamps_ms=column(st.integers(-(1 << 63), (1 << 63) - 1)),
        dedup_ids=column(optional_bytes),
    )


def sealed(records: NewRecords, *, base_offset: int = 7, appended_ms: int = 99) -> bytes:
    body = encode_body(records)
    header, _ = seal(body, base_offset=base_offset, appended_ms=appended_ms, previous_chain=PREVIOUS, salt=SALT)
    return header + body.data


def view_of(data: bytes, at: int = 0) -> BatchView:
    header = read_header(data, at)
    assert batch_fault(data, at, header, salt=SALT) is None
    return BatchView(data, at, header, partition=3)


def expected(records: NewRecords) -> list[Record]:
    size = len(records)
    columns = (
        records.timestamps_ms or [99] * size,
        records.keys or [None] * size,
        records.headers or [()] * size,
        records.payloads,
    )
    return [Record(3, 7 + at, *each) for at, each in enumerate(zip(*columns, strict=True))]


@given(new_records(), st.binary(max_size=9), st.binary(max_size=9))
def test_what_is_encoded_is_decoded_again_wherever_it_lies(records: NewRecords, before: bytes, after: bytes) -> None:
    data = before + sealed(records) + after
    view = view_of(data, len(before))
    assert list(view.records()) == expected(records)
    ids = [None] * len(records) if view.dedup_ids is None else list(view.dedup_ids)
    assert ids == list(records.dedup_ids or [None] * len(records))
    assert [dict(reversed(each)).get("a") for each in view.headers] == list(view.header_values("a"))
    assert sum(view.count_by_header("a").values()) == len(records)
    assert (
        view.chain == chain_of(data, len(before), previous=PREVIOUS) != chain_of(data, len(before), previous=bytes(32))
    )


@given(new_records(), st.data())
def test_a_trimmed_view_is_a_slice_of_the_whole(records: NewRecords, data: st.DataObject) -> None:
    whole = expected(records)
    first = data.draw(st.integers(0, len(whole) - 1))
    count = data.draw(st.integers(1, len(whole) - first))
    view = view_of(sealed(records)).trimmed(first_offset=7 + first, next_offset=7 + first + count)
    assert list(view.records()) == whole[first : first + count]
    records_max, bytes_max = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 3000))
    fits = view.within(records_max=records_max, bytes_max=bytes_max)
    assert 1 <= fits.count <= records_max
    assert fits.count == 1 or fits.stored_bytes <= bytes_max
    assert list(fits.records()) == whole[first : first + fits.count]


@given(new_records(), st.data())
def test_any_changed_byte_is_found(records: NewRecords, data: st.DataObject) -> None:
    good = sealed(records)
    at = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[at] ^= data.draw(st.integers(1, 255))
    header = read_header(bytes(bad))
    assert batch_fault(bytes(bad), 0, header, salt=SALT) is not None


def test_every_single_flipped_bit_is_found() -> None:
    good = sealed(NewRecords([b"abc", b""], keys=[b"k", None], headers=[(("type", b"x"),), ()], dedup_ids=[None, b"1"]))
    for bit in range(len(good) * 8):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        assert batch_fault(bytes(bad), 0, read_header(bytes(bad)), salt=SALT) is not None, bit


def test_a_batch_cut_anywhere_is_found() -> None:
    good = sealed(NewRecords([b"abc"] * 5))
    for size in range(88, len(good)):
        assert batch_fault(good[:size], 0, read_header(good[:size]), salt=SALT) == "cut short"


def test_a_batch_of_another_partition_is_none_of_ours() -> None:
    good = sealed(NewRecords([b"abc"]))
    assert batch_fault(good, 0, read_header(good), salt=SALT + 1) == "checksum mismatch"


def test_equal_headers_are_stored_once() -> None:
    same = (("type", b"Order Placed" * 20),)
    equal = [tuple(each for each in same) for _ in range(500)]
    assert len(sealed(NewRecords([b""] * 500, headers=[same] * 500))) < 3000
    assert sealed(NewRecords([b""] * 500, headers=equal)) == sealed(NewRecords([b""] * 500, headers=[same] * 500))
