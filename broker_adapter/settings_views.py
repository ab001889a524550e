"""The settings page of a stream, and its deletion."""

from typing import Any

from django.conf import settings as deployment
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from broker_adapter import actions, queries
from broker_adapter.rules import StreamRules
from broker_adapter.views import header_context
from workspaces.access import Access, Permission, page
from workspaces.errors import Invalid

DIGITS_MAX = 12
AGE_UNITS = (("86400000", "days"), ("3600000", "hours"), ("60000", "minutes"))
SIZE_UNITS = (("1073741824", "GB"), ("1048576", "MB"))
TAKES = (
    ("catalogued", "Every type of the catalog", "A type that isn't registered is refused."),
    ("listed", "Only some types", "Those of the list, which the catalog knows."),
    ("anything", "Types that the catalog doesn't know, too", "Known types are validated; of others any JSON is taken."),
)
VALIDATIONS = (
    ("strict", "Refuse it", "The sender is told what is wrong and where. Nothing is stored."),
    (
        "quarantine",
        "Refuse it, and keep it aside",
        "The sender is told; the record waits among the stream's dead letters, to be sent again after a fix.",
    ),
    (
        "observe",
        "Store it, flagged",
        "Nothing is refused; the record carries its faults. For finding out what a schema would refuse.",
    ),
)


@page(Permission.STREAM_MANAGE)
def settings(request: HttpRequest, access: Access, stream: str) -> HttpResponse:
    """The form; POST saves it."""
    found = queries.overview(queries.find_stream(access.workspace, stream))
    given, refusal = _shown(found.stream.rules, found.stream.description), None
    if request.method == "POST":
        try:
            actions.update_stream(
                access,
                stream=stream,
                description=request.POST.get("description"),
                settings=_settings(request.POST, dead_letters=found.stream.dead_letters_of_id is not None),
            )
            messages.success(request, "The settings are saved.")
            return redirect("broker_adapter:stream-settings", workspace=access.workspace.slug, stream=stream)
        except Invalid as error:
            given, refusal = given | request.POST.dict(), error
    context = header_context(access, found) | {
        "given": given,
        "refusal": refusal,
        "place": refusal.fields.get("place", "") if refusal else "",
        "age_units": AGE_UNITS,
        "size_units": SIZE_UNITS,
        "takes": TAKES,
        "validations": VALIDATIONS,
        "record_bytes_max": deployment.RECORD_BYTES_MAX,
        "batch_records_max": deployment.APPEND_RECORDS_MAX,
    }
    return render(request, "broker_adapter/settings.html", context, status=422 if refusal else 200)


def _settings(form: QueryDict, *, dead_letters: bool) -> dict[str, Any]:
    """The form as fields of broker_adapter.rules; none where it has only the description. Raises Invalid."""
    if not dead_letters and "takes" not in form:
        return {}
    found: dict[str, Any] = {
        "retention_ms": _amount(form, "age", "retention_ms") if form.get("by_age") else None,
        "retention_bytes": _amount(form, "size", "retention_bytes") if form.get("by_size") else None,
    }
    if dead_letters:
        return found
    return found | {
        "compaction": bool(form.get("compaction")),
        "takes": form.get("takes", ""),
        "types": form.get("types", "").splitlines(),
        "validation": form.get("validation", ""),
        "record_bytes_max": _whole(form, "record_bytes_max"),
        "batch_records_max": _whole(form, "batch_records_max"),
    }


def _amount(form: QueryDict, name: str, place: str) -> int:
    units = {value for value, _ in (AGE_UNITS if name == "age" else SIZE_UNITS)}
    raw, unit = form.get(name, ""), form.get(f"{name}_unit", "")
    if not raw.isdecimal() or len(raw) > DIGITS_MAX or unit not in units:
        raise Invalid(f"Say a {name} as a whole number, or don't limit by {name}.", place=place)
    return int(raw) * int(unit)


def _whole(form: QueryDict, name: str) -> int | None:
    raw = form.get(name, "").strip()
    if not raw:
        return None
    if not raw.isdecimal() or len(raw) > DIGITS_MAX:
        raise Invalid("A limit is a whole number, or empty.", place=name)
    return int(raw)


def _shown(rules: StreamRules, description: str) -> dict[str, Any]:
    """The rules as fields of the form."""
    age, age_unit = _in_units(rules.retention_ms, AGE_UNITS, 7)
    size, size_unit = _in_units(rules.retention_bytes, SIZE_UNITS, 10)
    return {
        "description": description,
        "by_age": rules.retention_ms is not None,
        "age": age,
        "age_unit": age_unit,
        "by_size": rules.retention_bytes is not None,
        "size": size,
        "size_unit": size_unit,
        "compaction": rules.compaction,
        "takes": str(rules.takes),
        "types": "\n".join(rules.types),
        "validation": str(rules.validation),
        "record_bytes_max": rules.record_bytes_max or "",
        "batch_records_max": rules.batch_records_max or "",
    }


def _in_units(value: int | None, units: tuple[tuple[str, str], ...], default: int) -> tuple[int, str]:
    """The amount in the largest unit that divides it."""
    if value is None:
        return default, units[0][0]
    unit = next((each for each, _ in units if value % int(each) == 0), units[-1][0])
    return max(value // int(unit), 1), unit


@page(Permission.STREAM_MANAGE)
@require_POST
def delete_stream(request: HttpRequest, access: Access, stream: str) -> HttpResponse:
    """Delete for good, once the name was typed."""
    actions.delete_stream(access, stream=stream, confirmation=request.POST.get("confirmation", "").strip())
    messages.success(request, f"The stream {stream} and its records are deleted.")
    return redirect("broker_adapter:streams", workspace=access.workspace.slug)
