"""XML schemas at hand: a folder of copies with an XML catalog, so that answers can be judged by them without any network.

The official schemas are not ours to give away; whoever wants answers judged keeps copies and names the folder.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lxml import etree

from server.errors import Invalid
from server.xml import escape, parse

CATALOG = "catalog.xml"

_OASIS = "{urn:oasis:names:tc:entity:xmlns:xml:catalog}"
_LOCATIONS = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"

#: Where a fault stands, as libxml2 says it: the answer, what the verb answers, its nth record, and the way within that.
_RECORD = re.compile(r"/[^/]+/[^/]+/[^/\[]+(?:\[(\d+)\])?(/.*)?")


class Schemas:
    """The schemas of one folder. Raises Invalid where its catalog cannot be read."""

    def __init__(self, folder: Path) -> None:
        self._copies = _copies(folder / CATALOG)
        self._parser = etree.XMLParser(no_network=True, resolve_entities=False)
        self._parser.resolvers.add(_Copies(self._copies))
        self._compiled: dict[frozenset[tuple[str, str]], etree.XMLSchema] = {}

    def names(self, answer: etree._Element) -> bool:
        """Whether an answer names a schema at all."""
        return any(True for _ in _named(answer))

    def missing(self, answer: etree._Element) -> list[str]:
        """Return the addresses of schemas an answer names that there is no copy of."""
        return sorted({address for _, address in _named(answer)} - self._copies.keys())

    def faults(self, answer: etree._Element) -> Iterator[tuple[int, str, str]]:
        """Judge an answer by all schemas it names; yield the place of the record (from 0; -1 is none), the way in it, and why.

        Raises Invalid where one of the schemas is itself wrong.
        """
        schema = self._schema(frozenset(_named(answer)))
        if schema.validate(answer):
            return
        for entry in schema.error_log:
            found = _RECORD.fullmatch(entry.path or "")
            place, within = (int(found[1] or 1) - 1, found[2] or "") if found else (-1, entry.path or "")
            yield place, within, entry.message

    def _schema(self, named: frozenset[tuple[str, str]]) -> etree.XMLSchema:
        if (known := self._compiled.get(named)) is not None:
            return known
        imports = "".join(
            f'<xs:import namespace="{escape(space)}" schemaLocation="{escape(address)}"/>' for space, address in sorted(named)
        )
        driver = (
            f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:sheaf:answer">{imports}</xs:schema>'
        )
        try:
            made = etree.XMLSchema(etree.fromstring(driver.encode(), self._parser))
        except etree.XMLSchemaParseError as error:
            raise Invalid(f"The schemas cannot be used: {error}.", remedy="Look at the copies in SHEAF_SCHEMAS.") from error
        return self._compiled.setdefault(named, made)


class _Copies(etree.Resolver):  # type: ignore[misc]  # lxml has no types
    """Gives lxml the copy for an address."""

    def __init__(self, copies: Mapping[str, Path]) -> None:
        self._copies = copies

    def resolve(self, system_url: str, _public_id: str, context: Any) -> Any:
        copy = self._copies.get(system_url)
        return self.resolve_filename(os.fspath(copy), context) if copy else None


def _copies(catalog: Path) -> dict[str, Path]:
    """Read a catalog (OASIS XML Catalogs 1.1): which file stands for which address."""
    try:
        root = parse(catalog.read_bytes(), place=os.fspath(catalog))
    except OSError as error:
        raise Invalid(
            f"{catalog} cannot be read: {error.strerror}.",
            place="SHEAF_SCHEMAS",
            remedy="Name a folder with copies of the schemas and a catalog.xml that says which file stands for which address.",
        ) from error
    entries: Iterable[etree._Element] = root.iter(f"{_OASIS}system", f"{_OASIS}uri")
    return {entry.get("systemId") or entry.get("name", ""): catalog.parent / entry.get("uri", "") for entry in entries}


def _named(answer: etree._Element) -> Iterator[tuple[str, str]]:
    """Yield namespace and address of each schema an answer names (xsi:schemaLocation)."""
    for element in answer.iter(etree.Element):
        words = element.get(_LOCATIONS, "").split()
        yield from zip(words[::2], words[1::2], strict=False)
