"""The ASGI application: pages and API through Django, sockets through Channels.

Served by Daphne; uvicorn and granian work as well.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter

from broker_adapter.bounded_bodies import BoundedBodies
from broker_adapter.fast_lane import AppendLane
from broker_adapter.maintenance import Maintained
from broker_adapter.socket_urls import websocket_urlpatterns as stream_sockets
from config.goodbye import Lifespan, take_over_daphnes_signal
from config.observation import Observed
from config.origins import SameOrigin
from eventcatalog.registry.lane import RegistryLane
from storming.socket_urls import websocket_urlpatterns as board_sockets
from workspaces.sockets import NoSuchSocket

take_over_daphnes_signal()
application = ProtocolTypeRouter(
    {
        "lifespan": Lifespan(),
        "http": Observed(Maintained(BoundedBodies(AppendLane(RegistryLane(django_application))))),
        "websocket": SameOrigin(
            AuthMiddlewareStack(URLRouter([*stream_sockets, *board_sockets, *NoSuchSocket.urlpatterns]))
        ),
    }
)
