"""The looks taken into what came: viruses, by a scanner of our own; formats of files; what a work is cited by."""

import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.metadata.reading import Remark
from server.records.model import Agent, Dates, File, Record, Text
from server.sword import problems
from server.sword.check import Looked, checks
from server.sword.citable import missed
from server.sword.clamd import Clamd, Unscanned
from server.sword.model import Content, Problem, Rules
from tests.admin.visits import login
from tests.conftest import configured, entry
from tests.sword.conftest import ENTRY, GOOD, MODS, OPEN, ZIP, Depositor, archive

BARE = b"<entry xmlns='http://www.w3.org/2005/Atom'><title>Peas</title></entry>"
BAD = b"a harmless file that the scanner of the tests calls bad"


class Scanner(threading.Thread):
    """Speaks clamd's INSTREAM on a socket; whatever holds BAD has a virus, whatever is over `largest` it does not look into."""

    def __init__(self, path: Path, largest: int = 1 << 20) -> None:
        super().__init__(daemon=True)
        self.largest = largest
        self.asked: list[bytes] = []
        self.door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.door.bind(str(path))
        self.door.listen()

    def run(self) -> None:
        while True:
            try:
                wire, _ = self.door.accept()
            except OSError:
                return
            with wire:
                wire.sendall(self.answer(wire))

    def answer(self, wire: socket.socket) -> bytes:
        said = wire.makefile("rb")
        command = b""
        while not command.endswith(b"\0"):
            command += said.read(1)
        if command == b"zPING\0":
            return b"PONG\0"
        body = b""
        while (size := struct.unpack("!I", said.read(4))[0]) and len(body) <= self.largest:
            body += said.read(size)
        self.asked.append(body)
        if len(body) > self.largest:
            return b"INSTREAM size limit exceeded. ERROR\0"
        return b"stream: Peas.Blight FOUND\0" if BAD in body else b"stream: OK\0"


@pytest.fixture
def scanner(tmp_path: Path) -> Iterator[Scanner]:
    made = Scanner(tmp_path / "clamd")
    made.start()
    yield made
    made.door.close()


def address(tmp_path: Path) -> str:
    return f"unix:{tmp_path / 'clamd'}"


def test_the_scanner_finds_passes_and_refuses_to_look(scanner: Scanner, tmp_path: Path) -> None:
    clamd, file = Clamd.at(address(tmp_path)), tmp_path / "file"
    clamd.ping()
    file.write_bytes(b"peas" + BAD)
    assert clamd.scan(file) == "Peas.Blight"
    file.write_bytes(b"peas" * 200_000)
    assert clamd.scan(file) == ""
    assert scanner.asked[-1] == b"peas" * 200_000
    scanner.largest = 10
    with pytest.raises(Unscanned, match="limit"):
        clamd.scan(file)


