"""What changed between two versions of a label: the size of a fix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from labeling.annotations.kinds import is_tool
from labeling.annotations.payload import canonical_value

Entry = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Difference:
    """Ids of objects that were added, removed, moved (another shape), reclassified (another feature) or reanswered.

    One object may be moved, reclassified and reanswered at once. `reanswered` also holds the ids of whole-picture
    answers that are new, gone or different. Order: as in the new version, then what is gone in the order of the old.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    reclassified: tuple[str, ...] = ()
    reanswered: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many objects and whole-picture answers changed in any way; 0 for equal versions."""
        changed = (*self.added, *self.removed, *self.moved, *self.reclassified, *self.reanswered)
        return len(set(changed))


def difference(old: Mapping[str, object], new: Mapping[str, object]) -> Difference:
    """Compare two payloads that `check_payload` accepts: objects by id, answers by the question they answer.

    Values are compared as they are kept (a millionth of a pixel); order of objects and ids of answers play no part.
    """
    before = {_id(entry): entry for entry in _entries(old, "features") if is_tool(entry["kind"])}
    after = {_id(entry): entry for entry in _entries(new, "features") if is_tool(entry["kind"])}
    both = [(uid, before[uid], after[uid]) for uid in after if uid in before]
    return Difference(
        added=tuple(uid for uid in after if uid not in before),
        removed=tuple(uid for uid in before if uid not in after),
        moved=tuple(uid for uid, was, now in both if _shape(was) != _shape(now)),
        reclassified=tuple(uid for uid, was, now in both if was["feature"] != now["feature"]),
        reanswered=(
            *(uid for uid, was, now in both if _answers(was) != _answers(now)),
            *_reanswered_questions(_questions(old), _questions(new)),
        ),
    )


def _reanswered_questions(before: Mapping[str, Entry], after: Mapping[str, Entry]) -> list[str]:
    changed = [_id(now) for uid, now in after.items() if uid not in before or _answer(before[uid]) != _answer(now)]
    return changed + [_id(was) for uid, was in before.items() if uid not in after]


def _questions(payload: Mapping[str, object]) -> dict[str, Entry]:
    return {str(entry["feature"]): entry for entry in _entries(payload, "features") if not is_tool(entry["kind"])}


def _entries(holder: Mapping[str, object], key: str) -> Sequence[Entry]:
    return cast(Sequence[Entry], holder.get(key) or ())


def _id(entry: Entry) -> str:
    return str(entry["id"])


def _shape(entry: Entry) -> tuple[object, object]:
    return entry["kind"], canonical_value(entry["kind"], entry["value"])


def _answer(entry: Entry) -> tuple[object, object]:
    return canonical_value(entry["kind"], entry["value"]), _answers(entry)


def _answers(entry: Entry) -> dict[str, tuple[object, object]]:
    return {str(answer["feature"]): _answer(answer) for answer in _entries(entry, "nested")}
