"""The HTTP API of differences, field history, examples, pages about things, and the glossary."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from eventcatalog import queries as catalog
from eventcatalog.actions import words as actions
from eventcatalog.api import ANY, CatalogView, given
from eventcatalog.bodies import WHY, AnyJson
from eventcatalog.words import queries
from eventcatalog.words.markdown import render
from eventcatalog.words.models import GlossaryTerm
from workspaces.errors import Invalid, NotFound


class NewExample(serializers.Serializer):
    """An example of a version."""

    name = serializers.CharField(max_length=120)
    document = AnyJson()
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class AboutLink(serializers.Serializer):
    """A link to elsewhere."""

    url = serializers.CharField(max_length=2000)
    label = serializers.CharField(required=False, allow_blank=True, max_length=120)  # type: ignore[assignment]


class About(serializers.Serializer):
    """What a page says; what is left out stays."""

    text = serializers.CharField(required=False, allow_blank=True, max_length=actions.TEXT_MAX)
    links = serializers.ListField(child=AboutLink(), required=False, max_length=actions.LINKS_MAX)
    why = serializers.CharField(required=False, allow_blank=True, max_length=5000, help_text=WHY)


class Term(serializers.Serializer):
    """A term and what it means."""

    term = serializers.CharField(max_length=80)
    definition = serializers.CharField(max_length=actions.DEFINITION_MAX)


class Difference(CatalogView):
    """How any two versions of a type differ, in words, by proof both ways, and line by line."""

    @extend_schema(parameters=[OpenApiParameter("from", str), OpenApiParameter("to", str)], responses=ANY)
    def get(self, request: Request, workspace: str, name: str) -> Response:
        access = self.viewer(request, workspace)
        found = catalog.find_type(access.workspace, name)
        old, new = (request.query_params.get(each, "") for each in ("from", "to"))
        if not old:
            raise Invalid("Say ?from= and ?to=, two versions.", place="from")
        answer = queries.difference(
            catalog.find_version(found, old), catalog.find_version(found, new or "latest"), policy=found.policy
        )
        return Response({**answer, "rows": [asdict(row) for row in answer["rows"]]})


class Fields(CatalogView):
    """When each field came, changed and went."""

    @extend_schema(responses=ANY)
    def get(self, request: Request, workspace: str, name: str) -> Response:
        access = self.viewer(request, workspace)
        found = catalog.find_type(access.workspace, name)
        return Response({"fields": [each.as_json() for each in queries.fields_of(found)]})


class Examples(CatalogView):
    """Examples of a version."""

    @extend_schema(responses=ANY, operation_id="catalog_examples_list")
    def get(self, request: Request, workspace: str, name: str, version: str) -> Response:
        access = self.viewer(request, workspace)
        one = catalog.find_version(catalog.find_type(access.workspace, name), version)
        rows = one.examples.select_related("version")
        return Response({"examples": [queries.example_as_json(each) for each in rows]})

    @extend_schema(request=NewExample, responses={201: ANY})
    def post(self, request: Request, workspace: str, name: str, version: str) -> Response:
        access = self.writer(request, workspace)
        found = catalog.find_type(access.workspace, name)
        one = catalog.find_version(found, version)
        made = actions.add_example(access, found, one, **given(NewExample, request))
        return Response(queries.example_as_json(made), status=status.HTTP_201_CREATED)


class OneExample(CatalogView):
    """One example."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, workspace: str, name: str, version: str, example: int) -> Response:
        access = self.writer(request, workspace)
        found = catalog.find_type(access.workspace, name)
        one = catalog.find_version(found, version).examples.filter(pk=example).first()
        if one is None:
            raise NotFound
        actions.remove_example(access, found, one)
        return Response(status=status.HTTP_204_NO_CONTENT)


class AboutThing(CatalogView):
    """The page about a type (by name), domain or service (by slug): Markdown, its HTML, and links."""

    @extend_schema(responses=ANY)
    def get(self, request: Request, workspace: str, about: str, subject: str) -> Response:
        access = self.viewer(request, workspace)
        actions.subject_of(access, about, subject)
        answer = queries.about_as_json(queries.about(access.workspace, about, subject))
        return Response({**answer, "html": render(answer["text"], terms=queries.terms(access.workspace))})

    @extend_schema(request=About, responses=ANY)
    def put(self, request: Request, workspace: str, about: str, subject: str) -> Response:
        access = self.writer(request, workspace)
        body: dict[str, Any] = given(About, request)
        return Response(queries.about_as_json(actions.write_about(access, kind=about, subject=subject, **body)))


class Glossary(CatalogView):
    """The terms of the business."""

    @extend_schema(responses=ANY, operation_id="catalog_glossary_list")
    def get(self, request: Request, workspace: str) -> Response:
        access = self.viewer(request, workspace)
        return Response({"terms": [term_as_json(each) for each in access.workspace.glossary.all()]})

    @extend_schema(request=Term, responses=ANY)
    def post(self, request: Request, workspace: str) -> Response:
        access = self.writer(request, workspace)
        return Response(term_as_json(actions.define_term(access, **given(Term, request))))


class OneTerm(CatalogView):
    """One term."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, workspace: str, slug: str) -> Response:
        access = self.writer(request, workspace)
        found = access.workspace.glossary.filter(slug=slug).first()
        if found is None:
            raise NotFound
        actions.remove_term(access, found)
        return Response(status=status.HTTP_204_NO_CONTENT)


def term_as_json(each: GlossaryTerm) -> dict[str, str]:
    """A term of the glossary."""
    return {"slug": each.slug, "term": each.term, "definition": each.definition}
