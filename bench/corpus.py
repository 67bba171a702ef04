"""A data folder full of works: the ACL Anthology, as often under other names as it takes, brought in by `sheaf import`."""

import os
import subprocess
import sys
import time
from pathlib import Path

from bench import acl

URL = os.environ.get("SHEAF_BASE_URL") or "https://repository.example.org"
"""The address the works of the data folder are known by; another would have them all rendered anew."""


def imported(folder: Path, count: int) -> Path:
    """Import so many records into a fresh data folder and say how fast that was. Ends the program where they are not at hand."""
    shared = Path(os.environ.get("SHEAF_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    source = shared / "data" / "records" / "acl" / "acl-anthology-open.jsonl.zst"
    if not source.exists():
        sys.exit(
            f"The ACL records are not there: {source}. Set SHEAF_SHARED, or name a data folder that holds works with --data."
        )
    lines, data = folder / "acl.jsonl.zst", folder / "data"
    acl.write(source, lines, count)
    begun = time.perf_counter()
    environment = {**os.environ, "SHEAF_DATA": str(data), "SHEAF_BASE_URL": URL, "SHEAF_EXAMPLES": "false"}
    command = [sys.executable, "-m", "server", "import", str(lines)]
    subprocess.run(command, check=True, env=environment, capture_output=True)
    print(f"imported {count:,} records in {time.perf_counter() - begun:.0f} s")
    lines.unlink()
    return data
