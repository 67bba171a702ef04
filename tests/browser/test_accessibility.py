"""Every page behind the login and in front of it, judged by the rules of axe-core (WCAG 2.2 AA), on a desk and on a phone."""

import os
import re
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import Site
from tests.browser.test_pages import wait_for
from tests.conftest import PASSWORD
from tests.portal.matrix import EXPECTED

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / ".venv" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], "resultTypes": ["violations"]}
SHOTS = os.environ.get("SHEAF_TEST_SHOTS", "")
"""A folder in which a picture of each page is kept, to be looked at."""

#: What is no page: files, documents of the protocols, figures for machines.
NO_PAGE = re.compile(r"/(oai|metrics|healthz|readyz|robots\.txt|static)|/original$|/files/|\.csv$|\.json$|/export$|/qr$")


def pages(numbers: dict[str, str]) -> list[str]:
    """The addresses of all pages the server shows by GET, with the numbers of things that are there."""
    found = []
    for method, path in EXPECTED:
        if method == "GET" and not NO_PAGE.search(path) and not path.startswith("/sword"):
            room = path.split("/{", 1)[0]
            filled = re.sub(
                r"\{(\w+)\}", lambda part, room=room: numbers.get(f"{room}:{part[1]}", numbers.get(part[1], "1")), path
            )
            found.append(filled)
    return found


def judged(browser: webdriver.Chrome, address: str) -> list[str]:
    """What is wrong with a page, one line each."""
    browser.get(address)
    browser.execute_script(AXE.read_text())
    found = browser.execute_async_script("axe.run(document, arguments[0]).then(arguments[1])", RULES)
    return [f"{address}: {each['id']}: {node['html'][:160]}" for each in found["violations"] for node in each["nodes"][:3]]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_shuts_anybody_out(site: Site, browser: webdriver.Chrome, width: int) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm was not there when the tests were set up")
    number = site.entry("Peas")
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    )
    wrong = judged(browser, f"{site.url}/login")
    browser.find_element(By.ID, "name").send_keys("admin", Keys.TAB, PASSWORD, Keys.ENTER)
    wait_for(browser, "/admin")
    for path in pages({"prefix": "oai_dc"} | site.numbers | {"id": number}):
        wrong += judged(browser, site.url + path)
        too_wide = browser.execute_script("return document.documentElement.scrollWidth") - width
        wrong += [f"{path}: {too_wide} pixels wider than the screen"] * (too_wide > 0)
        if SHOTS:
            name = path.strip("/").replace("/", "-") or "front"
            browser.save_screenshot(str(Path(SHOTS) / f"{name}-{width}.png"))
    assert wrong == []
