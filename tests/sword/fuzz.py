"""Requests to SWORD as nobody should send them: headers and bodies that are whole, torn, contradictory, or nothing at all."""

import asyncio
import contextlib
import random
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from tests.conftest import AUTH, entry
from tests.sword.conftest import GOOD, NS, SIMPLE_ZIP, md5, related

#: What a request that is none of HTTP may be answered with, whoever answers.
PLAIN = frozenset({400, 411, 413, 414, 417, 501})

METHODS = (b"POST",) * 6 + (b"PUT",) * 3 + (b"GET", b"DELETE", b"HEAD", b"PATCH", b"OPTIONS", b"PROPFIND")
_RELATED, _HEADERS = related(entry(), GOOD)
BODIES = (
    b"", GOOD, entry(), _RELATED, b"peas", b"\x00" * 100, b"PK\x05\x06" + b"\x00" * 18, b"<entry", b"<!DOCTYPE a [<!ENTITY e 'peas'>]><a>&e;</a>",
    b'<?xml version="1.0" encoding="UTF-16"?><entry xmlns="http://www.w3.org/2005/Atom"/>', b'{"@context": []}', b"{", b"[" * 5_000, b"--b1--\r\n",
    b"--b1\r\n\r\n--b1", b"\xff\xfe<\x00a\x00/\x00>\x00", b'<entry xmlns="http://www.w3.org/2005/Atom"><title>\xff</title></entry>',
)  # fmt: skip
HEADERS: dict[bytes, Sequence[bytes]] = {
    b"Content-Type": (
        b"application/zip", b"application/atom+xml;type=entry", b"application/atom+xml", b'multipart/related; boundary="b1"; type="application/atom+xml"',
        b"multipart/related", b"multipart/related; boundary=", b"multipart/form-data; boundary=b1", b"application/json", b"text/plain; charset=klingon",
        b";", b"a", b"\xff/\xfe", b"application/zip" * 50,
    ),
    b"Content-Disposition": (
        b"attachment; filename=peas.zip", b"filename=peas.zip", b"attachment", b"", b'attachment; filename="', b"attachment; filename*=UTF-8''%E2%82%AC.zip",
        b"attachment; filename*=klingon''%FF", b'attachment; filename="../../etc/passwd"', b"inline; filename=\xff\xfe", b"attachment; filename=" + b"a" * 3_000,
        b"segment; segment_number=0", b"attachment; metadata=true; by-reference=maybe",
    ),
    b"Packaging": (SIMPLE_ZIP.encode(), b"http://purl.org/net/sword/package/Binary", b"", b"nonsense", b"\xff", b"http://[", b"a" * 5_000),
    b"Content-MD5": (md5(GOOD).encode(), b"0" * 32, b"nonsense", b"\xff", b"=", b"c9f0f895fb98ab9159f51fd0297e236d"),
    b"Digest": (b"SHA-256=nonsense", b"SHA-256=", b"=", b"SHA-0=x,,MD5", b"\xff"),
    b"In-Progress": (b"true", b"false", b"TRUE", b"maybe", b"1", b"\xff"),
    b"Metadata-Relevant": (b"true", b"false", b"perhaps"),
    b"Slug": (b"peas", b"%E2%82", b"%zz", b"\xff\xfe", b"a" * 7_000, b"%00"),
    b"On-Behalf-Of": (b"depositor", b"other", b"nobody", b"\xff", b"a;b", b"a" * 300),
    b"Idempotency-Key": (b'"a"', b"a", b'"', b"\xff", b"k" * 2_000, b"'\x01'"),
    b"If-Match": (b"*", b'"a"', b"W/", b"\xff"),
    b"Accept-Packaging": (SIMPLE_ZIP.encode(), b"nonsense"),
    b"Accept": (b"application/json", b"*/*;q=nan", b"\xff"),
    b"Expect": (b"100-continue", b"200-ok"),
    b"Transfer-Encoding": (b"chunked", b"gzip", b"identity"),
    b"Content-Encoding": (b"gzip", b"br", b"nonsense"),
    b"Content-Length": (b"-1", b"abc", b"99999999999999999999", b"1, 2", b""),
    b"Authorization": (b"Basic", b"Basic !!!", b"Bearer x", b"Basic \xff", b"Basic " + b"A" * 6_000, b""),
    b"X-Packaging": (b"http://purl.org/net/sword-types/SimpleZip",),
    b"Host": (b"", b"a b"),
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: bytes
    path: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    @property
    def is_whole(self) -> bool:
        """Whether the body has its end, as far as the headers say."""
        said = {name.lower(): value for name, value in self.headers}
        return said.get(b"content-length") == str(len(self.body)).encode() and b"transfer-encoding" not in said

    def raw(self) -> bytes:
        """Write it as it goes over the wire."""
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in self.headers)
        return self.method + b" " + self.path + b" HTTP/1.1\r\n" + lines + b"Connection: close\r\n\r\n" + self.body


