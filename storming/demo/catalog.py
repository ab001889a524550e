"""The demo's catalog: domains and contexts, teams, services, message types with their versions, streams, roles."""

from typing import Any

from storming.demo import ties
from storming.demo.schemas import (
    CARRIER,
    CUSTOMER,
    LINES,
    ORDER,
    PARCEL,
    PAYMENT,
    PICKED,
    SHELF,
    SKU,
    Schema,
    address,
    count,
    day,
    flag,
    link,
    message,
    moment,
    money,
    one_of,
    text,
)
from storming.demo.shapes import DemoService, DemoStream, DemoType, Version

TEAMS = {
    "Storefront": "The shop that customers see, and their orders.",
    "Money": "Payments, refunds and everything that accountants ask about.",
    "Warehouse Floor": "Shelves, scanners and the people between them.",
    "Last Mile": "Carriers, drivers and doorsteps.",
    "Care": "Whoever answers when something went wrong.",
}
DOMAINS = {  # domain -> owner, summary, its bounded contexts
    "Ordering": ("storefront", "From basket to a promise we have to keep.", {"Orders": "What was promised to whom."}),
    "Payments": ("money", "Money in, money back.", {"Payment": "Authorise, capture, void, refund."}),
    "Warehouse": (
        "warehouse-floor",
        "What is on which shelf, and how it gets into a box.",
        {"Stock": "How many of what, where.", "Picking": "From shelf to box."},
    ),
    "Delivery": ("last-mile", "From our ramp to a doorstep.", {"Shipping": "Parcels, carriers, routes."}),
    "Customer Care": ("care", "Returns, questions and apologies.", {"Returns": "What comes back, and why."}),
}
SERVICES: tuple[DemoService, ...] = (
    DemoService("Web Shop", "orders", "storefront", "Baskets, checkout and the order pages."),
    DemoService("Order Service", "orders", "storefront", "Keeps every order's state; the only one who changes it."),
    DemoService("Payment Service", "payment", "money", "Talks to the payment provider, so that nobody else has to."),
    DemoService("Ledger", "payment", "money", "Books every capture and refund."),
    DemoService("Stock Service", "stock", "warehouse-floor", "Counts units by shelf and reserves them for orders."),
    DemoService("Picking App", "picking", "warehouse-floor", "Runs on the handheld scanners."),
    DemoService("Shipping Service", "shipping", "last-mile", "Books carriers and follows parcels."),
    DemoService("Driver App", "shipping", "last-mile", "Route sheets, signatures and photographs."),
    DemoService("Returns Desk", "returns", "care", "Takes returns in and decides about them."),
    DemoService("Notifier", "returns", "care", "Writes to customers when something happens to their order."),
)
PAGES = {  # (what it is about, which) -> Markdown
    (
        "types",
        "order.placed",
    ): """The promise that starts the clock. Everything that follows hangs on it, and nobody waits for anybody:

```mermaid
flowchart LR
  accTitle: From order to doorstep
  accDescr: What follows an order that was placed, up to the parcel at the door
  placed([order.placed]) --> authorise[Payment Service]
  placed --> reserve[Stock Service]
  authorise --> authorised([payment.authorised])
  reserve --> reserved([stock.reserved])
  authorised & reserved --> pick[Picking App]
  pick --> ship[Shipping Service]
  ship --> shipped([parcel.shipped])
```

## What to know before you listen

- It is appended **once** an order; whoever sees it twice has not stored its position.
- `total` is with tax and delivery. What is captured later may be less, never more.
- An order can be cancelled until it is picked: listen to `order.cancelled` too.
""",
}
STREAMS = (
    DemoStream("orders", 3, "Everything that happens to an order, by order number."),
    DemoStream("payments", 1, "Authorisations, captures and refunds, by order number."),
    DemoStream("delivery", 1, "Parcels on their way, by order number."),
)


def _placed(**more: Schema) -> Schema:
    return message(
        "Order placed",
        "A customer has ordered and we have promised to deliver. The clock starts here.",
        {
            "orderId": ORDER,
            "customerId": CUSTOMER,
            "placedAt": moment("When the customer pressed the button."),
            "lines": LINES,
            "total": money("What is to be paid, with tax and delivery."),
            "deliverTo": address("Where it goes."),
            **more,
        },
        optional=tuple(more),
    )


