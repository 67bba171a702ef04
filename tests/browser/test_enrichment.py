"""Creators of real works get ORCID iDs in a browser: works chosen, names answered, written, harvested as `$1`, taken back.

SHEAF_TEST_ENRICHED is the number of works (200 in the long runs), SHEAF_TEST_SHOTS a folder for pictures of the pages.
"""

import asyncio
import io
import json
import os
import re
from collections.abc import Iterator
from html import unescape
from itertools import islice
from pathlib import Path
from urllib.request import urlopen

import pytest
import zstandard
from selenium import webdriver
from selenium.webdriver.common.by import By
from ulid import ULID

from server.audit.log import OPERATOR
from server.enrichment import asking, store
from server.enrichment.kind import KIND, PublicApi
from server.enrichment.store import Tally
from server.identifiers.model import Pace
from server.profiles import keeping
from server.profiles.model import Naming
from server.records import store as records
from server.records.model import Agent, Dates, Identifier, Record, Text
from tests.browser.conftest import OWN, Site
from tests.browser.hands import Pointer
from tests.browser.test_pages import complaints, wait_for
from tests.conftest import PASSWORD, SHARED
from tests.fakes.orcid_public import CLIENT, SECRET, FakePublicOrcid, Post, Somebody, Work
from tests.writers import Writer

pytestmark = pytest.mark.browser

ACL = SHARED / "data" / "records" / "acl" / "acl-anthology-open.jsonl.zst"
WORKS = int(os.environ.get("SHEAF_TEST_ENRICHED") or 24)
SHOTS = os.environ.get("SHEAF_TEST_SHOTS", "")


def acl(number: int) -> list[Record]:
    """The first works of the anthology that have a DOI."""
    with ACL.open("rb") as raw:
        lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(raw), "utf-8")
        found = (json.loads(line) for line in lines if '"doi"' in line and '"creators"' in line)
        return [
            Record(
                type="conference.conferencePaper",
                title=Text(value=row["title"]),
                creators=tuple(Agent(family=who["family"], given=who.get("given", "")) for who in row["creators"]),
                dates=Dates(issued=row.get("date", str(row["year"]))),
                identifiers=(Identifier(scheme="doi", value=row["doi"]),),
            )
            for row in islice((row for row in found if all(who.get("family") for who in row["creators"])), number)
        ]


def iri(number: int) -> str:
    """An iD with the right check character from a block nobody is given iDs of."""
    digits, total = f"00000000{number:07d}", 0
    for mark in digits:
        total = (total + int(mark)) * 2
    check = (12 - total % 11) % 11
    whole = digits + ("X" if check == 10 else str(check))
    return "-".join(whole[place : place + 4] for place in range(0, 16, 4))


def known(works: list[Record]) -> list[Somebody]:
    """People of the works' names at the simulated ORCID: two in three; half of them say that a work is theirs, some have a namesake."""
    made: dict[str, Work] = {}
    for work in works:
        for agent in work.creators:
            made.setdefault(agent.label, Work(work.title.value, work.identifier("doi")))
    people = []
    for number, (label, work) in enumerate(made.items()):
        family, _, given = label.partition(", ")
        if number % 3 == 2:
            continue
        posts = (Post("Abbey of St Thomas"), Post("Realschule Znojmo", ended="1998"))
        people.append(Somebody(iri(10 * number), given, family, posts=posts, works=(work,) if number % 2 else ()))
        if number % 5 == 0:
            people.append(Somebody(iri(10 * number + 1), given, family, posts=(Post("University of Vienna"),)))
    return people


