"""Depositors that send one SimpleZip after the other, in a process of their own; no two are alike.

`python -m bench.sending PORT PATH CLIENTS COUNT BYTES` sends so many altogether and prints JSON. Password and name come from
SHEAF_DEPOSITOR_PASSWORD.
"""

import base64
import hashlib
import json
import os
import socket
import struct
import sys
import threading
import time
import uuid
import zlib
from dataclasses import dataclass, field

_MODS = (
    '<mods xmlns="http://www.loc.gov/mods/v3"><titleInfo><title>Observations {}</title></titleInfo><genre>journal article</genre>'
    '<name type="personal"><namePart type="family">Nightingale</namePart><role><roleTerm>author</roleTerm></role></name>'
    "<originInfo><dateIssued>1858</dateIssued></originInfo></mods>"
)
_LOCAL, _CENTRAL, _END = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I"), struct.Struct("<4s4H2IH")
_LATER = 8
"""The flag of an entry whose checksum follows its bytes: so all bodies begin alike, and only their ends are made anew."""


class Zips:
    """Zips of one size, stored, each with a data file and a MODS document nobody else has. Making one costs next to nothing."""

    def __init__(self, size: int) -> None:
        name = b"data.bin"
        data = os.urandom(max(0, size - 1024))
        self.head = _LOCAL.pack(b"PK\x03\x04", 20, _LATER, 0, 0, 0x21, 0, 0, 0, len(name), 0) + name + data
        self._name, self._size, self._crc = name, len(data), zlib.crc32(data)
        self._md5 = hashlib.md5(self.head)

    def tail(self) -> tuple[bytes, str]:
        """Return what goes after `head`, and the MD5 of both."""
        mark = uuid.uuid4().hex
        ending, mods = mark.encode(), _MODS.format(mark).encode()
        crc, size = zlib.crc32(ending, self._crc), self._size + len(ending)
        first = ending + struct.pack("<4s3I", b"PK\x07\x08", crc, size, size)
        second = _LOCAL.pack(b"PK\x03\x04", 20, 0, 0, 0, 0x21, zlib.crc32(mods), len(mods), len(mods), 8, 0) + b"mods.xml" + mods
        at = len(self.head) + len(first)
        listed = b"".join(
            _CENTRAL.pack(b"PK\x01\x02", 20, 20, flag, 0, 0, 0x21, crc, size, size, len(name), 0, 0, 0, 0, 0, place) + name
            for name, flag, crc, size, place in (
                (self._name, _LATER, crc, size, 0),
                (b"mods.xml", 0, zlib.crc32(mods), len(mods), at),
            )
        )
        end = _END.pack(b"PK\x05\x06", 0, 0, 2, 2, len(listed), at + len(second), 0)
        whole = first + second + listed + end
        md5 = self._md5.copy()
        md5.update(whole)
        return whole, md5.hexdigest()


@dataclass(slots=True)
class Told:
    """What the depositors saw: seconds of each answer, and what was no 201."""

    seconds: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def run(port: int, path: str, clients: int, count: int, size: int) -> dict[str, object]:
    """Send `count` zips over so many connections; return how long it took and what each saw."""
    zips, told = Zips(size), Told()
    gate = threading.Barrier(clients + 1)
    shared = _Shared(count)
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(clients)]
    threads = [threading.Thread(target=_depositor, args=(each, path, zips, told, shared, gate)) for each in connections]
    for thread in threads:
        thread.start()
    gate.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    times = sorted(told.seconds) or [0.0]
    return {"seconds": seconds, "answers": len(told.seconds), "p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100],
            "refused": told.refused[:3]}  # fmt: skip


class _Shared:
    """How many are still to be sent, whoever sends them."""

    def __init__(self, count: int) -> None:
        self._left, self._lock = count, threading.Lock()

    def take(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left >= 0


def _depositor(connection: socket.socket, path: str, zips: Zips, told: Told, shared: _Shared, gate: threading.Barrier) -> None:
    who = base64.b64encode(f"depositor:{os.environ.get('SHEAF_DEPOSITOR_PASSWORD', '')}".encode()).decode()
    with connection:
        gate.wait()
        while shared.take():
            tail, md5 = zips.tail()
            head = (
                f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {who}\r\nContent-Type: application/zip\r\n"
                f"Content-Disposition: attachment; filename=work.zip\r\nContent-MD5: {md5}\r\n"
                f"Packaging: http://purl.org/net/sword/package/SimpleZip\r\nContent-Length: {len(zips.head) + len(tail)}\r\n\r\n"
            ).encode()
            begun = time.perf_counter()
            connection.sendall(head)
            connection.sendall(zips.head)
            connection.sendall(tail)
            status = _answer(connection)
            told.seconds.append(time.perf_counter() - begun)
            if not status.startswith("HTTP/1.1 201"):
                told.refused.append(status)


def _answer(connection: socket.socket) -> str:
    """Read an answer whole; return its head."""
    said = b""
    while b"\r\n\r\n" not in said:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError("the server closed the connection")
        said += piece
    head, _, body = said.partition(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    while len(body) < length:
        body += connection.recv(65536)
    return head.decode("latin-1") if head.startswith(b"HTTP/1.1 201") else said.decode("utf-8", "replace")[:2000]


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]), sys.argv[2], *(int(each) for each in sys.argv[3:6]))))
