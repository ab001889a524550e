"""The HTTP API of consumer groups (docs/http-api.md). Fetching may wait, so it is a plain asynchronous view."""

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson
from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from broker_adapter import actions, lag, queries
from broker_adapter.actions.groups import SESSION_MS_DEFAULT, Fetched, Membership
from broker_adapter.api import READ_LIMIT_DEFAULT, WAIT_S_MAX, whole_number
from broker_adapter.encoding import encode_records
from broker_adapter.errors import NoSuchGroup
from broker_adapter.hub import hub
from broker_adapter.key_access import access_for
from broker_adapter.models import ConsumerGroup
from workspaces.access import Access, Permission, access_for_api
from workspaces.api_errors import json_error
from workspaces.errors import FactstormError, Invalid

PARTITIONS_NAMED_MAX = 256


class OffsetsField(serializers.DictField):
    """``{"<partition>": "<offset>"}``; whole numbers are taken as well."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=serializers.CharField(max_length=19), **options)

    def to_internal_value(self, data: Any) -> dict[int, int]:
        found = super().to_internal_value(data)
        if len(found) > PARTITIONS_NAMED_MAX or not all(
            partition.isdecimal() and len(partition) < 6 and offset.isdecimal() for partition, offset in found.items()
        ):
            raise serializers.ValidationError("Partitions and offsets are whole numbers, not negative.")
        return {int(partition): int(offset) for partition, offset in found.items()}


class GroupIn(serializers.Serializer):
    """A group to be made."""

    name = serializers.CharField(max_length=100)
    start = serializers.CharField(required=False, default="earliest", help_text="Where it begins, as for reading.")


class JoinIn(serializers.Serializer):
    """Who joins; ``start`` counts where the group is new."""

    client = serializers.CharField(required=False, allow_blank=True, max_length=100, default="")
    session_timeout_ms = serializers.IntegerField(required=False, default=SESSION_MS_DEFAULT)
    start = serializers.CharField(required=False, default="earliest")


class HeartbeatIn(serializers.Serializer):
    """The generation that the member knows."""

    generation = serializers.IntegerField(required=False, allow_null=True, min_value=0)


class CommitIn(serializers.Serializer):
    """Where the member is done: everything before ``offsets``; ``previous`` are the values that these replace."""

    generation = serializers.IntegerField(min_value=0)
    offsets = OffsetsField()
    previous = OffsetsField(required=False)


class ResetIn(serializers.Serializer):
    """Where the group goes on."""

    to = serializers.CharField(help_text="earliest, latest, time:..., offset:p:n or a position.")
    partitions = serializers.ListField(child=serializers.IntegerField(min_value=0), required=False, max_length=256)
    dry_run = serializers.BooleanField(required=False, default=False)


class OwnedOut(serializers.Serializer):
    """A partition of a member."""

    partition = serializers.IntegerField()
    committed_offset = serializers.CharField()


class MembershipOut(serializers.Serializer):
    """What a member knows of itself."""

    member = serializers.CharField()
    generation = serializers.IntegerField()
    partitions = OwnedOut(many=True)
    session_timeout_ms = serializers.IntegerField()
    heartbeat_ms = serializers.IntegerField(help_text="Say that often that you are here.")
    changed = serializers.BooleanField(help_text="There is another generation than the one that was named.")
    restart = serializers.BooleanField(help_text="Read on from the committed offsets: they were reset.")


class CommittedOut(serializers.Serializer):
    """What is committed now."""

    committed = serializers.DictField(child=serializers.CharField())


class MoveOut(serializers.Serializer):
    """One partition's part of a reset."""

    partition = serializers.IntegerField()
    before = serializers.CharField()
    after = serializers.CharField()


class ResetOut(serializers.Serializer):
    """What a reset moves, or would move."""

    moves = MoveOut(many=True)
    dry_run = serializers.BooleanField()


class GroupMemberOut(serializers.Serializer):
    """A member as others see it: the first part of its id."""

    member = serializers.CharField()
    client = serializers.CharField()
    actor = serializers.CharField()
    joined_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    partitions = serializers.ListField(child=serializers.IntegerField())


class GroupPartitionOut(serializers.Serializer):
    """One partition of a group."""

    partition = serializers.IntegerField()
    owner = serializers.CharField(allow_null=True)
    committed_offset = serializers.CharField()
    next_offset = serializers.CharField()
    lag_records = serializers.IntegerField()
    lag_seconds = serializers.FloatField()
    committed_at = serializers.DateTimeField(allow_null=True)
    committed_by = serializers.CharField()


