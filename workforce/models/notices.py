"""Notices: what happened that concerns a person, one row for a person, a thing and a topic while it is unread."""

from django.conf import settings
from django.db import models

from workforce.models.organizations import Organization
from workforce.models.uids import ClockTimestamp, Identified


class NoticeGroup(models.TextChoices):
    """What a person chooses letters for."""

    ANSWERS = "answers", "Answers to my questions"
    MENTIONS = "mentions", "Mentions and what is given to me"
    WORK = "work", "What was said about my work"
    GUIDELINES = "guidelines", "New guidelines"
    VOTES = "votes", "Votes on proposals"
    THREADS = "threads", "Other comments where I wrote too"


class Notice(Identified):
    """No words of anybody: they are read from the thing when somebody may read it. Something more of the same topic
    makes an unread row a new one: another primary key, so that lists by key show it first, and the same uid."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="notices")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    topic = models.CharField(max_length=40)
    group = models.CharField(max_length=12, choices=NoticeGroup)
    # What it is about, by the name under which its floor registered such things, and its uid.
    thing_kind = models.CharField(max_length=20)
    thing = models.UUIDField()
    # Who did it last; nobody where the machine did.
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    count = models.PositiveIntegerField(default=1)
    made_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    last_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    read_at = models.DateTimeField(null=True)
    # Since when it waits for a letter; the letter that has taken it, and when that one went out.
    waits_since = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    letter = models.UUIDField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "thing", "topic"],
                condition=models.Q(read_at=None),
                name="one_unread_notice_of_a_topic",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-id"], name="notices_newest_first"),
            models.Index(fields=["read_at"], condition=models.Q(read_at__isnull=False), name="notices_to_forget"),
            models.Index(
                fields=["person", "organization", "group"],
                condition=models.Q(read_at=None, letter=None),
                name="notices_without_a_letter",
            ),
            models.Index(fields=["letter"], condition=models.Q(letter__isnull=False), name="notices_of_a_letter"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.person_id}"


class NoticePreference(models.Model):
    """What a person said about one group; who said nothing has the default of the house."""

    class Mail(models.TextChoices):
        AT_ONCE = "at_once", "At once"
        HOURLY = "hourly", "Every hour"
        DAILY = "daily", "Once a day"
        NEVER = "never", "Never"

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_preferences")
    group = models.CharField(max_length=12, choices=NoticeGroup)
    mail = models.CharField(max_length=8, choices=Mail)
    in_page = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "group"], name="one_preference_of_a_group")]

    def __str__(self) -> str:
        return f"{self.group} for {self.person_id}: {self.mail}"


class LetterTime(models.Model):
    """When a person's daily letter goes out. No time zone: that of the organization whose letter it is."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="letter_time")
    hour = models.PositiveSmallIntegerField(default=8)
    time_zone = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(hour__lt=24), name="an_hour_of_the_day")]

    def __str__(self) -> str:
        return f"letters of {self.person_id} at {self.hour}"
