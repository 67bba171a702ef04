"""The import monitor in a browser without scripts: many deposits with one cause are mended once, and read again by one click."""

import os
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

from server.runs import store as runs
from server.runs.store import RUN
from server.sword import store as sword
from server.sword.model import ContainerState
from tests.browser.conftest import Site
from tests.browser.hands import Pointer
from tests.browser.test_pages import complaints, text
from tests.conftest import PASSWORD, entry

pytestmark = pytest.mark.browser

MANY = 50
WORD = "Research paper of the abbey"
SHOTS = os.environ.get("SHEAF_TEST_SHOTS", "")
"""A folder in which pictures are kept, to be looked at."""


def shot(browser: webdriver.Chrome, name: str) -> None:
    """Keep pictures of a page on a desk and on a phone, by day and by night."""
    if not SHOTS:
        return
    for width, theme in ((1280, "light"), (390, "light"), (1280, "dark"), (390, "dark")):
        features = [{"name": "prefers-color-scheme", "value": theme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        height = browser.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]["height"]
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size | {"height": int(min(height, 5000))})
        browser.save_screenshot(str(Path(SHOTS) / f"{name}-{width}-{theme}.png"))
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.fixture
def hands(site: Site, browser: webdriver.Chrome) -> Pointer:
    """An administrator who is logged in, with scripts switched off."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get(f"{site.url}/admin/imports")
    hands = Pointer(browser)
    hands.write("name", "admin")
    hands.write("password", PASSWORD)
    hands.press("Log in")
    return hands


def worked(site: Site) -> None:
    """Let the worker do the runs that were asked for."""
    house = site.house
    while found := site.do(house.database.read(runs.going_on)):
        site.do(house.worker.do(RUN, str(found[0].id)))


@pytest.mark.timeout(120)
def test_a_word_is_explained_once_and_all_are_read_again(site: Site, browser: webdriver.Chrome, hands: Pointer) -> None:
    works = [site.deposit(entry(title=f"Peas {number}", type=WORD)) for number in range(MANY)]
    site.faulty("peas.zip")
    held = site.do(site.house.database.read(sword.search, state="held", limit=100))
    assert len(held) == MANY + 1

    browser.get(f"{site.url}/admin/imports")
    group = f"{MANY} × Unknown type “{WORD}”"
    assert group in text(browser, ".causes")
    shot(browser, "imports")
    hands.follow(f"Peas {MANY - 1}")
    assert "What is wrong" in text(browser, ".notice.bad h2")
    assert WORD in text(browser, "#source + h3 + pre")
    shot(browser, "import-held")
    browser.get(f"{site.url}/admin/imports")
    hands.follow(group)
    shot(browser, "cause")
    hands.write("meaning", "Journal article")
    hands.press(f"Keep it, and read all {MANY} again")
    assert "read again now" in text(browser, "[role=status]")

    worked(site)
    hands.follow("Refresh")
    shot(browser, "run")
    WebDriverWait(browser, 10).until(lambda _: "completed" in text(browser, "#run"))
    assert f"{MANY} changed" in text(browser, "#run")

    states = site.do(site.house.database.read(sword.states_of, works))
    assert [states[work] for work in works] == [ContainerState.ACCEPTED] * MANY
    left = site.do(site.house.database.read(sword.search, state="held", limit=100))
    assert [each.filename for each in left] == ["peas.zip"]
    browser.get(f"{site.url}/admin/imports?state=taken&q=Peas")
    assert text(browser, "#found").startswith(f"{MANY} imports")
    shot(browser, "imports-taken")
    hands.follow("Peas 49")
    assert "It was read again once." in text(browser, "main")
    shot(browser, "import-taken")
    browser.get(f"{site.url}/items/{works[0]}")
    assert "Journal article" in text(browser, "main")
    site.deposit(entry(title="Later", type=WORD.upper()))
    assert len(site.do(site.house.database.read(sword.search, state="held", limit=100))) == 1, "the word is known from now on"
    assert complaints(browser) == []
