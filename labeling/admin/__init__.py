"""The admin's pages of the work: projects with their tabs, labels, datasets, ontologies."""

from labeling.admin import (  # noqa: F401  (each adds its pages)
    access_explained,
    batches,
    datasets,
    guidelines,
    labels,
    ontologies,
    overlap,
    person_projects,
    presence,
    project_access,
    project_person,
    project_templates,
    projects,
    queue,
    recertification,
)
