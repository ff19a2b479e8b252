"""Which gold a person meets, and when. Each gold once; never one's own, never one that is suspended.

Whether the n-th row of a person is gold is a draw of the project's seed: nobody can guess it, and giving a row back
draws the same again. So is the choice among the golds. Everything is read in one statement, with or without gold."""

from typing import Any

from django.db import connection

from labeling.models import Project
from labeling.overlap import draw
from quality.gold_policy import LOOKED_BACK, Policy, rate_for
from workforce.models import Person

# The gold that a person has not met and did not make.
_AHEAD = """
        FROM quality_benchmark b
        JOIN labeling_projectrow r ON r.id = b.project_row_id
        WHERE b.project_id = %(project)s AND b.state = 'active' AND r.state <> 'set_aside'
          AND NOT EXISTS (SELECT 1 FROM labeling_slot met WHERE met.project_row_id = b.project_row_id
              AND met.labeler_id = %(person)s AND met.kind = 'label' AND met.state NOT IN ('open', 'revoked'))
          AND NOT EXISTS (SELECT 1 FROM labeling_labelversion v JOIN labeling_label g ON g.id = v.label_id
              WHERE (g.id = b.gold_id OR g.id = (SELECT made_from_id FROM labeling_label WHERE id = b.gold_id))
              AND v.author_id = %(person)s)"""
_READ = """
SELECT
    (SELECT count(*) FROM labeling_slot s WHERE s.labeler_id = %(person)s AND s.project_id = %(project)s
        AND s.kind = 'label' AND s.submitted_at IS NOT NULL)
    + (SELECT count(*) FROM labeling_slot s WHERE s.labeler_id = %(person)s AND s.project_id = %(project)s
        AND s.kind = 'label' AND s.state = 'leased' AND s.submitted_at IS NULL),
    (SELECT row_to_json(p) FROM quality_benchmarkpolicy p WHERE p.project_id = %(project)s),
    ARRAY(SELECT l.benchmark FROM quality_labelscore l WHERE l.project_id = %(project)s
        AND l.labeler_id = %(person)s AND l.benchmark IS NOT NULL AND NOT l.is_held ORDER BY l.id DESC LIMIT %(back)s),
    (SELECT f.gold_share FROM quality_candidacy c JOIN quality_funnelsettings f ON f.project_id = c.project_id
        WHERE c.project_id = %(project)s AND c.person_id = %(person)s AND c.state = 'assessment'
          AND f.on_since IS NOT NULL),
    ARRAY(SELECT b.project_row_id {ahead}
        ORDER BY md5(%(seed)s || b.uid::text) LIMIT %(count)s)
""".replace("{ahead}", _AHEAD)
# Met and not scored yet: in hand, or handed in just now.
_IS_AHEAD = """
SELECT EXISTS (SELECT 1 {ahead}) OR EXISTS (
    SELECT 1 FROM labeling_slot s JOIN quality_benchmark b ON b.project_row_id = s.project_row_id
    WHERE s.labeler_id = %(person)s AND s.project_id = %(project)s AND s.kind = 'label'
      AND (s.state = 'leased' OR s.submitted_at > clock_timestamp() - interval '5 minutes'))
""".replace("{ahead}", _AHEAD)


def rows_to_check(person: Person, project: Project, count: int) -> list[int | None]:
    """For each of the next ``count`` rows of ``person`` the gold that comes, or none; a chooser of the queue."""
    values = {"person": person.pk, "project": project.pk, "count": count, "back": LOOKED_BACK}
    with connection.cursor() as cursor:
        cursor.execute(_READ, {**values, "seed": f"{project.seed}:{person.uid}:"})
        had, kept, results, asked, golds = cursor.fetchone()
    policy = _policy(kept)
    # Who is assessed meets as much gold as vetting says, and everybody else as much as they are trusted.
    rate = float(asked) if asked is not None else rate_for(policy, results)
    chosen: list[int | None] = []
    for at in range(had, had + count):
        is_gold = at < policy.first_rows or draw(project, "gold", f"{person.uid}:{at}") < rate / 100
        chosen.append(golds.pop(0) if is_gold and golds else None)
    return chosen


def is_gold_ahead(person: int, project: int) -> bool:
    """Whether any result against gold can still come of this person: gold that they have not met, or have in hand."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_AHEAD, {"person": person, "project": project})
        return bool(cursor.fetchone()[0])


def _policy(kept: dict[str, Any] | None) -> Policy:
    return Policy(**{name: kept[name] for name in vars(Policy())}) if kept else Policy()
