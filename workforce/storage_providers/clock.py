"""The vendor's clock, as far as we know it: signatures and ends are times of theirs, not of ours."""

import time
from email.utils import parsedate_to_datetime

# The header has whole seconds and was under way for a while.
NOISE_SECONDS = 3


class VendorClock:
    """Our clock, corrected by what the ``Date`` header of the latest answer said."""

    def __init__(self) -> None:
        self.offset_seconds = 0.0

    def now(self) -> float:
        return time.time() + self.offset_seconds

    def note(self, date_header: str | None) -> None:
        try:
            theirs = parsedate_to_datetime(date_header or "").timestamp() + 0.5
        except (ValueError, TypeError):
            return
        offset = theirs - time.time()
        self.offset_seconds = offset if abs(offset) > NOISE_SECONDS else 0.0
