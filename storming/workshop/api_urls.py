"""Routes of the workshop's API, beneath a board's."""

from django.urls import path

from storming.workshop import api

urlpatterns = [
    path("workshop", api.Workshop.as_view(), name="workshop"),
    path("workshop/phase", api.Phase.as_view(), name="workshop-phase"),
    path("workshop/revelation", api.Reveal.as_view(), name="workshop-revelation"),
    path("workshop/timer", api.Timer.as_view(), name="workshop-timer"),
    path("workshop/spotlight", api.Spotlight.as_view(), name="workshop-spotlight"),
    path("workshop/summons", api.Summons.as_view(), name="workshop-summons"),
    path("workshop/pen", api.Pen.as_view(), name="workshop-pen"),
    path("workshop/votes", api.Votes.as_view(), name="workshop-votes"),
    path("workshop/votes/ballot", api.Ballot.as_view(), name="workshop-ballot"),
    path("workshop/votes/closing", api.VoteClosing.as_view(), name="workshop-closing"),
    path("workshop/votes/<uuid:round_id>", api.Ranking.as_view(), name="workshop-ranking"),
    path("notes/<str:element_id>/in-step", api.InStep.as_view(), name="in-step"),
    path("hints", api.Hints.as_view(), name="hints"),
    path("duplicates", api.Duplicates.as_view(), name="duplicates"),
    path("hotspots.csv", api.HotspotLedger.as_view(), {"form": "csv"}, name="hotspots-csv"),
    path("hotspots.md", api.HotspotLedger.as_view(), {"form": "md"}, name="hotspots-md"),
]
