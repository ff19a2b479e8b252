"""The README's production variables pass Django's deployment checks without a warning; one database role or a
missing keyring does not."""

import os
import secrets
import subprocess
import sys

PRODUCTION = {
    "HTTPS": "1",
    "ALLOWED_HOSTS": "crew.example.org",
    "DATABASE_URL": "postgresql://crewline_app@database/crewline",
    "DATABASE_OWNER_URL": "postgresql://crewline_owner@database/crewline",
    "SEALING_KEYS": "first:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
}


def check_deploy(**changes: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **PRODUCTION, "SECRET_KEY": secrets.token_urlsafe(60), **changes}
    # The test process sets it for its browser driver; nobody does in production.
    environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_production_variables_are_clean() -> None:
    done = check_deploy()
    assert done.returncode == 0, done.stderr


def test_one_database_role_for_everything_and_a_missing_keyring_are_named() -> None:
    done = check_deploy(DATABASE_OWNER_URL="", SEALING_KEYS="")
    assert done.returncode != 0
    assert "crewline.W001" in done.stderr and "crewline.W002" in done.stderr
