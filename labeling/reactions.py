"""What this floor listens to, which streams it lets people follow, what the relay folds for it, what shuts the
queue."""

from labeling import blindness, counters, day_limits, guidelines, pauses, queue
from workforce import live, relay


def connect() -> None:
    live.register_stream("project", blindness.may_follow_project)
    live.register_stream("row", blindness.may_follow_row)
    relay.register_fold(counters.fold)
    queue.register_gate(pauses.gate)
    queue.register_gate(guidelines.gate)
    queue.register_cap(day_limits.cap)
