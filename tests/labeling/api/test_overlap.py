"""The settings of overlap over HTTP."""

import pytest
from django.urls import reverse

from tests.labeling.api.hands import signed_in
from tests.line import Line

pytestmark = pytest.mark.django_db


def test_the_api_previews_and_changes(line: Line) -> None:
    client = signed_in(line.cast.pia)
    path, preview = (
        reverse(name, args=[line.project.uid]) for name in ("api-project-consensus", "api-project-consensus-preview")
    )
    told = client.post(preview, {"consensus_share": 100, "consensus_most_extra": 2}).json()
    assert (told["more"], told["extra"], told["minutes"], told["cost"], told["version"]) == (8, 8, None, None, 1)
    assert client.patch(path, {"consensus_share": 100, "version": told["version"]}).json()["more"] == 8
    stale = client.patch(path, {"consensus_share": 0, "version": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "settings_moved_on")
    batch = line.project.batches.get()
    assert client.patch(path, {"batch": str(batch.uid), "consensus_labels": 2}).json()["fewer"] == 4
    shown = client.get(path).json()
    assert (shown["consensus_share"], shown["consensus_labels"], shown["consensus_version"]) == (100, 3, 3)
    assert [(one["name"], one["consensus_labels"], one["own"]) for one in shown["batches"]] == [
        ("first", 2, ["consensus_labels"])
    ]
    assert client.patch(path, {"batch": str(line.project.uid), "consensus_labels": 2}).status_code == 404
