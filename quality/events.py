"""What this floor announces, inside the transaction of the act."""

from django.dispatch import Signal

# project_row: ProjectRow, locked. Its scores are up to date, or a person chose its winner; also when nothing changed.
row_scored = Signal()

# attempt: a person's marked answers to a project's quiz: attempt.person, attempt.project, attempt.is_passed,
# attempt.share (0..1), attempt.uid
quiz_taken = Signal()

# answer: a first answer to a practice row, compared: answer.person, answer.project, answer.score (0..1), answer.uid
practice_answered = Signal()

# issue, kind (opened, commented, assigned, changed, resolved, reopened, duplicate, promoted, proposed), actor, comment
# (or None), named: the people whom the act is aimed at by name, already only those who may read it.
issue_moved = Signal()

# appeal: Appeal, actor: Person. Its maker appealed a review (appeal.review); it waits for somebody else's decision.
appeal_made = Signal()

# appeal: Appeal, actor: Person. Decided by the review appeal.decision, or withdrawn by its maker: appeal.state says it.
appeal_decided = Signal()
