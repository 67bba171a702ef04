"""Who may use an article and who paid for it, as JATS tells it: permissions and funding."""

from collections.abc import Iterator

from lxml import etree

from server.metadata.dates import date_of
from server.metadata.draft import Draft
from server.metadata.elements import attribute, children, first, local, text_at
from server.metadata.readers.jats.prose import prose
from server.metadata.rights import heed, spdx_of, take_free, take_rights
from server.records.model import Funding, Licence
from server.xml import text_of

#: What institution-id-type says, to the scheme's name in DataCite.
_FUNDER_SCHEMES = {
    **dict.fromkeys(("fundref", "doi", "funder-id", "crossref"), "Crossref Funder ID"),
    "ror": "ROR",
    "isni": "ISNI",
    "grid": "GRID",
}
_FUNDER_IDS = frozenset({"institution-id", "named-content"})


def take_permissions(draft: Draft, element: etree._Element) -> None:
    """Take licences with their addresses, and as words who holds the copyright and what the licence allows."""
    statement = " ".join(filter(None, map(prose, children(element, "copyright-statement"))))
    holder, year = text_at(element, "copyright-holder"), text_at(element, "copyright-year")
    if statement or holder:
        draft.rights.append(statement or (holder if "©" in holder else f"© {year} {holder}".replace("  ", " ")))
    for child in children(element):
        name = local(child)
        if name == "license":
            take_licence(draft, child)
        elif name == "license_ref":
            _licence_address(draft, child, text_of(child))
        elif name == "free_to_read":
            take_free(draft, child)
        elif not name.startswith("copyright-"):
            draft.leave(child)


def take_statement(draft: Draft, element: etree._Element) -> None:
    """Take the copyright statement that stands alone, as in NLM 2."""
    if prose(element):
        draft.rights.append(prose(element))


def take_licence(draft: Draft, element: etree._Element) -> None:
    """Take the addresses of a licence, each with the day it begins, and its words."""
    refs = [(child, text_of(child)) for child in element.iter() if local(child) == "license_ref" and text_of(child)]
    href = attribute(element, "href")
    if href and href not in {address for _, address in refs}:
        refs.insert(0, (element, href))
    # The address is often linked in the sentence only; of the links there, one to a licence we know is it.
    linked = [
        (child, attribute(child, "href") or text_of(child)) for child in element.iter() if local(child) in {"ext-link", "uri"}
    ]
    for child, address in refs or [pair for pair in linked if spdx_of(pair[1])[0]]:
        _licence_address(draft, child, address)
    for child in children(element, "free_to_read"):
        take_free(draft, child)
    said = " ".join(filter(None, map(prose, children(element, "license-p", "p"))))
    if said:
        draft.rights.append(said)
        heed(draft, element, said)
    elif not refs and attribute(element, "license-type"):
        take_rights(draft, element, attribute(element, "license-type"))


def _licence_address(draft: Draft, element: etree._Element, address: str) -> None:
    start = attribute(element, "start_date")
    if start and not date_of(start):
        draft.leave(element, f"start_date {start}")
    if not draft.licences or date_of(start):
        draft.add_licence(Licence(uri=address, spdx=spdx_of(address)[0], start_date=date_of(start)))
    else:
        take_rights(draft, element, "", address)


def take_funding(draft: Draft, element: etree._Element) -> None:
    """Take each award of each funder; a sentence about funding stays one, as nobody can tell the funders in it apart."""
    for child in children(element):
        if local(child) == "award-group":
            _award(draft, child)
        else:
            draft.leave(child, prose(child))


def _award(draft: Draft, element: etree._Element) -> None:
    funders = [made for source in children(element, "funding-source", "support-source") if (made := _funder(draft, source))]
    awards = [
        (text_of(child), attribute(child, "href")) for child in children(element, "award-id", "support-id") if text_of(child)
    ]
    _fund(draft, funders, awards, prose(first(element, "award-name")))
    for child in children(element):
        if local(child) not in {"funding-source", "support-source", "award-id", "support-id", "award-name"}:
            draft.leave(child, prose(child))


def _fund(draft: Draft, funders: list[Funding], awards: list[tuple[str, str]], title: str = "") -> None:
    """Take a funding for each number and address of an award by each of its funders."""
    for funder in funders or [Funding()]:
        for number, address in awards or [("", "")]:
            made = Funding(
                funder_name=funder.funder_name,
                funder_id=funder.funder_id,
                funder_id_scheme=funder.funder_id_scheme,
                award_no=number,
                award_uri=address if address.startswith("http") else "",
                award_title=title,
            )
            if made != Funding():
                draft.funding.append(made)


def _funder(draft: Draft, element: etree._Element) -> Funding | None:
    name = prose(element, without=_FUNDER_IDS)
    ids = list(_funder_ids(element))
    known = next((found for found in ids if found[1] in _FUNDER_SCHEMES), None)
    for child, kind, value in ids:
        if known is None or value != known[2]:
            draft.leave(child, f"{kind} {value}".strip())
    if not name and known is None:
        return None
    return Funding(
        funder_name=name, funder_id=known[2] if known else "", funder_id_scheme=_FUNDER_SCHEMES[known[1]] if known else ""
    )


def _funder_ids(element: etree._Element) -> Iterator[tuple[etree._Element, str, str]]:
    """Yield the identifiers of a funder with their kinds; some publishers write them as named content or as a link."""
    href = attribute(element, "href")
    if href.startswith("http"):
        yield element, "ror" if "ror.org/" in href else "fundref" if "10.13039/" in href else "", href
    for child in element.iter():
        if local(child) in _FUNDER_IDS and text_of(child):
            kind = attribute(child, "institution-id-type") or attribute(child, "content-type")
            yield child, kind.lower().replace("fundref-id", "fundref"), text_of(child)


def take_contracts(draft: Draft, meta: etree._Element) -> None:
    """Take funders as NLM 2 wrote them: a contract-sponsor, to whose id the numbers of its contracts point."""
    numbers: dict[str, list[tuple[str, str]]] = {}
    for number in children(meta, "contract-num", "grant-num"):
        numbers.setdefault(attribute(number, "rid"), []).append((text_of(number), ""))
    for sponsor in children(meta, "contract-sponsor", "grant-sponsor"):
        funder = _funder(draft, sponsor)
        ids = dict.fromkeys((attribute(sponsor, "id"), attribute(sponsor, "rid")))
        found = [number for rid in ids if rid for number in numbers.pop(rid, [])]
        _fund(draft, [funder] if funder else [], found)
    for alone in numbers.values():
        _fund(draft, [], alone)
