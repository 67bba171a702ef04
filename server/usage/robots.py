"""Robots by what they call themselves: lists of patterns, matched without regard to case as COUNTER advises. Pure.

Three lists come with the release (`lists/`), each with its date: COUNTER's, that of AI crawlers, and the devices of people whose
names hold a robot's by chance. An operator can install later ones, in the form their makers publish them in.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import msgspec
from msgspec import Struct

from server.errors import Invalid
from server.usage.model import Class, Drop

PEOPLE = "people"
NAMES = (Class.AI.value, Class.COUNTER.value, PEOPLE)
"""The lists, in the order they are asked; what both know is an AI crawler."""

_MOST = 20_000
_LONGEST = 500
_KNOWN = 8_192
"""Agents whose answer is remembered: asking all lists costs more than a page should."""

_SPECIAL = re.compile(r"[\\^$.|?*+()\[\]{}]")


class RobotList(Struct, frozen=True, kw_only=True):
    """One list."""

    title: str
    dated: str
    """The day it was last changed, YYYY-MM-DD; empty where it does not say."""
    source: str = ""
    licence: str = ""
    patterns: tuple[str, ...]


@cache
def shipped() -> dict[str, RobotList]:
    """Return the lists that came with this release, by name."""
    folder = files("server.usage") / "lists"
    return {name: msgspec.json.decode((folder / f"{name}.json").read_bytes(), type=RobotList) for name in NAMES}


def read(name: str, body: bytes) -> RobotList:
    """Read a list as its makers publish it.

    That is our own form, COUNTER's (`[{"pattern": …, "last_changed": …}]`), or an object whose keys are the names of crawlers.
    Raises Invalid for anything else, and for a pattern that is none.
    """
    try:
        given = json.loads(body)
    except ValueError as error:
        raise _wrong(f"it is no JSON: {error}") from error
    found = _of_counter(name, given) if isinstance(given, list) else _of_names(name, given) if isinstance(given, dict) else None
    if found is None or not found.patterns:
        raise _wrong("no pattern is found in it")
    if len(found.patterns) > _MOST or any(len(pattern) > _LONGEST for pattern in found.patterns):
        raise _wrong(f"it has more than {_MOST:,} patterns, or one longer than {_LONGEST} characters")
    for pattern in found.patterns:
        try:
            fits = re.compile(pattern, re.IGNORECASE)
        except re.error as error:
            raise _wrong(f"{pattern!r} is no pattern: {error}") from error
        if fits.search(_A_BROWSER):
            raise _wrong(f"{pattern!r} would take every browser for a robot")
    return found


_A_BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def _of_counter(name: str, given: list[Any]) -> RobotList | None:
    if not all(isinstance(each, dict) and isinstance(each.get("pattern"), str) for each in given):
        return None
    dated = max((str(each.get("last_changed", "")) for each in given), default="")
    return RobotList(title=name, dated=dated, patterns=tuple(dict.fromkeys(each["pattern"] for each in given)))


def _of_names(name: str, given: dict[str, Any]) -> RobotList | None:
    if "patterns" in given:
        try:
            return msgspec.convert(given, RobotList)
        except msgspec.ValidationError as error:
            raise _wrong(str(error)) from error
    if not all(isinstance(each, dict) for each in given.values()):
        return None
    whole = (rf"(?<![A-Za-z]){re.escape(each)}(?![A-Za-z])" for each in given if each)
    return RobotList(title=name, dated="", patterns=tuple(whole))


def _wrong(why: str) -> Invalid:
    return Invalid(
        f"The list cannot be used: {why}.",
        place="list",
        remedy="Take COUNTER_Robots_list.json of COUNTER, or robots.json of ai.robots.txt, as it is published.",
        code="robots",
    )


@dataclass(frozen=True, slots=True)
class _Patterns:
    """A list made ready: most patterns are plain words, which are found much faster than patterns."""

    words: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, re.Pattern[str]], ...]

    @staticmethod
    def of(patterns: tuple[str, ...]) -> "_Patterns":
        plain = [pattern for pattern in patterns if not _SPECIAL.search(pattern)]
        rest = [pattern for pattern in patterns if _SPECIAL.search(pattern)]
        return _Patterns(
            tuple((pattern, pattern.lower()) for pattern in plain),
            tuple((pattern, re.compile(pattern, re.IGNORECASE)) for pattern in rest),
        )

    def first(self, agent: str) -> str | None:
        """Return the pattern that fits, None for none."""
        low = agent.lower()
        for pattern, word in self.words:
            if word in low:
                return pattern
        return next((pattern for pattern, fits in self.others if fits.search(agent)), None)


class Robots:
    """The lists as they are used now; `use` puts others in their place."""

    def __init__(self, lists: Mapping[str, RobotList] | None = None) -> None:
        self.lists: dict[str, RobotList] = {}
        self._asked: Callable[[str], Drop | None]
        self.use(lists or {})

    def use(self, lists: Mapping[str, RobotList]) -> None:
        """Go by these lists from now on, and by the shipped ones where none is given."""
        now = shipped() | dict(lists)
        if now == self.lists:
            return
        self.lists = now
        ready = {name: _Patterns.of(now[name].patterns) for name in (Class.AI, Class.COUNTER)}
        people = re.compile("|".join(f"(?:{pattern})" for pattern in now[PEOPLE].patterns), re.IGNORECASE)

        @lru_cache(maxsize=_KNOWN)
        def asked(agent: str) -> Drop | None:
            bare = people.sub("", agent)
            for cls, patterns in ready.items():
                if (pattern := patterns.first(bare)) is not None:
                    return Drop(cls, pattern)
            return None

        self._asked = asked

    def drop(self, agent: str) -> Drop | None:
        """Say why an agent is no person's; None where nothing is known against it."""
        return self._asked(agent) if agent.strip() else Drop(Class.NO_AGENT)
