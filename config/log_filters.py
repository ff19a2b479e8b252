"""What a log line must not hold."""

import logging
import re

_SIGNED = re.compile(
    r"(x-(?:amz|goog)-(?:signature|credential|security-token)=|[?&]sig=|\bbearer )[^&\s\"'<>]+", re.IGNORECASE
)
_LINK = re.compile(r"(/invitations/|/notices/stop/)[^/\s?]+")


class HideInvitationLinks(logging.Filter):
    """The address of an invitation, or of a page that stops letters, is its secret; a line about a refused request
    names only the page."""

    def filter(self, record: logging.LogRecord) -> bool:
        line = record.getMessage()
        if _LINK.search(line):
            record.msg, record.args = _LINK.sub(r"\1…", line), ()
        return True


class WithoutSignatures(logging.Formatter):
    """Signed addresses open something to whoever reads them; also those in a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        return _SIGNED.sub(r"\1…", super().format(record))
