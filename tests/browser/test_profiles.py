"""Every kind of integration profile from its first step to its end, as people do it: with scripts, without, by the keyboard alone."""

import json
import os
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from server.profiles import store
from server.profiles.model import Profile
from tests.browser.conftest import Site
from tests.browser.hands import Hands, Keyboard, Pointer
from tests.browser.profile_examples import EXAMPLES, Example
from tests.browser.test_pages import complaints, text
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

NAME = "Zebrafish 2"


@dataclass
class Visit:
    """An administrator at one profile, step by step; each page that is seen is searched for the secret."""

    site: Site
    hands: Hands
    example: Example
    profile: Any = None
    answered: set[str] = field(default_factory=set)
    """Statuses of answers that the browser complains of and that are meant: a form to be mended, a second definition."""

    @property
    def browser(self) -> webdriver.Chrome:
        return self.hands.browser

    def profiles(self) -> list[Profile]:
        return self.site.do(self.site.house.database.read(store.every))

    def open(self, part: str = "") -> None:
        self.browser.get(f"{self.site.url}/admin/profiles{part}")
        self.sees()

    def sees(self, *words: str) -> None:
        """Look at the page: it says these words, and not the secret."""
        page = text(self.browser, "main")
        for each in words:
            assert each in page
        assert not self.example.secret or self.example.secret not in self.browser.page_source

    def expected(self, line: str) -> bool:
        return any(f"status of {status}" in line for status in self.answered)

    def fill(self, fields: dict[str, str]) -> None:
        for name, value in fields.items():
            self.hands.write(name, value)

    def log_in(self) -> None:
        self.browser.get(f"{self.site.url}/login")
        self.fill({"name": "admin", "password": PASSWORD})
        self.hands.press("Log in")
        self.open()

    def refused_a_second(self, title: str, why: str) -> None:
        """The types say why there can be no second one, and so does the form of a second one."""
        self.open()
        self.hands.follow("Add a profile")
        self.sees(why)
        assert not self.browser.find_elements(By.LINK_TEXT, title)
        (first,) = [each for each in self.profiles() if self.site.house.keeper.kinds[each.kind].title == title]
        self.open(f"/new/{first.kind}")
        self.sees(why)
        self.answered.add("409")

    def makes_room(self, kind: str) -> None:
        """Delete the profile that is there from the beginning."""
        (first,) = [each for each in self.profiles() if each.kind == kind]
        self.open(f"/{first.id}/delete")
        self.hands.press("Delete")

    def makes(self, title: str) -> None:
        self.hands.follow("Add a profile")
        self.hands.follow(title)
        for button in self.example.rows:
            self.hands.press(button)
        changed, place, words = self.example.wrong
        self.fill({"profile_name": NAME} | self.example.fields | changed)
        self.hands.press("Make the profile")
        self.answered.add("422")
        self.is_wrong(place, words)
        # What was right is still there, the secret apart; what was wrong is typed anew.
        again = dict.fromkeys(changed, "") | {name: self.example.fields[name] for name in changed if name in self.example.fields}
        secret = {name: value for name, value in self.example.fields.items() if value == self.example.secret}
        self.fill(again | secret)
        self.hands.press("Make the profile")
        (self.profile,) = [each for each in self.profiles() if each.name == NAME]
        self.sees("The profile is made")

    def is_wrong(self, place: str, words: str) -> None:
        """The error stands beside its field and above the form, and what was typed is still there."""
        self.sees(words)
        field = self.browser.find_element(By.CSS_SELECTOR, f"#f-{place}")
        beside = self.browser.find_element(By.ID, f"f-{place}-error")
        assert words in beside.text
        assert beside.get_attribute("id") in field.get_attribute("aria-describedby").split()
        assert words in text(self.browser, "[role=alert]")
        for name, typed in ({"profile_name": NAME} | self.example.fields | self.example.wrong[0]).items():
            if typed == self.example.secret:  # it is never sent back
                continue
            control = self.browser.find_element(By.NAME, name)
            if control.tag_name == "textarea" or control.get_attribute("type") in {"text", "url", "email", "number"}:
                assert control.get_attribute("value") == typed

    def tests(self, *, asks: bool) -> None:
        self.hands.follow("Test connection")
        if not asks:
            self.sees("There is nobody to ask")
            return
        self.hands.press("Test now")
        self.sees("worked", self.example.agrees)
        if self.example.dead:
            self.saves(self.example.dead)
            self.hands.follow("Test connection")
        else:
            self.site.unplug()
        self.hands.press("Test now")
        self.sees("failed", self.example.refuses)

    def saves(self, fields: dict[str, str]) -> None:
        self.hands.follow("Settings")
        self.fill(fields)
        self.hands.press("Save")
        self.sees("Saved.")

    def changes(self) -> None:
        name, value = self.example.change
        self.saves({name: value})
        assert value in str(self.now().document[name])
        changed, place, words = self.example.wrong
        self.fill(changed)
        self.hands.press("Save")
        self.is_wrong_again(place, words)

    def is_wrong_again(self, place: str, words: str) -> None:
        self.sees(words)
        assert words in text(self.browser, f"#f-{place}-error")

    def now(self) -> Profile:
        return self.site.do(self.site.house.database.read(store.numbered, self.profile.id))

    def names_somebody(self) -> None:
        self.hands.follow("Contact information")
        self.hands.press("Add: Person")
        self.fill({"contacts.0.name": "Johann Mendel", "contacts.0.email": "johann@abbey.example"})
        self.hands.press("Save")
        self.sees("Saved.")
        assert self.browser.find_element(By.NAME, "contacts.0.name").get_attribute("value") == "Johann Mendel"
        assert [each.email for each in self.now().contacts] == ["johann@abbey.example"]

    def switches(self) -> None:
        self.hands.follow("Settings")
        self.hands.press("Switch off")
        self.sees("not active")
        self.hands.press("Switch on")
        assert self.now().enabled

    def history(self, *deeds: str) -> None:
        self.hands.follow("History")
        self.sees(*deeds, "admin")

    def exports(self, folder: Path) -> None:
        self.hands.follow("Integrations")
        self.browser.find_element(By.LINK_TEXT, "Export all")
        self.hands.downloads("Export all")
        WebDriverWait(self.browser, 10, 0.02).until(lambda _: list(folder.glob("*.json")))
        (file,) = folder.glob("*.json")
        (found,) = [each for each in json.loads(file.read_text())["profiles"] if each["name"] == NAME]
        assert found["kind"] == self.profile.kind
        name, value = self.example.change
        assert value in str(found["settings"][name])
        assert not self.example.secret or self.example.secret not in file.read_text()

    def deletes(self) -> None:
        self.hands.follow(NAME)
        self.hands.follow("Delete …")
        self.sees("Delete this profile?")
        self.hands.press("Delete")
        assert NAME not in [each.name for each in self.profiles()]
        self.hands.follow(NAME)


