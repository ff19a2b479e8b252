"""Hands that knock at the API: signed-in people, and tokens."""

from typing import Any

from rest_framework.test import APIClient

from workforce import tokens
from workforce.models import Organization, Person

RANDOM = "00000000-0000-4000-8000-000000000000"
ALL_SCOPES = ["read", "import", "label", "review", "export", "manage"]


def signed_in(person: Person) -> APIClient:
    client = APIClient()
    client.force_login(person)
    return client


def with_token(person: Person, organization: Organization, *scopes: str) -> APIClient:
    _, clear = tokens.issue_token(person, organization, name="t", scopes=list(scopes or ALL_SCOPES))
    return with_clear(clear)


def with_clear(clear: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {clear}")
    return client


def body_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else bytes(answer.content)
