"""The boards' HTTP API. Who may do what is asked of workspaces.access; errors have the house's one shape."""

import uuid
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from storming import actions, qr, queries, serializers
from storming.models import Board
from storming.state import BoardState
from workspaces.access import Access, Permission, access_for_api
from workspaces.addresses import public_url
from workspaces.models import GuestLink


def shown(board: Board, slug: str) -> dict[str, Any]:
    """A board as BoardShown says."""
    board.url = queries.board_url(slug, board.pk)  # type: ignore[attr-defined]
    return dict(serializers.BoardShown(board).data)


def shown_type(access: Access, type_id: uuid.UUID) -> dict[str, Any]:
    """A type as LinkedType says."""
    types = queries.linked_types(access.workspace.pk, access.workspace.slug, [str(type_id)])
    return {"id": str(type_id), **types[str(type_id)]}


def shown_link(link: GuestLink) -> dict[str, Any]:
    """A guest link as GuestLinkShown says, without its address."""
    return {
        "id": str(link.pk),
        "role": link.role,
        "label": link.label,
        "created_by": link.created_by.name if link.created_by else None,
        "created_at": link.created_at,
        "expires_at": link.expires_at,
    }


def _body(serializer: Any, request: Request) -> dict[str, Any]:
    checked = serializer(data=request.data)
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)


class Boards(APIView):
    """The workspace's boards."""

    @extend_schema(
        operation_id="boards_list", parameters=[serializers.BoardsAsked], responses=serializers.BoardShown(many=True)
    )
    def get(self, request: Request, workspace: str) -> Response:
        """Last edited first; ``q`` looks in names and in the text of notes."""
        access = access_for_api(request, workspace, need=Permission.BOARD_VIEW)
        asked = serializers.BoardsAsked(data=request.query_params)
        asked.is_valid(raise_exception=True)
        ask = asked.validated_data
        found = queries.boards(access, search=ask["q"], archived=ask["archived"])
        page = found[ask["offset"] : ask["offset"] + ask["limit"]]
        return Response({"boards": [shown(board, workspace) for board in page], "count": found.count()})

    @extend_schema(operation_id="boards_create", request=serializers.NewBoard, responses={201: serializers.BoardShown})
    def post(self, request: Request, workspace: str) -> Response:
        """A new board, empty or with its format's example."""
        access = access_for_api(request, workspace, need=Permission.BOARD_MANAGE)
        board = actions.create_board(access, **_body(serializers.NewBoard, request))
        return Response(shown(board, workspace), status=201)


