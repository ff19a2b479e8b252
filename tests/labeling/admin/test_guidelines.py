"""The tab "Guidelines" of a project."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.models import GuidelineVersion
from tests.labeling.test_guidelines import publish
from tests.line import Line
from tests.workforce.admin.conftest import Enter

pytestmark = pytest.mark.django_db


def test_the_tab_publishes_and_shows_older_versions(line: Line, enter: Enter) -> None:
    address = f"/admin/projects/{line.project.uid}/guidelines/"
    client = enter("pia")
    body = {"after": "0", "text": "# One", "rule_uid": ["", ""], "rule_title": ["First", ""], "rule_text": ["a", "b"]}
    assert "holds now" in client.post(address, body, follow=True).content.decode()
    version = GuidelineVersion.objects.get()
    assert [rule["title"] for rule in version.rules] == ["First"]
    body = {
        "after": "1",
        "text": "# Two",
        "rule_uid": [version.rules[0]["uid"]],
        "rule_title": ["First"],
        "rule_text": [""],
    }
    client.post(address, body)
    assert "<h1>Two</h1>" in client.get(address).content.decode()
    assert "<h1>One</h1>" in client.get(f"{address}?version=1").content.decode()
    for bad in ("9", "x", "-1"):
        assert client.get(f"{address}?version={bad}").status_code == 404
    assert "in between" in client.post(address, body, follow=True).content.decode()
    assert enter("lena").get(address).status_code == 403


def test_the_tab_asks_the_same_at_any_number_of_versions(line: Line, enter: Enter) -> None:
    client, counts = enter("pia"), []
    for after in range(6):
        publish(line, after)
        if after in (1, 5):
            with CaptureQueriesContext(connection) as asked:
                client.get(f"/admin/projects/{line.project.uid}/guidelines/")
            counts.append(len(asked))
    assert counts[0] == counts[1]
