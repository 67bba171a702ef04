"""How slowly a body may come: who holds a connection and sends next to nothing is cut off.

Only the time spent waiting for the client counts; what the disk takes is not its fault.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator

PATIENCE = 60.0
"""Seconds a client may be silent, and seconds of waiting it has before its rate counts."""

SLOWEST = 1_000
"""Bytes a second that are expected in the long run: less than any line that ever carried a deposit."""


async def paced(pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Pass a body on; raises TimeoutError where its client is silent for too long, or sends too little for too long."""
    loop = asyncio.get_running_loop()
    coming, waited, came = aiter(pieces), 0.0, 0
    while True:
        left = min(PATIENCE, PATIENCE + came / SLOWEST - waited)
        begun = loop.time()
        try:
            async with asyncio.timeout(left):
                piece = await anext(coming)
        except StopAsyncIteration:
            return
        waited += loop.time() - begun
        came += len(piece)
        yield piece