def _cancelled(*reasons: str) -> Schema:
    return message(
        "Order cancelled",
        "The order will not be delivered. Only an order that has not been picked can be cancelled.",
        {
            "orderId": ORDER,
            "cancelledAt": moment("When it was cancelled."),
            "reason": one_of("Why.", *reasons),
        },
    )


def _declined(**more: Schema) -> Schema:
    return message(
        "Payment declined",
        "The provider or the bank said no. The order waits for another card.",
        {
            "paymentId": PAYMENT,
            "orderId": ORDER,
            "declinedAt": moment("When the answer came."),
            "reason": one_of(
                "As the bank puts it.", "insufficient_funds", "card_expired", "suspected_fraud", "timeout"
            ),
            **more,
        },
        optional=tuple(more),
    )


def _captured(**amount: Schema) -> Schema:
    return message(
        "Payment captured",
        "The money is ours: the parcel has left.",
        {"paymentId": PAYMENT, "orderId": ORDER, "capturedAt": moment("When it was captured."), **amount},
    )


def _shipped(title: str = "Parcel shipped", **more: Schema) -> Schema:
    return message(
        title,
        "A carrier has taken the parcel over. From here on the customer can follow it.",
        {
            "parcelId": PARCEL,
            "orderId": ORDER,
            "carrier": CARRIER,
            "shippedAt": moment("When it was scanned on the ramp."),
            "expectedOn": day("The day we promise."),
            "weightGrams": count("With packaging.", most=31_500),
            **more,
        },
        optional=tuple(more),
    )


def _delivered(description: str) -> Schema:
    return message(
        "Parcel delivered",
        description,
        {
            "parcelId": PARCEL,
            "orderId": ORDER,
            "deliveredAt": moment("When it was handed over."),
            "handedTo": one_of("Who or what took it.", "customer", "neighbour", "safe_place", "locker"),
            "attempts": count("How often somebody rang.", most=5),
        },
    )


ORDERING = (
    DemoType(
        "event",
        "order.placed",
        "orders",
        "storefront",
        "orders",
        [
            Version(_placed()),
            Version(
                _placed(giftMessage=text("Printed on a card.", example="Happy birthday!", longest=300)),
                "Gift messages for the winter season.",
            ),
            Version(
                _placed(
                    giftMessage=text("Printed on a card.", example="Happy birthday!", longest=300),
                    channel=one_of("Where the order came from.", "web", "app", "phone"),
                ),
                "Marketing asks where orders come from.",
            ),
        ],
        says=["order-service"],
        hears=["payment-service", "notifier", "ledger"],
        tags=["order", "core"],
    ),
    DemoType(
        "event",
        "order.cancelled",
        "orders",
        "storefront",
        "orders",
        [
            Version(_cancelled("changed_mind", "found_cheaper", "too_slow")),
            Version(
                _cancelled("changed_mind", "found_cheaper", "too_slow", "out_of_stock", "payment_failed"),
                "We cancel orders too, not only customers.",
            ),
        ],
        says=["order-service"],
        hears=["payment-service", "stock-service", "notifier"],
        tags=["order"],
    ),
    DemoType(
        "command",
        "order.place",
        "orders",
        "storefront",
        "orders",
        [
            Version(
                message(
                    "Place order",
                    "Ask for a basket to become an order.",
                    {"customerId": CUSTOMER, "lines": LINES, "deliverTo": address("Where it goes.")},
                )
            )
        ],
        says=["web-shop"],
        hears=["order-service"],
    ),
    DemoType(
        "command",
        "order.cancel",
        "orders",
        "storefront",
        "orders",
        [
            Version(
                message(
                    "Cancel order",
                    "Ask for an order to be cancelled. Refused once it is picked.",
                    {"orderId": ORDER, "reason": one_of("Why.", "changed_mind", "found_cheaper", "too_slow")},
                )
            )
        ],
        says=["web-shop", "returns-desk"],
        hears=["order-service"],
    ),
    DemoType(
        "query",
        "order.status",
        "orders",
        "storefront",
        "orders",
        [
            Version(
                message("Order status", "Where is this customer's order?", {"orderId": ORDER, "customerId": CUSTOMER})
            )
        ],
        says=["web-shop", "returns-desk"],
        hears=["order-service"],
    ),
    DemoType(
        "event",
        "order.returned",
        "returns",
        "care",
        "orders",
        [
            Version(
                message(
                    "Order returned",
                    "Goods have come back and were accepted.",
                    {
                        "orderId": ORDER,
                        "returnedAt": moment("When they were unpacked."),
                        "lines": PICKED,
                        "reason": one_of(
                            "Ticked on the slip.", "wrong_size", "damaged", "not_as_described", "none_given"
                        ),
                        "condition": one_of("As we found it.", "as_new", "opened", "damaged"),
                    },
                )
            )
        ],
        says=["returns-desk"],
        hears=["payment-service", "stock-service", "notifier"],
        tags=["order", "return"],
    ),
)

