"""How the schema is made: what holds at every endpoint is said here once, what holds at one stands at that one."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework.permissions import SAFE_METHODS

from workforce.api.shapes import KEY_NAME, OPTIONAL_KEY_HEADER, RefusalShape
from workforce.models import Token

# Any endpoint may answer so; a body adds those of reading it. 409 stands at the endpoints whose rule says it.
EVERYWHERE = {
    401: "Not signed in, or the token is not (or no longer) valid.",
    403: "The person has no right to this, or the token no scope for it.",
    406: "The client accepts no type that is answered here.",
    422: "Something that came in is wrong; the answer names it. Nothing was changed.",
    429: "The token has asked too often in this minute; `Retry-After` says when to ask again. Nothing was changed.",
}
AGAIN = "The first answer again: this `Idempotency-Key` came before, with the same body."
WITH_UID = {404: "There is no such thing here for this person."}
WITH_BODY = {
    404: "There is no such thing here for this person; the body may name it.",
    413: "The body is too large.",
    415: "The body is of no type that is read here.",
}


class DescribedEndpoint(AutoSchema):
    """Adds the refusals that every endpoint shares, the scope that a token needs, and the key that a write takes."""

    def get_override_parameters(self) -> list[Any]:
        """What an endpoint says itself of the key comes after this and stands."""
        return [] if self.method in SAFE_METHODS else [OPTIONAL_KEY_HEADER]

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        found = super()._get_response_bodies(direction)
        if "201" in found and "200" not in found and not self._keeps_own_answers():
            found["200"] = {**found["201"], "description": AGAIN}
        for code, words in self._shared_refusals().items():
            if str(code) not in found:
                found[str(code)] = self._refusal(code, direction)
            found[str(code)]["description"] = words
        return dict(sorted(found.items()))

    def get_description(self) -> str:  # type: ignore[override]  # as the class above has it
        words: str = super().get_description() or ""
        if self.method in SAFE_METHODS:
            scope = getattr(self.view, "read_scope", Token.Scope.READ)
        else:
            scope = getattr(self.view, "token_scope", Token.Scope.MANAGE)
        needed = "For signed-in people only." if scope is None else f"A token needs the scope `{scope}`."
        return f"{words}\n\n{needed}".strip()

    def _keeps_own_answers(self) -> bool:
        return [one.name for one in self.get_override_parameters()].count(KEY_NAME) > 1

    def _shared_refusals(self) -> dict[int, str]:
        with_uid = WITH_UID if "{" in self.path else {}
        has_body = self.method in ("POST", "PUT", "PATCH") and self.get_request_serializer() is not None
        return {**EVERYWHERE, **with_uid, **(WITH_BODY if has_body else {})}

    def _refusal(self, code: int, direction: Any) -> Any:
        return self._get_response_for_code(  # type: ignore[no-untyped-call]  # the library's
            RefusalShape, str(code), direction=direction
        )
