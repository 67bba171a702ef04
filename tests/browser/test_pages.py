"""What people do with the pages, in a real browser, with the keyboard."""

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.conftest import Site
from tests.conftest import PASSWORD

pytestmark = pytest.mark.browser


def text(browser: webdriver.Chrome, selector: str) -> str:
    return browser.find_element(By.CSS_SELECTOR, selector).text


def tab_to(browser: webdriver.Chrome, words: str) -> None:
    """Go on with the tab key until the element that says these words has the focus, and press Enter."""
    for _ in range(60):
        webdriver.ActionChains(browser).send_keys(Keys.TAB).perform()
        if words in browser.switch_to.active_element.text:
            webdriver.ActionChains(browser).send_keys(Keys.ENTER).perform()
            return
    raise AssertionError(f"the keyboard does not reach {words!r}")


def wait_for(browser: webdriver.Chrome, part: str) -> None:
    WebDriverWait(browser, 10).until(lambda b: part in b.current_url)


def complaints(browser: webdriver.Chrome) -> list[str]:
    """What the browser complains about: blocked styles or scripts, files that are not there."""
    return [line["message"] for line in browser.get_log("browser") if line["level"] in {"SEVERE", "WARNING"}]


def test_an_item_page_opens_and_names_the_work(site: Site, browser: webdriver.Chrome) -> None:
    number = site.entry("&lt;script&gt;document.title='owned'&lt;/script&gt; Peas")
    browser.get(site.url)
    tab_to(browser, "Peas")
    wait_for(browser, number)
    assert text(browser, "h1") == "<script>document.title='owned'</script> Peas"
    assert browser.title != "owned"
    assert f"/items/{number}" in text(browser, ".cite")
    assert "Mendel, Gregor" in text(browser, ".creators")
    paper = browser.find_element(By.TAG_NAME, "html").value_of_css_property("background-color")
    assert paper not in {"rgba(0, 0, 0, 0)", "rgba(255, 255, 255, 1)"}, "the style sheet is in force"
    assert complaints(browser) == []


def test_the_item_page_fits_a_phone(site: Site, browser: webdriver.Chrome) -> None:
    number = site.entry("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2)
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    )
    browser.get(f"{site.url}/items/{number}")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390


def test_an_administrator_finds_what_is_wrong_by_keyboard(site: Site, browser: webdriver.Chrome) -> None:
    site.faulty("faulty.zip")
    browser.get(f"{site.url}/admin")
    wait_for(browser, "/login")
    browser.find_element(By.ID, "name").send_keys("admin", Keys.TAB, PASSWORD, Keys.ENTER)
    WebDriverWait(browser, 10).until(lambda b: b.find_elements(By.CLASS_NAME, "stuck"))
    tab_to(browser, "1 import held")
    wait_for(browser, "/admin/imports?state=held")
    tab_to(browser, "faulty.zip")
    wait_for(browser, "/admin/imports/")
    assert "What is wrong" in text(browser, ".notice.bad h2")
    assert text(browser, ".problem")
    tab_to(browser, "Read again")
    wait_for(browser, "done=read")
    assert "It is held again" in text(browser, "[role=status]")
    tab_to(browser, "Log out")
    wait_for(browser, "/login")
    assert complaints(browser) == []


def test_a_tombstone_says_why(site: Site, browser: webdriver.Chrome) -> None:
    number = site.entry("Peas")
    site.delete(number)
    browser.get(f"{site.url}/items/{number}")
    assert text(browser, "h1") == "Peas"
    assert "Withdrawn by its depositor." in text(browser, ".notice")