def request(chance: random.Random, works: Sequence[str] = ()) -> Asked:
    """Make a request by lot; `works` are numbers of containers that are there."""
    number = chance.choice([*works, "0" * 26, "nonsense", "%00", "%ff"]).encode()
    path = chance.choice((
        b"/sword/v2/collection/works", b"/sword/v2/collection/works", b"/sword/v2/collection/works", b"/sword/v2/service-document",
        b"/sword/v2/edit/" + number, b"/sword/v2/edit-media/" + number, b"/sword/v2/edit-media/" + number + b"/peas.csv",
        b"/sword/v2/statement/" + number, b"/sword/v2/original/" + number, b"/sword/v2/collection/" + number, b"/sword/v2/", b"/sword",
        b"/sword/v2/edit-media/" + number + b"?feed=atom", b"/sword/v2/edit-media/" + number + b"/..%2f..%2fetc/passwd",
    ))  # fmt: skip
    body = chance.choice(BODIES)
    if body and chance.random() < 0.3:  # torn
        at = chance.randrange(len(body))
        body = body[:at] + chance.randbytes(chance.randrange(5)) + (body[at + 1 :] if chance.random() < 0.5 else b"")
    headers = [(b"Host", b"x"), (b"Authorization", AUTH["Authorization"].encode())]
    if chance.random() < 0.9:
        headers.append((b"Content-Length", str(len(body)).encode()))
    for name in chance.sample(list(HEADERS), chance.randrange(6)):
        if name in {b"Host", b"Authorization", b"Content-Length"}:
            if chance.random() < 0.7:
                continue
            headers = [pair for pair in headers if pair[0] != name]
        headers.append((name, chance.choice(HEADERS[name])))
    return Asked(chance.choice(METHODS), path, tuple(headers), body)


async def answered(port: int, asked: Asked) -> tuple[int, dict[str, str], bytes]:
    """Send a request and return status, headers and body; zero where the body was shorter than said and nobody answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    try:
        writer.write(asked.raw())
        said = b""
        with contextlib.suppress(TimeoutError):  # it waits for more of the body than there is
            async with asyncio.timeout(10 if asked.is_whole else 0.2):
                said = await reader.read()
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
    while said.startswith(b"HTTP/1.1 100 "):
        said = said.partition(b"\r\n\r\n")[2]
    if not said:
        return 0, {}, b""
    head, _, body = said.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    return (
        int(first.split()[1]),
        {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)},
        body,
    )


def judged(asked: Asked, status: int, headers: dict[str, str], body: bytes) -> str:
    """Say what an answer was; fails where it is none that SWORD or HTTP knows."""
    if status == 0:  # the body broke off: nobody is there to be answered
        return "broken off"
    assert status < 500, (asked, status, body)
    if status < 400:
        return str(status)
    if asked.method == b"HEAD" or not body:
        assert asked.method in {b"HEAD", b"OPTIONS"}, (asked, status)
        return f"{status} without a body"
    kind = headers["content-type"]
    if kind.startswith("text/plain"):
        assert status in PLAIN, (asked, status, body)
        return f"{status} plain"
    assert kind.startswith("application/xml"), (asked, status, headers)
    root = etree.fromstring(body)
    assert root.tag == f"{{{NS['s']}}}error", (asked, body)
    return f"{status} {root.get('href')}"
