"""Routes of the boards' API."""

from django.urls import include, path

from storming import api

app_name = "storming-api"
BOARD = "boards/<uuid:board_id>"
NOTE = f"{BOARD}/notes/<str:element_id>"
urlpatterns = [
    path("demo/", include("storming.demo.api_urls")),
    path("boards", api.Boards.as_view(), name="boards"),
    path(BOARD, api.OneBoard.as_view(), name="board"),
    path(f"{BOARD}/copies", api.Duplicate.as_view(), name="copies"),
    path(f"{BOARD}/undeletion", api.Undeletion.as_view(), name="undeletion"),
    path(f"{BOARD}/elements", api.BoardElements.as_view(), name="elements"),
    path(f"{BOARD}/guest-links", api.GuestLinks.as_view(), name="guest-links"),
    path(f"{BOARD}/guest-links/<uuid:link_id>", api.OneGuestLink.as_view(), name="guest-link"),
    path(f"{BOARD}/", include("storming.workshop.api_urls")),
    path(f"{BOARD}/", include("storming.past.api_urls")),
    path(f"{BOARD}/", include("storming.exchange.api_urls")),
    path(f"{NOTE}/promotion", api.NotePromotion.as_view(), name="promotion"),
    path(f"{NOTE}/link", api.NoteLink.as_view(), name="link"),
]
