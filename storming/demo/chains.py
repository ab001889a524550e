"""What happens to an order, as a story: a generator of events, each with the pause before it.

Pure: takes a ``random.Random`` and gives values; who sends them, and when, is the simulator's. The branches and their
odds are in ``ODDS``. Every payload passes its type's newest schema, until ``spoil`` damages one in a believable way.
"""

import random
import uuid
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from storming.demo.catalog import latest_schemas, stream_of

ODDS = {
    "declined": 0.12,
    "declined again": 0.3,
    "out of stock": 0.08,
    "cancelled": 0.05,
    "delivery failed": 0.1,
    "returned": 0.12,
    "gift": 0.15,
}
INVALID_SHARE = 0.03
GOODS = (
    ("MUG-0042", "Stoneware mug, grey", 1490),
    ("LMP-0107", "Reading lamp, brass", 8900),
    ("BLK-0310", "Wool blanket, moss", 12900),
    ("KNF-0021", "Bread knife, beech handle", 3450),
    ("TEA-0515", "Darjeeling, 250 g", 1850),
    ("RUG-0008", "Hall rug, striped", 15900),
    ("PAN-0063", "Iron pan, 28 cm", 6490),
    ("CLK-0002", "Wall clock, oak", 7900),
    ("VAS-0119", "Glass vase, tall", 4250),
    ("BSK-0077", "Log basket, willow", 5600),
)
PEOPLE = ("Ida Berg", "Jonas Holm", "Maren Voss", "Elif Kaya", "Tom Ashby", "Signe Dahl", "Pieter Bos", "Ruth Adler")
PLACES = (
    ("Hafengasse 12", "20457", "Hamburg", "DE", "EUR"),
    ("Vesterbrogade 41", "1620", "København", "DK", "DKK"),
    ("Prinsengracht 263", "1016 GV", "Amsterdam", "NL", "EUR"),
    ("Storgatan 8", "211 42", "Malmö", "SE", "SEK"),
    ("Mill Lane 3", "YO1 8AB", "York", "GB", "GBP"),
    ("Bryggen 5", "5003", "Bergen", "NO", "NOK"),
)

Clock = Callable[[], datetime]  # with a zone


@dataclass(frozen=True, slots=True)
class Happening:
    """One event. ``pause`` is in steps of the story, each about a second; ``subject`` keys the partition."""

    pause: float
    type: str
    subject: str
    payload: dict[str, Any]

    @property
    def stream(self) -> str:
        """Where it is appended."""
        return stream_of(self.type)


