"""Values that must not show: not in repr, str, a format, a log line, a traceback of a dataclass or a pickle."""

import hmac
from typing import Any, NoReturn


class Hidden:
    """A secret or a signed address. Who needs it writes ``reveal()``, and that word can be searched for."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Hidden(…)"

    def __str__(self) -> str:
        return "…"

    def __format__(self, spec: str) -> str:
        return "…"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hidden) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Hidden, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a hidden value is not pickled")

    def __copy__(self) -> "Hidden":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "Hidden":
        return self
