"""The demo's HTTP API, under /api/v1/w/<workspace>/demo/: 404 everywhere but in the demo workspace."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from storming.demo import switch
from storming.demo.models import RATE_MAX, RATE_MIN
from workspaces.access import Permission, access_for_api


class SimulatorOut(serializers.Serializer):
    """The simulator as the page shows it; ``away``: it is wanted, but does not run."""

    state = serializers.ChoiceField(choices=[switch.RUNNING, switch.STOPPED, switch.AWAY])
    wanted = serializers.BooleanField()
    rate = serializers.FloatField(help_text="Events per second, on average.")
    last_seen_at = serializers.DateTimeField(allow_null=True)


class SimulatorIn(serializers.Serializer):
    """What to change."""

    wanted = serializers.BooleanField(required=False)
    rate = serializers.FloatField(required=False, min_value=RATE_MIN, max_value=RATE_MAX)


class SimulatorView(APIView):
    """The simulator's switch."""

    @extend_schema(responses=SimulatorOut, operation_id="demo_simulator")
    def get(self, request: Request, workspace: str) -> Response:
        access = access_for_api(request, workspace, need=Permission.WORKSPACE_VIEW)
        return Response(switch.shown(switch.state_of(access)))

    @extend_schema(request=SimulatorIn, responses=SimulatorOut, operation_id="demo_simulator_turn")
    def post(self, request: Request, workspace: str) -> Response:
        access = access_for_api(request, workspace, need=Permission.STREAM_APPEND)
        given = SimulatorIn(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(switch.shown(switch.turn(access, **given.validated_data)))


class HeartbeatView(APIView):
    """The simulator's sign of life, about once a second."""

    @extend_schema(request=None, responses=SimulatorOut, operation_id="demo_simulator_heartbeat")
    def post(self, request: Request, workspace: str) -> Response:
        access = access_for_api(request, workspace, need=Permission.STREAM_APPEND)
        return Response(switch.shown(switch.heartbeat(access)))
