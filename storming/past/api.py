"""The history API: the past at a glance, its operations, its moments, and versions with names."""

import uuid
from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from storming import queries as boards
from storming.models import Board
from storming.past import actions, queries, serializers
from workspaces.access import Access, Permission, access_for_api


def _board(request: Request, workspace: str, board_id: uuid.UUID) -> tuple[Access, Board]:
    access = access_for_api(request, workspace, need=Permission.BOARD_VIEW, board_id=board_id)
    return access, boards.board_of(access, board_id)


def _checked(serializer: Any, data: Any) -> dict[str, Any]:
    checked = serializer(data=data)
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)


class Past(APIView):
    """A board's past."""

    @extend_schema(operation_id="board_past", responses=serializers.PastShown)
    def get(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """At a glance: marks spread over the log, who did how much, versions."""
        found = queries.outline(*_board(request, workspace, board_id))
        versions = serializers.VersionShown(found.versions, many=True).data
        return Response(
            {
                "seq": found.seq,
                "marks": [asdict(mark) for mark in found.marks],
                "people": found.people,
                "versions": versions,
            }
        )


class Operations(APIView):
    """A board's operations."""

    @extend_schema(
        operation_id="board_operations",
        parameters=[serializers.OperationsAsked],
        responses=serializers.OperationsShown,
    )
    def get(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """In order, a page at a time: the next page is after the last seq of this one."""
        access, board = _board(request, workspace, board_id)
        found = queries.operations(access, board, **_checked(serializers.OperationsAsked, request.query_params))
        return Response({"operations": [entry.as_json() for entry in found]})


class Moment(APIView):
    """The board as it was."""

    @extend_schema(operation_id="board_moment", parameters=[serializers.MomentAsked], responses=serializers.MomentShown)
    def get(self, request: Request, workspace: str, board_id: uuid.UUID, seq: int) -> Response:
        """Its elements after operation ``seq``."""
        access, board = _board(request, workspace, board_id)
        ids = _checked(serializers.MomentAsked, request.query_params)["ids"]
        wanted = [key for key in ids.split(",") if key]
        return Response({"seq": seq, "elements": queries.only(queries.elements_at(access, board, seq), wanted)})


class NoteDeeds(APIView):
    """What happened to one element."""

    @extend_schema(operation_id="note_history", responses=serializers.OperationsShown)
    def get(self, request: Request, workspace: str, board_id: uuid.UUID, element_id: str) -> Response:
        """The newest first, 100 at most, from the last 50,000 operations of the board."""
        access, board = _board(request, workspace, board_id)
        found = queries.deeds_on(access, board, element_id)
        return Response({"operations": [entry.as_json() for entry in found]})


class Versions(APIView):
    """Named moments."""

    @extend_schema(operation_id="versions_list", responses=serializers.VersionShown(many=True))
    def get(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """The latest first."""
        _, board = _board(request, workspace, board_id)
        return Response({"versions": serializers.VersionShown(board.versions.all()[:200], many=True).data})

    @extend_schema(
        operation_id="versions_create", request=serializers.NewBoardVersion, responses={201: serializers.VersionShown}
    )
    def post(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """Name a moment."""
        access = access_for_api(request, workspace, need=Permission.BOARD_EDIT, board_id=board_id)
        made = actions.name_version(access, board_id=board_id, **_checked(serializers.NewBoardVersion, request.data))
        return Response(serializers.VersionShown(made).data, status=201)


class OneVersion(APIView):
    """One named moment: whoever named it changes it, and facilitators."""

    @extend_schema(operation_id="version_rename", request=serializers.VersionName, responses=serializers.VersionShown)
    def patch(self, request: Request, workspace: str, board_id: uuid.UUID, version_id: uuid.UUID) -> Response:
        """Another name."""
        access = access_for_api(request, workspace, need=Permission.BOARD_EDIT, board_id=board_id)
        name = _checked(serializers.VersionName, request.data)["name"]
        named = actions.rename_version(access, board_id=board_id, version_id=version_id, name=name)
        return Response(serializers.VersionShown(named).data)

    @extend_schema(operation_id="version_forget", responses={204: None})
    def delete(self, request: Request, workspace: str, board_id: uuid.UUID, version_id: uuid.UUID) -> Response:
        """Forget the name; the log keeps the moment."""
        access = access_for_api(request, workspace, need=Permission.BOARD_EDIT, board_id=board_id)
        actions.forget_version(access, board_id=board_id, version_id=version_id)
        return Response(status=204)
