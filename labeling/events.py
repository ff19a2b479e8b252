"""What this floor announces, inside the transaction of the act."""

from django.dispatch import Signal

# label: Label, version: LabelVersion, actor: Person. A first submit or a rework; the caller holds the row's lock.
label_submitted = Signal()
# project: Project. It is new, with no row yet.
project_created = Signal()
# project_row: ProjectRow. Once per project row and revision.
row_done = Signal()
# project_row: ProjectRow, payload: dict (canonical), actor: Person. A file named a label as gold; who keeps it answers.
gold_imported = Signal()
# project: Project, project_row_ids: list[int], actor: Person. Opinions came in from a file, once per chunk.
opinions_imported = Signal()
# project_row: ProjectRow. A row that was set aside is in the queue again; the caller holds the row's lock.
row_returned = Signal()
# label: Label, project_row: ProjectRow. A label that was in counts no more; the caller holds the row's lock.
opinion_withdrawn = Signal()
# project: Project, project_row_ids: list[int]. They wait for no opinion any more, because fewer are wanted.
rows_complete = Signal()
# session: WorkSession. Submitted, skipped or abandoned; its time is final. Once per session.
session_ended = Signal()
# person: Person, project: Project, version: GuidelineVersion. "I have read these", said for the first time.
guidelines_acknowledged = Signal()


def stream_of_project(project_uid: object) -> str:
    return f"project:{project_uid}"


def stream_of_row(row_uid: object) -> str:
    return f"row:{row_uid}"
