"""The one JSON gate, at the API's door."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework.parsers import BaseParser

from workforce.errors import InvalidInput, TooLarge
from workforce.json_gate import JsonFault, load_json


class GatedJSONParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        try:
            return load_json(raw, max_bytes=limit)
        except JsonFault as fault:
            refusal = TooLarge if fault.code == "too_large" else InvalidInput
            raise refusal(fault.code, fault.message, path=fault.position) from fault