class GroupOut(serializers.Serializer):
    """A group as it is now."""

    name = serializers.CharField()
    generation = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    members = GroupMemberOut(many=True)
    partitions = GroupPartitionOut(many=True)
    committed_position = serializers.CharField(help_text="A position, to read on from.")
    lag_records = serializers.IntegerField()
    lag_seconds = serializers.FloatField(help_text="Since when the oldest record waits.")
    trend = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()), help_text="[seconds since 1970, records, seconds]"
    )


class GroupsOut(serializers.Serializer):
    """All groups of a stream."""

    groups = GroupOut(many=True)


def membership_json(found: Membership) -> dict[str, Any]:
    """As MembershipOut has it."""
    return {
        "member": found.member,
        "generation": found.generation,
        "partitions": owned_json(found.partitions),
        "session_timeout_ms": found.session_timeout_ms,
        "heartbeat_ms": found.session_timeout_ms // 3,
        "changed": found.changed,
        "restart": found.restart,
    }


def owned_json(partitions: Mapping[int, int]) -> list[dict[str, Any]]:
    """{partition: committed offset} for programs whose numbers end at 2^53."""
    return [{"partition": each, "committed_offset": str(offset)} for each, offset in sorted(partitions.items())]


def offsets_json(offsets: Mapping[int, int]) -> dict[str, str]:
    """{partition: offset}, both as strings."""
    return {str(partition): str(offset) for partition, offset in offsets.items()}


