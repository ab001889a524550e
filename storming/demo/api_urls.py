"""API routes of the demo, under /api/v1/w/<workspace>/demo/."""

from django.urls import path

from storming.demo import api

urlpatterns = [
    path("simulator", api.SimulatorView.as_view(), name="demo-simulator"),
    path("simulator/heartbeat", api.HeartbeatView.as_view(), name="demo-heartbeat"),
]
