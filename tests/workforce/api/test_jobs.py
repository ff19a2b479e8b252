"""Jobs through the API: moving numbers for those who may see them."""

import pytest
from django.urls import reverse

from tests.cast import Cast
from tests.labeling.api.hands import signed_in
from workforce.jobs import Refused, begin, end, note_chunk, set_total, start_job
from workforce.models import Job

pytestmark = pytest.mark.django_db


def test_a_job_shows_how_far_it_is(cast: Cast) -> None:
    job = start_job(cast.max, cast.home, kind="import", task="t", settings={"already_there": 2})
    path = reverse("api-job", args=[job.uid])
    running = begin(str(job.uid))
    assert running is not None
    set_total(running, 10)
    note_chunk(running, cursor=5, done=2, refused=[Refused(1, "bad", "Bad.")])
    shown = signed_in(cast.ada).get(path).json()
    wanted = {"state": "running", "total_count": 10, "looked_at_count": 5, "done_count": 2, "refused_count": 1}
    assert wanted.items() <= shown.items() and shown["already_there_count"] == 2
    end(running, state=Job.State.FAILED, error="why")
    assert signed_in(cast.ada).get(path).json()["error"] == "why"
    assert "settings" not in shown and "id" not in shown
