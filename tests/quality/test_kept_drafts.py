"""The list of kept drafts on My issues, and the cell of Home that leads to it."""

import pytest
from django.test import Client
from django.urls import reverse

from labeling import drafts, kept_drafts, queue
from labeling.models import Draft
from tests.cast import Cast
from tests.labeling.test_kept_drafts import type_on
from tests.labeling.test_queue import expire, lease
from tests.line import Line, make_line, payload
from tests.quality.test_review import decide, hold, label_row, mended, review_slot
from workforce.models import Person

pytestmark = pytest.mark.django_db


def page(person: Person, name: str) -> str:
    client = Client()
    client.force_login(person)
    return client.get(reverse(name)).content.decode()


def test_home_counts_every_draft_and_leads_to_them(cast: Cast) -> None:
    line = make_line(cast, rows=8)
    Draft.objects.bulk_create(
        Draft(project_row_id=row, person=cast.lena, ontology_version=line.ontology, payload=payload())
        for row in line.slots().values_list("project_row", flat=True)
    )
    shown = page(cast.lena, "home")
    assert '<a class="cl-link" href="/my-issues/#drafts">8</a>' in shown
    assert page(cast.lena, "my-issues").count("data-draft") == 8


def test_a_draft_is_opened_where_it_was_typed(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    type_on(line.cast.lena, slot)
    expire(slot)
    shown = page(line.cast.lena, "my-issues")
    assert f'href="/projects/{line.project.uid}/label/?wanted={slot.uid}"' in shown
    assert "row-00000" in shown and "It is free." in shown and "<li>Car 1</li>" in shown
    client = Client()
    client.force_login(line.cast.lena)
    editor = reverse("label", args=[line.project.uid])
    assert client.get(editor, {"wanted": str(slot.uid)}).context["editor_page"]["wanted"] == str(slot.uid)
    assert client.get(editor, {"wanted": "<b>"}).context["editor_page"]["wanted"] is None


def test_a_fix_is_opened_until_somebody_decided(cast: Cast) -> None:
    line = make_line(cast)
    label = label_row(line.cast.lena, line)
    slot = hold(line.cast.rita, review_slot(label))
    queue.keep_leases(line.cast.rita, str(slot.uid), slot.lease_token or 0, has_input=True)
    drafts.save_draft(line.cast.rita, str(slot.uid), base_revision=0, payload=mended(label), tab="a", version=1)
    expire(slot)
    assert f'href="/projects/{line.project.uid}/review/?wanted={slot.uid}"' in page(line.cast.rita, "my-issues")
    decide(line.cast.eva, hold(line.cast.eva, slot))
    (kept,) = kept_drafts.kept_drafts(line.cast.rita)
    assert (kept.became, kept.wanted) == ("Someone else decided about this label.", None)
