"""Requests recorded from real clients, sent to our server with our addresses and credentials: each is understood."""

import base64
import re
from dataclasses import dataclass

import pytest

from tests.conftest import SHARED, entry
from tests.sword.conftest import ENTRY, OPEN, SIMPLE_ZIP, Answer, Depositor, archive, md5

FOLDER = SHARED / "data" / "sword-wire"
NAMES = ("jisc-client.txt", "php-swordappv2.txt", "py2-sword2-0.2.1-multipart.txt", "py3-sword2-0.3.txt", "swh-cli.txt")
PACKAGE = archive(file0_bin=b"zero", file1_bin=b"one")
#: Of the connection, not of the deposit; mediation is off, so nobody is named.
_LEFT_OUT = frozenset(
    {"host", "authorization", "content-length", "connection", "on-behalf-of", "x-on-behalf-of", "expect", "transfer-encoding"}
)


@dataclass(frozen=True)
class Recorded:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def is_smuggling(self) -> bool:
        """Whether both Transfer-Encoding and Content-Length were sent: HTTP parsers refuse that before we see it."""
        return {"transfer-encoding", "content-length"} <= {name.lower() for name in self.headers}


def recordings(name: str) -> list[Recorded]:
    """Read a recording. Bytes that were no text were recorded as dots, so packages are put in anew, with their checksum."""
    found = []
    for block in re.split(rb"(?m)^>>> ", (FOLDER / name).read_bytes())[1:]:
        head, _, body = block.partition(b"\n\n")
        first, *lines = head.decode().splitlines()
        method, path, _ = first.split()
        headers = dict(line.split(": ", 1) for line in lines)
        length = int(re.match(rb"\[body (\d+) bytes\]\n?", body)[1])
        body = re.sub(rb"^\[body \d+ bytes\]\n?", b"", body).rstrip(b"\n") if length else b""
        body = re.sub(rb"PK\.\.\.(?s:.)*?PK\.{10}n(?s:.)*?z\.{5}", lambda _: PACKAGE, body)
        if re.search(rb"Content-Transfer-Encoding: base64", body):
            body = re.sub(rb"UEsDB[A-Za-z0-9+/=\s]+", lambda _: base64.b64encode(PACKAGE) + b"\n", body)
        for sum_of_the_package in re.findall(rb"Content-MD5: (\w{32})", body):
            body = body.replace(sum_of_the_package, md5(PACKAGE).encode())
        if any(each.lower() in {"content-md5", "content_md5"} for each in headers):
            headers = {each: md5(body) if "md5" in each.lower() else value for each, value in headers.items()}
        found.append(Recorded(method, path, headers, body))
    return found


def iri_of(recorded: Recorded, depositor: Depositor, receipt: Answer) -> str:
    if "/col/" in recorded.path:
        return depositor.collection
    if recorded.path.endswith("/sd"):
        return depositor.service
    if "statement" in recorded.path:
        return receipt.link("http://purl.org/net/sword/terms/statement")
    return receipt.media if recorded.path.endswith("/media") else receipt.edit


def wanted(recorded: Recorded) -> set[int]:
    """The statuses of the profile (§ A.4)."""
    said = " ".join(recorded.headers.values()) + recorded.body.decode("latin-1")
    if "eprints" in said:  # EPrints XML comes without a file name
        return {400}
    if recorded.method == "GET":
        return {200}
    if recorded.method == "DELETE":
        return {204}
    if recorded.method == "PUT":
        return {204} if recorded.path.endswith("/media") else {200}
    return {201} if "/col/" in recorded.path or recorded.path.endswith("/media") else {200}


@pytest.mark.parametrize("name", NAMES)
async def test_recorded_requests_are_understood(depositor: Depositor, name: str) -> None:
    if not (FOLDER / name).is_file():
        pytest.skip(f"no recording at {FOLDER / name}: set SHEAF_SHARED")
    receipt = await depositor.create(entry(), ENTRY, OPEN)
    sent, gone = 0, False
    for recorded in recordings(name):
        if recorded.is_smuggling:
            continue
        headers = {key: value for key, value in recorded.headers.items() if key.lower() not in _LEFT_OUT}
        found = await depositor.ask(recorded.method, iri_of(recorded, depositor, receipt), recorded.body, headers)
        expected = {404} if gone else wanted(recorded)
        assert found.status in expected, (recorded, found.body)
        assert found.body or found.status == 204
        gone = gone or (recorded.method == "DELETE" and not recorded.path.endswith("/media"))
        sent += 1
    assert sent
    assert depositor.left() == []
    held = await depositor.rows(state="held")  # what is announced as METS or JATS, and was recorded with two plain files
    assert {row.problem.code for row in held if row.problem is not None} <= {"manifest-missing"}


async def test_the_recorded_multipart_of_two_lengths_is_taken_once_a_proxy_has_mended_it(depositor: Depositor) -> None:
    """What that client sends is refused before it reaches us; its body, with one length, is not."""
    body = b'\r\nMedia Post\r\n--=SWORDPARTS=\r\nContent-Type: application/atom+xml\r\nMIME-Version: 1.0\r\nContent-Disposition: attachment; name="atom"\r\n\r\n'
    body += (
        entry(title="Answer")
        + b"\r\n--=SWORDPARTS=\r\nContent-Type: application/zip\r\nContent-Disposition: attachment; name=payload; filename=a.zip\r\n"
    )
    body += f"Packaging: {SIMPLE_ZIP}\r\nContent-MD5: {md5(PACKAGE)}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode()
    body += base64.encodebytes(PACKAGE) + b"\r\n--=SWORDPARTS=--\r\n"
    headers = {"Content-Type": 'multipart/related; boundary="=SWORDPARTS="; type="application/atom+xml"', "In-Progress": "false"}
    for each in (body, body.replace(b"\r\n", b"\n") + b"\n"):
        receipt = await depositor.create(each, headers)
        assert receipt.text("t:title") == "Answer"
        assert len(receipt.all("a:link[contains(@rel, 'derived')]")) == 2
