"""Hands that fill in a page: by the pointer, or by the keyboard alone, as a person would with either."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

_FARTHEST = 250
"""Presses of the tab key after which somebody would give up."""
_TICKED = {"radio", "checkbox"}


@dataclass
class Hands(ABC):
    """What a person does with a page."""

    browser: webdriver.Chrome

    def follow(self, words: str) -> None:
        """Follow the link that says these words."""
        self._away(self._seen(f"//main//a[normalize-space()={_quoted(words)}]"))

    def downloads(self, words: str) -> None:
        """Follow a link that leads to a file; the page stays."""
        self.use(self._seen(f"//main//a[normalize-space()={_quoted(words)}]"))

    def press(self, words: str) -> None:
        """Press the button that says these words, and see the page that comes of it."""
        self._away(self._seen(f"//button[normalize-space()={_quoted(words)} and not(@aria-hidden)]"))

    def write(self, name: str, value: str) -> None:
        """Fill in a field: a text in place of what stands there, the title of a choice, or `yes` for a box to be ticked."""
        field = self._found(f"//*[@name={_quoted(name)}]")
        if field.tag_name == "select":
            self.choose(field, value)
        elif field.get_attribute("type") in _TICKED:
            self.tick(self._found(f"//*[@name={_quoted(name)}][@value={_quoted(value)}]"))
        else:
            self.type(field, value)

    def _found(self, path: str) -> WebElement:
        return self.browser.find_element(By.XPATH, path)

    def _seen(self, path: str) -> WebElement:
        """Return the first of them that has a place on the page."""
        found = next((each for each in self.browser.find_elements(By.XPATH, path) if each.rect["width"] > 1), None)
        assert found is not None, f"nothing on {self.browser.current_url} is {path}"
        return found

    def _away(self, element: WebElement) -> None:
        page = self.browser.find_element(By.TAG_NAME, "html")
        self.use(element)
        WebDriverWait(self.browser, 10, poll_frequency=0.03).until(lambda _: _left(page))

    @abstractmethod
    def use(self, element: WebElement) -> None:
        """Follow a link, or press a button."""

    @abstractmethod
    def type(self, field: WebElement, text: str) -> None:
        """Write over what stands in a field."""

    @abstractmethod
    def choose(self, field: WebElement, words: str) -> None:
        """Choose an option by its words."""

    @abstractmethod
    def tick(self, box: WebElement) -> None:
        """Tick a box, or one of several."""


class Pointer(Hands):
    def use(self, element: WebElement) -> None:
        element.click()

    def type(self, field: WebElement, text: str) -> None:
        field.clear()
        field.send_keys(text)

    def choose(self, field: WebElement, words: str) -> None:
        Select(field).select_by_visible_text(words)

    def tick(self, box: WebElement) -> None:
        if not box.is_selected():
            box.click()


class Keyboard(Hands):
    """Only ever presses keys; where the focus is, is where the page has put it."""

    def use(self, element: WebElement) -> None:
        self._reach(element)
        self._keys(Keys.ENTER)

    def type(self, field: WebElement, text: str) -> None:
        self._reach(field)
        webdriver.ActionChains(self.browser).key_down(Keys.CONTROL).send_keys("a").key_up(Keys.CONTROL).perform()
        self._keys(text or Keys.DELETE)

    def choose(self, field: WebElement, words: str) -> None:
        self._reach(field)
        self._keys(words)

    def tick(self, box: WebElement) -> None:
        if box.is_selected():
            return
        if box.get_attribute("type") == "checkbox":
            self._reach(box)
            self._keys(Keys.SPACE)
            return
        group = box.get_attribute("name")
        self._tab_to("return document.activeElement.name === arguments[0]", group)
        for _ in self.browser.find_elements(By.NAME, group):
            if box.is_selected():
                return
            self._keys(Keys.ARROW_DOWN)
        assert box.is_selected(), f"the arrows do not reach {box.get_attribute('value')!r}"

    def _reach(self, element: WebElement) -> None:
        self._tab_to("return document.activeElement === arguments[0]", element)

    def _tab_to(self, is_there: str, goal: WebElement | str) -> None:
        for _ in range(_FARTHEST):
            if self.browser.execute_script(is_there, goal):
                return
            self._keys(Keys.TAB)
        raise AssertionError("the keyboard does not get there")

    def _keys(self, keys: str) -> None:
        webdriver.ActionChains(self.browser).send_keys(keys).perform()


def _left(page: WebElement) -> bool:
    """Whether the browser has gone from a page; between two, it knows neither and says so in many ways."""
    try:
        page.is_enabled()
    except WebDriverException:
        return True
    return False


def _quoted(words: str) -> str:
    return f'"{words}"'
