"""How accurate the labelers of a project are, as far as gold has shown: what their votes weigh.

Agreement with others is no accuracy, so only comparisons with gold count here, shrunk to the crowd's mean."""

from collections.abc import Collection

from django.db.models import Sum

from labeling.models import Project
from quality.agreement.certainty import USUAL_ACCURACY
from quality.agreement.truth.skill import score_skills
from quality.models import DayFigure, FigureDelta

MEASURES = ("benchmark_n", "benchmark_sum")


def accuracies_in(project: Project, people: Collection[int]) -> dict[int, float]:
    """Person's primary key → accuracy 0..1, in one statement. Who was never compared has the crowd's."""
    keys = "person_id", "measure"
    folded = DayFigure.objects.filter(project=project, measure__in=MEASURES).order_by().values(*keys)
    waiting = FigureDelta.objects.filter(project=project, measure__in=MEASURES).order_by().values(*keys)
    sums: dict[tuple[int, str], float] = {}
    # One statement sees one moment: a fold in between would count twice or not at all.
    for line in folded.annotate(total=Sum("value")).union(waiting.annotate(total=Sum("amount")), all=True):
        key = line["person_id"], line["measure"]
        sums[key] = sums.get(key, 0.0) + line["total"]
    records = {str(pk): _record(sums, pk) for pk in {*(pk for pk, _ in sums), *people}}
    if not any(n for _, n in records.values()):
        return dict.fromkeys(people, USUAL_ACCURACY)
    found = score_skills(records)
    return {pk: found[str(pk)].mean for pk in people}


def _record(sums: dict[tuple[int, str], float], person: int) -> tuple[float, float]:
    n = max(0.0, round(sums.get((person, "benchmark_n"), 0.0)))
    return min(n, max(0.0, sums.get((person, "benchmark_sum"), 0.0))), n
