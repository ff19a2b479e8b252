"""Where letters go: a server named by one variable, or files that only their owner reads."""

import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage, get_connection

from config import env


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("smtp://crew:p%40ss@mail.example.org", ("mail.example.org", 587, "crew", "p@ss", True, False)),
        ("smtps://crew:x@mail.example.org:4650", ("mail.example.org", 4650, "crew", "x", False, True)),
        ("smtp+plain://localhost", ("localhost", 25, "", "", False, False)),
    ],
)
def test_a_server_is_read_from_one_variable(value: str, expected: tuple[Any, ...], monkeypatch: Any) -> None:
    monkeypatch.setenv("EMAIL_URL", value)
    found = env.mail_server("EMAIL_URL")
    assert tuple(found[key] for key in ("host", "port", "user", "password", "starttls", "ssl")) == expected


@pytest.mark.parametrize("value", ["mail.example.org", "http://u:secret@x", "smtp://", "smtp://u:secret@x:notaport"])
def test_a_bad_server_stops_the_start_and_shows_no_password(value: str, monkeypatch: Any) -> None:
    monkeypatch.setenv("EMAIL_URL", value)
    with pytest.raises(env.BadEnvironment) as stopped:
        env.mail_server("EMAIL_URL")
    assert "EMAIL_URL" in str(stopped.value) and "secret" not in str(stopped.value)


def test_without_a_server_letters_are_private_files(tmp_path: Path, settings: Any) -> None:
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    assert env.mail_server("EMAIL_URL_THAT_IS_NOT_SET") == {}
    letter = EmailMessage("Hello", "a link", to=["a@example.org"])
    get_connection("config.mail.PrivateFiles").send_messages([letter])
    (written,) = (tmp_path / "mail").iterdir()
    assert "a link" in written.read_text()
    assert stat.S_IMODE((tmp_path / "mail").stat().st_mode) == 0o700
