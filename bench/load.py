"""Clients that ask as fast as they are answered, in a process of their own: sockets, and nothing done with what comes.

`python -m bench.load PORT PATHS CLIENTS SECONDS CODING` asks for the paths in a file, one a line, at random, and prints JSON.
"""

import json
import random
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

_ROOM = memoryview(bytearray(1 << 20))
_CHUNKED = 1 << 62


@dataclass(slots=True)
class Client:
    """One connection that is kept, and what it waits for."""

    socket: socket.socket
    sent: float = 0.0
    head: bytes = b""
    left: int = -1
    """Bytes of the body still to come; -1 while the head is, and _CHUNKED where it says its end itself."""
    tail: bytes = b""


@dataclass(slots=True)
class Seen:
    """What all clients were given: seconds of each answer, and bytes of bodies."""

    seconds: list[float] = field(default_factory=list)
    size: int = 0
    refused: int = 0


def run(port: int, paths: list[str], clients: int, seconds: float, coding: str) -> Seen:
    """Ask for `seconds` and return what came."""
    lines = [f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: {coding}\r\n\r\n".encode() for path in paths]
    seen, waiting = Seen(), selectors.DefaultSelector()
    end = time.perf_counter() + seconds
    for _ in range(clients):
        client = Client(socket.create_connection(("127.0.0.1", port)))
        waiting.register(client.socket, selectors.EVENT_READ, client)
        _ask(client, lines)
    while (now := time.perf_counter()) < end:
        for key, _ in waiting.select(timeout=end - now):
            if _took(key.data, seen):
                _ask(key.data, lines)
    for key in list(waiting.get_map().values()):
        key.data.socket.close()
    return seen


def _ask(client: Client, lines: list[bytes]) -> None:
    client.sent, client.head, client.tail, client.left = time.perf_counter(), b"", b"", -1
    client.socket.sendall(random.choice(lines))


def _took(client: Client, seen: Seen) -> bool:
    """Take what has come; return whether the answer is whole."""
    count = client.socket.recv_into(_ROOM)
    if not count:
        raise ConnectionError("the server closed a connection that was to be kept")
    if client.left < 0:
        client.head += bytes(_ROOM[:count])
        head, end, body = client.head.partition(b"\r\n\r\n")
        if not end:
            return False
        length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b"")
        seen.refused += not head.startswith(b"HTTP/1.1 200")
        client.left = int(length[15:]) - len(body) if length else _CHUNKED
        seen.size += int(length[15:] or 0)
    elif client.left != _CHUNKED:
        client.left -= count
    if client.left == _CHUNKED:
        client.tail = (client.tail + bytes(_ROOM[max(0, count - 5) : count]))[-5:]
        client.left = 0 if client.tail == b"0\r\n\r\n" else _CHUNKED
    if client.left:
        return False
    seen.seconds.append(time.perf_counter() - client.sent)
    return True


def main() -> None:
    port, paths, clients, seconds, coding = sys.argv[1:]
    seen = run(int(port), Path(paths).read_text().split(), int(clients), float(seconds), coding)
    took = sorted(seen.seconds) or [0.0]
    found = {
        "answers": len(seen.seconds),
        "refused": seen.refused,
        "size": seen.size,
        "p50": took[len(took) // 2],
        "p99": took[min(len(took) - 1, len(took) * 99 // 100)],
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
