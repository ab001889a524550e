"""Forms of the boards' pages; the actions check again and have the last word."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms

from storming.actions.boards import NAME_CHARS_MAX
from storming.models import BoardFormat
from workspaces.errors import FactstormError

DAYS = (("1", "1 day"), ("7", "1 week"), ("30", "30 days"), ("90", "90 days"))


class _Refusing(forms.Form):
    def refuse(self, error: FactstormError) -> None:
        """Show an action's refusal at its field, or above the form."""
        place = error.fields.get("place")
        self.add_error(place if place in self.fields else None, " ".join(filter(None, [error.message, error.hint])))


class NewBoardForm(_Refusing):
    """Name, format and what the board starts with."""

    name = forms.CharField(
        max_length=NAME_CHARS_MAX,
        widget=forms.TextInput(attrs={"class": "input", "placeholder": "Order fulfilment", "autocomplete": "off"}),
    )
    format = forms.ChoiceField(choices=BoardFormat.choices, initial=BoardFormat.BIG_PICTURE)
    starter = forms.ChoiceField(
        choices=[
            ("empty", "Empty wall"),
            ("template", "The format’s template"),
            ("example", "A small example"),
            ("board", "Another board"),
        ],
        initial="empty",
    )
    source = forms.TypedChoiceField(
        required=False,
        coerce=uuid.UUID,
        empty_value=None,
        label="Which board",
        widget=forms.Select(attrs={"class": "select"}),
    )

    def __init__(self, *args: Any, boards: Sequence[tuple[uuid.UUID, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].choices = [("", "Choose a board"), *boards]  # type: ignore[attr-defined]
        if not boards:
            self.fields["starter"].choices = self.fields["starter"].choices[:-1]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The source counts only where it was asked for."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("starter") != "board":
            cleaned["source"] = None
        elif cleaned.get("source") is None:
            self.add_error("source", "Choose the board to start from.")
        return cleaned


class RenameForm(_Refusing):
    """Another name."""

    name = forms.CharField(max_length=NAME_CHARS_MAX, widget=forms.TextInput(attrs={"class": "input"}))


class ShareForm(_Refusing):
    """A guest link's role, life and label."""

    role = forms.ChoiceField(
        choices=[("participant", "Write on the board"), ("viewer", "Only look")],
        initial="participant",
        label="Guests may",
        widget=forms.Select(attrs={"class": "select"}),
    )
    days = forms.TypedChoiceField(
        choices=DAYS, coerce=int, initial="7", label="Works for", widget=forms.Select(attrs={"class": "select"})
    )
    label = forms.CharField(
        max_length=120,
        required=False,
        label="Who is it for",
        widget=forms.TextInput(attrs={"class": "input", "placeholder": "Workshop on Tuesday", "autocomplete": "off"}),
    )
