"""Every package and document there is a sample of, as clients have really sent them: taken, or held or refused for the reason named.

The samples are not part of the project; SHEAF_SHARED says where they are. `pytest -rP` on this file prints the table.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest
from multidict import CIMultiDict

from server.errors import SheafError
from server.sword.metadata import found_in
from server.sword.model import Content
from server.sword.package import Arrived, Document, Package
from server.sword.understand import Opened
from server.sword.v2 import multipart
from server.sword.v2.request import deposit_headers
from server.xml import parse
from tests.conftest import SHARED
from tests.sword.desk import Desk

FOLDERS = ("sword-samples", "records/sword")

ENTRY = "entry"  # the body is an Atom entry, or another metadata document where one is expected
JSON = "metadata"  # the body is SWORD 3.0's metadata
FORM = "form"  # a multipart body
NO_DEPOSIT = "no deposit"  # a schema, a server's answer, a tool: nobody deposits this
PURL = "http://purl.org/net/sword/package/"
ZIP, METS, BAG, OPUS = PURL + "SimpleZip", PURL + "METSDSpaceSIP", PURL + "BagIt", PURL + "OPUS4Zip"
MODS_IN_METS = PURL + "METSMODS"
SWORD_BAG = "http://purl.org/net/sword/3.0/package/SWORDBagIt"
JATS = "https://pubrouter.jisc.ac.uk/FilesAndJATS"
DATACITE, CROSSREF = "http://datacite.org/schema/kernel-4", "http://www.crossref.org/xschema/1.1"
EPRINTS, CODEMETA = "http://eprints.org/ep2/data/2.0", "https://doi.org/10.5063/SCHEMA/CODEMETA-2.0"
NONE = ""  # without a Packaging header

TAKEN = "taken"
FILES = "taken as files"  # nothing in it describes the work; the entry does, or an administrator
NOTHING = "begins a deposit"  # an entry that says nothing

#: How each sample is sent, and what becomes of it: the first pattern that fits counts.
TABLE: tuple[tuple[str, str, str], ...] = (
    # Answers of servers, schemas, tools.
    ("*__servicedocument.xml", NO_DEPOSIT, ""),
    ("*__collection.xml", NO_DEPOSIT, ""),
    ("*.xsd", NO_DEPOSIT, ""),
    ("*.schema.json", NO_DEPOSIT, ""),
    ("sword3-json/*__metadata.json", JSON, TAKEN),
    ("sword3-json/*__sword.json", JSON, TAKEN),
    ("sword3-json/*", NO_DEPOSIT, ""),
    ("*entry-list-deposits*", NO_DEPOSIT, ""),
    ("*error-cli.xml", NO_DEPOSIT, ""),
    ("*response_content_example.xml", NO_DEPOSIT, ""),
    ("mets/dissemin__dissemin_v1.0.xml", NO_DEPOSIT, ""),  # what Dissemin wraps in a rightsMD
    # Bags.
    ("*/SWORDBagIt.zip", SWORD_BAG, "bag-incomplete"),  # the specification's own example lists a file by another path
    ("*/bagit-broken-sha.zip", SWORD_BAG, "digest-mismatch"),
    ("*/bagit-no-bagit-txt.zip", SWORD_BAG, "manifest-missing"),
    ("*/bagit-with-fetch.zip", SWORD_BAG, "fetch-txt"),
    ("*/bagit.zip", SWORD_BAG, TAKEN),
    ("bagit/dd-dans-*", BAG, TAKEN),  # the invalid ones break rules of DANS, not of BagIt: taken, with remarks
    ("dans-bags/*", BAG, TAKEN),
    ("bagit/*BagIt.zip", BAG, TAKEN),
    # METS.
    ("mets/dissemin__mods.zip", MODS_IN_METS, "manifest-twice"),  # twenty METS documents, of twenty works
    ("mets/dissemin__mets_dc*.xml", METS, "manifest-names-missing-file"),  # the document without its package
    ("mets/Vireo__*.xml", METS, "xml"),  # a template, not filled in
    ("mets/oa-PubRouter*", JATS, TAKEN),
    ("mets/*.zip", METS, TAKEN),
    ("dspace/*", METS, TAKEN),
    ("v2-client-spec/*", METS, TAKEN),
    ("multipart/*.zip", METS, TAKEN),
    # Multipart bodies.
    ("multipart/*.dat", FORM, TAKEN),
    ("multipart/*multipart*", FORM, TAKEN),
    ("multipart/*entry.xml", ENTRY, TAKEN),
    # JATS.
    ("jats/*archive_30274.zip", JATS, "manifest-missing"),  # a reproducible article: no JATS in it
    ("*valid_epmc.xml", JATS, "manifest-missing"),  # Europe PMC's search result
    ("*valid_jats_epmc_poor.xml", JATS, "xml"),  # a prefix that is not declared
    ("jats/*", JATS, TAKEN),
    ("pubrouter-xml/*jats*", JATS, TAKEN),
    ("pubrouter-xml/valid_*", JATS, TAKEN),
    ("pubrouter-xml/*", JATS, "manifest-missing"),  # answers of PubMed and Elsevier, from which the Router makes its own deposits
    # OPUS 4.
    ("opus4/*badformed.xml", OPUS, "xml"),
    ("opus4/*regression2570.xml", OPUS, "several-works"),
    ("opus4/*.xml", OPUS, TAKEN),
    ("opus4/*", NONE, TAKEN),
    # Documents by themselves.
    ("eprints/*.xml.gz", EPRINTS, "several-works"),  # a hundred eprints
    ("eprints/*", EPRINTS, TAKEN),
    ("datacite/*", DATACITE, TAKEN),
    ("crossref/*", CROSSREF, TAKEN),
    ("codemeta/*invalid.json", CODEMETA, "title-missing"),
    ("codemeta/*.json", CODEMETA, TAKEN),
    # Entries.
    ("rioxx/PubRouter-doc__*", ENTRY, "xml"),  # as published: bytes before the declaration, a bare ampersand
    ("rioxx/*", ENTRY, TAKEN),
    ("*entry-data-badly-formatted.xml", ENTRY, "xml"),
    ("*entry-data-parsing-error-prone.xml", ENTRY, "xml"),
    ("*entry-data-ko.xml", ENTRY, "xml"),
    ("*entry-data-empty-body.xml", ENTRY, NOTHING),
    ("*fail-metadata-functional-checks.xml", ENTRY, "title-missing"),
    ("*entry-data1.xml", ENTRY, "title-missing"),
    ("*entry-data2.xml", ENTRY, "title-missing"),
    ("*entry-data3.xml", ENTRY, "title-missing"),
    ("*entry-data-multiple-release-notes.xml", ENTRY, "title-missing"),
    ("*entry-only-create-origin.xml", ENTRY, "title-missing"),
    ("atom/*", ENTRY, TAKEN),
    ("swh-atom/*", ENTRY, TAKEN),
    ("codemeta/*.xml", ENTRY, TAKEN),
    # Archives of files.
    ("*empty.zip", ZIP, "archive-empty"),
    ("codemeta/*.tar.gz", ZIP, FILES),
    ("bagit/willow_*", ZIP, TAKEN),  # Hyrax' metadata/metadata.xml
    ("bagit/*", ZIP, FILES),
    ("*/simple.zip", ZIP, FILES),
    ("dans-zips/*", ZIP, FILES),
    ("v2-php/*", ZIP, FILES),
)
MEDIA = {".zip": "application/zip", ".tar": "application/x-tar", ".gz": "application/gzip", ".xml": "application/xml"}


@dataclass(frozen=True)
class Sample:
    path: Path
    name: str
    sent: str
    wanted: str

    @property
    def folder(self) -> str:
        return self.name.partition("/")[0]


def samples() -> Iterator[Sample]:
    for folder in FOLDERS:
        for path in sorted((SHARED / "data" / folder).rglob("*")):
            if path.is_file() and path.name != "SOURCES.md":
                name = str(path.relative_to(SHARED / "data" / folder))
                pattern = next((row for row in TABLE if fnmatch(name, row[0])), ("", "not in the table", ""))
                yield Sample(path, name, pattern[1], pattern[2])


SAMPLES = list(samples())


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("samples"))


def opened(desk: Desk, sample: Sample) -> Content:
    """Send a sample as the table says."""
    body = sample.path.read_bytes()
    if sample.sent == ENTRY:
        return desk.understanding.content(Opened(entry=parse(body, place="entry")))
    if sample.sent == JSON:
        package = Package((Document(sample.path.name, sample.path, required=True),))
        found = found_in(package, desk.understanding.readers, desk.understanding.json_readers)
        assert found is not None
        return Content(record=found.reading.record, source=found.source)
    if sample.sent != FORM:
        mime = MEDIA.get(sample.path.suffix, "application/octet-stream")
        return desk.read(body, packaging=sample.sent, name=sample.path.name, mime=mime)
    boundary = next(line for line in body.decode("latin-1").splitlines() if line.startswith("--"))[2:].strip()
    parts = multipart.split(sample.path, boundary, desk.store)
    entry, payload = (deposit_headers(CIMultiDict(part.headers)) for part in parts)
    assert entry.content_type == "application/atom+xml"
    arrived = Arrived(parts[1].received.path, parts[1].received, payload.filename or "payload", payload.content_type)
    try:
        root = parse(parts[0].received.path.read_bytes(), place="entry")
        named = payload.packaging if payload.packaging_named else ""
        return desk.understanding.content(Opened(entry=root, payload=arrived, packaging=named))
    finally:
        multipart.discard(parts)


def outcome(desk: Desk, sample: Sample) -> tuple[str, str]:
    """What becomes of a sample, and a word on it."""
    try:
        content = opened(desk, sample)
    except SheafError as error:
        return error.code, f"{error.place}: {error.message}" if error.remedy else "no remedy"
    if content.record is None:
        return (FILES, f"{len(content.files)} files") if content.files else (NOTHING, "")
    return TAKEN, f"“{content.record.title.value}”, {len(content.files)} files, {content.source.reader or 'entry'}"


@pytest.mark.skipif(not SAMPLES, reason="the samples are not here: set SHEAF_SHARED")
@pytest.mark.parametrize("folder", sorted({sample.folder for sample in SAMPLES}))
def test_each_sample_is_taken_or_held_for_the_reason_named(desk: Desk, folder: str) -> None:
    wrong = []
    for sample in (each for each in SAMPLES if each.folder == folder):
        found, said = ("", "no client deposits this") if sample.sent == NO_DEPOSIT else outcome(desk, sample)
        print(f"| {sample.name} | {sample.sent.rpartition('/')[2] or 'no header'} | {found} | {said[:100]} |")
        if found != sample.wanted:
            wrong.append((sample.name, found, said))
    assert not wrong
    assert desk.left() == []