@pytest.fixture
def hands(request: pytest.FixtureRequest, browser: webdriver.Chrome, tmp_path: Path) -> Hands:
    """What a test fills in the pages with; it says whether by the pointer, and whether scripts run."""
    runs = request.param != "no scripts"
    browser.implicitly_wait(0)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not runs})
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path / "downloads")})
    browser.get("data:text/html,<title>none</title><script>document.title = 'scripts'</script>")
    assert (browser.title == "scripts") == runs
    return (Keyboard if request.param == "keyboard" else Pointer)(browser)


def test_there_is_an_example_of_every_kind(site: Site) -> None:
    assert {kind.name for kind in site.house.keeper.kinds} == set(EXAMPLES)


#: The kinds that are gone through with scripts as well: two of them each time, all of them in the long runs.
SCRIPTED = list(EXAMPLES) if os.environ.get("SHEAF_TEST_SCRIPTS") else ["datacite", "webhook"]


@pytest.mark.parametrize(
    ("name", "hands"),
    [*product(EXAMPLES, ["no scripts"]), *product(SCRIPTED, ["scripts"]), ("webhook", "keyboard")],
    indirect=["hands"],
)
def test_a_profile_is_made_tested_changed_exported_and_deleted(site: Site, hands: Hands, tmp_path: Path, name: str) -> None:
    kind, browser = site.house.keeper.kinds[name], hands.browser
    scripts = browser.title == "scripts"
    with EXAMPLES[name](site) as example:
        visit = Visit(site, hands, example)
        visit.log_in()
        if name in {profile.kind for profile in visit.profiles()} and kind.single:
            visit.refused_a_second(kind.title, kind.single)
            visit.makes_room(name)
        visit.makes(kind.title)
        visit.sees("It can never be changed.")
        assert not browser.find_elements(By.NAME, "kind")
        copies = browser.find_elements(By.CSS_SELECTOR, "button.copy")
        assert bool(copies) == (bool(kind.facts(visit.profile)) and scripts)
        if kind.single:
            visit.refused_a_second(kind.title, kind.single)
            visit.open(f"/{visit.profile.id}")
        visit.tests(asks=kind.test is not None)
        visit.changes()
        visit.names_somebody()
        visit.switches()
        visit.history("profile.made", "profile.changed", "profile.switched-off", "profile.switched-on")
        visit.exports(tmp_path / "downloads")
        visit.deletes()
        visit.history("profile.deleted")
    assert [line for line in complaints(browser) if not visit.expected(line)] == []
