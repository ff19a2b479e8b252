"""Ontologies: what may be said about a data row. A change makes a new version; a version never changes."""

import uuid
from typing import Any

from django.db import transaction

from labeling.annotations.ontology import InvalidOntology, parse_ontology
from labeling.annotations.ontology import Ontology as ParsedOntology
from labeling.annotations.ontology_completion import complete_ontology
from labeling.faults import refuse_faults
from labeling.models import Ontology, OntologyVersion
from workforce import access, audit
from workforce.errors import InvalidInput, NotFound, RuleViolation
from workforce.models import Organization, Person
from workforce.roles import Permission

_parsed: dict[uuid.UUID, ParsedOntology] = {}


@transaction.atomic
def create_ontology(actor: Person, organization: Organization, *, name: str, document: Any) -> OntologyVersion:
    """A new ontology with its first version. Missing uids, colours and hotkeys are filled in."""
    access.require(actor, Permission.MANAGE_ONTOLOGY, organization)
    if Ontology.objects.filter(organization=organization, name=name).exists():
        raise RuleViolation("ontology_name_taken", f"There is an ontology called {name} already.")
    ontology = Ontology.objects.create(organization=organization, name=name)
    return _add_version(actor, ontology, document, number=1)


@transaction.atomic
def revise_ontology(actor: Person, ontology: Ontology, *, document: Any) -> OntologyVersion:
    """The next version. Leases given before keep the version they were given with."""
    ontology = Ontology.objects.select_for_update().get(pk=ontology.pk)
    access.require(actor, Permission.MANAGE_ONTOLOGY, ontology)
    newest = ontology.versions.latest("number")
    return _add_version(actor, ontology, document, number=newest.number + 1)


def parsed(version: OntologyVersion) -> ParsedOntology:
    """The version's document, read once per process: versions never change."""
    found = _parsed.get(version.uid)
    if found is None:
        found = _parsed[version.uid] = parse_ontology(version.document)
    return found


def version_of(ontology: Ontology, number: str | None = None) -> OntologyVersion:
    """The version with this number as it stands in an address, or the newest."""
    if number is None:
        return ontology.versions.latest("number")
    found = ontology.versions.filter(number=number).first() if number.isdecimal() and len(number) < 9 else None
    if found is None:
        raise NotFound
    return found


def _add_version(actor: Person, ontology: Ontology, document: Any, *, number: int) -> OntologyVersion:
    if not isinstance(document, dict):
        raise InvalidInput("ontology_invalid", "An ontology is an object with the key features. Nothing was changed.")
    try:
        complete = complete_ontology(document, lambda: str(uuid.uuid4()))
        parse_ontology(complete)
    except InvalidOntology as invalid:
        refuse_faults(invalid.faults, "Nothing was changed.")
    version = OntologyVersion.objects.create(ontology=ontology, number=number, document=complete, made_by=actor)
    audit.record(actor, "ontology.version_made", ontology, after={"number": number})
    return version
