"""No line of the log holds a signed address or a token, also not in a traceback, and the libraries keep still."""

import io
import logging
from logging.config import DictConfigurator
from typing import Any

from django.conf import settings

AMZ = "https://b.s3.amazonaws.com/a?X-Amz-Credential=CANARY1&X-Amz-Security-Token=CANARY2&X-Amz-Signature=CANARY3"
OTHERS = "https://g/a?X-Goog-Signature=CANARY4 https://a.blob/b?sp=r&sig=CANARY5%3D Authorization: Bearer CANARY6"


def test_signatures_and_tokens_are_taken_out() -> None:
    configured: Any = DictConfigurator(settings.LOGGING)
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(configured.configure_formatter(dict(settings.LOGGING["formatters"]["line"])))
    log = logging.Logger("any")
    log.addHandler(handler)
    log.warning("refused: %s", AMZ)
    try:
        raise ValueError(OTHERS)
    except ValueError:
        log.exception("failed")
    assert "CANARY" not in out.getvalue() and out.getvalue().count("…") == 6
    assert "WARNING any: refused: https://b.s3.amazonaws.com/a?X-Amz-Credential=…&" in out.getvalue()


def test_libraries_that_write_whole_requests_are_quiet_at_every_level() -> None:
    for name in ("boto3", "botocore.auth", "urllib3.connectionpool", "google.auth", "azure.core", "msal"):
        assert logging.getLogger(name).getEffectiveLevel() >= logging.ERROR
