"""The Python peers with the same records, out of memory and on bare aiohttp. `python -m bench.peers NAME FOLDER PORT SIZE`."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web
from lxml import etree

from bench.measure import Contender, free_port, server

_OAI, _DC = "{http://www.openarchives.org/OAI/2.0/}", "{http://www.openarchives.org/OAI/2.0/oai_dc/}dc"
_SCHEMA = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
_BEGUN = datetime(2020, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # as these want it


@dataclass(frozen=True, slots=True)
class Item:
    """A record as a peer keeps it."""

    identifier: str
    sets: list[str]
    fields: dict[str, list[str]]
    element: bytes


def items(folder: Path) -> list[Item]:
    """Read the records off pages of ours."""
    found = []
    for path in sorted(folder.iterdir()):
        for record in etree.fromstring(path.read_bytes()).iter(f"{_OAI}record"):
            element, fields = record.find(f".//{_DC}"), dict[str, list[str]]()
            if element is None:
                continue
            for field in element:
                fields.setdefault(etree.QName(field).localname, []).append(field.text or "")
            sets = [each.text or "" for each in record.iter(f"{_OAI}setSpec")]
            found.append(Item(record.findtext(f".//{_OAI}identifier") or "", sets, fields, etree.tostring(element)))
    return found


Answers = Callable[[dict[str, str]], bytes]
"""A request's arguments in, a document out."""


def oaipmh(kept: list[Item], size: int) -> Answers:
    from oaipmh import common, metadata
    from oaipmh import server as theirs

    class Repository:
        def identify(self) -> Any:
            return common.Identify("Peer", "http://localhost/", "2.0", ["bench@example.org"], _BEGUN, "no", "YYYY-MM-DD", [])

        def listMetadataFormats(self, identifier: str | None = None) -> Any:  # noqa: N802, ARG002 -- their name
            return [("oai_dc", _SCHEMA, "http://www.openarchives.org/OAI/2.0/oai_dc/")]

        def listRecords(self, metadataPrefix: str, cursor: int = 0, batch_size: int = 10, **_: Any) -> Any:  # noqa: N802, N803, ARG002
            for item in kept[cursor : cursor + batch_size]:
                header = common.Header(None, item.identifier, _BEGUN, item.sets, False)
                yield header, common.Metadata(None, item.fields), None

    registry = metadata.MetadataRegistry()
    registry.registerWriter("oai_dc", theirs.oai_dc_writer)
    answering = theirs.BatchingServer(Repository(), registry, resumption_batch_size=size)
    return lambda asked: bytes(answering.handleRequest(asked))


def oai_repo(kept: list[Item], size: int) -> Answers:
    import oai_repo as theirs

    by_name = {item.identifier: item for item in kept}
    formats = [theirs.MetadataFormat("oai_dc", _SCHEMA, "http://www.openarchives.org/OAI/2.0/oai_dc/")]
    identity = theirs.Identify("Peer", "http://localhost/", ["bench@example.org"], "2020-01-01", "no", "YYYY-MM-DD", [], [])

    class Repository(theirs.DataInterface):  # type: ignore[misc]  # it has no types
        limit = size

        def get_identify(self) -> Any:
            return identity

        def is_valid_identifier(self, identifier: str) -> bool:
            return identifier in by_name

        def get_metadata_formats(self, identifier: str | None = None) -> Any:  # noqa: ARG002
            return formats

        def get_record_header(self, identifier: str) -> Any:
            return theirs.RecordHeader(identifier, "2020-01-01", by_name[identifier].sets)

        def get_record_metadata(self, identifier: str, metadataprefix: str) -> Any:  # noqa: ARG002
            return etree.fromstring(by_name[identifier].element)

        def get_record_abouts(self, identifier: str) -> Any:  # noqa: ARG002
            return []

        def list_identifiers(self, *_: Any, cursor: int = 0, **__: Any) -> Any:
            return [item.identifier for item in kept[cursor : cursor + size]], len(kept), None

    repository = theirs.OAIRepository(Repository())
    return lambda asked: bytes(repository.process(asked))


PEERS = {"oaipmh": oaipmh, "oai_repo": oai_repo}


@contextmanager
def peers(folder: Path, pages: list[bytes], size: int) -> Iterator[list[Contender]]:
    """Run those that are installed."""
    kept = folder / "records"
    kept.mkdir()
    for number, page in enumerate(pages[:3]):
        (kept / f"{number}.xml").write_bytes(page)
    found = []
    with ExitStack() as stack:
        for name in PEERS:
            if importlib.util.find_spec(name) is None:
                print(f"{name} is not installed; left out")
                continue
            port = free_port()
            command = [sys.executable, "-m", "bench.peers", name, str(kept), str(port), str(size)]
            process = stack.enter_context(server(command, port))
            found.append(Contender(name, port, process.pid, ["/?verb=ListRecords&metadataPrefix=oai_dc"], "identity"))
        yield found


async def _answer(answers: Answers, request: web.Request) -> web.Response:
    return web.Response(body=answers(dict(request.query)), content_type="text/xml")


def main() -> None:
    name, folder, port, size = sys.argv[1:]
    application = web.Application()
    application.add_routes([web.get("/", partial(_answer, PEERS[name](items(Path(folder)), int(size))))])
    web.run_app(application, host="127.0.0.1", port=int(port), print=None, access_log=None)


if __name__ == "__main__":
    main()
