"""The registry's addresses under /registry/<workspace>/, with their published answers and error codes.

Plain Django views: a look-up costs two or three queries and one dictionary. Keys come as Basic (the key as password or
name) or Bearer. A browser's session may look, never change: no form of ours writes here, and so no other site's can.
"""

from typing import Any

import orjson
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from eventcatalog.models import CompatibilityMode
from eventcatalog.registry import actions, answers, names, subjects
from eventcatalog.registry.actions import Given
from eventcatalog.registry.errors import RegistryError, invalid_schema, version_not_found
from eventcatalog.registry.models import RegistryMode
from eventcatalog.registry.names import SubjectName
from workspaces.access import Access, Permission, access_for_api, principal_from_request
from workspaces.errors import FactstormError, NotSignedIn

CONTENT_TYPES = ("application/vnd.schemaregistry.v1+json", "application/vnd.schemaregistry+json", "application/json",
                 "application/octet-stream", "")  # fmt: skip
REFERENCES_MAX = 100
EXTRAS_BYTES_MAX = 100_000
CHALLENGE = 'Basic realm="factstorm"'


@method_decorator(csrf_exempt, name="dispatch")
class Endpoint(View):
    """Who asks, what they may, and refusals in the registry's shape. ``reads``: methods that change nothing."""

    reads: tuple[str, ...] = ("GET", "HEAD")
    access: Access

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        workspace = kwargs.pop("workspace")
        try:
            self.access = self._access(request, workspace)
            kwargs = self._named(kwargs)
            handler = getattr(self, (request.method or "").lower(), None)
            if handler is None or request.method not in ("GET", "HEAD", "POST", "PUT", "DELETE"):
                raise RegistryError(405, "HTTP 405 Method Not Allowed")
            found = handler(request, *args, **kwargs)
        except FactstormError as error:
            return refusal(error)
        return found if isinstance(found, HttpResponse) else answer(found)

    def _access(self, request: HttpRequest, workspace: str) -> Access:
        looks = request.method in self.reads
        if not looks and principal_from_request(request).api_key is None:
            raise NotSignedIn
        return access_for_api(request, workspace, need=Permission.CATALOG_VIEW if looks else Permission.CATALOG_WRITE)

    @staticmethod
    def _named(kwargs: dict[str, Any]) -> dict[str, Any]:
        """The subject of the address, in the context of the address."""
        context = kwargs.pop("context", None) or names.DEFAULT_CONTEXT
        if "subject" in kwargs:
            kwargs["subject"] = subject_name(kwargs["subject"], context)
        return kwargs


def subject_name(text: str, context: str = names.DEFAULT_CONTEXT) -> SubjectName:
    """Raises 42208."""
    try:
        return names.parse(text, context=context)
    except names.SubjectNameError as error:
        raise RegistryError(42208, f"The specified subject '{text[:100]}' is not a valid subject. {error}") from error


def answer(value: Any, status: int = 200) -> HttpResponse:
    """JSON in the registry's media type."""
    return HttpResponse(orjson.dumps(value), status=status, content_type=answers.MEDIA_TYPE)


def refusal(error: FactstormError) -> HttpResponse:
    """``{"error_code", "message"}``; a 401 says how to sign in."""
    told = actions.as_registry_error(error)
    response = answer({"error_code": told.number, "message": told.message}, told.http_status)
    if told.http_status == 401:
        response["WWW-Authenticate"] = CHALLENGE
    return response


def nothing_here(request: HttpRequest, workspace: str, rest: str = "") -> HttpResponse:
    """Any other address beneath: 404 in the registry's shape (who isn't known gets 401 first)."""
    try:
        access_for_api(request, workspace, need=Permission.CATALOG_VIEW)
        raise RegistryError(404, "HTTP 404 Not Found")
    except (FactstormError, Http404) as error:
        return refusal(error if isinstance(error, FactstormError) else RegistryError(404, "HTTP 404 Not Found"))


