"""Path converters for addresses with type names and versions in them."""

from django.urls import converters, register_converter

from eventcatalog.models import TYPE_NAME


class TypeName(converters.StringConverter):
    """A message type's name."""

    regex = TYPE_NAME.pattern


class Version(converters.StringConverter):
    """Three numbers, or ``latest``."""

    regex = r"(?:\d{1,6}\.\d{1,6}\.\d{1,6}|latest)"


class Owned(converters.StringConverter):
    """What people answer for, in the plural as addresses have it."""

    regex = "(?:services|domains|teams|types)"


register_converter(Owned, "owned")


class Decision(converters.StringConverter):
    """What is done about a proposal, as a noun."""

    regex = "comments|approval|rejection|withdrawal|reopening|publication"


class FactName(converters.StringConverter):
    """A type of catalog facts."""

    regex = r"factstorm\.[A-Z][A-Za-z]{0,60}"


class AboutKind(converters.StringConverter):
    """What a page may be about."""

    regex = "types|domains|services"


register_converter(AboutKind, "about_kind")
register_converter(Decision, "decision")
register_converter(FactName, "fact_name")
register_converter(TypeName, "type_name")
register_converter(Version, "semver")
