"""Jobs count failures and wait in order of their queue; events that wait for a seal are noted; roles find room."""

from django.db import migrations, models

NOTE_UNSEALED = """
CREATE FUNCTION crewline_note_unsealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO workforce_auditunsealed (event_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER audit_event_waits AFTER INSERT ON workforce_auditevent
    FOR EACH ROW EXECUTE FUNCTION crewline_note_unsealed();
INSERT INTO workforce_auditunsealed (event_id)
    SELECT id FROM workforce_auditevent e WHERE NOT EXISTS (
        SELECT 1 FROM workforce_auditseal s WHERE s.event_id = e.id
    );
"""
FORGET_UNSEALED = """
DROP TRIGGER audit_event_waits ON workforce_auditevent;
DROP FUNCTION crewline_note_unsealed();
"""


class Migration(migrations.Migration):
    dependencies = [("workforce", "0002_append_only")]

    operations = [
        migrations.CreateModel(
            name="AuditUnsealed",
            fields=[("event_id", models.BigIntegerField(primary_key=True, serialize=False))],
        ),
        migrations.RunSQL(NOTE_UNSEALED, FORGET_UNSEALED),
        migrations.AlterField("auditevent", "actor_role", models.CharField(blank=True, max_length=120)),
        migrations.RenameField("event", "attempts", "failures"),
        migrations.RemoveIndex("event", "events_jobs_not_done"),
        migrations.AddIndex(
            "event",
            models.Index(
                fields=["queue", "id"],
                condition=~models.Q(task="") & models.Q(done_at=None, is_quarantined=False),
                name="events_jobs_not_done",
            ),
        ),
        migrations.AddIndex(
            "event",
            models.Index(
                fields=["organization", "id"], condition=models.Q(is_quarantined=True), name="events_in_quarantine"
            ),
        ),
    ]
