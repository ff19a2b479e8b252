"""The page on which the number of labelers is changed."""

import pytest
from django.urls import reverse

from labeling import overlap
from tests.line import Line
from tests.workforce.admin.conftest import Enter

pytestmark = pytest.mark.django_db


def test_the_page_shows_what_a_change_does_before_it_is_made(line: Line, enter: Enter) -> None:
    client, address = enter("pia"), reverse("admin:project-consensus", args=[line.project.uid])
    now = overlap.settings_in_words(overlap.overlap_of(line.project))
    form = {**{name: "" if value is None else value for name, value in now.items()}, "consensus_share": 100}
    form["version"] = form.pop("consensus_version")
    page = client.post(address, {**form, "preview": "1"}).content.decode()
    assert "What it does" in page and "8 opinions asked for" in page and line.slots().filter(state="open").count() == 4
    page = client.post(address, {**form, "apply": "1"}, follow=True).content.decode()
    assert "Changed. 8 more opinions" in page and line.slots().filter(state="open").count() == 12
    # The preview of before does not hold any more.
    late = client.post(address, {**form, "consensus_share": 0, "apply": "1"})
    assert (
        late.status_code == 422
        and "since you looked" in late.content.decode()
        and line.slots().filter(state="open").count() == 12
    )
    batch = line.project.batches.get()
    page = client.post(f"{address}?batch={batch.uid}", {"consensus_labels": 2, "apply": "1"}, follow=True)
    assert "4 queued ones are cancelled" in page.content.decode() and line.slots().filter(state="open").count() == 8
