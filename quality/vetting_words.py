"""What vetting says to people about themselves: where they stand, and the one thing that is next. Never how they score,
nor which rows it is seen from."""

from quality.models import Candidacy, FunnelSettings

State = Candidacy.State
_A_MANAGER_LOOKS = "A manager has to look before you go on. There is nothing for you to do."
_USED_UP = {
    State.QUIZ: "You have used all tries of the quiz of {project}.",
    State.PRACTICE: "You have practised on all rows of {project} that there are for it.",
}
_TOLD = {
    State.APPLIED: "You have applied to {project}. A manager looks at it and tells you here.",
    State.INTERVIEWED: "You have applied to {project} and were interviewed. A manager tells you here how it goes on.",
    State.INVITED: "You are invited to {project}. Open your steps to begin.",
    State.GUIDELINES: "Read the guidelines of {project} first.",
    State.QUIZ: "Take the quiz of {project}, then you get rows.",
    State.PRACTICE: "Practise on some rows of {project} whose answers are told to you, then you get rows.",
    State.ASSESSMENT: "Your first rows in {project} show whether you are ready. Label as you always will.",
    State.PRODUCTION: "You are through: you get rows of {project} as everybody does.",
    State.DECLINED: "You get no rows of {project}.",
    State.WITHDRAWN: "You have withdrawn from {project}.",
}


def told(candidacy: Candidacy, settings: FunnelSettings) -> str:
    """One sentence for the person, or two."""
    if candidacy.state in _USED_UP and candidacy.needs:
        return f"{_USED_UP[State(candidacy.state)].format(project=settings.project.name)} {_A_MANAGER_LOOKS}"
    if candidacy.state == State.ASSESSMENT and candidacy.needs:
        return f"You have done enough rows in {settings.project.name} for now. {_A_MANAGER_LOOKS}"
    if candidacy.state == State.RAMP:
        rows = rows_a_day(candidacy, settings)
        return f"You get up to {rows} rows a day in {settings.project.name} for now; more as your work holds."
    return _TOLD[State(candidacy.state)].format(project=settings.project.name)


def rows_a_day(candidacy: Candidacy, settings: FunnelSettings) -> int:
    """What the step of the ramp allows; the last one where the ramp has become shorter."""
    caps = settings.ramp_caps or [0]
    return int(caps[min(max(candidacy.step, 1), len(caps)) - 1])
