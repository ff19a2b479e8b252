"""`manage.py score`: the same functions on files."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

ROOT = Path(__file__).resolve().parents[2]
LINES = [
    {"asset": "a", "labeler": "ada", "features": [{"feature": "car", "kind": "box", "value": [0, 0, 10, 10]}]},
    {"asset": "a", "labeler": "leo", "features": [{"feature": "car", "kind": "box", "value": [5, 0, 15, 10]}]},
]
BAD = {"asset": "a", "labeler": "mia", "features": [{"feature": "car", "kind": "box", "value": [0, 0, -1, 10]}]}


@pytest.fixture
def write(tmp_path):
    def written(*lines):
        file = tmp_path / "labels.jsonl"
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return file

    return written


# No test here has a database: pytest-django refuses every query.


def test_the_result_goes_to_standard_output(write, capsys):
    call_command("score", str(write(*LINES)))
    printed = capsys.readouterr()
    assert json.loads(printed.out)["assets"]["a"]["consensus"] == pytest.approx(1 / 3)
    assert printed.err == ""


def test_or_to_a_file(write, tmp_path, capsys):
    call_command("score", str(write(*LINES)), out=tmp_path / "result.json")
    assert capsys.readouterr().out == ""
    assert json.loads((tmp_path / "result.json").read_text())["project"]["n_assets"] == 1


def test_bad_lines_are_named_counted_and_left_out(write, capsys):
    with pytest.raises(CommandError, match=r"^2 lines were left out\.$"):
        call_command("score", str(write(*LINES, BAD, {})))
    printed = capsys.readouterr()
    assert printed.err.splitlines() == [
        "line 3: features[0].value: a box needs x_min <= x_max and y_min <= y_max, not [0.0, 0.0, -1.0, 10.0]",
        "line 4: features: a label needs a list of features, or skipped",
    ]
    assert json.loads(printed.out)["assets"]["a"]["n"] == 2


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CommandError, match=r"nowhere\.jsonl"):
        call_command("score", str(tmp_path / "nowhere.jsonl"))
    with pytest.raises(CommandError, match="nowhere"):
        call_command("score", os.devnull, out=tmp_path / "nowhere" / "result.json")


def test_it_needs_no_database_and_no_server(write, tmp_path):
    """In a process of its own, where no server is and none could be reached."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "CREWLINE_HOME": str(tmp_path / "home")}
    environment |= {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0"}
    command = [sys.executable, str(ROOT / "manage.py"), "score", str(write(*LINES, BAD))]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout)["project"]["n_lines_left_out"] == 1
    assert done.stderr.splitlines()[-1] == "CommandError: 1 line was left out."
