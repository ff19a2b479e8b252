"""No line of the log and no page of an error holds a signed address or a token, and the libraries keep still."""

import io
import logging
import secrets
import sys
from logging.config import DictConfigurator
from typing import Any

from django.conf import settings
from django.views.debug import ExceptionReporter

from tests.clouds.double import Answer, Call, Double, running
from workforce.storage_providers.hidden import Hidden
from workforce.storage_providers.surroundings import Surroundings

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


class Peer(Double):
    def answer(self, call: Call) -> Answer:
        return Answer(200)


def test_the_page_of_an_unexpected_error_shows_no_address_and_no_token() -> None:
    hidden = Hidden(secrets.token_hex(20))
    with running(peer := Peer()):
        wire = Surroundings().wire(peer.url)
        try:
            # No such header can be sent: the library stumbles deep inside, with everything in its variables.
            wire.ask("GET", f"{peer.url}/?sig={hidden.reveal()}", {"A": f"Bearer {hidden.reveal()}", "B": object()})
        except TypeError:
            page = ExceptionReporter(None, *sys.exc_info())
    html, text = page.get_traceback_html(), page.get_traceback_text()
    assert "stream" in html and "putheader" in html
    assert hidden.reveal() not in html + text
