"""Letters to people: plain text from a template. Sent from the outbox only, so that no request waits for a server and
none is lost. A secret link is made when the letter is, and stands in no row."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string


def send_letter(
    to: str, subject: str, template: str, *, headers: Mapping[str, str] | None = None, **values: Any
) -> None:
    """``template`` is a text below ``templates/``; a line break in a name does not reach the head of the letter."""
    body = render_to_string(template, values)
    EmailMessage(subject=" ".join(subject.split()), body=body, to=[to], headers=dict(headers or {})).send()


def link_to(path: str) -> str:
    """The whole address of a page. Never taken from a request, whose host header anyone can write."""
    return f"{settings.SITE_URL}{path}"
