"""What a run was measured on."""

import os
import platform
from pathlib import Path


def processor() -> str:
    """Cores, their name and Python's version."""
    cpu = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), ":")
    return f"{os.cpu_count()} cores ({cpu.partition(':')[2].strip()}), Python {platform.python_version()}"