class Visit(Pointer):
    """Somebody at the pages of the enrichment."""

    def shot(self, name: str, width: int = 1280) -> None:
        """Keep a picture of the page, as a desk or a phone shows it; no page is wider than the phone."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        assert self.browser.execute_script("return document.documentElement.scrollWidth") <= width, name
        if SHOTS:
            height = min(self.browser.execute_script("return document.documentElement.scrollHeight"), 6000)
            self.browser.set_window_size(width, height)
            size["height"] = height
            self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            self.browser.save_screenshot(str(Path(SHOTS) / f"enrich-{name}-{width}.png"))
        self.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    @property
    def page(self) -> str:
        return self.browser.page_source

    def typed(self) -> int:
        """Type the number the page asks for, and return it."""
        count = re.search(r"Type (\d+)", self.browser.find_element(By.ID, "count-help").text)[1]
        self.write("count", count)
        return int(count)


def drained(site: Site) -> None:
    """Let the worker do all that is due."""
    asyncio.run_coroutine_threadsafe(site.house.worker.drain(), site.loop).result(600)


def harvested(site: Site) -> str:
    """All records as MARC 21, as a harvester gets them."""
    found, query = "", "verb=ListRecords&metadataPrefix=marcxml"
    while query:
        with urlopen(f"{site.url}/oai?{query}") as answer:  # loopback
            page = answer.read().decode()
        token = re.search(r"<resumptionToken[^>]*>([^<]+)</resumptionToken>", page)
        found, query = found + page, f"verb=ListRecords&resumptionToken={token[1]}" if token else ""
    return found


@pytest.fixture
def works(site: Site, browser: webdriver.Chrome, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Record]]:
    """The works are published, the simulator knows their people, its profile is made, and the administrator is logged in."""
    monkeypatch.setattr(asking, "PACE", Pace(100_000, 1.0, 100_000))  # the simulator takes whatever comes
    found, house = acl(WORKS), site.house
    fake = FakePublicOrcid(*known(found))
    site.do(fake.start())
    writer = Writer(house.database, house.press, house.clock)
    for work in found:
        site.do(writer.put(str(ULID()), work))
    api = PublicApi(client_id=CLIENT, client_secret=SECRET, environment="sandbox", endpoint=fake.url)
    naming = Naming(profile_name="ORCID search")
    site.do(house.keeper.do(keeping.make, house.keeper.desk, KIND, naming, api, OPERATOR))
    browser.get(f"{site.url}/login")
    visit = Visit(browser)
    visit.write("name", "admin")
    visit.write("password", PASSWORD)
    visit.press("Log in")
    wait_for(browser, "/admin")
    yield found
    site.do(fake.stop())


def drafts(site: Site) -> int:
    """The places of the site's own drafts, which no harvester sees, that an iD was written to."""
    works = [site.do(site.house.database.read(records.get, number)) for number in (OWN, f"{OWN[:-1]}N")]
    return sum(bool(work.record.creators[0].id_of("orcid")) for work in works)


def tallied(site: Site) -> Tally:
    return site.do(site.house.database.read(store.tally, 1))


@pytest.mark.skipif(not ACL.exists(), reason="needs the ACL Anthology's records in SHEAF_SHARED")
@pytest.mark.timeout(900)
def test_creators_get_their_ids_and_lose_them_again(site: Site, browser: webdriver.Chrome, works: list[Record]) -> None:
    visit = Visit(browser)
    gathered(site, visit)
    answered(site, visit)
    tally = tallied(site)
    assert tally.chosen > 0
    visit.follow("Answered")
    visit.shot("answered")
    visit.follow("Write what is chosen …")
    count = visit.typed()
    visit.shot("write")
    visit.press("Write them")
    drained(site)
    browser.refresh()
    visit.shot("job")
    assert complaints(browser) == []

    writings = tallied(site).writings
    assert writings >= tally.chosen
    fields = re.findall(r'<datafield tag="(?:100|700)"[^>]*>(.*?)</datafield>', harvested(site))
    assert len([inner for inner in fields if '<subfield code="1">https://orcid.org/' in inner]) == writings - drafts(site)
    headings = {unescape(inner.partition("</subfield>")[0].partition(">")[2]) for inner in fields}
    assert headings == {agent.label for work in works for agent in work.creators}, "the headings are as they were"
    print(f"{len(works)} works: {tally}; {count} works written, {writings} $1 harvested")

    browser.get(f"{site.url}/admin/enrich/1")
    visit.follow("Take back what was written …")
    assert visit.typed() == count
    visit.shot("undo", 390)
    visit.press("Take them back")
    drained(site)
    assert "orcid.org" not in harvested(site)
    assert tallied(site).writings == 0


def gathered(site: Site, visit: Visit) -> None:
    """Choose all works and let the search run; look at the names on a desk and on a phone."""
    browser = visit.browser
    browser.get(f"{site.url}/admin/enrich")
    visit.shot("home")
    visit.write("query", "All works")
    visit.press("Look at these works …")
    visit.shot("choose")
    visit.press("Begin")
    wait_for(browser, "/admin/enrich/1")
    visit.shot("begun")
    drained(site)
    browser.get(f"{site.url}/admin/enrich/1")
    visit.shot("names")
    visit.shot("names", 390)
    assert "(Abbey of St Thomas)" in visit.page
    assert "Realschule" not in browser.find_element(By.CSS_SELECTOR, ".candidate strong").text


def answered(site: Site, visit: Visit) -> None:
    """Choose what is strong everywhere, then by hand the likeliest of those that are open on the first page."""
    visit.press("Choose what is strong for all open names")
    visit.follow("Open, with candidates")
    for radio in visit.browser.find_elements(By.CSS_SELECTOR, ".who .candidate:first-child input[type=radio]"):
        visit.tick(radio)
    visit.shot("chosen")
    visit.press("Keep the answers")
