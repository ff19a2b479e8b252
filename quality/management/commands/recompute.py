"""``manage.py recompute <uid of a project> --as <e-mail>``: score it anew here and now, and print what moved."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from labeling.models import Project
from quality import recompute
from workforce.errors import Refusal
from workforce.models import Person


class Command(BaseCommand):
    help = "Score a project anew after a change of the method or the settings, and print what moved."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="uid of the project")
        parser.add_argument("--as", dest="actor", required=True, help="e-mail of who does it; needs the right to")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.select_related("organization").filter(uid=options["project"]).first()
        actor = Person.objects.filter(email=options["actor"]).first()
        if project is None or actor is None:
            raise CommandError("There is no such project, or no such person.")
        try:
            job = recompute.start_recompute(actor, project)
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        recompute.run_recompute(str(job.uid))
        job.refresh_from_db()
        for name, value in recompute.report_of(job).items():
            self.stdout.write(f"{name}: {value}")
        for moved in recompute.moved_by(job):
            name = moved.project_row.data_row.external_id
            self.stdout.write(f"{name}: {moved.score_before} to {moved.score_after}")
