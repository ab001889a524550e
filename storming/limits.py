"""Token buckets: how much one session may send. Per session, never per address: an office shares one address."""

import time
from dataclasses import dataclass, field

OPERATIONS_PER_SECOND, OPERATIONS_BURST = 200.0, 4_000.0
BYTES_PER_SECOND, BYTES_BURST = 1_048_576.0, 8_388_608.0
FRAMES_PER_SECOND, FRAMES_BURST = 100.0, 1_000.0
PRESENCE_PER_SECOND, PRESENCE_BURST = 25.0, 50.0
DELAY_SECONDS_MAX = 5.0


class Bucket:
    """Holds up to ``burst`` tokens and gains ``rate`` a second. It may be overdrawn."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst, self.level = rate, burst, burst
        self._at = time.monotonic()

    def take(self, amount: float) -> float:
        """Take tokens; seconds until the bucket is no longer overdrawn, 0 when it is not."""
        now = time.monotonic()
        self.level = min(self.burst, self.level + (now - self._at) * self.rate) - amount
        self._at = now
        return max(0.0, -self.level / self.rate)

    def try_take(self, amount: float) -> bool:
        """Take tokens unless that would overdraw."""
        if self.take(amount) == 0.0:
            return True
        self.level += amount
        return False


@dataclass(slots=True)
class SessionLimits:
    """One socket's buckets."""

    operations: Bucket = field(default_factory=lambda: Bucket(OPERATIONS_PER_SECOND, OPERATIONS_BURST))
    bytes: Bucket = field(default_factory=lambda: Bucket(BYTES_PER_SECOND, BYTES_BURST))
    frames: Bucket = field(default_factory=lambda: Bucket(FRAMES_PER_SECOND, FRAMES_BURST))
    presence: Bucket = field(default_factory=lambda: Bucket(PRESENCE_PER_SECOND, PRESENCE_BURST))
