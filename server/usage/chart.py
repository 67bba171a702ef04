"""The chart of use by month: bars as rectangles an SVG can hold, downloads at the bottom; a table beside it says the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from server.clock import Clock
from server.usage import figures
from server.usage.definition import Counting
from server.usage.figures import Month

WIDTH, HEIGHT = 720, 120
_GAP = 4
_SEEN = 2.0
"""So tall is whatever is there at least: one download beside thousands can still be seen."""


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a bar."""

    mood: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Months, their bars within WIDTH and HEIGHT, and how many uses the tallest bar stands for."""

    months: Sequence[Month]
    blocks: Sequence[Block]
    most: int
    width: int = WIDTH
    height: int = HEIGHT


def chart(months: Sequence[Month]) -> Chart:
    """Draw months as bars."""
    most = figures.tallest(months)
    if not most:
        return Chart(months, (), 0)
    step = WIDTH / len(months)
    blocks = []
    for number, month in enumerate(months):
        floor = float(HEIGHT)
        for mood, many in (("good", month.requests), ("wait", month.views)):
            if many:
                tall = min(floor, max(_SEEN, HEIGHT * many / most))
                floor -= tall
                blocks.append(Block(mood, round(number * step, 1), round(floor, 1), round(step - _GAP, 1), round(tall, 1)))
    return Chart(months, blocks, most)


def drawn(clock: Clock, counting: Callable[[], Counting]) -> Callable[[Connection, str], Chart | None]:
    """Return what draws the last year of a work for its page; None where that is not shown, or there was no use."""

    def draw(tx: Connection, record_id: str) -> Chart | None:
        if not counting().shown:
            return None
        found = chart(figures.by_month(tx, clock(), figures.YEAR, record_id))
        return found if found.most else None

    return draw