def flag(request: HttpRequest, *spellings: str) -> bool:
    """A flag of the query string."""
    return any(request.GET.get(each, "").lower() == "true" for each in spellings)


def page_of(request: HttpRequest, items: Any, most: int = 2**31) -> Any:
    """``offset`` and ``limit`` of the query string; negative ones count for nothing."""
    offset, limit = whole(request, "offset", 0), whole(request, "limit", -1)
    start = max(offset, 0)
    return items[start : start + (min(limit, most) if limit >= 0 else most)]


def whole(request: HttpRequest, name: str, default: int) -> int:
    """A whole number of the query string."""
    text = request.GET.get(name, "")
    return int(text) if text.removeprefix("-").isdecimal() and len(text) < 11 else default


def newer(request: HttpRequest) -> bool:
    """Whether the client takes fields that older ones stumbled over."""
    return request.headers.get("Confluent-Accept-Unknown-Properties", "").lower() == "true"


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The body's object. Raises 415, 400."""
    if (request.content_type or "").lower() not in CONTENT_TYPES:
        raise RegistryError(415, "HTTP 415 Unsupported Media Type")
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise RegistryError(400, f"The body is no JSON: {error}.") from error
    if not isinstance(body, dict):
        raise RegistryError(400, "The body is a JSON object.")
    return body


def given_in(request: HttpRequest) -> Given:
    """The schema of the body. Raises 42201 for other formats than JSON."""
    body = body_of(request)
    kind = body.get("schemaType") or "AVRO"
    if kind != "JSON":
        known = {"AVRO": "Avro", "PROTOBUF": "Protobuf"}.get(kind, str(kind)[:40])
        raise invalid_schema(
            f'{known} schemas are not kept here, JSON Schemas are. Send "schemaType": "JSON" with a JSON Schema.'
        )
    text = body.get("schema")
    if not isinstance(text, str) or not text.strip():
        raise invalid_schema("Empty schema.")
    extras = {key: body[key] for key in ("metadata", "ruleSet") if body.get(key)}
    if len(orjson.dumps(extras)) > EXTRAS_BYTES_MAX:
        raise invalid_schema(f"metadata and ruleSet have at most {EXTRAS_BYTES_MAX:,} bytes together.")
    return Given(text, _references(body.get("references") or []), extras)


def _references(found: Any) -> tuple[dict[str, Any], ...]:
    if not isinstance(found, list) or len(found) > REFERENCES_MAX:
        raise invalid_schema(f"references is a list of at most {REFERENCES_MAX}.")
    for each in found:
        complete = isinstance(each, dict) and all(each.get(key) for key in ("name", "subject", "version"))
        if not complete or len(str(each["name"])) > 500:
            raise invalid_schema("A reference has a name, a subject and a version.")
    if len({each["name"] for each in found}) != len(found):
        raise invalid_schema("Two references have one name.")
    return tuple(found)


class Types(Endpoint):
    """The formats that are kept."""

    def get(self, request: HttpRequest) -> Any:
        return ["JSON"]


class Schemas(Endpoint):
    """All versions of all subjects that match; at most subjects.LIST_MAX an answer."""

    def get(self, request: HttpRequest) -> Any:
        deleted, latest = flag(request, "deleted"), flag(request, "latestOnly")
        wanted = subjects.Wanted(request.GET.get("subjectPrefix", subjects.ANY_CONTEXT), deleted)
        end = max(whole(request, "offset", 0), 0) + min(
            limit if (limit := whole(request, "limit", -1)) >= 0 else subjects.LIST_MAX, subjects.LIST_MAX
        )
        found: list[Any] = []
        for name in subjects.list_names(self.access.workspace, wanted):
            if len(found) >= end:
                break
            row = subjects.row_of(self.access.workspace, names.parse(name))
            versions = list(subjects.versions_of(row, deleted=deleted)) if row else []
            found += versions[-1:] if latest else versions
        return [answers.version(each, newer=newer(request)) for each in page_of(request, found, subjects.LIST_MAX)]


