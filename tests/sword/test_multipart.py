"""Multipart bodies as clients send them, as the grammar allows them, and as nobody should send them."""

import base64
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.records.files import DiskStore
from server.sword.errors import BadRequest
from server.sword.v2 import multipart
from server.sword.v2.multipart import Part

ENTRY = b'<entry xmlns="http://www.w3.org/2005/Atom"><title>Peas</title></entry>'
ATOM = {"Content-Type": "application/atom+xml", "Content-Disposition": 'attachment; name="atom"'}
FILE = {"Content-Type": "application/zip", "Content-Disposition": "attachment; name=payload; filename=peas.zip"}


def join(
    parts: Sequence[tuple[dict[str, str], bytes]],
    boundary: str = "b1",
    line: bytes = b"\r\n",
    preamble: bytes = b"",
    epilogue: bytes = b"",
) -> bytes:
    mark = b"--" + boundary.encode()
    body = preamble
    for headers, content in parts:
        head = b"".join(f"{name}: {value}".encode() + line for name, value in headers.items())
        body += mark + line + head + line + content + line
    return body + mark + b"--" + line + epilogue


class Folder:
    """A folder with a store, and the parts of a body in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = DiskStore(path)

    def split(self, body: bytes, boundary: str = "b1") -> list[tuple[dict[str, str], bytes]]:
        return [(part.headers, part.received.path.read_bytes()) for part in self.parts(body, boundary)]

    def parts(self, body: bytes, boundary: str = "b1") -> list[Part]:
        (self.path / "body").write_bytes(body)
        return multipart.split(self.path / "body", boundary, self.store)

    def left(self) -> list[str]:
        return [found.name for found in (self.path / "spool").iterdir()]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("multipart"))


@pytest.mark.parametrize("line", [b"\r\n", b"\n"])
@pytest.mark.parametrize("preamble", [b"", b"\r\n", b"Media Post\r\n", b"\r\nMedia Post\n", b"--b\r\n"])
@pytest.mark.parametrize("epilogue", [b"", b"\r\nnothing to see here", b"--b1\r\n"])
def test_line_ends_preamble_and_epilogue_do_not_matter(folder: Folder, line: bytes, preamble: bytes, epilogue: bytes) -> None:
    body = join([(ATOM, ENTRY), (FILE, b"PK\r\n\n\r")], line=line, preamble=preamble, epilogue=epilogue)
    assert folder.split(body) == [(ATOM, ENTRY), (FILE, b"PK\r\n\n\r")]


@pytest.mark.parametrize("boundary", ["===========e9d3_$", "========1288==", "a b", "0123456789" * 7, "b1"])
def test_every_boundary_is_taken_by_the_letter(folder: Folder, boundary: str) -> None:
    assert folder.split(join([(ATOM, ENTRY)], boundary), boundary) == [(ATOM, ENTRY)]


def test_blanks_after_a_boundary_are_padding(folder: Folder) -> None:
    body = join([(ATOM, ENTRY)]).replace(b"--b1\r\n", b"--b1 \t\r\n").replace(b"--b1--", b"--b1--  ")
    assert folder.split(body) == [(ATOM, ENTRY)]


def test_other_white_space_after_a_boundary_is_content(folder: Folder) -> None:
    assert folder.split(join([(FILE, b"a\r\n--b1\x0b\r\nb")])) == [(FILE, b"a\r\n--b1\x0b\r\nb")]


def test_base64_is_decoded_where_the_header_says_so(folder: Folder) -> None:
    encoded = base64.encodebytes(bytes(range(256)) * 50).replace(b"\n", b"\r\n")
    [(_, content)] = folder.split(join([(FILE | {"Content-Transfer-Encoding": "BASE64"}, encoded)]))
    assert content == bytes(range(256)) * 50


def test_an_entry_is_decoded_where_a_client_encodes_it_and_does_not_say_so(folder: Folder) -> None:
    assert folder.split(join([(ATOM, base64.b64encode(ENTRY))])) == [(ATOM, ENTRY)]


def test_a_payload_that_looks_like_base64_is_left_alone(folder: Folder) -> None:
    assert folder.split(join([(FILE, b"UEsDBA==")])) == [(FILE, b"UEsDBA==")]


@pytest.mark.parametrize("content", [b"!!!!", b"A", b"QQ==QQ=", b"\xff\xff"])
def test_what_is_said_to_be_base64_and_is_not_is_refused(folder: Folder, content: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        folder.split(join([(ATOM, ENTRY), (FILE | {"Content-Transfer-Encoding": "base64"}, content)]))
    assert caught.value.place == "Content-Transfer-Encoding"
    assert folder.left() == []


@pytest.mark.parametrize("sent", [b"quoted-printable", b"x-uuencode"])
def test_an_encoding_nobody_sends_is_refused_by_name(folder: Folder, sent: bytes) -> None:
    with pytest.raises(BadRequest, match=sent.decode()):
        folder.split(join([(FILE | {"Content-Transfer-Encoding": sent.decode()}, b"=3D")]))
    assert folder.left() == []


@pytest.mark.parametrize("line", [b"\r\n", b"\n"])
def test_a_part_may_have_no_headers_and_no_content(folder: Folder, line: bytes) -> None:
    assert folder.split(join([({}, b"plain"), ({}, b""), (FILE, b"")], line=line)) == [({}, b"plain"), ({}, b""), (FILE, b"")]


def test_a_header_may_be_folded_and_hold_utf_8_or_latin_1(folder: Folder) -> None:
    body = b'--b1\r\nContent-Disposition: attachment;\r\n filename="\xc3\xbcber.zip"\r\n\r\nx\r\n--b1\r\nX-Old: \xfcber\r\n\r\ny\r\n--b1--'
    first, second = folder.parts(body)
    assert re.sub(r"\s+", " ", first.headers["Content-Disposition"]) == 'attachment; filename="über.zip"'
    assert second.headers["X-Old"] == "über"


BROKEN = {
    "no closing boundary": join([(ATOM, ENTRY), (FILE, b"PK")])[:-6],
    "cut within the closing boundary": join([(ATOM, ENTRY), (FILE, b"PK")])[:-4],
    "another boundary": join([(ATOM, ENTRY)], "other"),
    "nothing at all": b"",
    "no parts": b"--b1--\r\n",
    "headers without an end": b"--b1\r\nContent-Type: text/plain\r\n--b1--",
    "headers too long": b"--b1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n\r\n--b1--",
    "seventeen parts": join([(FILE, b"PK")] * 17),
    "boundaries without end": b"--b1\r\n" * 50_000,
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_body_is_refused_and_leaves_nothing(folder: Folder, body: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        folder.split(body)
    assert caught.value.remedy
    assert folder.left() == []


def test_sixteen_parts_are_allowed(folder: Folder) -> None:
    assert len(folder.split(join([(FILE, b"PK")] * 16))) == 16


def test_no_boundary_is_refused_at_its_header(folder: Folder) -> None:
    with pytest.raises(BadRequest) as caught:
        folder.split(join([(ATOM, ENTRY)]), "")
    assert caught.value.place == "Content-Type"


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("line", [b"\r\n", b"\n"])
def test_boundaries_are_found_wherever_pieces_end(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, piece: int, line: bytes
) -> None:
    monkeypatch.setattr(multipart, "PIECE", piece)
    content = b"--b1 and more\r\n--b1x\r\n-\n--b\r\n--b1-\r\n" + bytes(range(256)) * 2
    assert folder.split(join([(ATOM, ENTRY), (FILE, content)] * 2, line=line)) == [(ATOM, ENTRY), (FILE, content)] * 2


CONTENTS = st.one_of(
    st.binary(max_size=400),
    st.lists(st.sampled_from([b"--b1", b"--b1x", b"\r\n", b"\n", b"\r", b"-", b"b1", b"PK", b" "]), max_size=40).map(b"".join),
)


@given(
    st.lists(
        CONTENTS.filter(lambda content: not re.search(rb"(^|\n)--b1(--)?[ \t]*(\r?\n|\r?$)", content)), min_size=1, max_size=5
    ),
    st.integers(1, 50),
)
def test_what_is_joined_is_split_again(shared_folder: Folder, contents: list[bytes], piece: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(multipart, "PIECE", piece)
        parts = shared_folder.parts(join([(FILE, content) for content in contents]))
    assert [part.received.path.read_bytes() for part in parts] == contents
    assert [part.received.bytes for part in parts] == [len(content) for content in contents]
    multipart.discard(parts)
    assert shared_folder.left() == []


BITS = st.lists(
    st.sampled_from([b"--b1", b"--", b"\r\n", b"\n", b"Content-Type: application/atom+xml", b"Content-Transfer-Encoding: base64", b": ", b"<entry/>", b"QQ==", b"\xff"]),
    max_size=40,
)  # fmt: skip


@given(st.one_of(st.binary(max_size=500), BITS.map(b"".join)))
def test_any_bytes_are_parts_or_a_bad_request_and_nothing_stays(shared_folder: Folder, body: bytes) -> None:
    try:
        parts = shared_folder.parts(body)
    except BadRequest as error:
        assert error.message  # noqa: PT017 -- either outcome is good, both are looked at
    else:
        assert parts
        multipart.discard(parts)
    assert shared_folder.left() == []
