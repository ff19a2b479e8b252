from django.urls import path

from labeling.api import data_rows, datasets, exports, imports, jobs, labels, ontologies, pictures, projects, queue

urlpatterns = [
    path("projects/", projects.Projects.as_view(), name="api-projects"),
    path("projects/<uuid:uid>/", projects.ProjectByUid.as_view(), name="api-project"),
    path("projects/<uuid:uid>/batches/", projects.BatchesOfProject.as_view(), name="api-project-batches"),
    path("batches/<uuid:uid>/", projects.BatchByUid.as_view(), name="api-batch"),
    path("projects/<uuid:uid>/labels/", labels.LabelsOfProject.as_view(), name="api-project-labels"),
    path("projects/<uuid:uid>/export/", exports.ExportOfProject.as_view(), name="api-project-export"),
    path("projects/<uuid:uid>/imports/", imports.ImportsOfProject.as_view(), name="api-project-imports"),
    path("ontologies/", ontologies.Ontologies.as_view(), name="api-ontologies"),
    path("ontologies/<uuid:uid>/", ontologies.OntologyByUid.as_view(), name="api-ontology"),
    path("ontologies/<uuid:uid>/versions/", ontologies.VersionsOfOntology.as_view(), name="api-ontology-versions"),
    path("datasets/", datasets.Datasets.as_view(), name="api-datasets"),
    path("datasets/<uuid:uid>/", datasets.DatasetByUid.as_view(), name="api-dataset"),
    path("datasets/<uuid:uid>/data-rows/", data_rows.DataRowsOfDataset.as_view(), name="api-dataset-data-rows"),
    path("datasets/<uuid:uid>/pictures/", data_rows.PicturesOfDataset.as_view(), name="api-dataset-pictures"),
    path("datasets/<uuid:uid>/imports/", imports.ImportsOfDataset.as_view(), name="api-dataset-imports"),
    path("jobs/<uuid:uid>/problems/", jobs.ProblemsOfJob.as_view(), name="api-job-problems"),
    path("projects/<uuid:uid>/claim/", queue.Claim.as_view(), name="api-claim"),
    path("projects/<uuid:uid>/claim-review/", queue.ClaimReview.as_view(), name="api-claim-review"),
    path("rows/<uuid:uid>/picture/", pictures.PictureOfRow.as_view(), name="api-row-picture"),
    path("slots/<uuid:uid>/heartbeat/", queue.Heartbeat.as_view(), name="api-slot-heartbeat"),
    path("slots/<uuid:uid>/draft/", queue.DraftOfSlot.as_view(), name="api-slot-draft"),
    path("slots/<uuid:uid>/submit/", queue.Submit.as_view(), name="api-slot-submit"),
    path("slots/<uuid:uid>/skip/", queue.Skip.as_view(), name="api-slot-skip"),
    path("slots/<uuid:uid>/release/", queue.Release.as_view(), name="api-slot-release"),
]
