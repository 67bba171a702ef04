"""Answers that cost a large repository something and may be a few seconds old: found once, given to all who ask."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")

KEPT = 5.0
"""Seconds an answer is given out again."""


class Recent(Generic[T]):
    """The last answer to one question.

    `costly` says of an answer whether the question is worth saving; what is not costly is asked anew each time.
    """

    def __init__(self, ask: Callable[[], Awaitable[T]], costly: Callable[[T], bool], *, seconds: float = KEPT) -> None:
        self._ask = ask
        self._costly = costly
        self._seconds = seconds
        self._lock = asyncio.Lock()
        self._answer: tuple[float, T] | None = None

    async def get(self) -> T:
        """Return the answer; those who come while it is being found wait for their turn and find it there."""
        if (known := self._known()) is not None:
            return known[1]
        async with self._lock:
            if (known := self._known()) is not None:
                return known[1]
            answer = await self._ask()
            self._answer = (monotonic() + self._seconds, answer) if self._costly(answer) else None
            return answer

    def _known(self) -> tuple[float, T] | None:
        return self._answer if self._answer is not None and self._answer[0] > monotonic() else None
