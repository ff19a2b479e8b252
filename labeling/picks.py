"""The statements with which a claim picks slots and gives them away; `queue.py` says when it takes which."""

from labeling.models import Slot

TAKE = """
WITH pick AS MATERIALIZED ({pick})
UPDATE labeling_slot SET
    state = 'leased', labeler_id = %(person)s, lease_token = nextval('labeling_lease_token'),
    leased_at = clock_timestamp(), last_input_at = clock_timestamp(),
    leased_until = clock_timestamp() + make_interval(secs => %(seconds)s),
    ontology_version_id = %(ontology_version)s, why = %(why)s
FROM pick WHERE labeling_slot.id = pick.id RETURNING labeling_slot.id
"""
PICK_CAME_BACK = """
SELECT id FROM labeling_slot
WHERE labeler_id = %(person)s AND project_id = %(project)s AND kind = 'label' AND is_rework
  AND (state = 'in_rework' OR (state = 'leased' AND leased_until < clock_timestamp()))
ORDER BY submitted_at LIMIT %(count)s FOR UPDATE SKIP LOCKED
"""
# Without a lock, to look at the place that a row would come from.
FREE_TO_LABEL = """
SELECT s.id FROM labeling_slot s
WHERE s.project_id = %(project)s AND s.kind = 'label' AND s.state IN ('open', 'leased') AND NOT s.is_rework
  AND (s.state = 'open' OR s.leased_until < clock_timestamp()) AND NOT s.is_check
  AND NOT EXISTS (
    SELECT 1 FROM labeling_slot mine
    WHERE mine.project_row_id = s.project_row_id AND mine.labeler_id = %(person)s AND mine.kind = 'label'
      AND mine.state NOT IN ('open', 'revoked') AND mine.id <> s.id
  )
  AND NOT EXISTS (
    SELECT 1 FROM labeling_projectrow aside WHERE aside.id = s.project_row_id AND aside.state = 'set_aside'
  )
  {narrowed}
ORDER BY s.priority, s.order_key LIMIT %(count)s
"""
PICK_TO_LABEL = f"{FREE_TO_LABEL} FOR UPDATE OF s SKIP LOCKED"
# The row that a person worked on until the lease ran out, when nobody has taken it since.
WORKED_ON = """
  AND EXISTS (
    SELECT 1 FROM labeling_worksession w JOIN labeling_slot worked ON worked.id = w.slot_id
    WHERE w.person_id = %(person)s AND worked.uid = %(wanted)s AND worked.project_row_id = s.project_row_id
      AND worked.kind = s.kind
  )
"""
# Nobody reviews a label of which they wrote a version, about which they decided at another step, or whose review they
# skipped. An appeal goes to experts first.
PICK_TO_REVIEW = """
SELECT s.id FROM labeling_slot s
WHERE s.project_id = %(project)s AND s.kind = 'review' AND s.state IN ('open', 'leased')
  AND (s.state = 'open' OR s.leased_until < clock_timestamp())
  AND NOT EXISTS (
    SELECT 1 FROM labeling_labelversion written
    WHERE written.label_id = s.label_id AND written.author_id = %(person)s
  )
  AND NOT EXISTS (
    SELECT 1 FROM labeling_slot skipped
    WHERE skipped.label_id = s.label_id AND skipped.step = s.step AND skipped.labeler_id = %(person)s
      AND skipped.state = 'skipped'
  )
  AND NOT EXISTS (
    SELECT 1 FROM labeling_slot decided
    WHERE decided.label_id = s.label_id AND decided.step <> s.step AND decided.labeler_id = %(person)s
      AND decided.state = 'done' AND decided.kind = 'review'
  )
  AND (NOT s.is_appeal OR %(is_expert)s OR s.experts_until < clock_timestamp())
  {narrowed}
ORDER BY s.priority, s.order_key LIMIT %(count)s FOR UPDATE OF s SKIP LOCKED
"""
# Labels that consist of answers only. It looks at the first of the queue and no further, so that a claim costs the same
# however many labels with objects stand in between.
ANSWERS_ONLY = """
  AND s.id IN (
    SELECT head.id FROM labeling_slot head
    WHERE head.project_id = %(project)s AND head.kind = 'review' AND head.state IN ('open', 'leased')
    ORDER BY head.priority, head.order_key LIMIT 2000
  )
  AND EXISTS (
    SELECT 1 FROM labeling_label judged JOIN labeling_labelversion shown
      ON shown.label_id = judged.id AND shown.number = judged.last_version
    WHERE judged.id = s.label_id AND shown.object_count = 0
  )
"""
NOT_CLOSED = " AND s.batch_id <> ALL(%(closed)s)"
# An appeal is decided by those who decide at the step that it is about.
NOT_AT_STEPS = f" AND s.step %% {Slot.APPEALS_FROM} <> ALL(%(steps)s)"
OF_BATCH = " AND s.batch_id = %(batch)s"
# Of which the opinions so far hold none of these classes.
NOT_OF_CLASSES = """
  AND coalesce((
    SELECT sum(said.amount) FROM labeling_classtally said
    WHERE said.project_row_id = s.project_row_id AND said.name = ANY(%(classes)s)
  ), 0) <= 0
"""
# The open batches in the order of their first free row. One look into the index for each batch, so that the rows of
# closed batches cost nothing, however many they are.
BATCHES_IN_ORDER = """
SELECT b.id FROM labeling_batch b CROSS JOIN LATERAL ({first}) head
WHERE b.project_id = %(project)s AND b.id <> ALL(%(closed)s) ORDER BY head.priority, head.order_key
"""
FIRST_OF_BATCH = """
SELECT s.priority, s.order_key FROM labeling_slot s
WHERE s.batch_id = b.id AND s.kind = 'label' AND s.state IN ('open', 'leased') AND NOT s.is_rework AND NOT s.is_check
  AND (s.state = 'open' OR s.leased_until < clock_timestamp())
ORDER BY s.priority, s.order_key LIMIT 1
"""
