"""The demo's two boards, as tables.

Read a lane's rows from left to right: that is time. The grammar runs through it: somebody who has looked at a read
model gives a command; an aggregate or a system decides; a domain event is the outcome; a policy reacts with the next
command. A note that has been promoted says which message type it names.
"""

from storming.demo.layout import Cell, Lane, Wall
from storming.document.notation import BIG_PICTURE, DESIGN


def event(row: int, column: float, key: str, text: str, type: str = "", *, pivotal: bool = False) -> Cell:
    """A fact: orange, past tense."""
    return Cell(row, column, "domain_event", key, text, pivotal, type)


def command(row: int, column: float, key: str, text: str, type: str = "") -> Cell:
    """A wish: blue."""
    return Cell(row, column, "command", key, text, type=type)


def view(row: int, column: float, key: str, text: str, type: str = "") -> Cell:
    """A read model: green."""
    return Cell(row, column, "read_model", key, text, type=type)


def actor(row: int, column: float, key: str, text: str) -> Cell:
    """Somebody: small and yellow."""
    return Cell(row, column, "actor", key, text)


def system(row: int, column: float, key: str, text: str) -> Cell:
    """Somebody else's software: wide and pink."""
    return Cell(row, column, "system", key, text)


def aggregate(row: int, column: float, key: str, text: str) -> Cell:
    """What decides, and its rule: wide and pale yellow."""
    return Cell(row, column, "aggregate", key, text)


def policy(row: int, column: float, key: str, text: str) -> Cell:
    """Whenever this, then that: wide and lilac."""
    return Cell(row, column, "policy", key, text)


def hotspot(row: int, column: float, key: str, text: str) -> Cell:
    """What hurts or is not known: pink, tilted."""
    return Cell(row, column, "hotspot", key, text)


def chance(row: int, column: float, key: str, text: str) -> Cell:
    """An opportunity: lime."""
    return Cell(row, column, "opportunity", key, text)


def remark(row: int, column: float, key: str, text: str) -> Cell:
    """A comment: white."""
    return Cell(row, column, "comment", key, text)


CUSTOMER = Lane(
    "Customer",
    3,
    [
        view(0, 0, "catalogue", "Product Catalogue"),
        chance(0, 2.5, "reorder", "One-tap reorder for regulars"),
        actor(1, 0, "shopper", "Shopper"),
        command(1, 1, "place", "Place Order", "order.place"),
        aggregate(1, 2, "order", "Order\nevery line has a price and a quantity"),
        event(1, 4, "placed", "Order Placed", "order.placed", pivotal=True),
        hotspot(2, 2.5, "guests", "Guests give up when asked to sign in"),
        remark(2, 0, "promise", "Our promise: on the doorstep in 48 hours"),
        view(0, 5, "my-orders", "My Orders", "order.status"),
        actor(0, 6, "moving-shopper", "Shopper"),
        command(1, 6, "readdress", "Change Address"),
        aggregate(1, 7, "order-2", "Order\nuntil its label is printed"),
        event(1, 9, "readdressed", "Address Changed"),
        chance(2, 7.5, "eta", "Show the delivery hour before paying"),
        actor(0, 10, "unsure-shopper", "Shopper"),
        command(1, 10, "cancel", "Cancel Order", "order.cancel"),
        aggregate(1, 11, "order-3", "Order\ncan be cancelled until it is picked"),
        event(1, 13, "cancelled", "Order Cancelled", "order.cancelled"),
        hotspot(0, 11.5, "late-cancel", "Cancelled while somebody is picking it?"),
        hotspot(1, 16, "where", "Half of all calls: where is my parcel?"),
        chance(1, 17, "tell", "Tell them before they ask"),
        actor(0, 19, "unhappy-shopper", "Shopper"),
        command(1, 19, "ask-return", "Request Return"),
        aggregate(1, 20, "return", "Return\nwithin 30 days of delivery"),
        event(1, 22, "returned", "Order Returned", "order.returned"),
        remark(0, 20.5, "no-reason", "A third of all returns come without a reason"),
        chance(2, 20.5, "swap", "Offer another size before a refund"),
    ],
)

