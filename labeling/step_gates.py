"""At which steps of review a person decides nothing: an upper floor says so (``register_step_gate``), the claim leaves
them out, and who finds nothing to do reads why."""

from collections.abc import Callable, Mapping

from django.db.models import QuerySet

from labeling.models import Project, Slot
from workforce.models import Person

# Asked of a person and a project: number of a step → why this person decides nothing at it.
StepGate = Callable[[Person, Project], Mapping[int, str]]
_gates: list[StepGate] = []


def register_step_gate(gate: StepGate) -> None:
    _gates.append(gate)


def closed_steps(person: Person, project: Project) -> dict[int, str]:
    return {step: why for gate in _gates for step, why in gate(person, project).items()}


def why_not_yours(person: Person, project: Project, kind: str, slots: QuerySet[Slot]) -> tuple[str, str]:
    """Code and sentence for one who gets none of the open ``slots``."""
    waits = "No row for you now: some wait for another person, because"
    if kind != Slot.Kind.REVIEW:
        return "yours_already", f"{waits} you have labeled each of them."
    closed = closed_steps(person, project)
    if closed:
        waiting = slots.filter(state=Slot.State.OPEN).order_by().values_list("step", flat=True).distinct()
        steps = {step % Slot.APPEALS_FROM for step in waiting}
        if steps <= set(closed):
            return "step_for_others", f"No label for you to review now. {closed[min(steps)]}"
    if not slots.filter(state=Slot.State.OPEN, is_appeal=False)[:1]:
        return "yours_already", f"{waits} appeals go to experts who have not decided there before."
    return "yours_already", f"{waits} you wrote a version of each label, decided about it before or skipped its review."
