"""Every format, harvested whole by the clients there are, several at once: exact counts, valid pages, no foreign bytes."""

import io
import itertools
import json
import os
import re
import shutil
import subprocess
import warnings
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
import zstandard
from aiohttp import encode_basic_auth
from lxml import etree
from msgspec import structs
from oaipmh_scythe import Scythe

from server.metadata.format import formats
from server.metadata.reading import readers
from server.metadata.ruling import Facts, Weight, rules
from server.records.model import File, Record, decode, encode
from server.xml import parse
from tests.conftest import SHARED, URL
from tests.hard.servers import PASSWORD, Server
from tests.hard.test_harvest_while_writing import ACL, lines
from tests.metadata import famous_theses
from tests.oai.validity import assert_valid

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # their sources are older than today's rules for escapes
    from oaipmh.client import Client as OaiPmh
    from oaipmh.metadata import MetadataRegistry
    from sickle import Sickle

OAI = "{http://www.openarchives.org/OAI/2.0/}"
FORMATS = {form.prefix: form for form in formats().values() if not form.is_variant}
#: Where theses are found among the real documents, read by our own readers.
THESES = ("crosswalk-samples", "sword-samples", "records/datacite/xml", "agencies/datacite")
PERL = """
use HTTP::OAI; my ($url, $prefix) = @ARGV; my $count = 0;
my $harvester = HTTP::OAI::Harvester->new(baseURL => $url);
my $list = $harvester->ListRecords(metadataPrefix => $prefix, onRecord => sub { $count++ });
die $list->code . " " . $list->message if $list->is_error;
print $count;
"""
RECORDS = int(os.environ.get("SHEAF_TEST_RECORDS") or 510)  # more than a part
TOKEN = re.compile(rb"<resumptionToken[^>]*>([^<]*)</resumptionToken>")


def theses() -> Iterator[Record]:
    """Yield the theses among the real documents."""
    shelf = readers()
    for folder in THESES:
        for path in sorted((SHARED / "data" / folder).rglob("*.xml")):
            try:
                root = parse(path.read_bytes())
                for element in itertools.islice(root.iter(), 4000):
                    reader = next((each for each in shelf if isinstance(element.tag, str) and each.recognises(element)), None)
                    if reader is not None and (found := reader.read(element).record).type.startswith("etd"):
                        yield found
            except Exception:  # noqa: BLE001 - documents that are wrong on purpose, judged by the tests of the readers
                continue


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, list[Record]]]:
    """A server that holds the ACL records and real theses, and the records it holds."""
    if not ACL.exists():
        pytest.skip("needs the ACL Anthology's records in SHEAF_SHARED")
    folder = tmp_path_factory.mktemp("formats")
    lines(folder / "acl.jsonl.zst", RECORDS)
    more = folder / "theses.jsonl"
    found = [*theses(), *(structs.replace(work.record, files=()) for work in famous_theses.ALL.values())]
    more.write_text(
        "".join(json.dumps({"record": json.loads(encode(each)), "origin": f"t{n}"}) + "\n" for n, each in enumerate(found))
    )
    held = [decode(json.dumps(json.loads(line)["record"])) for line in zstandard.open(folder / "acl.jsonl.zst", "rt")]
    running = Server(folder / "data")
    running.start()
    try:
        for path in (folder / "acl.jsonl.zst", more):
            said, wrong = running.command("import", str(path)).communicate()
            assert "new" in said, (said, wrong)
        yield running, [*held, *found, deposited(running)]
    finally:
        running.stop()


def deposited(running: Server) -> Record:
    """Deposit a thesis with its file, as the national library wants it, and return its record."""
    thesis = famous_theses.NOETHER
    own = replace(
        thesis,
        record=structs.replace(thesis.record, identifiers=(), files=()),
        doi="",
        landing_url="https://theses.example.org/4",
        file_urls=(),
    )  # its DOI is that of the work brought in
    described, packed = formats()["mods"].write(own).strip().encode(), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mods.xml", described)
        archive.writestr("thesis.pdf", b"%PDF-1.4")
    asked = Request(f"{running.url}/sword/v2/collection/works", packed.getvalue(), {
        "Authorization": encode_basic_auth("depositor", PASSWORD),
        "Content-Type": "application/zip",
        "Content-Disposition": "attachment; filename=thesis.zip",
        "Packaging": "http://purl.org/net/sword/package/SimpleZip",
    })  # fmt: skip
    with urlopen(asked) as answer:
        assert answer.status == 201
    reader = next(each for each in readers() if each.recognises(parse(described)))
    return structs.replace(
        reader.read(parse(described)).record, files=(File(name="thesis.pdf", mime="application/pdf", bytes=8),)
    )


def expected(prefix: str, held: list[Record]) -> int:
    return sum(FORMATS[prefix].applies(record) for record in held)


