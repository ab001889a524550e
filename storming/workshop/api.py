"""The workshop's HTTP API: what facilitators set, votes, hints, near-duplicates and the hotspot ledger."""

import uuid
from dataclasses import asdict
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.text import slugify
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from storming import queries
from storming.document import duplicates, grammar
from storming.workshop import actions, in_step, ledger, serializers, state, votes
from storming.workshop.read_state import elements_now
from workspaces.access import Access, Permission, access_for_api
from workspaces.addresses import public_url


def _access(request: Request, workspace: str, board_id: uuid.UUID, need: Permission) -> Access:
    return access_for_api(request, workspace, need=need, board_id=board_id)


def _body(serializer: Any, request: Request) -> dict[str, Any]:
    checked = serializer(data=request.data)
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)


class Workshop(APIView):
    """The workshop of a board."""

    @extend_schema(operation_id="workshop_read", responses=serializers.WorkshopShown)
    def get(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """Its state, as everybody sees it."""
        access = _access(request, workspace, board_id, Permission.BOARD_VIEW)
        return Response(state.load(queries.board_of(access, board_id).pk))

    @extend_schema(
        operation_id="workshop_update", request=serializers.WorkshopChanges, responses=serializers.WorkshopShown
    )
    def patch(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """Format, order of phases, privacy, rights and palette, by hand."""
        access = _access(request, workspace, board_id, Permission.BOARD_MANAGE)
        changes = actions.Changes(**_body(serializers.WorkshopChanges, request))
        return Response(actions.change_workshop(access, board_id=board_id, changes=changes))


class Phase(APIView):
    """The phase that a workshop is in."""

    @extend_schema(operation_id="workshop_phase", request=serializers.PhaseEntered, responses=serializers.WorkshopShown)
    def put(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """Go to a phase: palette, privacy, rights and timer in one step."""
        access = _access(request, workspace, board_id, Permission.BOARD_MANAGE)
        return Response(actions.enter_phase(access, board_id=board_id, **_body(serializers.PhaseEntered, request)))


class Reveal(APIView):
    """The end of a silent storm."""

    @extend_schema(operation_id="workshop_reveal", request=None, responses=serializers.WorkshopShown)
    def post(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """Everybody's private notes are on the wall, all at once."""
        access = _access(request, workspace, board_id, Permission.BOARD_MANAGE)
        return Response(actions.reveal(access, board_id=board_id))


class Timer(APIView):
    """The timer that everybody sees."""

    @extend_schema(operation_id="workshop_timer", request=serializers.TimerSet, responses=serializers.WorkshopShown)
    def put(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """Start, pause, resume, make longer or stop it."""
        access = _access(request, workspace, board_id, Permission.BOARD_MANAGE)
        return Response(actions.set_timer(access, board_id=board_id, **_body(serializers.TimerSet, request)))


class Spotlight(APIView):
    """What everybody shall look at."""

    @extend_schema(
        operation_id="workshop_spotlight", request=serializers.SpotlightSet, responses=serializers.WorkshopShown
    )
    def put(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """Light these elements and dim the others; none ends it."""
        access = _access(request, workspace, board_id, Permission.BOARD_MANAGE)
        return Response(actions.set_spotlight(access, board_id=board_id, **_body(serializers.SpotlightSet, request)))


class Summons(APIView):
    """Calls to one part of the wall."""

    @extend_schema(operation_id="workshop_summon", request=serializers.Summoned, responses=serializers.WorkshopShown)
    def post(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """Bring everybody's screen here."""
        access = _access(request, workspace, board_id, Permission.BOARD_MANAGE)
        return Response(actions.summon(access, board_id=board_id, **_body(serializers.Summoned, request)))


class Pen(APIView):
    """The pen: with it, one participant moves and the others talk."""

    @extend_schema(operation_id="workshop_pen", request=serializers.PenHanded, responses=serializers.WorkshopShown)
    def put(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """Hand it over."""
        access = _access(request, workspace, board_id, Permission.BOARD_EDIT)
        return Response(actions.hand_over_pen(access, board_id=board_id, **_body(serializers.PenHanded, request)))


class Votes(APIView):
    """Rounds of dot voting."""

    @extend_schema(operation_id="vote_open", request=serializers.VoteOpened, responses={201: serializers.WorkshopShown})
    def post(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """Open a round; one at a time."""
        access = _access(request, workspace, board_id, Permission.BOARD_MANAGE)
        return Response(
            votes.open_vote(access, board_id=board_id, **_body(serializers.VoteOpened, request)), status=201
        )


class Ballot(APIView):
    """One's own ballot in the open round."""

    @extend_schema(operation_id="ballot_read", responses=serializers.BallotShown)
    def get(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """One's own; nobody can ask for another's."""
        access = _access(request, workspace, board_id, Permission.BOARD_VIEW)
        return Response(votes.own_ballot(access, board_id=board_id))

    @extend_schema(operation_id="ballot_cast", request=serializers.BallotCast, responses=serializers.BallotShown)
    def put(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """Replace it."""
        access = _access(request, workspace, board_id, Permission.BOARD_EDIT)
        return Response(votes.cast_ballot(access, board_id=board_id, **_body(serializers.BallotCast, request)))


class VoteClosing(APIView):
    """The end of the open round."""

    @extend_schema(operation_id="vote_close", request=None, responses=serializers.WorkshopShown)
    def post(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """Count the dots and show them to everybody."""
        access = _access(request, workspace, board_id, Permission.BOARD_MANAGE)
        return Response(votes.close_vote(access, board_id=board_id))


class Ranking(APIView):
    """What a closed round says."""

    @extend_schema(operation_id="vote_ranking", responses=serializers.RankedShown(many=True))
    def get(self, request: Request, workspace: str, board_id: uuid.UUID, round_id: uuid.UUID) -> Response:
        """Notes by dots, most first."""
        access = _access(request, workspace, board_id, Permission.BOARD_VIEW)
        ranked = votes.ranking(access, board_id=board_id, round_id=round_id)
        return Response({"notes": [asdict(line) for line in ranked]})


class Hints(APIView):
    """The soft grammar."""

    @extend_schema(operation_id="board_hints", responses=serializers.HintShown(many=True))
    def get(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """Hints that nobody has dismissed, in reading order; in Big Picture almost none."""
        access = _access(request, workspace, board_id, Permission.BOARD_VIEW)
        board = queries.board_of(access, board_id)
        seen = queries.visible_elements(access, board, elements=elements_now(board.pk))
        found = grammar.hints(seen, board.format)
        return Response({"hints": [asdict(hint) for hint in found]})


class Duplicates(APIView):
    """Notes that may say the same."""

    @extend_schema(operation_id="board_duplicates", responses=serializers.PairShown(many=True))
    def get(self, request: Request, workspace: str, board_id: uuid.UUID) -> Response:
        """Pairs of near-duplicates, the most alike first, without those that were kept as two meanings."""
        access = _access(request, workspace, board_id, Permission.BOARD_VIEW)
        board = queries.board_of(access, board_id)
        seen = queries.visible_elements(access, board, elements=elements_now(board.pk))
        found = duplicates.near_duplicates(seen)
        return Response({"pairs": [asdict(pair) for pair in found]})


class InStep(APIView):
    """A promoted note and its type."""

    @extend_schema(operation_id="note_in_step", responses=serializers.InStepShown)
    def get(self, request: Request, workspace: str, board_id: uuid.UUID, element_id: str) -> Response:
        """What they say differently, and what publishing the note's side would do."""
        access = _access(request, workspace, board_id, Permission.BOARD_VIEW)
        return Response(in_step.compare(access, board_id=board_id, element_id=element_id))

    @extend_schema(operation_id="note_get_in_step", request=serializers.InStepAsked, responses=serializers.InStepShown)
    def post(self, request: Request, workspace: str, board_id: uuid.UUID, element_id: str) -> Response:
        """Take the type's side onto the note, or the note's side into the type as a new version."""
        access = _access(request, workspace, board_id, Permission.BOARD_EDIT)
        side = _body(serializers.InStepAsked, request)["take"]
        take = in_step.take_from_type if side == "type" else in_step.take_from_note
        take(access, board_id=board_id, element_id=element_id)
        return Response(in_step.compare(access, board_id=board_id, element_id=element_id))


class HotspotLedger(APIView):
    """The hotspots as a file."""

    @extend_schema(operation_id="hotspot_ledger", responses={(200, "text/csv"): str, (200, "text/markdown"): str})
    def get(self, request: Request, workspace: str, board_id: uuid.UUID, form: str) -> HttpResponse:
        """With owner, due date and state; ``form`` is csv or md."""
        access = _access(request, workspace, board_id, Permission.BOARD_VIEW)
        board = queries.board_of(access, board_id)
        found = ledger.lines(queries.visible_elements(access, board))
        path = reverse("storming:board", kwargs={"workspace": workspace, "board_id": board_id})
        address = public_url(request._request, path)
        if form == "csv":
            answer = HttpResponse(ledger.as_csv(found, address), content_type="text/csv; charset=utf-8")
        else:
            words = ledger.as_markdown(found, title=board.name, address=address)
            answer = HttpResponse(words, content_type="text/markdown; charset=utf-8")
        name = f"{slugify(board.name) or 'board'}-hotspots.{form}"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer
