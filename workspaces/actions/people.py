"""Accounts."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from workspaces.errors import Invalid
from workspaces.models import Person


def sign_up(*, email: str, name: str, password: str) -> Person:
    """Make an account.

    Raises Invalid with ``place`` email, name or password.
    """
    if not name.strip():
        raise Invalid("Please say your name.", place="name")
    try:
        validate_password(password, Person(email=email, name=name))
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), place="password") from error
    try:
        with transaction.atomic():
            return Person.objects.create_user(email=email, name=name, password=password)
    except IntegrityError as error:
        raise Invalid(
            "There is an account with this e-mail address.", hint="Sign in instead.", place="email"
        ) from error


def change_name(person: Person, *, name: str) -> None:
    """Another name, shown from the next page on. Raises Invalid with ``place`` name."""
    if not name.strip():
        raise Invalid("Please say your name.", place="name")
    person.name = name.strip()[:80]
    person.save(update_fields=["name"])
