"""What counting use costs a page: the same pages with counting on and off in turn, by the processor time of the server.

`python -m bench.usage [ROUNDS] [PAGES] [irus]` starts a Sheaf with the example works, has a process of its own ask for their
pages as visitors with many addresses and browsers, and prints the median of the paired differences with its 95 % interval
(bootstrap). With `irus` what IRUS is told of is written down, too; nobody listens there, so delivering is not a part of it.
"""

import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from bench.measure import free_port, server, sheaf

_SYSTEMS = ("Windows NT 10.0; Win64; x64", "X11; Linux x86_64", "Macintosh; Intel Mac OS X 10_15_7", "Linux; Android 10; K")
BROWSERS = tuple(
    f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
    for system in _SYSTEMS
    for version in range(100, 142)
)
ROBOTS = ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "GPTBot/1.2", "python-requests/2.32")
_SHARE_OF_ROBOTS = 0.3


def ask(port: int, paths: list[str], pages: int) -> None:
    """Ask for so many pages, one after the other on one connection. Raises RuntimeError where one is refused."""
    chance = random.Random(51)
    with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rb") as reader:
        for _ in range(pages):
            agent = chance.choice(ROBOTS if chance.random() < _SHARE_OF_ROBOTS else BROWSERS)
            address = f"203.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(256)}"
            line = f"GET {chance.choice(paths)} HTTP/1.1\r\nHost: localhost\r\n"
            connection.sendall(f"{line}User-Agent: {agent}\r\nX-Forwarded-For: {address}\r\n\r\n".encode())
            status, length = reader.readline(), 0
            while (head := reader.readline()) not in {b"\r\n", b""}:
                if head.lower().startswith(b"content-length:"):
                    length = int(head[15:])
            reader.read(length)
            if b" 200 " not in status:
                raise RuntimeError(f"the server answered {status!r}")


def switched(environment: dict[str, str], *, on: bool) -> None:
    """Switch counting on or off in the running server."""
    setting(environment, "usage", "Use", f"counting={str(on).lower()}")


def setting(environment: dict[str, str], *given: str) -> None:
    """Set a profile in the running server."""
    command = [sys.executable, "-m", "server", "profile", "set", *given]
    subprocess.run(command, check=True, env={**os.environ, **environment}, capture_output=True)


def nanoseconds(process: int) -> int:
    """Return the processor time of all threads of a process, finer than in the ticks of its `stat`."""
    return sum(int(file.read_text().split()[0]) for file in Path(f"/proc/{process}/task").glob("*/schedstat"))


def cost(port: int, process: int, paths: Path, pages: int) -> float:
    """Return the milliseconds of the server's processor a page takes."""
    before = nanoseconds(process)
    command = [sys.executable, "-m", "bench.usage", "--ask", str(port), str(paths), str(pages)]
    subprocess.run(command, check=True)
    time.sleep(1.5)  # what was noted last is written down within a second, and that counts too
    return (nanoseconds(process) - before) / pages / 1e6


def shown(port: int) -> list[str]:
    """Return the pages of the example works, once all are there."""
    found: list[str] = []
    while True:
        time.sleep(2)
        page = urllib.request.urlopen(f"http://127.0.0.1:{port}/").read()
        now = sorted(set(re.findall(r"/items/[0-9A-Z]{26}", page.decode())))
        if now and now == found:
            return found
        found = now


def main(rounds: int, pages: int, *, irus: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        command, environment = sheaf(Path(folder) / "var", port, examples="true", trusted_proxies="127.0.0.1")
        with server(command, port, environment) as process:
            paths = Path(folder) / "paths.txt"
            paths.write_text("\n".join(shown(port)))
            switched(environment, on=True)
            if irus:
                setting(environment, "irus-uk", "IRUS", "consent=true", f"endpoint=https://127.0.0.1:{free_port()}/")
            cost(port, process.pid, paths, pages)  # warm
            on, off = list[float](), list[float]()
            for turn in range(rounds):
                for which in ((True, False), (False, True))[turn % 2]:
                    switched(environment, on=which)
                    (on if which else off).append(cost(port, process.pid, paths, pages))
    shares = [(one / other - 1) * 100 for one, other in zip(on, off, strict=True)]
    chance = random.Random(1)
    medians = sorted(statistics.median(chance.choices(shares, k=len(shares))) for _ in range(10_000))
    print(f"a page without counting: {statistics.median(off):.2f} ms of processor, with it {statistics.median(on):.2f} ms")
    print(f"counting costs {statistics.median(shares):.1f} % (95 %: {medians[250]:.1f} to {medians[9750]:.1f}), {rounds} pairs")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--ask"]:
        ask(int(sys.argv[2]), Path(sys.argv[3]).read_text().split(), int(sys.argv[4]))
    else:
        given = [int(number) for number in sys.argv[1:3]]
        main(*(given + [12, 200][len(given) :]), irus="irus" in sys.argv[3:])
