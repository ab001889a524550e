"""What ties Northwind's services together besides its orders: prices, loyalty, profiles, fraud; and what leads to what.

Each tie was sensible on the day somebody made it. Together they are what the coupling report is there to show: a
checkout that waits for four calls in a row, a circle through three teams, a command that two services handle.
"""

from dataclasses import dataclass

from storming.demo.schemas import (
    CUSTOMER,
    LINES,
    ORDER,
    PARCEL,
    SKU,
    address,
    count,
    message,
    moment,
    money,
    text,
)
from storming.demo.shapes import DemoService, DemoType, Version


@dataclass(frozen=True, slots=True)
class Policy:
    """In a service, one message leads to another."""

    service: str
    trigger: str
    result: str
    words: str


TEAMS = {"Growth": "Prices, points and profiles: why customers come back."}
DOMAINS = {
    "Customers": (
        "growth",
        "Who they are and what brings them back.",
        {"Profiles": "Names, addresses, consent.", "Loyalty": "Points and tiers."},
    ),
    "Pricing": ("growth", "What something costs today, for whom.", {"Prices": "Quotes and campaigns."}),
}
SERVICES = (
    DemoService("Price Service", "prices", "growth", "Quotes a price for a customer, campaigns and tiers included."),
    DemoService("Loyalty Service", "loyalty", "growth", "Counts points and knows everybody's tier."),
    DemoService("Customer Profiles", "profiles", "growth", "The one place where names and addresses are kept."),
    DemoService("Fraud Check", "payment", "money", "Scores a payment before the provider is asked."),
    DemoService("Address Check", "shipping", "last-mile", "Knows which doorsteps exist."),
)


def _query(name: str, context: str, owner: str, title: str, words: str, **ends: tuple[str, ...]) -> DemoType:
    fields = {
        "price.quote": {"sku": SKU, "quantity": count("Units.", most=99), "customerId": CUSTOMER},
        "loyalty.tier": {"customerId": CUSTOMER},
        "customer.profile": {"customerId": CUSTOMER},
        "customer.orders": {"customerId": CUSTOMER},
        "fraud.score": {"orderId": ORDER, "customerId": CUSTOMER, "amount": money("What is to be paid.")},
        "address.check": {"deliverTo": address("As the customer typed it.")},
        "delivery.slots": {"postcode": text("Where.", example="20457", longest=12)},
    }[name]
    versions = [Version(message(title, words, fields))]
    return DemoType("query", name, context, owner, "orders", versions, says=ends["asks"], hears=ends.get("answers", ()))


TYPES = (
    _query(
        "price.quote", "prices", "growth", "Price quote", "What does it cost for this customer, today?",
        asks=("web-shop",), answers=("price-service",),
    ),
    _query(
        "loyalty.tier", "loyalty", "growth", "Loyalty tier", "Which tier is this customer in?",
        asks=("price-service", "web-shop"), answers=("loyalty-service",),
    ),
    _query(
        "customer.profile", "profiles", "growth", "Customer profile", "Who is this customer, and where do they live?",
        asks=("loyalty-service", "fraud-check", "web-shop"), answers=("customer-profiles",),
    ),
    _query(
        "customer.orders", "orders", "storefront", "Orders of a customer", "What has this customer ordered?",
        asks=("customer-profiles",), answers=("order-service",),
    ),
    _query(
        "fraud.score", "payment", "money", "Fraud score", "How likely is it that this payment is stolen?",
        asks=("payment-service",), answers=("fraud-check",),
    ),
    _query(
        "address.check", "shipping", "last-mile", "Address check", "Is there such a doorstep?",
        asks=("order-service", "customer-profiles"), answers=("address-check",),
    ),
    _query(
        "delivery.slots", "shipping", "last-mile", "Delivery slots", "When could we come by?", asks=("web-shop",),
    ),
    DemoType(
        "command", "invoice.send", "payment", "money", "payments",
        [Version(message("Send invoice", "Ask for an invoice.", {"orderId": ORDER, "amount": money("Due.")}))],
        says=["order-service"], hears=["ledger", "notifier"],
    ),
    DemoType(
        "command", "label.print", "picking", "warehouse-floor", "delivery",
        [Version(message("Print label", "Ask for a parcel's label.", {"orderId": ORDER, "parcelId": PARCEL}))],
        says=["shipping-service"], hears=["picking-app"], pattern="queued",
    ),
    DemoType(
        "command", "basket.remind", "returns", "care", "orders",
        [Version(message("Remind of basket", "Ask for a friendly letter.", {"customerId": CUSTOMER, "lines": LINES}))],
        says=["web-shop"],
    ),
    DemoType(
        "event", "loyalty.points-earned", "loyalty", "", "orders",
        [
            Version(
                message(
                    "Points earned", "A delivered order has brought points.",
                    {
                        "orderId": ORDER, "customerId": CUSTOMER, "points": count("Points.", most=10_000),
                        "earnedAt": moment("When they were booked."),
                    },
                )
            )
        ],
        says=["loyalty-service"], tags=["loyalty"],
    ),
)  # fmt: skip

