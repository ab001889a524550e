"""The map's HTTP API: streams in use, reactions, people, the graph, flows, what was observed. See docs/catalog.md."""

from typing import Any
from urllib.parse import unquote

from django.db import models
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from eventcatalog import actions, map_queries, observing, queries
from eventcatalog.api import ANY, CatalogView, given
from eventcatalog.bodies import WHY
from eventcatalog.coupling.flow import flow_of
from eventcatalog.graph_view import Network, NodeFilter, picture
from eventcatalog.map_models import Reaction, Steward, StreamRole, StreamUse
from workspaces.access import Access, Permission
from workspaces.errors import Invalid, NotFound
from workspaces.models import Person


class NewStreamUse(serializers.Serializer):
    """A service's use of a stream."""

    stream = serializers.CharField(max_length=100)
    role = serializers.ChoiceField(StreamRole.choices)
    why = serializers.CharField(required=False, allow_blank=True, max_length=5000, help_text=WHY)


class NewReaction(serializers.Serializer):
    """Whenever the service takes ``trigger``, it sends ``result``."""

    service = serializers.CharField(help_text="The service's slug.")
    trigger = serializers.CharField(help_text="A type's name.")
    result = serializers.CharField(help_text="A type's name.")
    policy = serializers.CharField(required=False, allow_blank=True, max_length=300, help_text="In words.")
    why = serializers.CharField(required=False, allow_blank=True, max_length=5000, help_text=WHY)


class NewSteward(serializers.Serializer):
    """A member of the workspace who answers for something."""

    email = serializers.EmailField(help_text="Of a member of the workspace.")
    why = serializers.CharField(required=False, allow_blank=True, max_length=5000, help_text=WHY)


def use_as_json(use: StreamUse) -> dict[str, Any]:
    """A declared use of a stream."""
    return {"id": use.pk, "service": use.service.slug, "stream": use.stream_name, "role": use.role}


def reaction_as_json(reaction: Reaction) -> dict[str, Any]:
    """A declared reaction."""
    return {
        "id": reaction.pk,
        "service": reaction.service.slug,
        "trigger": reaction.trigger.name,
        "result": reaction.result.name,
        "policy": reaction.policy,
    }


def steward_as_json(steward: Steward) -> dict[str, Any]:
    """Who answers for something. The address is left out: the member's name is enough to ask."""
    return {"id": steward.pk, "name": steward.person.name}


class ServiceStreams(CatalogView):
    """Streams that a service appends to and reads: declared, and seen in stored records."""

    @extend_schema(operation_id="catalog_service_streams_list", responses=ANY)
    def get(self, request: Request, workspace: str, slug: str) -> Response:
        access = self.viewer(request, workspace)
        found = queries.find_service(access.workspace, slug)
        observing.look(access.workspace)
        declared = map_queries.stream_uses(access.workspace, services=[found])
        may_see = access.can(Permission.STREAM_READ)
        seen = map_queries.seen_of_service(found) if may_see else []
        return Response(
            {
                "declared": [use_as_json(each) for each in declared],
                "observed": [
                    {
                        "stream": each.stream,
                        "type": each.type_name,
                        "version": each.version,
                        "records": each.records,
                        "last_seen_at": each.last_seen_at,
                    }
                    for each in seen
                ],
            }
        )

    @extend_schema(request=NewStreamUse, responses={201: ANY})
    def post(self, request: Request, workspace: str, slug: str) -> Response:
        access = self.writer(request, workspace)
        found = queries.find_service(access.workspace, slug)
        declared = actions.declare_stream_use(access, found, **given(NewStreamUse, request))
        return Response(use_as_json(declared), status=status.HTTP_201_CREATED)


class OneServiceStream(CatalogView):
    """One declared use."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, workspace: str, slug: str, use: int) -> Response:
        access = self.writer(request, workspace)
        rows = StreamUse.objects.filter(workspace=access.workspace, service__slug=slug, pk=use)
        actions.withdraw_stream_use(access, _found(rows.select_related("service").first()))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Reactions(CatalogView):
    """What leads to what, by service."""

    @extend_schema(
        operation_id="catalog_reactions_list",
        parameters=[OpenApiParameter("service", str), OpenApiParameter("type", str)],
        responses=ANY,
    )
    def get(self, request: Request, workspace: str) -> Response:
        access = self.viewer(request, workspace)
        rows = Reaction.objects.filter(workspace=access.workspace).select_related("service", "trigger", "result")
        if request.query_params.get("service"):
            rows = rows.filter(service__slug=request.query_params["service"])
        if request.query_params.get("type"):
            name = request.query_params["type"]
            rows = rows.filter(models.Q(trigger__name=name) | models.Q(result__name=name))
        return Response({"reactions": [reaction_as_json(each) for each in rows[:2000]]})

    @extend_schema(request=NewReaction, responses={201: ANY})
    def post(self, request: Request, workspace: str) -> Response:
        access = self.writer(request, workspace)
        fields = given(NewReaction, request)
        declared = actions.declare_reaction(
            access,
            queries.find_service(access.workspace, fields.pop("service")),
            trigger=queries.find_type(access.workspace, fields.pop("trigger")),
            result=queries.find_type(access.workspace, fields.pop("result")),
            **fields,
        )
        return Response(reaction_as_json(declared), status=status.HTTP_201_CREATED)


class OneReaction(CatalogView):
    """One declared reaction."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, workspace: str, reaction: int) -> Response:
        access = self.writer(request, workspace)
        rows = Reaction.objects.filter(workspace=access.workspace, pk=reaction)
        actions.withdraw_reaction(access, _found(rows.select_related("service", "trigger", "result").first()))
        return Response(status=status.HTTP_204_NO_CONTENT)