MONEY = (
    DemoType(
        "command",
        "payment.authorise",
        "payment",
        "money",
        "payments",
        [
            Version(
                message(
                    "Authorise payment",
                    "Ask the provider to set an amount aside.",
                    {"orderId": ORDER, "amount": money("What the order comes to."), "cardToken": PAYMENT},
                )
            )
        ],
        says=["order-service"],
        hears=["payment-service"],
    ),
    DemoType(
        "event",
        "payment.authorised",
        "payment",
        "money",
        "payments",
        [
            Version(
                message(
                    "Payment authorised",
                    "The bank has set the amount aside for seven days.",
                    {
                        "paymentId": PAYMENT,
                        "orderId": ORDER,
                        "authorisedAt": moment("When the answer came."),
                        "amount": money("What was set aside."),
                        "method": one_of("How it is paid.", "card", "wallet", "bank_transfer"),
                    },
                )
            )
        ],
        says=["payment-service"],
        hears=["order-service", "stock-service"],
        tags=["payment", "core"],
    ),
    DemoType(
        "event",
        "payment.declined",
        "payment",
        "money",
        "payments",
        [
            Version(_declined()),
            Version(_declined(mayRetry=flag("Whether the same card may be tried again.")), "Stops hopeless retries."),
        ],
        says=["payment-service"],
        hears=["order-service", "notifier"],
        tags=["payment"],
    ),
    DemoType(
        "event",
        "payment.captured",
        "payment",
        "money",
        "payments",
        [
            Version(_captured(amountCents=count("Euro cents.", most=10_000_000, least=0))),
            Version(
                _captured(amount=money("What was captured.")),
                "We sell in five currencies now: a bare number of cents cannot say which.",
            ),
        ],
        says=["payment-service"],
        hears=["ledger"],
        tags=["payment"],
        compatibility="none",
    ),
    DemoType(
        "event",
        "payment.refunded",
        "payment",
        "money",
        "payments",
        [
            Version(
                message(
                    "Payment refunded",
                    "The customer has the money back, all of it or a part.",
                    {
                        "paymentId": PAYMENT,
                        "orderId": ORDER,
                        "refundedAt": moment("When the provider confirmed it."),
                        "amount": money("What went back."),
                    },
                )
            )
        ],
        says=["payment-service"],
        hears=["ledger", "notifier"],
        tags=["payment", "return"],
    ),
)