PAYMENTS = Lane(
    "Payments",
    3,
    [
        remark(0, 0, "no-cards", "Card data never touches our systems"),
        chance(1, 1, "invoice", "Pay by invoice for businesses"),
        policy(0, 3.5, "when-placed", "Whenever an order is placed, then authorise its payment"),
        command(1, 4, "authorise", "Authorise Payment", "payment.authorise"),
        system(1, 5, "provider", "Payment Provider"),
        event(1, 7, "authorised", "Payment Authorised", "payment.authorised"),
        event(0, 7, "declined", "Payment Declined", "payment.declined"),
        hotspot(2, 5.5, "3ds", "3-D Secure times out on Friday evenings"),
        policy(0, 8, "when-declined", "Whenever a payment is declined, then ask for another card"),
        command(0, 10, "ask-card", "Ask For Another Card"),
        system(0, 11, "mail", "E-mail Service"),
        policy(1, 12.5, "when-cancelled", "Whenever an order is cancelled, then void its payment"),
        command(2, 13, "void", "Void Payment"),
        system(2, 14, "provider-2", "Payment Provider"),
        event(2, 16, "voided", "Payment Voided"),
        hotspot(1, 15.5, "slow-voids", "Some banks need five days for a void"),
        policy(2, 18.5, "when-shipped", "Whenever a parcel is shipped, then capture its payment"),
        command(1, 19, "capture", "Capture Payment"),
        aggregate(1, 20, "payment", "Payment\nnever more than was authorised"),
        event(1, 22, "captured", "Payment Captured", "payment.captured"),
        policy(0, 21.5, "when-returned", "Whenever an order is returned, then refund it"),
        command(1, 23, "refund", "Refund Payment"),
        system(2, 22.5, "provider-3", "Payment Provider"),
        event(2, 21, "refunded", "Payment Refunded", "payment.refunded"),
    ],
)

WAREHOUSE = Lane(
    "Warehouse",
    3,
    [
        remark(0, 2.5, "morning", "Lorries come between five and seven in the morning"),
        actor(1, 0, "clerk", "Goods-in Clerk"),
        command(1, 1, "receive", "Receive Stock"),
        aggregate(1, 2, "stock", "Stock Item\ncounted by unit and shelf"),
        event(1, 4, "received", "Stock Received", "stock.received"),
        view(1, 5, "available", "Available Stock", "stock.level"),
        hotspot(2, 4, "drift", "Counts drift overnight. Why?"),
        policy(0, 6.5, "when-authorised", "Whenever a payment is authorised, then reserve the stock"),
        command(1, 7, "reserve", "Reserve Stock", "stock.reserve"),
        aggregate(1, 8, "stock-2", "Stock Item\nnever below zero"),
        event(1, 10, "reserved", "Stock Reserved", "stock.reserved", pivotal=True),
        event(0, 10, "short", "Stock Ran Out", "stock.ran-out"),
        policy(0, 11, "when-short", "Whenever stock runs out, then order more"),
        command(0, 13, "replenish", "Order Replenishment"),
        system(0, 14, "supplier", "Supplier Portal"),
        hotspot(0, 16, "supplier-date", "Who believes the supplier's dates?"),
        view(1, 11, "pick-list", "Pick List"),
        actor(1, 12, "picker", "Picker"),
        command(1, 13, "pick", "Pick Order"),
        system(1, 14, "scanner", "Handheld Scanner"),
        event(1, 16, "picked", "Order Picked", "order.picked"),
        chance(2, 13.5, "zones", "Pick by zone, not by order"),
    ],
)

