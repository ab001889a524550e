"""JSON Schemas of the demo's messages, built from a small vocabulary of its business.

Objects are closed (``additionalProperties: false``): so an optional field can be added later and the new version is
proved to take everything that the old one took.
"""

from typing import Any

Schema = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"


def message(title: str, description: str, fields: dict[str, Schema], *, optional: tuple[str, ...] = ()) -> Schema:
    """A whole schema: all fields are required but the optional ones."""
    return {"$schema": DRAFT, "title": title, "description": description, **closed(fields, optional=optional)}


def closed(fields: dict[str, Schema], *, optional: tuple[str, ...] = ()) -> Schema:
    """An object with these fields and no others."""
    return {
        "type": "object",
        "properties": fields,
        "required": [name for name in fields if name not in optional],
        "additionalProperties": False,
    }


def text(description: str, *, example: str, longest: int = 200) -> Schema:
    """Words, at least one character."""
    return {
        "type": "string",
        "description": description,
        "minLength": 1,
        "maxLength": longest,
        "examples": [example],
    }


def one_of(description: str, *values: str) -> Schema:
    """One of a few words."""
    return {"type": "string", "description": description, "enum": list(values)}


def count(description: str, *, most: int, least: int = 1) -> Schema:
    """A whole number."""
    return {"type": "integer", "description": description, "minimum": least, "maximum": most}


def flag(description: str) -> Schema:
    """Yes or no."""
    return {"type": "boolean", "description": description}


def moment(description: str) -> Schema:
    """A time with its zone (RFC 3339)."""
    return {
        "type": "string",
        "format": "date-time",
        "description": description,
        "examples": ["2026-11-24T09:30:00Z"],
    }


def day(description: str) -> Schema:
    """A date."""
    return {"type": "string", "format": "date", "description": description, "examples": ["2026-11-26"]}


def link(description: str) -> Schema:
    """A web address."""
    return {
        "type": "string",
        "format": "uri",
        "description": description,
        "examples": ["https://track.example/p/7K2M9Q4X"],
    }


def identity(description: str, pattern: str, example: str) -> Schema:
    """A number people say on the phone: it has a pattern."""
    return {"type": "string", "description": description, "pattern": pattern, "examples": [example]}


def uuid(description: str) -> Schema:
    """A number that only machines say."""
    return {
        "type": "string",
        "format": "uuid",
        "description": description,
        "examples": ["8f14e45f-ceea-4671-9d2c-2f1b6a0c9e31"],
    }


def money(description: str) -> Schema:
    """An amount in the currency's smallest unit, never a float."""
    schema = closed(
        {
            "amount": {"type": "integer", "minimum": 0, "description": "In the smallest unit: 1999 is 19.99 EUR."},
            "currency": one_of("ISO 4217.", "EUR", "GBP", "SEK", "DKK", "NOK"),
        }
    )
    return {**schema, "description": description}


def several(description: str, item: Schema, *, most: int) -> Schema:
    """One or more."""
    return {"type": "array", "description": description, "items": item, "minItems": 1, "maxItems": most}


def address(description: str) -> Schema:
    """Where to bring it."""
    schema = closed(
        {
            "name": text("Who opens the door.", example="Ida Berg"),
            "street": text("Street and number.", example="Hafengasse 12"),
            "postcode": text("As written in the country.", example="20457", longest=12),
            "city": text("City or village.", example="Hamburg"),
            "country": one_of("ISO 3166-1, two letters.", "DE", "DK", "GB", "NL", "NO", "SE"),
        }
    )
    return {**schema, "description": description}


ORDER = identity("The order, as the customer sees it.", "^NW-[0-9]{6}$", "NW-104711")
CUSTOMER = identity("The customer.", "^C-[0-9]{5}$", "C-48213")
SKU = identity("What was ordered: the unit that is stocked.", "^[A-Z]{3}-[0-9]{4}$", "MUG-0042")
PARCEL = identity("The parcel's label.", "^P[0-9A-Z]{10}$", "P7K2M9Q4X1A")
SHELF = identity("Aisle, bay and level.", "^[A-H]-[0-9]{2}-[1-5]$", "C-14-3")
PAYMENT = uuid("The payment, at us and at the provider.")
LINE = closed(
    {
        "sku": SKU,
        "title": text("As it stood in the catalogue.", example="Stoneware mug, grey"),
        "quantity": count("How many units.", most=99),
        "price": money("Of one unit, with tax."),
    }
)
LINES = several("What was ordered.", LINE, most=50)
PICKED = several(
    "What was taken from the shelves.", closed({"sku": SKU, "quantity": count("Units.", most=99)}), most=50
)
CARRIER = one_of("Who carries it.", "nordpost", "swiftline", "parcelbird")
