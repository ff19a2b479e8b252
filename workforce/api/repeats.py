"""Any write may carry an ``Idempotency-Key``: asked again with the same key and body, the first answer comes again and
nothing is done. A refusal is not kept, because nothing was done."""

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import QueryDict
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from workforce.api.inputs import idempotency_key
from workforce.api.shapes import person_of
from workforce.idempotency import Answer, first_answer, keep_answer

NO_CONTENT = 204
Act = Callable[..., Response]


def repeatable(act: Act) -> Act:
    """For a writing method whose rule keeps no answers of its own."""

    @wraps(act)
    def answered(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = idempotency_key(request)
        if not key:
            return act(view, request, *args, **kwargs)
        person, asked = person_of(request), _asked(request)
        with transaction.atomic():
            earlier = first_answer(person, key, asked)
            if earlier is not None:
                return _again(earlier)
            response = act(view, request, *args, **kwargs)
            keep_answer(person, key, asked, Answer(response.status_code, _plain(response.data)))
        return response

    return answered


def _again(earlier: Answer) -> Response:
    return Response(None if earlier.status == NO_CONTENT else earlier.body, status=earlier.status)


def _asked(request: Request) -> dict[str, Any]:
    """What is asked, where, and in which organization: a token sees only its own one's answers."""
    body = request.data
    if isinstance(body, QueryDict):
        body = {name: [_content(value) for value in body.getlist(name)] for name in body}
    only = getattr(request.user, "limited_to_organization", None)
    return {"method": request.method, "path": request.get_full_path(), "organization": only, "body": body}


def _content(value: Any) -> str:
    if not isinstance(value, UploadedFile):
        return str(value)
    digest = hashlib.sha256()
    for piece in value.chunks():
        digest.update(piece)
    value.seek(0)
    return f"{value.name} {digest.hexdigest()}"


def _plain(data: Any) -> dict[str, Any]:
    """As the client reads it."""
    found: dict[str, Any] = {} if data is None else json.loads(JSONRenderer().render(data))
    return found
