"""Datasets: where data rows live before and after any project."""

from django.db import transaction

from labeling.models import Dataset
from workforce import access, audit
from workforce.errors import RuleViolation
from workforce.models import Organization, Person
from workforce.roles import Permission


@transaction.atomic
def create_dataset(actor: Person, organization: Organization, *, name: str, description: str = "") -> Dataset:
    access.require(actor, Permission.MANAGE_DATASET, organization)
    if Dataset.objects.filter(organization=organization, name=name).exists():
        raise RuleViolation("dataset_name_taken", f"There is a dataset called {name} already.")
    dataset = Dataset.objects.create(organization=organization, name=name, description=description, created_by=actor)
    audit.record(actor, "dataset.created", dataset, after={"name": name})
    return dataset