SHELVES = (
    DemoType(
        "command",
        "stock.reserve",
        "stock",
        "warehouse-floor",
        "orders",
        [
            Version(
                message("Reserve stock", "Ask for units to be kept for an order.", {"orderId": ORDER, "lines": PICKED})
            )
        ],
        says=["order-service"],
        hears=["stock-service"],
    ),
    DemoType(
        "query",
        "stock.level",
        "stock",
        "warehouse-floor",
        "orders",
        [Version(message("Stock level", "How many units are free to sell?", {"sku": SKU}))],
        says=["web-shop"],
        hears=["stock-service"],
    ),
    DemoType(
        "event",
        "stock.received",
        "stock",
        "warehouse-floor",
        "orders",
        [
            Version(
                message(
                    "Stock received",
                    "A delivery was counted and put on a shelf.",
                    {
                        "sku": SKU,
                        "quantity": count("Units counted.", most=5000),
                        "shelf": SHELF,
                        "receivedAt": moment("When the last box was counted."),
                    },
                )
            )
        ],
        says=["stock-service"],
        hears=["web-shop"],
        tags=["stock"],
    ),
    DemoType(
        "event",
        "stock.reserved",
        "stock",
        "warehouse-floor",
        "orders",
        [
            Version(
                message(
                    "Stock reserved",
                    "Every unit of the order is kept for it; picking can begin.",
                    {"orderId": ORDER, "reservedAt": moment("When it was set aside."), "lines": PICKED},
                )
            )
        ],
        says=["stock-service"],
        hears=["picking-app", "order-service"],
        tags=["stock", "core"],
    ),
    DemoType(
        "event",
        "stock.ran-out",
        "stock",
        "warehouse-floor",
        "orders",
        [
            Version(
                message(
                    "Stock ran out",
                    "An order asked for more than there is.",
                    {
                        "orderId": ORDER,
                        "sku": SKU,
                        "wanted": count("Units asked for.", most=99),
                        "available": count("Units there were.", most=98, least=0),
                        "noticedAt": moment("When it was noticed."),
                    },
                )
            )
        ],
        says=["stock-service"],
        hears=["order-service", "notifier"],
        tags=["stock"],
    ),
    DemoType(
        "event",
        "order.picked",
        "picking",
        "warehouse-floor",
        "orders",
        [
            Version(
                message(
                    "Order picked",
                    "Everything is in the box and the box is on the ramp.",
                    {
                        "orderId": ORDER,
                        "pickedAt": moment("When the last unit was scanned."),
                        "lines": PICKED,
                        "walkedMetres": count("How far the picker walked.", most=20_000, least=0),
                    },
                )
            )
        ],
        says=["picking-app"],
        hears=["shipping-service", "order-service"],
        tags=["order"],
    ),
)

DOORSTEP = (
    DemoType(
        "command",
        "carrier.book",
        "shipping",
        "last-mile",
        "delivery",
        [
            Version(
                message(
                    "Book carrier",
                    "Ask a carrier to fetch a parcel.",
                    {"orderId": ORDER, "carrier": CARRIER, "weightGrams": count("With packaging.", most=31_500)},
                )
            )
        ],
        says=["order-service"],
        hears=["shipping-service"],
    ),
    DemoType(
        "event",
        "order.shipped",
        "shipping",
        "last-mile",
        "delivery",
        [Version(_shipped("Order shipped"))],
        says=["shipping-service"],
        tags=["delivery"],
        retired="One order may travel in several parcels.",
        successor="parcel.shipped",
    ),
    DemoType(
        "event",
        "parcel.shipped",
        "shipping",
        "last-mile",
        "delivery",
        [
            Version(_shipped()),
            Version(_shipped(trackingUrl=link("Where to follow the parcel.")), "Customers asked for a link."),
        ],
        says=["shipping-service"],
        hears=["payment-service", "order-service", "notifier"],
        tags=["delivery", "core"],
    ),
    DemoType(
        "event",
        "parcel.delivered",
        "shipping",
        "last-mile",
        "delivery",
        [
            Version(_delivered("The parcel was handed over.")),
            Version(
                _delivered("The parcel was handed over: to the customer, a neighbour, or a place agreed upon."),
                "Says what counts as handed over.",
            ),
        ],
        says=["driver-app"],
        hears=["order-service", "notifier", "returns-desk"],
        tags=["delivery", "core"],
    ),
    DemoType(
        "event",
        "parcel.delivery-failed",
        "shipping",
        "last-mile",
        "delivery",
        [
            Version(
                message(
                    "Delivery failed",
                    "Somebody rang and nobody came. It is tried again the next day.",
                    {
                        "parcelId": PARCEL,
                        "orderId": ORDER,
                        "failedAt": moment("When the driver gave up."),
                        "reason": one_of("As the driver ticked it.", "nobody_home", "address_unknown", "refused"),
                        "attempt": count("Which try it was.", most=5),
                    },
                )
            )
        ],
        says=["driver-app"],
        hears=["notifier"],
        tags=["delivery"],
    ),
)

TYPES: tuple[DemoType, ...] = ORDERING + MONEY + SHELVES + DOORSTEP + ties.TYPES
TEAMS |= ties.TEAMS
DOMAINS |= ties.DOMAINS
SERVICES += ties.SERVICES


def stream_of(name: str) -> str:
    """The stream that a message type's records go to. Raises KeyError for a name that the demo does not know."""
    return _STREAM_OF[name]


def latest_schemas() -> dict[str, dict[str, Any]]:
    """{type name: its newest schema}."""
    return {each.name: each.versions[-1].schema for each in TYPES}


_STREAM_OF = {each.name: each.stream for each in TYPES}
