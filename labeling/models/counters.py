"""Totals of a project. Requests insert deltas; the relay folds them, so that no two requests update one row."""

from django.db import models

from labeling.models.projects import Project


class CounterDelta(models.Model):
    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    name = models.CharField(max_length=40)
    amount = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.name} {self.amount:+}"


class Counter(models.Model):
    project = models.ForeignKey(Project, models.CASCADE, related_name="counters")
    name = models.CharField(max_length=40)
    value = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="counter_once")]

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"
