"""Where letters go while no mail server is configured: files that only the one who runs Crewline can read."""

import os
from typing import Any

from django.conf import settings
from django.core.mail.backends import filebased


class PrivateFiles(filebased.EmailBackend):
    """A letter may hold a link that resets a password: its folder is closed to others, and no log shows it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        os.makedirs(settings.EMAIL_FILE_PATH, mode=0o700, exist_ok=True)
        super().__init__(*args, **options)
