"""What the page of an unexpected error (DEBUG=1, or a letter to the operator) must not show."""

from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

# Here addresses, keys and tokens stand in plain variables for a moment.
SILENT = (
    "workforce.storage_providers",
    "http.client",
    "boto3",
    "botocore",
    "azure",
    "msal",
    "google",
    "requests",
    "urllib3",
)


class WithoutStorageSecrets(SafeExceptionReporterFilter):
    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: FrameType) -> Any:
        module = str(tb_frame.f_globals.get("__name__", ""))
        if any(module == name or module.startswith(f"{name}.") for name in SILENT):
            return [(name, "…") for name in tb_frame.f_locals]
        return super().get_traceback_frame_variables(request, tb_frame)