class SchemaById(Endpoint):
    """A schema by its global id."""

    def get(self, request: HttpRequest, schema_id: int) -> Any:
        return answers.schema(subjects.find_schema(self.access.workspace, schema_id), newer=newer(request))


class SchemaByGuid(Endpoint):
    """A schema by its GUID."""

    def get(self, request: HttpRequest, guid: str) -> Any:
        prefix = guid.replace("-", "").lower()
        rows = self.access.workspace.registry_schemas.filter(digest__startswith=prefix[:12], versions__isnull=False)
        found = next((each for each in rows.distinct() if each.guid == guid.lower()), None)
        if found is None:
            raise RegistryError(40403, f"Schema {guid} not found.")
        return answers.schema(found, newer=newer(request))


class SchemaText(Endpoint):
    """A schema's text alone."""

    def get(self, request: HttpRequest, schema_id: int) -> Any:
        text = subjects.find_schema(self.access.workspace, schema_id).text
        return HttpResponse(text, content_type=answers.MEDIA_TYPE)


class SchemaSubjects(Endpoint):
    """The subjects that know a schema."""

    def get(self, request: HttpRequest, schema_id: int) -> Any:
        schema = subjects.find_schema(self.access.workspace, schema_id)
        rows = subjects.versions_with(schema, subject=request.GET.get("subject", ""), deleted=flag(request, "deleted"))
        return page_of(request, list(dict.fromkeys(each.subject.name for each in rows)))


class SchemaVersions(Endpoint):
    """Subjects and versions that know a schema."""

    def get(self, request: HttpRequest, schema_id: int) -> Any:
        schema = subjects.find_schema(self.access.workspace, schema_id)
        rows = subjects.versions_with(schema, subject=request.GET.get("subject", ""), deleted=flag(request, "deleted"))
        return [answers.place(each) for each in page_of(request, list(rows))]


class Subjects(Endpoint):
    """Names."""

    def get(self, request: HttpRequest) -> Any:
        wanted = subjects.Wanted(
            request.GET.get("subjectPrefix", subjects.ANY_CONTEXT),
            flag(request, "deleted"),
            flag(request, "deletedOnly", "deleted_only"),
        )
        return page_of(request, subjects.list_names(self.access.workspace, wanted))


class OneSubject(Endpoint):
    """Look a schema up under a subject; delete the subject."""

    reads = ("GET", "HEAD", "POST")

    def post(self, request: HttpRequest, subject: SubjectName) -> Any:
        found = actions.look_up(self.access, subject, given_in(request), deleted=flag(request, "deleted"))
        return answers.version(found, newer=newer(request))

    def delete(self, request: HttpRequest, subject: SubjectName) -> Any:
        return actions.delete_subject(self.access, subject, permanent=flag(request, "permanent"))


class Versions(Endpoint):
    """A subject's version numbers; register the next."""

    def get(self, request: HttpRequest, subject: SubjectName) -> Any:
        deleted, only = flag(request, "deleted"), flag(request, "deletedOnly", "deleted_only")
        row = subjects.find_live(self.access.workspace, subject, deleted=deleted or only)
        rows = subjects.versions_of(row, deleted=deleted, deleted_only=only)
        return page_of(request, list(rows.values_list("number", flat=True)))

    def post(self, request: HttpRequest, subject: SubjectName) -> Any:
        given = given_in(request)
        body = body_of(request)
        if any(isinstance(body.get(key), int) and body[key] > 0 for key in ("id",)):
            raise RegistryError(42205, "Ids are given here, so a registration can't bring one (no IMPORT mode).")
        return answers.registered(actions.register(self.access, subject, given), newer=newer(request))


