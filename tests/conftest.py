"""What every test needs before anything imports lxml: the catalogue that maps schema addresses to local copies."""

import os
from pathlib import Path

_SHARED = Path(os.environ.get("SHEAF_SHARED") or Path(__file__).resolve().parents[1] / ".." / "shared").resolve()
_CATALOG = _SHARED / "data" / "schemas" / "catalog.xml"
if _CATALOG.exists():
    os.environ["XML_CATALOG_FILES"] = str(_CATALOG)
