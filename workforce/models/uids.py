"""The public name of a thing. Primary keys never leave the server; ``uid`` stands in addresses, answers and files."""

import uuid

from django.db import models
from django.db.models import Func


class ClockTimestamp(Func):
    """The database's clock at this moment; ``now()`` stands still inside a transaction."""

    function = "clock_timestamp"
    output_field = models.DateTimeField()


class Identified(models.Model):
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True