class OneVersion(Endpoint):
    """A version in full; delete it."""

    def get(self, request: HttpRequest, subject: SubjectName, version: str) -> Any:
        return answers.version(self.found(request, subject, version), newer=newer(request))

    def delete(self, request: HttpRequest, subject: SubjectName, version: str) -> Any:
        return actions.delete_version(self.access, subject, version, permanent=flag(request, "permanent"))

    def found(self, request: HttpRequest, subject: SubjectName, version: str) -> Any:
        """Raises 40401, 40402, 42202."""
        deleted = flag(request, "deleted")
        subjects.version_number(version)
        row = subjects.find_live(self.access.workspace, subject, deleted=deleted)
        return subjects.find_version(row, version, deleted=deleted)


class VersionText(OneVersion):
    """A version's schema text alone."""

    def get(self, request: HttpRequest, subject: SubjectName, version: str) -> Any:
        return HttpResponse(self.found(request, subject, version).schema.text, content_type=answers.MEDIA_TYPE)

    delete = None  # type: ignore[assignment]


class ReferencedBy(OneVersion):
    """Ids of the schemas that refer to a version."""

    def get(self, request: HttpRequest, subject: SubjectName, version: str) -> Any:
        one = self.found(request, subject, version)
        live = {} if flag(request, "deleted") else {"schema__versions__deleted_at": None}
        ids = one.referred_by.filter(schema__versions__isnull=False, **live)
        return page_of(request, sorted(set(ids.values_list("schema_id", flat=True))))

    delete = None  # type: ignore[assignment]


class SubjectMetadata(Endpoint):
    """The newest version whose metadata has these properties (``key``, ``value``, both repeatable)."""

    def get(self, request: HttpRequest, subject: SubjectName) -> Any:
        deleted = flag(request, "deleted")
        row = subjects.find_live(self.access.workspace, subject, deleted=deleted)
        wanted = dict(zip(request.GET.getlist("key"), request.GET.getlist("value"), strict=False))
        for each in subjects.versions_of(row, deleted=deleted).order_by("-number"):
            known = (each.schema.extras.get("metadata") or {}).get("properties") or {}
            if all(known.get(key) == value for key, value in wanted.items()):
                return answers.version(each, newer=newer(request))
        raise version_not_found("latest")


class Compatibility(Endpoint):
    """Whether a schema could be registered, against one version or all that the level asks for."""

    reads = ("POST",)

    def post(self, request: HttpRequest, subject: SubjectName, version: str = "") -> Any:
        verbose = flag(request, "verbose")
        number = subjects.version_number(version) if version else -1
        given = given_in(request)
        row = subjects.row_of(self.access.workspace, subject)
        only = None
        if version and (row is not None or number != -1):
            only = self._version(row, version, number)
        try:
            understood = actions.understand(self.access, given)
        except RegistryError as error:
            if not verbose:
                raise
            return {"is_compatible": False, "messages": [error.message]}
        trouble = actions.objections(row, understood, only=only) if row else []
        answer: dict[str, Any] = {"is_compatible": not trouble}
        if verbose and trouble:
            answer["messages"] = trouble
        return answer

    @staticmethod
    def _version(row: Any, version: str, number: int) -> Any:
        """The one to compare with; None for ``latest`` where nothing is live."""
        if row is None or row.message_type is None:
            raise version_not_found(version)
        if number == -1:
            return subjects.versions_of(row).last()
        return subjects.find_version(row, version)


class Config(Endpoint):
    """The global level."""

    def get(self, request: HttpRequest) -> Any:
        return {"compatibilityLevel": answers.level(subjects.settings_of(self.access.workspace).compatibility)}

    def put(self, request: HttpRequest) -> Any:
        level = level_in(request)
        actions.set_global_level(self.access, level)
        return {"compatibility": answers.level(level)}

    def delete(self, request: HttpRequest) -> Any:
        former = subjects.settings_of(self.access.workspace).compatibility
        actions.set_global_level(self.access, CompatibilityMode.BACKWARD)
        return {"compatibilityLevel": answers.level(former)}


