"""What the command line can ask about usage statistics: the lists of robots, and what IRUS was told."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from msgspec import Struct

from server.audit.log import OPERATOR
from server.control.operation import Arguments, Nothing, Operation
from server.house import House
from server.portal.unused import UNTOLD
from server.usage import installed
from server.usage.irus.reconciliation import Day, by_day
from server.usage.robots import shipped


class Install(Arguments, frozen=True, kw_only=True):
    name: str
    file: bytes


class Back(Arguments, frozen=True, kw_only=True):
    days: int


class ListName(Arguments, frozen=True, kw_only=True):
    name: str


class Known(Struct, frozen=True, kw_only=True):
    """A list of robots as the command line shows it."""

    name: str
    title: str
    dated: str
    patterns: int
    installed: bool


async def robots(house: House, _arguments: Nothing) -> list[Known]:
    """Return the lists that are in use."""
    own = await house.database.read(installed.installed)
    return [
        Known(name=name, title=it.title, dated=it.dated, patterns=len(it.patterns), installed=name in own)
        for name, it in (shipped() | own).items()
    ]


async def install(house: House, arguments: Install) -> Known:
    """Install a list; a running server goes by it within a minute."""
    now: datetime = house.clock()
    it = await house.database.write(installed.install, arguments.name, arguments.file, OPERATOR, now)
    return Known(name=arguments.name, title=it.title, dated=it.dated, patterns=len(it.patterns), installed=True)


async def remove(house: House, arguments: ListName) -> None:
    """Go back to the list of the release."""
    await house.database.write(installed.remove, arguments.name, OPERATOR, house.clock())


async def irus(house: House, arguments: Back) -> list[Day]:
    """Return what became of the uses of the last days that IRUS should be told of."""
    last = house.clock().date()
    first = last - timedelta(days=arguments.days - 1)
    days = await house.database.read(by_day, first.isoformat(), last.isoformat())
    return [replace(day, dropped=_called(day.dropped), left_out=_called(day.left_out)) for day in days]


def _called(reasons: Mapping[str, int]) -> dict[str, int]:
    """Call reasons what the page calls them."""
    return {UNTOLD[reason].label if reason in UNTOLD else reason: many for reason, many in reasons.items()}


USAGE = {
    "irus": Operation(Back, irus),
    "robots": Operation(Nothing, robots),
    "robots-install": Operation(Install, install),
    "robots-remove": Operation(ListName, remove),
}