@pytest.mark.parametrize("text", ["", "clamd", "host:", "host:0", "host:70000", "unix:clamd.ctl", "http://host:3310"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        Clamd.at(text)


def test_a_scanner_that_is_away_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unscanned):
        Clamd.at(f"unix:{tmp_path}/nobody").ping()
    assert Clamd.at("localhost:3310").address == ("localhost", 3310)


async def test_a_file_with_a_virus_is_held_and_given_to_nobody(depositor: Depositor, scanner: Scanner, tmp_path: Path) -> None:
    await configured(depositor.house, "sword", scanner=address(tmp_path))
    receipt = await depositor.create(archive(mods_xml=MODS, peas_txt=BAD), ZIP)
    assert (await depositor.state(receipt))[0] == "held"
    [row] = await depositor.rows(state="held")
    assert row.problem is not None
    assert (row.problem.code, row.problem.value, row.problem.place) == ("virus", "Peas.Blight", "peas.txt")
    listed = await depositor.get(f"{receipt.media}?feed=atom")
    assert "peas.txt" not in listed.body.decode()
    original = await depositor.get(f"{depositor.service.rsplit('/', 1)[0]}/original/{row.id}")
    assert original.status == 403
    assert BAD not in original.body
    assert scanner.asked


async def test_a_virus_that_is_not_the_first_of_the_problems_is_given_to_nobody_either(
    depositor: Depositor, scanner: Scanner, tmp_path: Path
) -> None:
    await configured(depositor.house, "sword", scanner=address(tmp_path))
    strange = MODS.replace(b"journal article", b"strange thing")
    await depositor.create(archive(mods_xml=strange, peas_txt=BAD), ZIP)
    [row] = await depositor.rows(state="held")
    assert row.problem is not None
    assert row.problem.code == "type-unknown"
    await given_to_nobody(depositor, row.id, 2)


@pytest.mark.parametrize(
    "files",
    [
        {"mods_xml": MODS.replace(b"</mods>", b"<!--" + BAD + b"--></mods>"), "peas_csv": b"1,2"},  # the metadata
        {"mods_xml": b"<mods", "peas_txt": BAD},  # in a package that cannot be read
    ],
)
async def test_every_member_of_a_package_is_looked_into(
    depositor: Depositor, scanner: Scanner, tmp_path: Path, files: dict[str, bytes]
) -> None:
    await configured(depositor.house, "sword", scanner=address(tmp_path))
    await depositor.create(archive(**files), ZIP)
    [row] = await depositor.rows(state="held")
    assert "virus" in {each.problem.code for each in await depositor.house.database.read(problems.of, row.id)}
    await given_to_nobody(depositor, row.id, 2)


async def given_to_nobody(depositor: Depositor, number: str, members: int) -> None:
    """Ask for what was in a deposit wherever it could be had."""
    assert (await depositor.get(f"{depositor.service.rsplit('/', 1)[0]}/original/{number}")).status == 403
    await login(depositor.client)
    page = f"/admin/imports/{number}"
    for path in ("original", *(f"{kind}/{place}" for kind in ("files", "text") for place in range(1, members + 1))):
        answer = await depositor.client.get(f"{page}/{path}")
        assert answer.status == 403, path
        assert BAD not in await answer.read()
    assert (await depositor.client.get(page)).status == 200


@pytest.mark.parametrize("unscanned", ["hold", "take"])
async def test_a_file_too_large_for_the_scanner_hides_no_virus_behind_it(
    depositor: Depositor, scanner: Scanner, tmp_path: Path, unscanned: str
) -> None:
    await configured(depositor.house, "sword", scanner=address(tmp_path), unscanned=unscanned)
    scanner.largest = 1000
    receipt = await depositor.create(archive(a_bin=b"x" * 5000, mods_xml=MODS, peas_txt=BAD), ZIP)
    assert (await depositor.state(receipt))[0] == "held"
    [row] = await depositor.rows(state="held")
    codes = [each.problem.code for each in await depositor.house.database.read(problems.of, row.id)]
    assert {"virus", "scan-unavailable"} <= set(codes)
    await given_to_nobody(depositor, row.id, 3)


async def test_a_virus_is_kept_in_mind_behind_any_number_of_other_problems(depositor: Depositor) -> None:
    await depositor.create(GOOD, ZIP)
    [row] = await depositor.rows()
    many = [Problem("type-unknown", f"Word {number}.", "", "") for number in range(problems.MOST)]
    await depositor.house.database.write(problems.keep, row.id, [*many, Problem("virus", "A virus.", "", "")], many)
    assert await depositor.house.database.read(problems.infected, row.id)


async def test_what_is_clean_is_taken(depositor: Depositor, scanner: Scanner, tmp_path: Path) -> None:
    await configured(depositor.house, "sword", scanner=address(tmp_path))
    assert (await depositor.state(await depositor.create(GOOD, ZIP)))[0] == "accepted"
    assert len(scanner.asked) == 3


@pytest.mark.parametrize(("unscanned", "state"), [("hold", "held"), ("take", "accepted")])
async def test_where_the_scanner_is_away_the_profile_decides(depositor: Depositor, unscanned: str, state: str) -> None:
    await configured(depositor.house, "sword", scanner="unix:/nowhere/clamd", unscanned=unscanned)
    receipt = await depositor.create(GOOD, ZIP)
    assert (await depositor.state(receipt))[0] == state
    [row] = await depositor.rows()
    known = await depositor.house.database.read(problems.of, row.id)
    assert "scan-unavailable" in {each.problem.code for each in known}


def found(tmp_path: Path, name: str, content: Content, **rules: object) -> list[Remark | File]:
    looked = Looked(content, Rules(**rules), lambda sha256: tmp_path / sha256)  # type: ignore[arg-type]
    return list(checks()[name].run(looked))


@pytest.mark.parametrize(
    ("name", "mime", "body", "kept", "says"),
    [
        ("a.pdf", "application/pdf", b"%PDF-1.4", "", False),
        ("a.pdf", "application/pdf", b"MZ\x90\0", "application/vnd.microsoft.portable-executable", True),
        ("a.txt", "text/plain", b"<script>alert(1)</script>", "text/html", True),
        ("scan", "application/octet-stream", b"%PDF-1.4", "application/pdf", False),
        ("a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03\x04", "", False),
        ("a.epub", "application/epub+zip", b"PK\x03\x04", "", False),
        ("sky.fits", "application/octet-stream", b"SIMPLE  =     T", "image/fits", False),
        ("a.dat", "application/pdf", b"%PDF-1.4", "", False),
    ],
)
def test_a_file_is_what_its_bytes_are(tmp_path: Path, name: str, mime: str, body: bytes, kept: str, says: bool) -> None:
    (tmp_path / "sha").write_bytes(body)
    content = Content(files=(File(name=name, mime=mime, sha256="sha"),))
    said = found(tmp_path, "formats", content)
    files = [each.mime for each in said if isinstance(each, File)]
    assert files == ([kept] if kept else [])
    assert [each.code for each in said if isinstance(each, Remark)] == (["format-differs"] if says else [])


def test_what_a_work_is_cited_by_is_missed() -> None:
    bare = Record(type="other.other", title=Text(value="Peas"))
    whole = Record(type="other.other", title=Text(value="Peas"), creators=(Agent(family="Mendel"),), dates=Dates(issued="1866"))
    assert [each.value for each in missed(bare, "")] == ["creators", "dates"]
    assert not missed(whole, "")


async def test_a_work_without_creators_is_held_where_the_profile_wants_it(depositor: Depositor) -> None:
    await configured(depositor.house, "sword", holds=["field-missing"])
    assert (await depositor.state(await depositor.create(BARE, ENTRY)))[0] == "held"


async def test_a_work_without_creators_is_held_when_it_is_completed(depositor: Depositor) -> None:
    await configured(depositor.house, "sword", holds=["field-missing"])
    begun = await depositor.create(BARE, ENTRY, OPEN)
    assert (await depositor.state(begun))[0] == "in-progress"
    await depositor.ask("POST", begun.edit, b"", {"In-Progress": "false"})
    assert await depositor.oai() == []
    assert (await depositor.rows())[-1].problem.code == "field-missing"  # type: ignore[union-attr]
    assert (await depositor.ask("PUT", begun.edit, entry(title="Peas"), ENTRY)).status == 200
    assert (await depositor.state(begun))[0] == "accepted"


async def test_what_a_work_has_already_is_not_missed_in_what_is_added(depositor: Depositor) -> None:
    await configured(depositor.house, "sword", holds=["field-missing"])
    begun = await depositor.create(entry(title="Peas"), ENTRY)
    assert (await depositor.ask("POST", begun.edit, BARE, ENTRY)).status == 200
    assert await depositor.rows(state="held") == []