def level_in(request: HttpRequest) -> str:
    """The body's level. Raises 42203."""
    level = body_of(request).get("compatibility")
    if not isinstance(level, str) or level.lower() not in CompatibilityMode.values:
        allowed = ", ".join(answers.level(each) for each in CompatibilityMode.values)
        raise RegistryError(42203, f"Invalid compatibility level. Valid values are {allowed}.")
    return level.lower()


class SubjectConfig(Endpoint):
    """A subject's own level."""

    def get(self, request: HttpRequest, subject: SubjectName) -> Any:
        own = actions.own_level(subjects.row_of(self.access.workspace, subject))
        if own is None and not flag(request, "defaultToGlobal"):
            raise actions.no_level(subject)
        level = own or subjects.settings_of(self.access.workspace).compatibility
        return {"compatibilityLevel": answers.level(level)}

    def put(self, request: HttpRequest, subject: SubjectName) -> Any:
        level = level_in(request)
        actions.set_level(self.access, subject, level)
        return {"compatibility": answers.level(level)}

    def delete(self, request: HttpRequest, subject: SubjectName) -> Any:
        return {"compatibilityLevel": answers.level(actions.drop_level(self.access, subject))}


class Mode(Endpoint):
    """The global mode."""

    def get(self, request: HttpRequest) -> Any:
        return {"mode": subjects.settings_of(self.access.workspace).mode}

    def put(self, request: HttpRequest) -> Any:
        mode = mode_in(request)
        actions.set_mode(self.access, None, mode)
        return {"mode": mode}

    def delete(self, request: HttpRequest) -> Any:
        former = subjects.settings_of(self.access.workspace).mode
        actions.set_mode(self.access, None, RegistryMode.READWRITE)
        return {"mode": former}


def mode_in(request: HttpRequest) -> str:
    """The body's mode. Raises 42204, and 42205 for IMPORT."""
    mode = body_of(request).get("mode")
    if mode == "IMPORT":
        raise RegistryError(42205, "Ids and version numbers are given here, so there is no IMPORT mode.")
    if mode not in RegistryMode.values:
        raise RegistryError(42204, f"Invalid mode. Valid values are {', '.join(RegistryMode.values)}.")
    return str(mode)


class SubjectMode(Endpoint):
    """A subject's own mode."""

    def get(self, request: HttpRequest, subject: SubjectName) -> Any:
        row = subjects.row_of(self.access.workspace, subject)
        own = row.mode if row else ""
        if not own and not flag(request, "defaultToGlobal"):
            raise _no_mode(subject)
        return {"mode": actions.effective_mode(self.access, row)}

    def put(self, request: HttpRequest, subject: SubjectName) -> Any:
        mode = mode_in(request)
        actions.set_mode(self.access, subject, mode)
        return {"mode": mode}

    def delete(self, request: HttpRequest, subject: SubjectName) -> Any:
        row = subjects.row_of(self.access.workspace, subject)
        if row is None or not row.mode:
            raise _no_mode(subject)
        former = row.mode
        actions.set_mode(self.access, subject, "")
        return {"mode": former}


def _no_mode(name: SubjectName) -> RegistryError:
    return RegistryError(40409, f"Subject '{name.full}' does not have subject-level mode configured")


class Contexts(Endpoint):
    """The contexts that have subjects."""

    def get(self, request: HttpRequest) -> Any:
        return page_of(request, subjects.contexts_of(self.access.workspace))


class MetadataId(Endpoint):
    """Which registry this is."""

    def get(self, request: HttpRequest) -> Any:
        return {
            "scope": {"path": [], "clusters": {"schema-registry-cluster": f"factstorm-{self.access.workspace.slug}"}}
        }


class MetadataVersion(Endpoint):
    """Which release answers."""

    def get(self, request: HttpRequest) -> Any:
        return {"version": "factstorm", "commitId": ""}


class Root(Endpoint):
    """An empty object: the registry is here."""

    def get(self, request: HttpRequest) -> Any:
        return {}
