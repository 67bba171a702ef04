"""Crossref's deposit schema 5.4.0 as it was published: loaded once a run, without a network."""

import os
from functools import cache
from pathlib import Path

from lxml import etree

SHARED = Path(os.environ.get("SHEAF_SHARED") or Path(__file__).resolve().parents[2] / ".." / "shared").resolve()
CROSSREF = SHARED / "data" / "agencies" / "crossref"
XSD = CROSSREF / "5.4.0" / "crossref5.4.0.xsd"
NAMESPACE = "http://www.crossref.org/schema/5.4.0"
NS = {
    "c": NAMESPACE,
    "jats": "http://www.ncbi.nlm.nih.gov/JATS1",
    "fr": "http://www.crossref.org/fundref.xsd",
    "ai": "http://www.crossref.org/AccessIndicators.xsd",
    "rel": "http://www.crossref.org/relations.xsd",
}

#: Where the schema imports from → the copy beside it.
_COPIES = {
    "http://www.w3.org/2009/01/xml.xsd": "xml.xsd",
    "http://www.w3.org/2001/xml.xsd": "xml.xsd",
    "https://www.w3.org/2001/xml.xsd": "xml.xsd",
    "http://www.w3.org/1999/xlink.xsd": "standard-modules/xlink.xsd",
    "http://www.w3.org/Math/XMLSchema/mathml3/mathml3.xsd": "standard-modules/mathml3/mathml3.xsd",
}


class _Copies(etree.Resolver):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def resolve(self, url: str, _id: str, context: object) -> object:
        if url in _COPIES:
            return self.resolve_filename(str(self._folder / _COPIES[url]), context)
        assert not url.startswith(("http:", "https:")), f"the schema asks for {url}"
        return None


@cache
def schema(version: str = "5.4.0") -> etree.XMLSchema:
    """Load a schema by the name of its folder; seconds, so once."""
    folder = CROSSREF / version
    parser = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False, huge_tree=True)
    parser.resolvers.add(_Copies(folder))
    return etree.XMLSchema(etree.parse(str(folder / f"crossref{version.partition('-')[0]}.xsd"), parser))
