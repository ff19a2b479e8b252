"""What this floor announces, inside the transaction of the act."""

from django.dispatch import Signal

# project_row: ProjectRow, locked. Its scores are up to date, or a person chose its winner; also when nothing changed.
row_scored = Signal()