class People(CatalogView):
    """The people who answer for a service, domain or type, or are a team's members."""

    @extend_schema(operation_id="catalog_people_list", responses=ANY)
    def get(self, request: Request, workspace: str, thing: str, key: str) -> Response:
        access = self.viewer(request, workspace)
        found = map_queries.stewards_of(thing_of(access, thing, key))
        return Response({"people": [steward_as_json(each) for each in found]})

    @extend_schema(request=NewSteward, responses={201: ANY})
    def post(self, request: Request, workspace: str, thing: str, key: str) -> Response:
        access = self.writer(request, workspace)
        subject, fields = thing_of(access, thing, key), given(NewSteward, request)
        person = member_of(access, fields.pop("email"))
        appointed = actions.appoint_steward(access, subject, person=person, **fields)
        return Response(steward_as_json(appointed), status=status.HTTP_201_CREATED)


class OnePerson(CatalogView):
    """One of them."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, workspace: str, thing: str, key: str, steward: int) -> Response:
        access = self.writer(request, workspace)
        subject = thing_of(access, thing, key)
        row = next((each for each in map_queries.stewards_of(subject) if each.pk == steward), None)
        actions.dismiss_steward(access, _found(row))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Map(CatalogView):
    """The graph of services, types and streams, as the graph page draws it."""

    @extend_schema(parameters=[OpenApiParameter(name, str) for name in NodeFilter.NAMES], responses=ANY)
    def get(self, request: Request, workspace: str) -> HttpResponse:
        access = self.viewer(request, workspace)
        wanted = NodeFilter.from_query(request.query_params)
        stamp = "-".join(map(str, map_queries.stamp_of(access.workspace)))
        tag = f'"{stamp}-{wanted.tag}"'
        if request.headers.get("If-None-Match") == tag:
            return HttpResponse(status=304)
        answer: HttpResponse = Response(picture(map_queries.worked_out(access.workspace, Network), wanted))
        answer["ETag"] = tag
        answer["Cache-Control"] = "private, no-cache"
        return answer


class Flow(CatalogView):
    """What causes a message and what follows from it."""

    @extend_schema(responses=ANY)
    def get(self, request: Request, workspace: str, name: str) -> Response:
        access = self.viewer(request, workspace)
        graph = map_queries.graph_of(access.workspace)
        if name not in graph.messages:
            raise NotFound
        found = flow_of(graph, name)
        return Response(
            {
                "message": name,
                "layers": found.layers,
                "steps": [
                    {
                        "service": step.service,
                        "trigger": step.trigger or None,
                        "result": step.result or None,
                        "policy": step.policy,
                        "known": step.known,
                    }
                    for step in found.steps
                ],
                "cut": found.cut,
            }
        )


class Observed(CatalogView):
    """What stored records show: which source appends which type, in which version, to which stream."""

    @extend_schema(parameters=[OpenApiParameter("type", str)], responses=ANY)
    def get(self, request: Request, workspace: str) -> Response:
        access = self.viewer(request, workspace)
        access.require(Permission.STREAM_READ)
        observing.look(access.workspace)
        sources = observing.Sources(access.workspace.services.only("workspace_id", "slug", "sources"))
        rows = access.workspace.observations.order_by("type_name", "source", "version", "stream_name")
        if request.query_params.get("type"):
            rows = rows.filter(type_name=request.query_params["type"])
        return Response(
            {
                "observations": [
                    {
                        "stream": row.stream_name,
                        "type": row.type_name,
                        "source": row.source or None,
                        "service": sources.service_of(row.source) if row.source else None,
                        "version": row.version or None,
                        "records": row.records,
                        "first_seen_at": row.first_seen_at,
                        "last_seen_at": row.last_seen_at,
                    }
                    for row in rows[:5000]
                ]
            }
        )


def thing_of(access: Access, thing: str, key: str) -> models.Model:
    """The service, domain, team (by slug) or type (by name). Raises NotFound."""
    if thing == "types":
        return queries.find_type(access.workspace, unquote(key))
    rows: Any = {
        "services": access.workspace.services,
        "domains": access.workspace.domains,
        "teams": access.workspace.teams,
    }[thing]
    found: models.Model = _found(rows.filter(slug=key).first())
    return found


def member_of(access: Access, email: str) -> Person:
    """The member with this address. Raises Invalid with place email: the same words whoever is not a member."""
    found = access.workspace.memberships.select_related("person").filter(person__email__iexact=email.strip()).first()
    if found is None:
        raise Invalid("Nobody with this address is a member of the workspace.", place="email")
    return found.person


def _found(row: Any) -> Any:
    if row is None:
        raise NotFound
    return row
