"""Notices over HTTP: one's own, and marking them as read."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from workforce import notices as rules
from workforce.api.inputs import page_by_key
from workforce.api.repeats import repeatable
from workforce.api.shapes import (
    PAGING,
    PAGING_PARAMETERS,
    Body,
    choice_filter,
    choice_parameter,
    filters_of,
    page_shape,
    person_of,
    values_of,
)
from workforce.models import Notice, NoticeGroup, Person, Token

SHOWS = ["all", "unread"]


class NoticeShape(serializers.Serializer[Any]):
    """Something that happened. Its words are those of now: what the caller may no longer read is in no list."""

    uid = serializers.UUIDField()
    kind = serializers.CharField()
    group = serializers.ChoiceField(choices=NoticeGroup.choices)
    sentence = serializers.CharField()
    excerpt = serializers.CharField(allow_blank=True)
    url = serializers.CharField(help_text="The page of what it is about.")
    count = serializers.IntegerField(help_text="How often it happened since it was last read.")
    last_at = serializers.DateTimeField()
    is_read = serializers.BooleanField()


class ReadNoticeBody(Body):
    seen = serializers.IntegerField(
        min_value=1,
        max_value=2**31 - 1,
        allow_null=True,
        default=None,
        help_text="The `count` that was shown: if more came since, it stays unread.",
    )


class ReadAllBody(Body):
    newest = serializers.UUIDField(
        allow_null=True, default=None, help_text="The first of the list that was shown: what came after it stays."
    )


class UnreadShape(serializers.Serializer[Any]):
    unread = serializers.IntegerField(help_text=f"What is left; {rules.MOST_COUNTED} means that many or more.")


class OwnNotices(APIView):
    """The caller's own, newest first."""

    @extend_schema(
        parameters=[choice_parameter("show", SHOWS), *PAGING_PARAMETERS], responses={200: page_shape(NoticeShape)}
    )
    def get(self, request: Request) -> Response:
        show = choice_filter("show", filters_of(request, "show", *PAGING).get("show", "all"), SHOWS)
        person = person_of(request)
        page = page_by_key(request, rules.notices_of(person, only_unread=show == "unread"))
        return Response({"results": _documents(person, page.rows), "next_cursor": page.next_cursor})


class ReadNotice(APIView):
    """Mark one as read. Asked again, nothing more happens."""

    token_scope = Token.Scope.LABEL

    @extend_schema(request=ReadNoticeBody, responses={200: UnreadShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values, person = values_of(ReadNoticeBody, request), person_of(request)
        rules.mark_read(person, uid, seen=values["seen"])
        return Response({"unread": rules.unread_count(person)})


class ReadAllNotices(APIView):
    """Mark all as read. Asked again, nothing more happens."""

    token_scope = Token.Scope.LABEL

    @extend_schema(request=ReadAllBody, responses={200: UnreadShape})
    @repeatable
    def post(self, request: Request) -> Response:
        values, person = values_of(ReadAllBody, request), person_of(request)
        rules.mark_all_read(person, newest=values["newest"])
        return Response({"unread": rules.unread_count(person)})


def _documents(person: Person, some: Sequence[Notice]) -> list[dict[str, Any]]:
    return [
        {
            "uid": str(line.notice.uid),
            "kind": line.notice.kind,
            "group": line.notice.group,
            "sentence": line.sentence,
            "excerpt": line.excerpt,
            "url": line.door,
            "count": line.notice.count,
            "last_at": line.notice.last_at.isoformat(),
            "is_read": line.notice.read_at is not None,
        }
        for line in rules.in_words(person, some)
    ]
