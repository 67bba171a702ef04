"""A virus scanner asked over its socket: clamd, by its command INSTREAM (clamd(8)). Blocking; use it from a thread."""

import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PIECE = 256 * 1024
_LONGEST = 4096
_UNIX = "unix:"


class Unscanned(Exception):
    """The scanner does not answer, or could not look; the message says why."""


@dataclass(frozen=True, slots=True)
class Clamd:
    """Where a scanner listens: the path of a socket, or host and port."""

    family: socket.AddressFamily
    address: str | tuple[str, int]
    patience: float = 120.0
    """Seconds without a sign of life after which it is given up."""

    @classmethod
    def at(cls, text: str) -> "Clamd":
        """Read `unix:/run/clamav/clamd.ctl` or `host:3310`; raises ValueError."""
        if text.startswith(_UNIX) and text.removeprefix(_UNIX).startswith("/"):
            return cls(socket.AF_UNIX, text.removeprefix(_UNIX))
        host, _, port = text.rpartition(":")
        if not host or "/" in host or not port.isdecimal() or not 0 < int(port) < 2**16:
            raise ValueError(f"{text!r} is neither unix:/path nor host:port")
        return cls(socket.AF_INET, (host, int(port)))

    def ping(self) -> None:
        """Ask whether it is there; raises Unscanned."""
        said = self._ask(b"zPING\0")
        if said != "PONG":
            raise Unscanned(f"it answers {said!r}")

    def scan(self, path: Path) -> str:
        """Return what it finds in a file, or an empty string. Raises Unscanned: it is away, or the file is too large for it."""
        said = self._ask(b"zINSTREAM\0", path)
        if said.endswith(" FOUND"):
            return said.removeprefix("stream: ").removesuffix(" FOUND")
        if not said.endswith(" OK"):
            raise Unscanned(said or "it says nothing")
        return ""

    def _ask(self, command: bytes, path: Path | None = None) -> str:
        try:
            with socket.socket(self.family, socket.SOCK_STREAM) as wire:
                wire.settimeout(self.patience)
                wire.connect(self.address)
                wire.sendall(command)
                if path is not None:
                    with suppress(BrokenPipeError, ConnectionResetError):  # it has heard enough, and says why
                        _stream(wire, path)
                return _answer(wire)
        except OSError as error:
            raise Unscanned(str(error) or type(error).__name__) from error


def _stream(wire: socket.socket, path: Path) -> None:
    """Send a file in pieces, each behind its length; a piece of no length ends it."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            wire.sendall(struct.pack("!I", len(piece)) + piece)
    wire.sendall(struct.pack("!I", 0))


def _answer(wire: socket.socket) -> str:
    said = b""
    while not said.endswith(b"\0") and len(said) < _LONGEST and (more := wire.recv(_LONGEST)):
        said += more
    return said.rstrip(b"\0\n").decode("utf-8", "replace")