def with_sickle(url: str, prefix: str) -> int:
    return sum(1 for _ in Sickle(url).ListRecords(metadataPrefix=prefix))


def with_scythe(url: str, prefix: str) -> int:
    with Scythe(url) as client:
        return sum(1 for _ in client.list_records(metadata_prefix=prefix))


def with_oaipmh(url: str, prefix: str) -> int:
    class Whole:
        def __call__(self, element: etree._Element) -> etree._Element:
            return element

    registry = MetadataRegistry()
    registry.registerReader(prefix, Whole())
    return sum(1 for _ in OaiPmh(url, registry).listRecords(metadataPrefix=prefix))


def with_perl(url: str, prefix: str) -> int:
    perl = shutil.which("perl")
    if perl is None or subprocess.run([perl, "-MHTTP::OAI", "-e1"], capture_output=True, check=False).returncode:
        pytest.skip("needs Perl with HTTP::OAI (Debian: libhttp-oai-perl)")
    said = subprocess.run([perl, "-e", PERL, url, prefix], capture_output=True, text=True, check=False)
    assert not said.stderr, said.stderr
    return int(said.stdout)


@pytest.mark.timeout(300 + RECORDS // 5)
@pytest.mark.parametrize("harvester", [with_sickle, with_scythe, with_oaipmh, with_perl])
def test_a_client_gets_every_record_a_format_applies_to(
    server: tuple[Server, list[Record]], harvester: Callable[[str, str], int]
) -> None:
    running, held = server
    counts = {prefix: harvester(f"{running.url}/oai", prefix) for prefix in FORMATS}
    assert counts == {prefix: expected(prefix, held) for prefix in FORMATS}
    assert all(counts.values()), "each format was harvested"
    print(harvester.__name__, counts)


def pages(url: str, **first: str) -> Iterator[bytes]:
    arguments = {"verb": "ListRecords"} | first
    while True:
        with urlopen(f"{url}?{urlencode(arguments)}") as answer:
            body = answer.read()
        yield body
        token = TOKEN.search(body, max(0, len(body) - 2000))
        if token is None or not token[1]:
            return
        arguments = {"verb": "ListRecords", "resumptionToken": token[1].decode()}


def foreign(body: bytes) -> list[str]:
    """Return the records that do not speak of themselves: whose own page is not named in their metadata."""
    wrong = []
    for part in body.split(b"<record>")[1:]:
        head, _, rest = part.partition(b"</header>")
        found = re.search(rb"<identifier>oai:[^:]+:(\w+)</identifier>", head)
        assert found is not None
        others = set(re.findall(rb"/items/(\w{26})", rest)) - {found[1]}
        if f"{URL}/items/".encode() + found[1] not in rest or others:
            wrong.append(found[1].decode())
    return wrong


@pytest.mark.timeout(300 + RECORDS // 5)
def test_eight_harvesters_at_once_get_their_own_records_each(server: tuple[Server, list[Record]]) -> None:
    running, held = server
    wanted = list(itertools.islice(itertools.cycle(FORMATS), 16))

    def walk(prefix: str) -> tuple[int, list[str]]:
        count, wrong = 0, list[str]()
        for body in pages(f"{running.url}/oai", metadataPrefix=prefix):
            count += body.count(b"<record>")
            wrong += foreign(body)
        return count, wrong

    with ThreadPoolExecutor(8) as pool:
        found = dict(zip(wanted, pool.map(walk, wanted), strict=False))
    assert {prefix: count for prefix, (count, _) in found.items()} == {prefix: expected(prefix, held) for prefix in found}
    assert not [wrong for _, wrong in found.values() if wrong]
    print(f"8 harvesters at once, {sum(count for count, _ in found.values())} records, none with another's bytes")


@pytest.mark.timeout(600 + RECORDS // 2)
@pytest.mark.parametrize("prefix", FORMATS)
def test_every_page_is_valid_and_keeps_the_aggregators_rules(server: tuple[Server, list[Record]], prefix: str) -> None:
    running, held = server
    nameless = sum(not record.creators for record in held)  # a fault of the record, not of how it is written
    judges = [each for each in rules() if FORMATS[prefix].name in each.formats]
    count, faults = 0, dict[str, int]()
    for body in pages(f"{running.url}/oai", metadataPrefix=prefix):
        root = etree.fromstring(body)
        for record in root.iter(f"{OAI}record"):
            for judge in judges:
                for fault in judge.check(record, Facts(URL)):
                    key = f"{judge.name}: {fault.rule} ({fault.weight})"
                    faults[key] = faults.get(key, 0) + 1
            count += 1
        assert_valid(root)
    print(f"{prefix}: {count} records valid; rules {[judge.name for judge in judges]}: {faults or 'no fault'}")
    wrong = {key: many for key, many in faults.items() if key.endswith(f"({Weight.ERROR})")}
    assert not {key: many for key, many in wrong.items() if not (": creator (" in key and many <= nameless)}, wrong