DELIVERY = Lane(
    "Delivery",
    3,
    [
        actor(1, 0, "planner", "Planner"),
        command(1, 1, "open-slots", "Open Delivery Slots"),
        aggregate(1, 2, "slot", "Delivery Slot\nat most 40 parcels"),
        event(1, 4, "slots-opened", "Delivery Slots Opened"),
        view(1, 5, "slots", "Delivery Slots"),
        chance(0, 2.5, "evening", "Evening slots in cities"),
        hotspot(2, 2.5, "strike", "A carrier's strike: what is plan B?"),
        system(1, 8, "carrier-0", "Carrier API"),
        event(1, 10, "rates", "Carrier Rates Changed"),
        view(1, 11, "rate-card", "Carrier Rates"),
        remark(0, 10, "contract", "Rates are fixed for a quarter, except fuel"),
        policy(0, 15.5, "when-picked", "Whenever an order is picked, then book a carrier"),
        command(1, 16, "book", "Book Carrier", "carrier.book"),
        system(1, 17, "carrier", "Carrier API"),
        event(1, 19, "shipped", "Parcel Shipped", "parcel.shipped", pivotal=True),
        view(2, 19, "route", "Route Sheet"),
        actor(2, 20, "driver", "Driver"),
        command(1, 20, "hand-over", "Hand Over Parcel"),
        system(1, 21, "driver-app", "Driver App"),
        event(1, 23, "delivered", "Parcel Delivered", "parcel.delivered"),
        event(2, 23, "failed", "Delivery Failed", "parcel.delivery-failed"),
        hotspot(0, 21.5, "nobody", "Nobody at home: neighbour or depot?"),
    ],
)

ORDER_TO_DOORSTEP = Wall(
    "Order to doorstep",
    DESIGN,
    [CUSTOMER, PAYMENTS, WAREHOUSE, DELIVERY],
    chains="""
        catalogue > shopper > place > order > placed > my-orders > moving-shopper > readdress > order-2 > readdressed
        placed > when-placed > authorise > provider > authorised > when-authorised > reserve
        provider > declined > when-declined > ask-card > mail
        unsure-shopper > cancel > order-3 > cancelled > when-cancelled > void > provider-2 > voided
        clerk > receive > stock > received > available
        reserve > stock-2 > reserved > pick-list > picker > pick > scanner > picked > when-picked
        stock-2 > short > when-short > replenish > supplier
        planner > open-slots > slot > slots-opened > slots
        carrier-0 > rates > rate-card
        when-picked > book > carrier > shipped > route > driver > hand-over > driver-app > delivered
        driver-app > failed
        shipped > when-shipped > capture > payment > captured
        unhappy-shopper > ask-return > return > returned > when-returned > refund > provider-3 > refunded
    """,
    votes={"guests": 3, "3ds": 2, "drift": 1, "zones": 2, "eta": 1},
)

OPENING_A_DEPOT = Wall(
    "Opening a second depot",
    BIG_PICTURE,
    [
        Lane(
            "",
            3,
            [
                event(1, 0, "site", "Site Chosen"),
                event(1, 1.5, "lease", "Lease Signed", pivotal=True),
                event(1, 3, "racks", "Racking Installed"),
                event(1, 4.5, "hired", "First Shift Hired"),
                event(1, 6, "linked", "Scanners Linked"),
                event(1, 7.5, "filled", "Opening Stock Received", pivotal=True),
                event(1, 9, "split", "Orders Split By Postcode"),
                event(1, 10.5, "first", "First Parcel Shipped From Depot", pivotal=True),
                actor(0, 0, "founder", "Founder"),
                actor(0, 4.5, "lead", "Shift Lead"),
                system(0, 6, "wms", "Warehouse System"),
                hotspot(2, 1.5, "deposit", "Who signs the deposit?"),
                hotspot(2, 6, "wifi", "No reception between the racks"),
                hotspot(2, 9, "postcodes", "Which depot owns the border postcodes?"),
                chance(2, 10.5, "same-day", "Same-day delivery in the city"),
                remark(0, 9, "test", "Two weeks of doubled stock, then the split"),
            ],
        )
    ],
)
