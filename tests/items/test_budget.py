"""What a page costs whoever opens it: below 60 kB with its one style sheet, and nothing else but its sign."""

import re

from aiohttp.test_utils import TestClient

from server.house import House
from tests.items.kinds import SOME, SPARSE, of_type
from tests.items.test_pages import publish

BUDGET = 60_000


async def test_every_kind_of_page_keeps_to_its_budget(client: TestClient, house: House) -> None:
    for place, record in enumerate([*(of_type(code) for code in SOME), SPARSE]):
        number = await publish(house, record, f"01J0000000000000000000{place:04}")
        page = await (await client.get(f"/items/{number}")).text()
        sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
        assert len(sheets) == 1
        fetched = re.findall(r'<img[^>]* src="([^"]+)"', page) + re.findall(r'<link rel="icon" href="([^"]+)"', page) + sheets
        assert len(set(fetched)) == 2, "the style sheet, and the sign of the site"
        total = len(page.encode()) + sum([len(await (await client.get(address)).read()) for address in set(fetched)])
        assert total < BUDGET, record.type
        assert not re.search(r'<script(?! type="application/ld\+json")|@import|url\(', page)