POLICIES = (
    Policy("web-shop", "stock.received", "stock.level", "Whenever goods come in, look again what can be sold"),
    Policy("order-service", "order.place", "address.check", "Before we promise a doorstep, see that it is there"),
    Policy("order-service", "order.place", "order.placed", "Whenever a basket is complete, promise the order"),
    Policy("order-service", "order.place", "payment.authorise", "Whenever an order is placed, ask for its money"),
    Policy("order-service", "order.cancel", "order.cancelled", "Whenever it is not picked yet, let it go"),
    Policy("order-service", "payment.authorised", "stock.reserve", "Whenever the money is set aside, keep the goods"),
    Policy("order-service", "payment.declined", "order.cancelled", "Whenever no card works, give up"),
    Policy("order-service", "stock.ran-out", "order.cancelled", "Whenever we can't keep the promise, say so"),
    Policy("order-service", "order.picked", "carrier.book", "Whenever a box is on the ramp, call a carrier"),
    Policy("order-service", "parcel.shipped", "invoice.send", "Whenever a parcel has left, send the invoice"),
    Policy("payment-service", "payment.authorise", "fraud.score", "Before we ask the bank, ask ourselves"),
    Policy("payment-service", "payment.authorise", "payment.authorised", "Whenever the bank says yes"),
    Policy("payment-service", "payment.authorise", "payment.declined", "Whenever the bank says no"),
    Policy("payment-service", "parcel.shipped", "payment.captured", "Whenever a parcel has left, take the money"),
    Policy("payment-service", "order.returned", "payment.refunded", "Whenever goods come back, so does the money"),
    Policy("stock-service", "stock.reserve", "stock.reserved", "Whenever every unit is there"),
    Policy("stock-service", "stock.reserve", "stock.ran-out", "Whenever one is missing"),
    Policy("picking-app", "stock.reserved", "order.picked", "Whenever a picker has walked the list"),
    Policy("shipping-service", "carrier.book", "parcel.shipped", "Whenever the carrier scans it on the ramp"),
    Policy("shipping-service", "carrier.book", "label.print", "Whenever a carrier is booked, print its label"),
    Policy("returns-desk", "parcel.delivered", "order.returned", "Whenever it comes back within thirty days"),
    Policy("price-service", "price.quote", "loyalty.tier", "Whenever a customer is known, ask for their tier"),
    Policy("loyalty-service", "loyalty.tier", "customer.profile", "Whenever the tier is stale, look at the profile"),
    Policy("customer-profiles", "customer.profile", "customer.orders", "Whenever asked, look at the last orders too"),
    Policy("fraud-check", "fraud.score", "customer.profile", "Whenever a score is asked for, look who it is"),
)
PEOPLE = {  # slug of a service or team -> the demo's people who answer for it
    "order-service": ("Dana Demo",),
    "payment-service": ("Mats Ekholm",),
    "price-service": ("Priya Raman",),
    "storefront": ("Dana Demo",),
    "money": ("Mats Ekholm",),
    "growth": ("Priya Raman", "Mats Ekholm"),
}
