"""A DOI from the profile to the agency, in a browser without scripts: labels, preview, reserved, approved, refused, mended."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from server.identifiers import ledger
from server.identifiers.model import State
from tests.browser.conftest import Site
from tests.browser.hands import Pointer
from tests.browser.test_accessibility import AXE, RULES
from tests.browser.test_pages import complaints, text
from tests.conftest import PASSWORD
from tests.fakes.datacite import FakeDatacite, Mood
from tests.fakes.datacite_schema import XSD

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not XSD.exists(), reason="the stand-in for DataCite needs kernel 4.7 of SHEAF_SHARED"),
]

SHOTS = os.environ.get("SHEAF_TEST_SHOTS", "")
"""A folder in which pictures are kept, to be looked at."""
URL_FOR_A_NAME = "https://ror.org/02jx3x895"
SAID = "looks like a URL; put the name here and the ROR in its identifier"
WORDS = "The word Untersuchung stands on our list."


@pytest.fixture
def agency(site: Site) -> Iterator[FakeDatacite]:
    """A DataCite that takes no title with a certain word in it."""
    fake = FakeDatacite()
    fake.minds = [(b"Untersuchung", {"source": "titles", "title": WORDS})]
    site.do(fake.start())
    yield fake
    site.do(fake.stop())


class Visit(Pointer):
    """An administrator with scripts switched off. Every page is looked at: on a desk and on a phone, and by the rules of axe-core."""

    site: Site
    wrong: list[str]

    def scripts(self, *, run: bool) -> None:
        self.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not run})

    def sees(self, *words: str) -> None:
        page = text(self.browser, "main")
        for each in words:
            assert each in page, f"{each!r} is not in: {page}"

    def looks(self, name: str) -> None:
        for width in (1280, 390):
            size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
            self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            if SHOTS:
                height = self.browser.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]["height"]
                tall = size | {"height": int(min(height, 5000))}
                self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", tall)
                self.browser.save_screenshot(str(Path(SHOTS) / f"doi-{name}-{width}.png"))
                self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            self.scripts(run=True)  # ours, not the page's: it was loaded without
            too_wide = self.browser.execute_script("return document.documentElement.scrollWidth") - width
            self.wrong += [f"{name}: {too_wide} pixels wider than the screen"] * (too_wide > 0)
            if AXE.exists():
                self.browser.execute_script(AXE.read_text())
                found = self.browser.execute_async_script("axe.run(document, arguments[0]).then(arguments[1])", RULES)
                self.wrong += [f"{name}: {each['id']}: {each['nodes'][0]['html'][:160]}" for each in found["violations"]]
            self.scripts(run=False)
        self.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def label(self, number: int, group: str, code: str, label: str) -> None:
        """Fill in a label, for which the group of its type is unfolded."""
        for each in self.browser.find_elements(By.CSS_SELECTOR, f"[id='f-labels.{number}.types'] details:not([open]) > summary"):
            if each.text.startswith(group):
                each.click()
        self.write(f"labels.{number}.types", code)
        self.write(f"labels.{number}.label", label)

    def facts(self) -> dict[str, str]:
        """Return which DOI is next, by what it is for."""
        rows = self.browser.find_elements(By.XPATH, "//section[h2='Next DOI']//dl/div")
        return {each.find_element(By.TAG_NAME, "dt").text: each.find_element(By.TAG_NAME, "dd").text for each in rows}

    def work(self) -> None:
        """Let the worker do what is due, and look at the page again."""
        self.site.do(self.site.house.worker.drain())
        self.browser.refresh()

    def state(self) -> tuple[str, State]:
        """Return the one DOI there is, and its state."""
        (entry,) = self.site.do(self.site.house.database.read(ledger.search, "10.82433", 9))
        return entry.value, entry.state


@pytest.fixture
def visit(site: Site, browser: webdriver.Chrome) -> Visit:
    visit = Visit(browser)
    visit.site, visit.wrong = site, []
    visit.scripts(run=False)
    browser.get(f"{site.url}/admin/profiles")
    visit.write("name", "admin")
    visit.write("password", PASSWORD)
    visit.press("Log in")
    return visit


def makes_the_profile(visit: Visit, agency: FakeDatacite) -> None:
    """Make the profile; add, change and delete labels; and see which DOI is next for each."""
    password = agency.repositories[0].password
    visit.follow("Add a profile")
    visit.follow("DataCite")
    for name, value in {
        "profile_name": "Our DOIs", "prefix": "10.82433", "start": "1", "padding": "8", "account_id": "INST.REPO",
        "environment": "test", "endpoint": agency.url,
    }.items():  # fmt: skip
        visit.write(name, value)
    visit.press("Add: Label")
    visit.label(0, "Dataset", "dataset", "data")
    visit.press("Add: Label")
    visit.label(1, "Posted Content", "postedContent", "pre print")
    visit.write("password", password)
    visit.press("Make the profile")
    assert "may hold letters" in text(visit.browser, "[id='f-labels.1.label-error']")
    visit.looks("profile-wrong")
    visit.write("labels.1.label", "preprint")
    visit.write("password", password)
    visit.press("Make the profile")
    visit.sees("The profile is made")
    assert visit.facts() == {
        "Types without a label": "10.82433/00000001",
        "data": "10.82433/data.00000001",
        "preprint": "10.82433/preprint.00000001",
    }
    visit.looks("profile")
    visit.write("labels.1.label", "pre")
    visit.press("Save")
    assert visit.facts()["pre"] == "10.82433/pre.00000001"
    visit.press("Remove Label 2")
    visit.press("Save")
    assert visit.facts() == {"Types without a label": "10.82433/00000001", "data": "10.82433/data.00000001"}


def writes_the_work(visit: Visit) -> None:
    """Write a work with a mistake, be told of it before anything is saved, and reserve its DOI."""
    visit.browser.get(f"{visit.site.url}/admin/works/new")
    (kind,) = visit.browser.find_elements(By.NAME, "type")
    visit.choose(kind, "Dataset")
    for name, value in {
        "title.value": "Untersuchung der Erbsen", "creators.0.family": "Mendel", "creators.0.given": "Gregor", "dates.issued": "1866",
    }.items():  # fmt: skip
        visit.write(name, value)
    summary = visit.browser.find_element(By.CSS_SELECTOR, "#appeared > summary")
    visit.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", summary)  # from behind the bar of buttons
    summary.click()
    visit.write("publisher.name", URL_FOR_A_NAME)
    visit.press("Check without saving")
    visit.sees("What DataCite would refuse, or be told otherwise", f"Publisher, Name: {SAID}")
    assert text(visit.browser, "[id='f-publisher.name-advice']").endswith(SAID)
    visit.looks("advice-in-the-form")
    visit.press("Save as draft")
    visit.sees("What DataCite would refuse", SAID)
    visit.looks("advice-on-the-page")
    visit.press("Reserve a DOI now")
    assert visit.state() == ("10.82433/data.00000001", State.RESERVED)
    visit.follow("Change")
    visit.write("publisher.name", "Naturforschender Verein")
    visit.press("Save")
    assert SAID not in text(visit.browser, "main")


def asks_again(visit: Visit) -> None:
    """Find the DOI that waits in the list of identifiers, have its agency asked again, and lead back to its work."""
    work = visit.browser.current_url
    visit.browser.get(f"{visit.site.url}/admin/identifiers?state=submitted")
    visit.follow("DOI 10.82433/data.00000001")
    visit.sees("submitted", "503")
    visit.looks("waits")
    visit.press("Ask the agency again")
    visit.sees("The agency is asked again as soon as it is its turn.")
    visit.work()
    visit.sees("registered", "The agency confirmed exactly what is wanted.")
    visit.looks("asked-again")
    visit.browser.get(work)


def test_a_doi_from_its_profile_to_the_agency(site: Site, visit: Visit, agency: FakeDatacite) -> None:
    makes_the_profile(visit, agency)
    writes_the_work(visit)
    visit.press("Publish")
    visit.work()
    assert visit.state() == ("10.82433/data.00000001", State.REJECTED)
    visit.sees("rejected", "Why DataCite refused it", f"Title: {WORDS.rstrip('.')}", "Correct this field")
    visit.looks("refused")
    asked = [call.method for call in agency.log]
    assert asked == ["GET", "PUT"], "it looks whether the name is free, and sends it once"
    visit.work()
    assert [call.method for call in agency.log] == asked, "what is refused is not sent again and again"

    visit.follow("Title")
    assert visit.browser.current_url.endswith("/edit#f-title")
    visit.write("title.value", "Versuche über Pflanzenhybriden")
    visit.press("Save; the world sees it at once")
    agency.moods.append(Mood.DOWN)
    visit.work()
    assert visit.state() == ("10.82433/data.00000001", State.SUBMITTED)
    asks_again(visit)
    assert visit.state() == ("10.82433/data.00000001", State.REGISTERED)
    visit.sees("registered", "The agency confirmed it.")
    assert "refuse" not in text(visit.browser, "main")
    visit.looks("registered")
    doi = agency.dois["10.82433/data.00000001"]
    after = [call.method for call in agency.log[len(asked) :]]
    assert (doi.state, after) == ("findable", ["GET", "GET", "PUT"]), "the first look met the outage"
    assert "Versuche über Pflanzenhybriden".encode() in doi.xml
    assert visit.wrong == [], "\n".join(visit.wrong)
    assert [line for line in complaints(visit.browser) if "422" not in line] == []
