"""Turn plain bibliographic records of the ACL Anthology into import lines.

`python -m bench.acl INPUT.jsonl.zst OUTPUT.jsonl.zst [COUNT]`. With a count there are so many: the first ones alone, or all of
them again and again under other names.
"""

import io
import json
import sys
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any

import msgspec
import zstandard
from msgspec import structs

from server.harvest.sources import Line
from server.metadata.identifying import identify
from server.metadata.languages import language_of
from server.records.model import (
    Affiliation,
    Agent,
    AgentId,
    Container,
    Contributor,
    Dates,
    Identifier,
    Licence,
    Publisher,
    Record,
    Text,
    cleaned,
    is_date,
)

TYPES = {
    "conference-paper": "conference.conferencePaper",
    "journal-article": "publication.journalArticle",
    "proceedings": "publication.conferenceProceeding",
    "book": "publication.book",
}


def line(row: dict[str, Any]) -> Line:
    """Return one record as an import line."""
    language = language_of(row.get("language", ""))
    first, _, last = row.get("pages", "").replace("–", "-").partition("-")
    named = identify(row["doi"], "doi") if row.get("doi") else None
    doi = [Identifier(scheme=named[0], value=named[1])] if named else []
    issued = row.get("date") or str(row.get("year", ""))
    record = Record(
        type=TYPES.get(row["type"], "conference.conferencePaper"),
        title=Text(value=row["title"], lang=language),
        creators=tuple(_person(c) for c in row.get("creators", [])),
        contributors=tuple(Contributor(**{**_fields(_person(c)), "role": "Editor"}) for c in row.get("editors", [])),
        abstracts=(Text(value=row["abstract"], lang="en"),) if row.get("abstract") else (),
        dates=Dates(issued=issued if is_date(issued) else ""),
        languages=(language or "en",),
        publisher=Publisher(name=row.get("publisher", ""), place=row.get("place", "")),
        container=Container(
            title=row.get("container", ""),
            volume=str(row.get("volume", "")),
            issue=str(row.get("issue", "")),
            first_page=first.strip(),
            last_page=last.strip("- "),
            isbn=row.get("isbn", ""),
        ),
        identifiers=(*doi, *([Identifier(scheme="url", value=row["url"])] if row.get("url") else [])),
        licences=(Licence(uri=row["license"]),) if row.get("license") else (),
        version="VoR",
    )
    return Line(record=cleaned(record), origin=row["id"])


def _person(found: dict[str, Any]) -> Agent:
    family, given = found.get("family", ""), found.get("given", "")
    return Agent(
        family=family or given,
        given=given if family else "",
        ids=(AgentId(scheme="orcid", value=found["orcid"]),) if found.get("orcid") else (),
        affiliations=tuple(Affiliation(name=name) for name in found.get("affiliation", [])),
    )


def _fields(agent: Agent) -> dict[str, Any]:
    return {name: getattr(agent, name) for name in agent.__struct_fields__}


def lines(source: Path) -> Iterator[Line]:
    """Yield every record that has a title, as an import line."""
    with source.open("rb") as raw:
        for text in io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(raw), encoding="utf-8"):
            row = json.loads(text)
            if row.get("title"):
                yield line(row)


def repeated(source: Path) -> Iterator[Line]:
    """Yield the lines again and again for ever, each time as other works."""
    yield from lines(source)
    for time in count(2):
        for one in lines(source):
            others = (structs.replace(each, value=f"{each.value}.{time}") for each in one.record.identifiers)
            record = structs.replace(one.record, identifiers=tuple(others))
            yield structs.replace(one, origin=f"{one.origin}.{time}", record=record)


def write(source: Path, target: Path, wanted: int | None = None) -> int:
    """Write import lines and return how many; `wanted` of them, or one for each record."""
    total, encoder = 0, msgspec.json.Encoder()
    with target.open("wb") as out, zstandard.ZstdCompressor(level=3, threads=-1).stream_writer(out) as packed:
        for total, one in enumerate(lines(source) if wanted is None else islice(repeated(source), wanted), 1):  # noqa: B007
            packed.write(encoder.encode(one) + b"\n")
    return total


def main() -> None:
    source, target, *wanted = sys.argv[1:]
    print(f"{write(Path(source), Path(target), int(wanted[0]) if wanted else None)} lines written")


if __name__ == "__main__":
    main()
