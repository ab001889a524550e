"""The HTTP API of proposals and of the audit trail."""

from collections.abc import Callable
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from eventcatalog import queries as catalog
from eventcatalog.actions import proposals as actions
from eventcatalog.api import ANY, CatalogView, given, number
from eventcatalog.bodies import WHY, AnyJson, SchemaField
from eventcatalog.facts.audit import PAGE_MAX, trail
from eventcatalog.facts.types import fact_types
from eventcatalog.models import MessageKind, Policy
from eventcatalog.proposals import queries
from workspaces.access import Access, Permission, access_for_api
from workspaces.errors import Invalid


class NewProposal(serializers.Serializer):
    """A new type (``name`` of one that doesn't exist, with ``kind`` and words) or a next version of ``type``."""

    type = serializers.CharField(required=False, max_length=200, help_text="A next version of this type.")
    name = serializers.CharField(required=False, max_length=200, help_text="A new type of this name.")
    schema = SchemaField()
    kind = serializers.ChoiceField(MessageKind.choices, required=False)
    title = serializers.CharField(required=False, allow_blank=True, max_length=200)
    description = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    domain = serializers.CharField(required=False, allow_blank=True)
    context = serializers.CharField(required=False, allow_blank=True)  # type: ignore[assignment]
    owner = serializers.CharField(required=False, allow_blank=True)
    compatibility = serializers.CharField(required=False, allow_blank=True)
    version = serializers.CharField(required=False, allow_blank=True, max_length=32)
    policy = serializers.ChoiceField(Policy.choices, required=False)
    example = AnyJson(required=False)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    why = serializers.CharField(required=False, allow_blank=True, max_length=5000, help_text=WHY)


class ChangedProposal(serializers.Serializer):
    """Another schema for a proposal."""

    schema = SchemaField()
    notes = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    version = serializers.CharField(required=False, allow_blank=True, max_length=32)
    policy = serializers.ChoiceField(Policy.choices, required=False, allow_blank=True)
    why = serializers.CharField(required=False, allow_blank=True, max_length=5000, help_text=WHY)


class Said(serializers.Serializer):
    """Words that go with a decision."""

    text = serializers.CharField(required=False, allow_blank=True, max_length=5000, default="")


class ProposalView(CatalogView):
    """What views of proposals share."""

    def proposer(self, request: Request, workspace: str) -> Access:
        """Somebody who may propose."""
        return access_for_api(request, workspace, need=Permission.CATALOG_PROPOSE)


class Proposals(ProposalView):
    """What waits for review (``?state=all`` for the rest), and a new proposal."""

    @extend_schema(parameters=[OpenApiParameter("state", str)], responses=ANY, operation_id="catalog_proposals_list")
    def get(self, request: Request, workspace: str) -> Response:
        access = self.viewer(request, workspace)
        found = queries.proposals_of(access.workspace, state=request.query_params.get("state", "waiting"))
        size = min(number(request, "size", 50), 200)
        page = number(request, "page", 1)
        rows = [queries.as_json(each) for each in found[(page - 1) * size : page * size]]
        return Response({"proposals": rows, "total": found.count()})

    @extend_schema(request=NewProposal, responses={201: ANY})
    def post(self, request: Request, workspace: str) -> Response:
        access = self.proposer(request, workspace)
        body = given(NewProposal, request)
        shared = {key: body[key] for key in ("schema", "notes", "example", "why") if key in body}
        if body.get("type"):
            found = catalog.find_type(access.workspace, body["type"])
            more = {key: body[key] for key in ("version", "policy") if key in body}
            made = actions.propose_version(access, found, **shared, **more)
        elif body.get("name"):
            words = {key: value for key, value in body.items() if key in actions.WORDS}
            made = actions.propose_type(access, name=body["name"], words=words, **shared)
        else:
            raise Invalid("Name a type to change, or a name for a new one.", place="type")
        return Response(queries.as_json(made, with_schema=True), status=status.HTTP_201_CREATED)


class OneProposal(ProposalView):
    """A proposal with its schema, its verdict and what was said; PUT gives it another schema."""

    @extend_schema(responses=ANY)
    def get(self, request: Request, workspace: str, proposal: int) -> Response:
        access = self.viewer(request, workspace)
        return Response(queries.as_json(queries.find_proposal(access.workspace, proposal), with_schema=True))

    @extend_schema(request=ChangedProposal, responses=ANY)
    def put(self, request: Request, workspace: str, proposal: int) -> Response:
        access = self.proposer(request, workspace)
        found = queries.find_proposal(access.workspace, proposal)
        changed = actions.change_proposal(access, found, **given(ChangedProposal, request))
        return Response(queries.as_json(changed, with_schema=True))


class ProposalDecision(ProposalView):
    """A decision, as a noun: approval, rejection, withdrawal, reopening, publication, comments."""

    DO: ClassVar[dict[str, Callable[..., Any]]] = {
        "comments": actions.comment,
        "approval": actions.approve,
        "rejection": actions.reject,
        "withdrawal": actions.withdraw,
        "reopening": actions.reopen,
        "publication": actions.publish,
    }

    @extend_schema(request=Said, responses={201: ANY})
    def post(self, request: Request, workspace: str, proposal: int, decision: str) -> Response:
        access = self.proposer(request, workspace)
        found = queries.find_proposal(access.workspace, proposal)
        self.DO[decision](access, found, text=given(Said, request)["text"])
        answer = queries.as_json(queries.find_proposal(access.workspace, proposal), with_schema=True)
        return Response(answer, status=status.HTTP_201_CREATED)


class Audit(CatalogView):
    """The audit trail, newest first, from the log: ``before`` (a position), ``subject``, ``by``, ``limit``."""

    @extend_schema(
        parameters=[OpenApiParameter(name, str) for name in ("before", "subject", "by", "limit")], responses=ANY
    )
    def get(self, request: Request, workspace: str) -> Response:
        access = self.viewer(request, workspace)
        asked = {name: request.query_params.get(name, "")[:500] for name in ("before", "subject", "by")}
        found = trail(access.workspace, limit=min(number(request, "limit", 50), PAGE_MAX), **asked)
        return Response({"facts": [each.as_json() for each in found.facts], "older": found.older})


class FactTypes(CatalogView):
    """The types that catalog facts are of, with their schemas."""

    @extend_schema(responses=ANY)
    def get(self, request: Request, workspace: str) -> Response:
        self.viewer(request, workspace)
        rows = [
            {"name": each.name, "version": each.version, "title": each.title, "description": each.description,
             "schema": each.schema_text}
            for each in fact_types().values()
        ]  # fmt: skip
        return Response({"types": rows})