class OneBoard(APIView):
    """One board."""

    @extend_schema(operation_id="board_read", responses=serializers.BoardShown)
    def get(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """What lists show of it."""
        access = access_for_api(request, workspace, need=Permission.BOARD_VIEW, board_id=board_id)
        return Response(shown(queries.board_of(access, board_id), workspace))

    @extend_schema(operation_id="board_update", request=serializers.BoardChanges, responses=serializers.BoardShown)
    def patch(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """Rename it, archive it or bring it back."""
        access = access_for_api(request, workspace, need=Permission.BOARD_MANAGE, board_id=board_id)
        changes = _body(serializers.BoardChanges, request)
        if "name" in changes:
            actions.rename_board(access, board_id=board_id, name=changes["name"])
        if "archived" in changes:
            archive = actions.archive_board if changes["archived"] else actions.restore_board
            archive(access, board_id=board_id)
        return Response(shown(queries.board_of(access, board_id), workspace))

    @extend_schema(operation_id="board_delete", responses={204: None})
    def delete(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """Delete it; for some days it can be brought back."""
        access = access_for_api(request, workspace, need=Permission.BOARD_MANAGE, board_id=board_id)
        actions.delete_board(access, board_id=board_id)
        return Response(status=204)


class Undeletion(APIView):
    """A deleted board comes back."""

    @extend_schema(operation_id="board_undelete", request=None, responses=serializers.BoardShown)
    def post(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """Where it was: in the list or in the archive."""
        access = access_for_api(request, workspace, need=Permission.BOARD_MANAGE)
        return Response(shown(actions.undelete_board(access, board_id=board_id), workspace))


class Duplicate(APIView):
    """A board's copies."""

    @extend_schema(operation_id="board_duplicate", request=serializers.NewCopy, responses={201: serializers.BoardShown})
    def post(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """A copy of what is on it now, or was after operation ``seq``."""
        access = access_for_api(request, workspace, need=Permission.BOARD_MANAGE, board_id=board_id)
        body = _body(serializers.NewCopy, request)
        return Response(shown(actions.duplicate_board(access, board_id=board_id, **body), workspace), status=201)


class BoardElements(APIView):
    """What is on a board."""

    @extend_schema(operation_id="board_elements", responses=serializers.Elements)
    def get(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """Every element, as after the operation ``seq``."""
        access = access_for_api(request, workspace, need=Permission.BOARD_VIEW, board_id=board_id)
        board = queries.board_of(access, board_id)
        state = BoardState.load(board.pk)
        document = state.document
        return Response(
            {
                "seq": document.seq,
                "epoch": str(state.epoch),
                "elements": queries.visible_elements(access, board, elements=document.elements),
                "authors": document.authors,
            }
        )


class NotePromotion(APIView):
    """A note becomes a message type."""

    @extend_schema(operation_id="note_promote", request=serializers.Promotion, responses={201: serializers.LinkedType})
    def post(self, request: Request, workspace: str, board_id: uuid.UUID, element_id: str) -> Response:
        """Register the type, version 1.0.0, and let the note name it."""
        access = access_for_api(request, workspace, need=Permission.BOARD_EDIT, board_id=board_id)
        body = _body(serializers.Promotion, request)
        new = actions.NewType(**{**body, "tags": tuple(body["tags"])})
        message_type = actions.promote_note(access, board_id=board_id, element_id=element_id, new=new)
        return Response(shown_type(access, message_type.pk), status=201)


class NoteLink(APIView):
    """The type that a note names."""

    @extend_schema(operation_id="note_link", request=serializers.Link, responses={201: serializers.LinkedType})
    def post(self, request: Request, workspace: str, board_id: uuid.UUID, element_id: str) -> Response:
        """Let the note name a type of the catalog."""
        access = access_for_api(request, workspace, need=Permission.BOARD_EDIT, board_id=board_id)
        type_id = _body(serializers.Link, request)["type_id"]
        actions.link_note_to_type(access, board_id=board_id, element_id=element_id, type_id=type_id)
        return Response(shown_type(access, type_id), status=201)

    @extend_schema(operation_id="note_unlink", responses={204: None})
    def delete(self, request: Request, workspace: str, board_id: uuid.UUID, element_id: str) -> Response:
        """The note no longer names its type; the type stays."""
        access = access_for_api(request, workspace, need=Permission.BOARD_EDIT, board_id=board_id)
        actions.unlink_note(access, board_id=board_id, element_id=element_id)
        return Response(status=204)


class GuestLinks(APIView):
    """Links that let people without an account onto one board."""

    @extend_schema(operation_id="guest_links_list", responses=serializers.GuestLinkShown(many=True))
    def get(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """Those that still work; their addresses are not stored."""
        access = access_for_api(request, workspace, need=Permission.BOARD_MANAGE, board_id=board_id)
        board = queries.board_of(access, board_id)
        return Response({"links": [shown_link(link) for link in queries.guest_links(access, board.pk)]})

    @extend_schema(
        operation_id="guest_links_create",
        request=serializers.NewGuestLink,
        responses={201: serializers.GuestLinkShown},
    )
    def post(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """A new link with its address and QR code: shown now, and never again."""
        access = access_for_api(request, workspace, need=Permission.BOARD_MANAGE, board_id=board_id)
        link, token = actions.share_board(access, board_id=board_id, **_body(serializers.NewGuestLink, request))
        url = guest_url(request._request, token)
        return Response({**shown_link(link), "url": url, "qr": qr.svg(url)}, status=201)


class OneGuestLink(APIView):
    """One guest link."""

    @extend_schema(operation_id="guest_link_revoke", responses={204: None})
    def delete(self, request: Request, workspace: str, board_id: uuid.UUID, link_id: uuid.UUID) -> Response:
        """It stops working, and everybody who came by it is out."""
        access = access_for_api(request, workspace, need=Permission.BOARD_MANAGE, board_id=board_id)
        actions.revoke_guest_link(access, board_id=board_id, link_id=link_id)
        return Response(status=204)


def guest_url(request: HttpRequest, token: str) -> str:
    """The full address of a guest link."""
    return public_url(request, reverse("workspaces:guest", kwargs={"token": token}))
