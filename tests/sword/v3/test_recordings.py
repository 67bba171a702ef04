"""Requests recorded from sword3client, sent byte for byte to our server with our addresses and credentials: each is understood."""

import re
from dataclasses import dataclass

import pytest

from tests.conftest import SHARED, URL
from tests.sword.v3.conftest import OPEN, WORKS, Client

FOLDER = SHARED / "data" / "sword-wire"
NAMES = ("sword3client.txt", "sword3client-patched.txt")
#: Of the connection, not of the deposit.
_LEFT_OUT = frozenset({"host", "authorization", "content-length", "connection"})
#: What the standard answers (§ 7): 201 or 202 for what is created, 200 or 202 for what is added, 204 for the rest.
_WANTED = {
    ("GET", "service"): {200}, ("POST", "service"): {201, 202}, ("POST", "object"): {200, 202}, ("DELETE", "object"): {204},
    ("POST", "staging"): {201}, ("POST", "temp"): {204}, ("GET", "temp"): {200},
}  # fmt: skip


@dataclass(frozen=True)
class Recorded:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def recordings(name: str) -> list[Recorded]:
    found = []
    for block in re.split(rb"(?m)^>>> ", (FOLDER / name).read_bytes())[1:]:
        head, _, rest = block.partition(b"\n\n")
        first, *lines = head.decode().splitlines()
        method, path, _ = first.split()
        said, _, body = rest.partition(b"\n")
        length = int(re.fullmatch(rb"\[body (\d+) bytes\]", said)[1])
        found.append(Recorded(method, path, dict(line.split(": ", 1) for line in lines), body[:length]))
    return found


@pytest.mark.parametrize("name", NAMES)
async def test_recorded_requests_are_understood(sword: Client, name: str) -> None:
    if not (FOLDER / name).is_file():
        pytest.skip(f"no recording at {FOLDER / name}: set SHEAF_SHARED")
    found = await sword.create(b"", OPEN)
    urls = {"service": WORKS, "object": found.object, "staging": f"{URL}/sword/3/staging"}
    kept = []
    for recorded in recordings(name):
        kind = recorded.path.split("/")[2]
        headers = {key: value for key, value in recorded.headers.items() if key.lower() not in _LEFT_OUT}
        answer = await sword.ask(recorded.method, urls[kind], recorded.body, headers)
        assert answer.status in _WANTED[recorded.method, kind], (recorded, answer.body)
        if kind == "staging":
            urls["temp"] = answer.headers["Location"]
        if recorded.method == "POST" and kind == "object":
            kept.append(answer.names())
    assert sword.left() == []
    if name == "sword3client.txt":  # its file name, an encoded word around the whole header, is read
        assert ["t%C3%A9.bin"] in kept
