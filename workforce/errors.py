"""Refusals. Each carries a code for machines and a sentence for people; a face translates it in one place."""

from typing import Any


class Refusal(Exception):
    status = 400

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details

    @property
    def headers(self) -> dict[str, str]:
        """When to come back, where waiting helps."""
        return {"Retry-After": str(self.details["retry_after"])} if "retry_after" in self.details else {}

    def as_answer(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, **self.details}


class RuleViolation(Refusal):
    """The act is against a rule of the work. ``details`` say what became of the work, such as ``draft_saved``."""

    status = 409


class InvalidInput(Refusal):
    """What came in cannot be understood; ``faults`` name the places."""

    status = 422


class TooLarge(Refusal):
    status = 413


class Gone(Refusal):
    """It was there and is over: used, run out, taken back."""

    status = 410


class TooMany(Refusal):
    """Asked too often; ``retry_after`` says in how many seconds it may be asked again."""

    status = 429


class NotAllowed(Refusal):
    """They may know that it exists, but not do this."""

    status = 403

    def __init__(self, message: str = "You have no right to do this.", **details: Any) -> None:
        super().__init__("not_allowed", message, **details)


class SecondFactorRequired(Refusal):
    """Signed in, but only as far as the page that sets up a second factor."""

    status = 403

    def __init__(self, message: str) -> None:
        super().__init__("second_factor_required", message)


class NotFound(Refusal):
    """There is no such thing, or they may not know that it exists: the answers are the same."""

    status = 404

    def __init__(self) -> None:
        super().__init__("not_found", "There is no such thing here.")