class Order:
    """One customer's order and everything that becomes of it."""

    def __init__(self, dice: random.Random, number: int, clock: Clock) -> None:
        self.dice = dice
        self.clock = clock
        self.id = f"NW-{number % 1_000_000:06d}"
        self.payment = str(uuid.UUID(int=dice.getrandbits(128), version=4))
        self.customer = f"C-{dice.randint(10_000, 99_999)}"
        self.parcel = "P" + "".join(dice.choices("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ", k=10))
        street, postcode, city, country, self.currency = dice.choice(PLACES)
        name = dice.choice(PEOPLE)
        self.address = {"name": name, "street": street, "postcode": postcode, "city": city, "country": country}
        rate = {"EUR": 1.0, "GBP": 0.85}.get(self.currency, 11.0)
        chosen = dice.sample(GOODS, k=dice.choice((1, 1, 1, 2, 2, 3)))
        self.lines: list[dict[str, Any]] = [
            {"sku": sku, "title": title, "quantity": dice.choice((1, 1, 1, 2, 4)), "price": self.money(cents * rate)}
            for sku, title, cents in chosen
        ]
        self.total = sum(line["price"]["amount"] * line["quantity"] for line in self.lines) + round(490 * rate)

    def story(self) -> Iterator[Happening]:
        """The events, in order."""
        yield self._placed()
        if not (yield from self._paying()):
            yield self._cancelled("payment_failed")
            return
        if self._chance("cancelled"):
            yield self._cancelled(self.dice.choice(("changed_mind", "found_cheaper", "too_slow")))
            return
        if self._chance("out of stock"):
            yield self._ran_out()
            yield self._cancelled("out_of_stock")
            return
        yield self._tell(1.5, "stock.reserved", reservedAt=self._at(), lines=self._units())
        yield self._tell(
            4, "order.picked", pickedAt=self._at(), lines=self._units(), walkedMetres=self._between(30, 900)
        )
        yield from self._travelling()
        yield self._points()
        if self._chance("returned"):
            yield from self._coming_back()

    def money(self, amount: float) -> dict[str, Any]:
        """An amount of this order's currency."""
        return {"amount": round(amount), "currency": self.currency}

    def _placed(self) -> Happening:
        extra: dict[str, Any] = {"channel": self.dice.choice(("web", "web", "app", "app", "phone"))}
        if self._chance("gift"):
            extra["giftMessage"] = self.dice.choice(("Happy birthday!", "For the new flat.", "Thank you for the cat."))
        return self._tell(
            0,
            "order.placed",
            customerId=self.customer,
            placedAt=self._at(),
            lines=self.lines,
            total=self.money(self.total),
            deliverTo=self.address,
            **extra,
        )

    def _paying(self) -> Generator[Happening, None, bool]:
        """Whether it was paid in the end."""
        odds = "declined"
        for _ in range(2):
            if not self._chance(odds):
                method = self.dice.choice(("card", "card", "wallet", "bank_transfer"))
                money = self.money(self.total)
                yield self._pays(1, "payment.authorised", authorisedAt=self._at(), amount=money, method=method)
                return True
            reason = self.dice.choice(("insufficient_funds", "card_expired", "suspected_fraud", "timeout"))
            retry = reason in ("insufficient_funds", "timeout")
            yield self._pays(1, "payment.declined", declinedAt=self._at(), reason=reason, mayRetry=retry)
            odds = "declined again"
        return False

    def _ran_out(self) -> Happening:
        line = self.dice.choice(self.lines)
        wanted = line["quantity"]
        return self._tell(
            1.5, "stock.ran-out", sku=line["sku"], wanted=wanted, available=wanted - 1, noticedAt=self._at()
        )

    def _cancelled(self, reason: str) -> Happening:
        return self._tell(2, "order.cancelled", cancelledAt=self._at(), reason=reason)

    def _travelling(self) -> Iterator[Happening]:
        carrier = self.dice.choice(("nordpost", "nordpost", "swiftline", "parcelbird"))
        yield self._tell(
            3,
            "parcel.shipped",
            parcelId=self.parcel,
            carrier=carrier,
            shippedAt=self._at(),
            expectedOn=(self.clock() + timedelta(days=1)).date().isoformat(),
            weightGrams=self._between(250, 9000),
            trackingUrl=f"https://track.{carrier}.example/p/{self.parcel}",
        )
        yield self._pays(1, "payment.captured", capturedAt=self._at(), amount=self.money(self.total))
        attempts = 1
        if self._chance("delivery failed"):
            reason = self.dice.choice(("nobody_home", "nobody_home", "address_unknown", "refused"))
            failed = {"parcelId": self.parcel, "failedAt": self._at(), "reason": reason, "attempt": attempts}
            yield self._tell(6, "parcel.delivery-failed", **failed)
            attempts += 1
        hands = self.dice.choice(("customer", "customer", "customer", "neighbour", "safe_place", "locker"))
        done = {"parcelId": self.parcel, "deliveredAt": self._at(), "handedTo": hands, "attempts": attempts}
        yield self._tell(6, "parcel.delivered", **done)

    def _points(self) -> Happening:
        """One for each hundred of the smallest unit, one at least."""
        points = max(1, min(10_000, self.total // 100))
        return self._tell(1, "loyalty.points-earned", customerId=self.customer, points=points, earnedAt=self._at())

    def _coming_back(self) -> Iterator[Happening]:
        reason = self.dice.choice(("wrong_size", "damaged", "not_as_described", "none_given"))
        condition = "damaged" if reason == "damaged" else self.dice.choice(("as_new", "opened"))
        back = {"returnedAt": self._at(), "lines": self._units()[:1], "reason": reason, "condition": condition}
        yield self._tell(8, "order.returned", **back)
        line = self.lines[0]
        amount = self.money(line["price"]["amount"] * line["quantity"])
        yield self._pays(2, "payment.refunded", refundedAt=self._at(), amount=amount)

    def _tell(self, pause: float, type_name: str, **fields: Any) -> Happening:
        return Happening(pause, type_name, self.id, {"orderId": self.id, **fields})

    def _pays(self, pause: float, type_name: str, **fields: Any) -> Happening:
        return self._tell(pause, type_name, paymentId=self.payment, **fields)

    def _units(self) -> list[dict[str, Any]]:
        return [{"sku": line["sku"], "quantity": line["quantity"]} for line in self.lines]

    def _at(self) -> str:
        return _written(self.clock())

    def _between(self, low: int, high: int) -> int:
        return self.dice.randint(low, high)

    def _chance(self, name: str) -> bool:
        return self.dice.random() < ODDS[name]


def lorry(dice: random.Random, clock: Clock) -> Happening:
    """A delivery to the warehouse, which no order waits for."""
    sku, _, _ = dice.choice(GOODS)
    shelf = f"{dice.choice('ABCDEFGH')}-{dice.randint(1, 24):02d}-{dice.randint(1, 5)}"
    payload = {"sku": sku, "quantity": dice.randint(12, 480), "shelf": shelf, "receivedAt": _written(clock())}
    return Happening(0, "stock.received", sku, payload)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def spoil(dice: random.Random, happening: Happening) -> Happening:
    """The same event as a program with a mistake in it would send it."""
    payload = {**happening.payload}
    name = dice.choice(latest_schemas()[happening.type]["required"])
    value = payload[name]
    mistakes = ["leave out", "null", "made up"]
    if isinstance(value, int) and not isinstance(value, bool):
        mistakes += ["as text", "negative"]
    match dice.choice(mistakes):
        case "leave out":
            del payload[name]
        case "null":
            payload[name] = None
        case "as text":
            payload[name] = str(value)
        case "negative":
            payload[name] = -value - 1
        case _:
            payload["debug"] = True
    return Happening(happening.pause, happening.type, happening.subject, payload)
