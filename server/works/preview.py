"""A work as a harvester would get it in each format, drafts too: written out for reading, and what is wrong with it. Pure."""

from dataclasses import dataclass, replace

from lxml import etree

from server.metadata.format import Format
from server.metadata.fragments import Renderer
from server.metadata.work import Work

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, remove_blank_text=True)


@dataclass(frozen=True, slots=True)
class Preview:
    """A work in one format: the XML in lines; or why there is none. `stands_in` says what a blank was filled with."""

    name: str
    namespace: str
    schema: str
    xml: str = ""
    problem: str = ""
    remarks: tuple[str, ...] = ()


def preview(renderer: Renderer, form: Format, work: Work) -> Preview:
    """Return a work as it is, or would be, in a format."""
    bare = Preview(form.name, form.namespace, form.schema)
    if not form.applies(work.record):
        return replace(bare, problem="This format cannot say a work of this type, so harvesters do not get it in this format.")
    try:
        root = etree.fromstring(renderer.metadata(form.name, work), _PARSER)
    except (etree.XMLSyntaxError, ValueError) as error:
        return replace(bare, problem=f"The work cannot be written in this format: {error}.")
    return replace(bare, xml=etree.tostring(root, pretty_print=True, encoding="unicode"), remarks=_remarks(root))


#: What a format writes where the work says nothing and its schema wants something (DataCite 4.7, Appendix 3).
_UNKNOWN = frozenset({":unav", ":unkn", ":none", ":null", ":tba", ":unas"})


def _remarks(root: etree._Element) -> tuple[str, ...]:
    """Name the elements that hold only a word for nothing, because the schema demands them."""
    found = dict.fromkeys(
        etree.QName(element).localname
        for element in root.iter()
        if isinstance(element.tag, str) and (element.text or "").strip().lower() in _UNKNOWN
    )
    return tuple(found)
