"""The Atom entry of a deposit: whose metadata it carries, and what its own elements say where the metadata is silent."""

from lxml import etree

from server.metadata.draft import Draft
from server.metadata.elements import children, local, namespace, text_at
from server.metadata.names import agent
from server.metadata.roles import CREATOR
from server.records.model import Text
from server.xml import text_of

ATOM = "http://www.w3.org/2005/Atom"

#: What stands in the addresses of the namespaces of formats that come inside an entry; they differ by version and by misprint.
RIOXX = ("rioxx.net/schema/", "pubrouter.jisc.ac.uk/")
CODEMETA = ("10.5063/schema/codemeta", "w3id.org/codemeta", "codemeta.github.io")

#: Parts of the envelope: they speak of the deposit, not of the work (RFC 4287 § 4.2).
_ENVELOPE = frozenset({"id", "updated", "published", "generator", "link", "content", "title", "author", "summary"})


def carries(root: etree._Element, parts: tuple[str, ...]) -> bool:
    """Say whether one of the elements directly in a document is in a namespace with one of these parts."""
    return any(part in namespace(child).lower() for child in children(root) for part in parts)


def fall_back(draft: Draft, root: etree._Element) -> None:
    """Fill from Atom's own elements what the metadata left empty, and name those that had nothing to fill."""
    for element in children(root):
        if namespace(element) != ATOM:
            continue
        name, text = local(element), text_of(element)
        if name == "title" and draft.title is None:
            draft.set_title(element, text)
        elif name == "title" and draft.title is not None and text != draft.title.value:
            draft.leave(element)
        elif name == "summary" and not draft.abstracts and text:
            draft.abstracts.append(Text(value=text))
        elif name not in _ENVELOPE:
            draft.leave(element)
    if not draft.creators:
        for author in children(root, "author"):
            # Some clients leave out the element for the name.
            draft.add_agent(author, agent(text_at(author, "name") or _bare(author)), CREATOR)


def _bare(author: etree._Element) -> str:
    return "" if any(True for _ in children(author)) else text_of(author)
