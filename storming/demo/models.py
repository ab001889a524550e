"""What the demo workspace remembers of its simulator: whether it is wanted, and when it was last heard of."""

from django.db import models

from workspaces.models import Workspace

RATE_MIN, RATE_MAX, RATE_DEFAULT = 0.2, 200.0, 5.0


class DemoState(models.Model):
    """The switch on the page and the simulator's sign of life; ``rate`` is in events per second."""

    workspace = models.OneToOneField(Workspace, on_delete=models.CASCADE, primary_key=True, related_name="demo_state")
    simulator_wanted = models.BooleanField(default=True)
    rate = models.FloatField(default=RATE_DEFAULT)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "storming"
