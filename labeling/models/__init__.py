from labeling.models.class_shares import ClassTally, ClassTotal, ShareLimit
from labeling.models.counters import Counter, CounterDelta
from labeling.models.datasets import DataRow, Dataset
from labeling.models.guidelines import Guideline, GuidelineReading, GuidelineVersion
from labeling.models.labels import Draft, Label, LabelVersion
from labeling.models.ontologies import Ontology, OntologyVersion
from labeling.models.pauses import DayLimit, Pause
from labeling.models.project_templates import ProjectTemplate
from labeling.models.projects import Project, ProjectPersonGrant, ProjectTeamGrant
from labeling.models.queue import Batch, ProjectRow, Slot
from labeling.models.work_time import WorkInterval, WorkSession

__all__ = [
    "Batch",
    "ClassTally",
    "ClassTotal",
    "Counter",
    "CounterDelta",
    "DataRow",
    "Dataset",
    "DayLimit",
    "Draft",
    "Guideline",
    "GuidelineReading",
    "GuidelineVersion",
    "Label",
    "LabelVersion",
    "Ontology",
    "OntologyVersion",
    "Pause",
    "Project",
    "ProjectPersonGrant",
    "ProjectRow",
    "ProjectTeamGrant",
    "ProjectTemplate",
    "ShareLimit",
    "Slot",
    "WorkInterval",
    "WorkSession",
]
