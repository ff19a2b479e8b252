"""Signed in, active, and within the scopes of the token. What they may do to a thing is asked of ``access``."""

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from workforce.models import Token

if TYPE_CHECKING:
    from rest_framework.views import APIView


class SignedInWithinScope(BasePermission):
    """A view names the scope of its writes in ``token_scope``; reads need ``read`` unless ``read_scope`` says so."""

    message = "This token has no scope for that."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        person = request.user
        if person is None or not person.is_authenticated or not person.is_active:
            return False
        if not isinstance(request.auth, Token):
            return True
        if request.method in SAFE_METHODS:
            needed = getattr(view, "read_scope", Token.Scope.READ)
        else:
            needed = getattr(view, "token_scope", Token.Scope.MANAGE)
        if needed is not None:
            self.message = f"This token has no scope for that. It takes the scope {needed}."
        return needed in request.auth.scopes