def _read_in(serializer: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    given = serializer(data=request.data)
    given.is_valid(raise_exception=True)
    values: dict[str, Any] = given.validated_data
    return values


class GroupsView(APIView):
    """The consumer groups of a stream."""

    @extend_schema(responses=GroupsOut, operation_id="groups_list")
    def get(self, request: Request, workspace: str, stream: str) -> Response:
        access = access_for_api(request, workspace, need=Permission.STREAM_READ, stream=stream)
        found = lag.groups_of(queries.find_stream(access.workspace, stream), trend=True)
        return Response({"groups": [lag.group_json(each) for each in found]})

    @extend_schema(request=GroupIn, responses={201: GroupOut}, operation_id="groups_create")
    def post(self, request: Request, workspace: str, stream: str) -> Response:
        access = access_for_api(request, workspace, need=Permission.STREAM_READ, stream=stream)
        given = _read_in(GroupIn, request)
        group = actions.create_group(access, stream=stream, name=given["name"], start=given["start"])
        return Response(_shown(access, stream, group.name), status=201)


def _shown(access: Access, stream: str, name: str) -> dict[str, Any]:
    found = queries.find_stream(access.workspace, stream)
    group = ConsumerGroup.objects.filter(stream=found, name=name).first()
    if group is None:
        raise NoSuchGroup(name)
    return lag.group_json(lag.group_overview(found, group, trend=True))


class GroupView(APIView):
    """One consumer group."""

    @extend_schema(responses=GroupOut, operation_id="groups_describe")
    def get(self, request: Request, workspace: str, stream: str, group: str) -> Response:
        access = access_for_api(request, workspace, need=Permission.STREAM_READ, stream=stream)
        return Response(_shown(access, stream, group))

    @extend_schema(
        responses={204: OpenApiResponse(description="Gone")},
        operation_id="groups_delete",
        parameters=[OpenApiParameter("confirm", str, required=True, description="The group's name again.")],
    )
    def delete(self, request: Request, workspace: str, stream: str, group: str) -> Response:
        access = access_for_api(request, workspace, need=Permission.STREAM_MANAGE, stream=stream)
        confirmation = request.query_params.get("confirm", "")
        actions.delete_group(access, stream=stream, group=group, confirmation=confirmation)
        return Response(status=204)


class ResetView(APIView):
    """Where a group goes on."""

    @extend_schema(request=ResetIn, responses=ResetOut, operation_id="groups_reset")
    def post(self, request: Request, workspace: str, stream: str, group: str) -> Response:
        access = access_for_api(request, workspace, need=Permission.STREAM_MANAGE, stream=stream)
        given = _read_in(ResetIn, request)
        moves = actions.reset_group(access, stream=stream, group=group, **given)
        rows = [{"partition": m.partition, "before": str(m.before), "after": str(m.after)} for m in moves]
        return Response({"moves": rows, "dry_run": given["dry_run"]})


class MembersView(APIView):
    """Joining a group."""

    @extend_schema(request=JoinIn, responses={201: MembershipOut}, operation_id="groups_join")
    def post(self, request: Request, workspace: str, stream: str, group: str) -> Response:
        access = access_for_api(request, workspace, need=Permission.STREAM_READ, stream=stream)
        joined = actions.join(access, stream=stream, group=group, **_read_in(JoinIn, request))
        return Response(membership_json(joined), status=201)


class MemberView(APIView):
    """Leaving a group."""

    @extend_schema(responses={204: OpenApiResponse(description="Left")}, operation_id="groups_leave")
    def delete(self, request: Request, workspace: str, stream: str, group: str, member: str) -> Response:
        access = access_for_api(request, workspace, need=Permission.STREAM_READ, stream=stream)
        actions.leave(access, stream=stream, group=group, member=member)
        return Response(status=204)


class HeartbeatView(APIView):
    """Still here."""

    @extend_schema(request=HeartbeatIn, responses=MembershipOut, operation_id="groups_heartbeat")
    def post(self, request: Request, workspace: str, stream: str, group: str, member: str) -> Response:
        access = access_for_api(request, workspace, need=Permission.STREAM_READ, stream=stream)
        generation = _read_in(HeartbeatIn, request).get("generation")
        found = actions.heartbeat(access, stream=stream, group=group, member=member, generation=generation)
        return Response(membership_json(found))


class CommitView(APIView):
    """Done up to here."""

    @extend_schema(request=CommitIn, responses=CommittedOut, operation_id="groups_commit")
    def post(self, request: Request, workspace: str, stream: str, group: str, member: str) -> Response:
        access = access_for_api(request, workspace, need=Permission.STREAM_READ, stream=stream)
        done = actions.commit(access, stream=stream, group=group, member=member, **_read_in(CommitIn, request))
        return Response({"committed": offsets_json(done)})


# Fetching -------------------------------------------------------------------------------------------------------------


@csrf_exempt
async def records(request: HttpRequest, workspace: str, stream: str, group: str, member: str) -> HttpResponse:
    """GET: records of the member's partitions."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    try:
        access = await access_for(request, workspace, need=Permission.STREAM_READ, stream=stream)
        found = await _fetch_or_wait(request, access, stream, group, member)
    except FactstormError as error:
        return json_error(error)
    body = b'{"generation":%d,"records":[%b],"offsets":%b,"caught_up":%b,"skipped":%b}' % (
        found.generation,
        b",".join(record for batch in found.batches for record in encode_records(batch)),
        orjson.dumps(offsets_json(found.offsets)),
        b"true" if found.caught_up else b"false",
        orjson.dumps(skipped_json(found)),
    )
    return HttpResponse(body, content_type="application/json", headers={"Cache-Control": "no-store"})


def skipped_json(found: Fetched) -> list[dict[str, Any]]:
    """Ranges that the group never read and that are no longer kept."""
    return [
        {"partition": e.partition, "first_offset": str(e.first_offset), "next_offset": str(e.next_offset)}
        for e in found.skipped
    ]


async def _fetch_or_wait(request: HttpRequest, access: Access, stream: str, group: str, member: str) -> Fetched:
    limit = whole_number(request, "limit", READ_LIMIT_DEFAULT, settings.READ_RECORDS_MAX)
    wait_s = float(whole_number(request, "wait", 0, int(WAIT_S_MAX), minimum=0))
    generation = whole_number(request, "generation", -1, 2**31 - 1, minimum=0)
    offsets = read_offsets(request.GET.get("offsets", ""))
    found_stream = await sync_to_async(queries.find_stream)(access.workspace, stream)
    loop = asyncio.get_running_loop()
    until = loop.time() + wait_s

    async def fetch() -> Fetched:
        return await sync_to_async(actions.fetch)(
            access,
            stream=stream,
            group=group,
            member=member,
            generation=generation,
            offsets=offsets,
            records_max=limit,
        )

    if not wait_s:
        return await fetch()
    async with hub.listen(found_stream.log_name) as bell:
        while True:
            bell.clear()
            found = await fetch()
            if found.batches or loop.time() >= until:
                return found
            await bell.wait(until - loop.time())


def read_offsets(text: str) -> dict[int, int]:
    """``0:42,1:17``. Raises Invalid."""
    found: dict[int, int] = {}
    for pair in text.split(",") if text else ():
        partition, _, offset = pair.partition(":")
        if not partition.isdecimal() or not offset.isdecimal() or len(partition) > 5 or len(offset) > 19:
            raise Invalid("?offsets= is partition:offset, comma separated.", hint="0:42,1:17, say.", place="offsets")
        found[int(partition)] = int(offset)
    if len(found) > PARTITIONS_NAMED_MAX:
        raise Invalid(f"?offsets= names at most {PARTITIONS_NAMED_MAX} partitions.", place="offsets")
    return found
