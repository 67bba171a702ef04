"""Streams put together from pieces: any pieces, read by everybody."""

import gzip
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.records import deflated
from server.records.deflated import gzipped, join, length, operator_of, press, seal, stored

TEXTS = st.one_of(st.binary(max_size=300), st.integers(0, 200_000).map(lambda size: (b"<dc:title>" * 20_000)[:size]))
MAKERS = st.sampled_from([seal, press, stored, lambda text: text])
PARTS = st.lists(st.tuples(TEXTS, MAKERS), max_size=6)


@given(PARTS)
def test_any_pieces_make_one_stream_of_one_member(parts):
    whole = b"".join(text for text, _ in parts)
    stream = gzipped(make(text) for text, make in parts)
    packer = zlib.decompressobj(wbits=31)
    assert packer.decompress(stream) == whole, "zlib checks length and CRC-32"
    assert (packer.eof, packer.unused_data) == (True, b""), "one member, and nothing after it"
    assert length([make(text) for text, make in parts]) == len(whole)


@given(TEXTS, st.sampled_from([seal, press, stored]))
def test_a_piece_gives_its_text_back(text, make):
    assert make(text).text() == text


@given(st.binary(max_size=400), TEXTS)
def test_python_alone_joins_checksums_as_the_library_does(before, text):
    piece = seal(text)
    assert piece.operator == operator_of(len(text))
    assert deflated._times(zlib.crc32(before), piece.operator) ^ piece.crc == zlib.crc32(before + text)
    assert join(zlib.crc32(before), piece) == zlib.crc32(before + text)


@pytest.fixture
def without_isal(monkeypatch):
    """The machine on which there is no isal."""
    monkeypatch.setattr(deflated, "_fast", zlib)
    monkeypatch.setattr(deflated, "_combine", None)


@pytest.mark.usefixtures("without_isal")
def test_all_goes_without_the_fast_library():
    parts = [b"head", seal(b"one " * 5000), press(b"two " * 5000), b"three " * 5000, b"tail"]
    whole = b"head" + b"one " * 5000 + b"two " * 5000 + b"three " * 5000 + b"tail"
    assert gzip.decompress(gzipped(parts)) == whole
    assert [part.text() for part in parts if not isinstance(part, bytes)] == [b"one " * 5000, b"two " * 5000]


def test_small_text_is_stored_and_large_text_deflated():
    assert b"as it is" in gzipped([b"as it is"])
    assert len(gzipped([b"again " * 5000])) < 1000


@pytest.fixture
def served() -> Iterator[Callable[[bytes], str]]:
    """Puts a gzip body on a server and returns its address."""
    bodies: list[bytes] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(bodies[0])))
            self.end_headers()
            self.wfile.write(bodies[0])

        def log_message(self, *_) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield lambda body: bodies.append(body) or f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


#: Who reads the stream from a file named last and writes what it says to its standard output.
READERS = {
    "gzip": ["gzip", "-dc"],
    "curl": ["curl", "-sS", "--compressed"],
    "node": ["node", "-e", "process.stdout.write(require('zlib').gunzipSync(require('fs').readFileSync(process.argv[1])))"],
    "perl": [
        "perl",
        "-MIO::Uncompress::Gunzip=gunzip,$GunzipError",
        "-e",
        "gunzip(shift() => \\*STDOUT, MultiStream => 0, Strict => 1) or die $GunzipError",
    ],
    "python": [sys.executable, "-c", "import gzip, sys; sys.stdout.buffer.write(gzip.open(sys.argv[1]).read())"],
}


@pytest.mark.parametrize("name", READERS)
def test_everybody_reads_it(name: str, tmp_path: Path, served):
    command = READERS[name]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{name} is not installed here")
    text = "".join(f"<record>{number} – Μένδελ</record>" for number in range(20_000)).encode()
    parts = [
        b"<head/>",
        *(seal(text[start : start + 100_000]) for start in range(0, len(text), 100_000)),
        press(text),
        b"<tail/>",
    ]
    stream = gzipped(parts)
    file = tmp_path / "stream.gz"
    file.write_bytes(stream)
    address = served(stream) if name == "curl" else str(file)
    found = subprocess.run([*command, address], capture_output=True, timeout=60, check=False)
    assert found.returncode == 0, found.stderr
    assert found.stdout == b"<head/>" + text + text + b"<tail/>"
