"""Score the labels of a file, without database or server."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from quality.agreement.score_file.result import score_lines


class Command(BaseCommand):
    help = "Score labels from a JSON Lines file; docs/measures.md describes the format. Asks no database."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="one label a line, the first line perhaps ontology and settings")
        parser.add_argument("--out", type=Path, help="where to write the result (standard output without it)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with options["file"].open("rb") as lines:
                result, faults = score_lines(lines)
            text = json.dumps(result, indent=1, allow_nan=False)
            if options["out"] is None:
                self.stdout.write(text)
            else:
                options["out"].write_text(text + "\n")
        except OSError as error:
            raise CommandError(str(error)) from error
        for fault in faults:
            self.stderr.write(str(fault), self.style.NOTICE)
        if faults:
            count = result["project"]["n_lines_left_out"]
            raise CommandError("1 line was left out." if count == 1 else f"{count} lines were left out.")
