"""Websocket routes of this floor."""

from django.urls import path

from broker_adapter.group_sockets import GroupSocket
from broker_adapter.replay_sockets import ReplaySocket
from broker_adapter.sockets import TailSocket

websocket_urlpatterns = [
    path("ws/v1/w/<slug:workspace>/streams/<str:stream>/tail", TailSocket.as_asgi()),
    path("ws/v1/w/<slug:workspace>/streams/<str:stream>/groups/<str:group>", GroupSocket.as_asgi()),
    path("ws/v1/w/<slug:workspace>/streams/<str:stream>/replay", ReplaySocket.as_asgi()),
]
