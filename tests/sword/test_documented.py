"""The entry that the documentation shows is taken as it stands there, and every packaging that is taken stands in it."""

import re
from pathlib import Path

from aiohttp.test_utils import TestClient

from server.sword.archives.entries import MOST_ENTRIES
from server.sword.package import packagings
from tests.conftest import Deposit

PAGE = Path(__file__).resolve().parents[2] / "docs" / "first-steps.md"


async def test_the_first_entry_of_the_documentation_is_published(client: TestClient, deposit: Deposit) -> None:
    (shown,) = re.findall(r"^```xml\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    number = await deposit(shown.encode())
    answer = await client.get(f"/items/{number}")
    assert answer.status == 200
    assert "Experiments on Plant Hybrids" in await answer.text()


def test_every_packaging_is_documented() -> None:
    page = (PAGE.parent / "depositing.md").read_text()
    assert not [packaging.iri for packaging in packagings() if f"`{packaging.iri}`" not in page]
    assert f"| entries of an archive | {MOST_ENTRIES:,} |" in page
