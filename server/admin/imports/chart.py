"""The chart of what came in: bars in three colours, as rectangles an SVG can hold. Pure; a table beside it says the same."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.sword.monitor import Day

WIDTH, HEIGHT = 720, 120
_GAP = 3


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
    """Blocks within WIDTH and HEIGHT, and how many the tallest bar stands for."""

    blocks: Sequence[Block]
    most: int
    width: int = WIDTH
    height: int = HEIGHT


def chart(days: Sequence[Day]) -> Chart:
    """Draw days as bars: what went well at the bottom, what did not at the top. Whatever is there can be seen, however little."""
    most = max((day.all for day in days), default=0)
    if not most:
        return Chart((), 0)
    step = WIDTH / len(days)
    blocks = []
    for number, day in enumerate(days):
        floor = float(HEIGHT)
        for mood, many in (("good", day.good), ("wait", day.waiting), ("bad", day.bad)):
            if not many:
                continue
            tall = min(floor, max(2.0, HEIGHT * many / most))
            floor -= tall
            blocks.append(Block(mood, round(number * step, 1), round(floor, 1), round(step - _GAP, 1), round(tall, 1)))
    return Chart(blocks, most)
