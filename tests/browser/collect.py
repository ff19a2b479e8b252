"""``python -m tests.browser.collect``: the static files with their hashed names, but not compressed: nobody downloads
them from afar here, and squeezing 1,500 files would be most of the start."""

import os

import django
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from config.static_storage import ModuleAwareStorage  # noqa: E402  (settings come first)

ModuleAwareStorage.post_process_with_compression = lambda self, files: files
call_command("collectstatic", interactive=False, verbosity=0)
