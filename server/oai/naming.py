"""What an address is called: the name its owner gives it, where the name says the same.

Names are looked up on a thread of their own, one at a time: a name server that does not answer holds up nobody.
"""

import queue
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address

from server.xml import clean

_LONGEST = 255
_WAITING = 100


def confirmed(address: str) -> str:
    """Return the name of an address where that name leads back to it, else an empty text: anybody can claim a name. Blocks."""
    try:
        wanted = ip_address(address)
        if wanted.is_loopback or wanted.is_unspecified:
            return ""
        name = socket.gethostbyaddr(address)[0]
        found = {ip_address(str(info[4][0]).partition("%")[0]) for info in socket.getaddrinfo(name, None)}
    except (OSError, ValueError):  # nobody knows it, or it is no name
        return ""
    return clean(name)[:_LONGEST] if wanted in found else ""


class Names:
    """Looks names up in the background: `ask` never waits, `take` returns what was found since."""

    def __init__(self, look: Callable[[str], str] = confirmed) -> None:
        self._look = look
        self._asked: queue.Queue[str] = queue.Queue(_WAITING)
        self._found: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def ask(self, address: str) -> None:
        """Have an address looked up; where too many wait already, it is asked for again another time."""
        with suppress(queue.Full):
            self._asked.put_nowait(address)
        if self._thread is None:  # a daemon, as a lookup under way cannot be broken off and must not keep a server from ending
            self._thread = threading.Thread(target=self._work, name="names", daemon=True)
            self._thread.start()

    def take(self) -> dict[str, str]:
        """Return the names by address, empty ones too, and forget them."""
        found = dict[str, str]()
        with suppress(queue.Empty):
            while True:
                found.update([self._found.get_nowait()])
        return found

    def _work(self) -> None:
        while True:
            address = self._asked.get()
            self._found.put((address, self._look(address)))
