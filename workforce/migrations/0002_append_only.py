"""What the database itself keeps: audit rows are only ever inserted, with its own clock; new events wake the relay."""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION crewline_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION crewline_stamp_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER audit_stamp BEFORE INSERT ON workforce_auditevent
    FOR EACH ROW EXECUTE FUNCTION crewline_stamp_audit();
CREATE TRIGGER audit_event_stays BEFORE UPDATE OR DELETE ON workforce_auditevent
    FOR EACH ROW EXECUTE FUNCTION crewline_refuse_change();
CREATE TRIGGER audit_event_table_stays BEFORE TRUNCATE ON workforce_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION crewline_refuse_change();
CREATE TRIGGER audit_seal_stays BEFORE UPDATE OR DELETE ON workforce_auditseal
    FOR EACH ROW EXECUTE FUNCTION crewline_refuse_change();
CREATE TRIGGER audit_seal_table_stays BEFORE TRUNCATE ON workforce_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION crewline_refuse_change();
"""
REMOVE_APPEND_ONLY = """
DROP TRIGGER audit_stamp ON workforce_auditevent;
DROP TRIGGER audit_event_stays ON workforce_auditevent;
DROP TRIGGER audit_event_table_stays ON workforce_auditevent;
DROP TRIGGER audit_seal_stays ON workforce_auditseal;
DROP TRIGGER audit_seal_table_stays ON workforce_auditseal;
DROP FUNCTION crewline_stamp_audit();
DROP FUNCTION crewline_refuse_change();
"""
WAKE_RELAY = """
CREATE FUNCTION crewline_wake_relay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('crewline_events', '');
    RETURN NULL;
END $$;
CREATE TRIGGER event_wakes_relay AFTER INSERT ON workforce_event
    FOR EACH STATEMENT EXECUTE FUNCTION crewline_wake_relay();
"""
LET_RELAY_SLEEP = """
DROP TRIGGER event_wakes_relay ON workforce_event;
DROP FUNCTION crewline_wake_relay();
"""


class Migration(migrations.Migration):
    dependencies = [("workforce", "0001_initial")]

    operations = [
        migrations.RunSQL(APPEND_ONLY, REMOVE_APPEND_ONLY),
        migrations.RunSQL(WAKE_RELAY, LET_RELAY_SLEEP),
    ]
