"""What this floor listens to, which streams it lets people follow, and what the relay folds for it."""

from labeling import blindness, counters
from workforce import live, relay


def connect() -> None:
    live.register_stream("project", blindness.may_follow_project)
    live.register_stream("row", blindness.may_follow_row)
    relay.register_fold(counters.fold)
