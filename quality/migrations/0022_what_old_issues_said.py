"""Every project gets the nine categories; what an old issue was about stays as a retired category of its project.

Comments get their first version, old issues the events and times that are known of them."""

from django.db import migrations

CATEGORIES = """
INSERT INTO quality_issuecategory (uid, project_id, code, name, description, is_retired, "order")
SELECT gen_random_uuid(), p.id, c.code, c.name, c.description, false, c.place FROM labeling_project p CROSS JOIN (VALUES
    (1, 'edge_case', 'Edge case', 'The guidelines say nothing of this, or two of their rules pull apart.'),
    (2, 'feedback', 'Clarify feedback', 'What was said in a review or an answer is not clear.'),
    (3, 'quality', 'Quality', 'A mistake, a bad picture, or something that would make labels better.'),
    (4, 'benchmark', 'Benchmark', 'A row that could be a benchmark, or a benchmark that looks wrong.'),
    (5, 'vote', 'Consensus vote', 'Several answers are possible, and the team shall choose one.'),
    (6, 'new_data', 'New data', 'Data that is missing and could be collected.'),
    (7, 'new_use_case', 'New use case',
        'Something else that these labels could be used for, and what it would take.'),
    (8, 'iteration', 'Next iteration', 'What the next round of work shall look at.'),
    (9, 'tools', 'Tools', 'The editor, an import, an export or a model that helps or stands in the way.')
) AS c (place, code, name, description);

INSERT INTO quality_issuecategory (uid, project_id, code, name, description, is_retired, "order")
SELECT gen_random_uuid(), used.project_id, used.category_was, COALESCE(old.name, used.category_was), '', true, 100
FROM (SELECT DISTINCT project_id, category_was FROM quality_issue WHERE category_was <> 'edge_case') AS used
LEFT JOIN (VALUES
    ('unclear_rule', 'Unclear rule'), ('missing_class', 'Missing class'), ('mistake', 'Mistake'),
    ('bad_picture', 'Bad picture'), ('wrong_data', 'Wrong data'), ('tool_problem', 'Tool problem'),
    ('suggestion', 'Suggestion'), ('other', 'Other')
) AS old (code, name) ON old.code = used.category_was
ON CONFLICT DO NOTHING;
"""
ISSUES = """
UPDATE quality_issue i SET
    category_id = c.id,
    first_answered_at = (SELECT min(s.made_at) FROM quality_issuecomment s
        WHERE s.issue_id = i.id AND s.author_id <> i.opened_by_id AND i.state <> 'open'),
    last_moved_at = GREATEST(i.opened_at, i.resolved_at,
        (SELECT max(s.made_at) FROM quality_issuecomment s WHERE s.issue_id = i.id))
FROM quality_issuecategory c WHERE c.project_id = i.project_id AND c.code = i.category_was;
"""
WORDS = """
INSERT INTO quality_issuecommentversion (comment_id, number, text, author_id, made_at)
SELECT id, 1, text, author_id, made_at FROM quality_issuecomment;
"""
EVENTS = """
INSERT INTO quality_issueevent (issue_id, kind, actor_id, before, after, made_at)
SELECT id, 'opened', opened_by_id, '{}', jsonb_build_object('category', category_was), opened_at FROM quality_issue
ORDER BY id;
INSERT INTO quality_issueevent (issue_id, kind, actor_id, before, after, made_at)
SELECT id, 'state', resolved_by_id, '{}', '{"state": "resolved"}', resolved_at FROM quality_issue
WHERE resolved_by_id IS NOT NULL ORDER BY id;
"""
# What is still to be checked would keep the next change from the tables.
CHECK_NOW = "SET CONSTRAINTS ALL IMMEDIATE"
BACK = """
UPDATE quality_issue i SET category_was = left(c.code, 20), category_id = NULL, duplicate_of_id = NULL,
    state = CASE i.state WHEN 'duplicate' THEN 'resolved' WHEN 'reopened' THEN 'open' ELSE i.state END
FROM quality_issuecategory c WHERE c.id = i.category_id;
DELETE FROM quality_issuecommentversion;
DELETE FROM quality_issueevent;
DELETE FROM quality_issuecategory;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [("quality", "0021_issues_are_managed")]

    operations = [migrations.RunSQL([CATEGORIES, ISSUES, WORDS, EVENTS, CHECK_NOW], BACK)]
