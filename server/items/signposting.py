"""FAIR Signposting (profile of 2023-10-02): typed links that lead machines from the page to what it is about, and back. Pure.

Level 1 are links in the header and the head of the page, level 2 is the set of all of them at an address of its own (RFC 9264).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from server.items.exports import Export
from server.items.files import content_type
from server.items.kinds import KINDS
from server.items.page import ItemPage

LONGEST = 3500
"""Bytes of the Link header; longer ones break proxies."""

LINKSETS = {"linkset.json": "application/linkset+json", "linkset": "application/linkset"}
"""Endings of the addresses of a work's link set, and their media types (RFC 9264 § 4)."""


@dataclass(frozen=True, slots=True)
class Link:
    """One typed link (RFC 8288)."""

    href: str
    rel: str
    type: str = ""
    profile: str = ""

    def __str__(self) -> str:
        more = "".join(f'; {name}="{value}"' for name, value in (("type", self.type), ("profile", self.profile)) if value)
        return f'<{self.href}>; rel="{self.rel}"{more}'


def links(page: ItemPage, type_code: str, doi: str, forms: Iterable[Export]) -> list[Link]:
    """Return the links of a work's page, the most important first; `doi` is its own one once it leads here."""
    return [link for link in _links(page, type_code, doi, forms) if is_sound(link)]


def is_sound(link: Link) -> bool:
    """Whether a link can stand in a header."""
    return link.href.isascii() and not {*link.href} & {*'<>" \r\n'}


def within(found: Iterable[Link]) -> list[Link]:
    """Return as many links as a header may hold; they are in order of importance, so only the last are lost."""
    kept: list[Link] = []
    left = LONGEST
    for link in found:
        left -= len(str(link).encode()) + 2
        if left < 0:
            break
        kept.append(link)
    return kept


def header(found: Iterable[Link]) -> str:
    """Write as many links as a header may hold."""
    return ", ".join(map(str, within(found)))


def _links(page: ItemPage, type_code: str, doi: str, forms: Iterable[Export]) -> Iterator[Link]:
    if doi:  # only a name that resolves here; a publisher's DOI names the publisher's page
        yield Link(doi, "cite-as")
    yield Link("https://schema.org/AboutPage", "type")
    yield Link(f"https://schema.org/{KINDS[type_code].schema}", "type")
    for ending, media in LINKSETS.items():
        yield Link(f"{page.url}.{ending}", "linkset", media)
    forms = tuple(forms)
    yield from (_described(page, form) for form in forms if form.negotiable)
    yield from _once(Link(licence.href, "license") for licence in page.licences if licence.href)
    yield from _once(Link(creator.orcid or creator.href, "author") for creator in page.creators if creator.orcid or creator.href)
    for file in page.files:
        if file.open:
            yield Link(file.address, "item", content_type(file.mime).partition(";")[0])
    yield from (_described(page, form) for form in forms if not form.negotiable)


def _described(page: ItemPage, form: Export) -> Link:
    return Link(f"{page.url}.{form.ending}", "describedby", form.media, form.profile)


def _once(found: Iterable[Link]) -> Iterator[Link]:
    yield from dict.fromkeys(found)


def linked(url: str, found: Iterable[Link]) -> dict[str, list[Link]]:
    """Return the whole set by where its links begin: the page's, and the ways back from what it leads to."""
    whole: dict[str, list[Link]] = {url: list(found)}
    back = {"item": Link(url, "collection", "text/html"), "describedby": Link(url, "describes", "text/html")}
    for link in whole[url]:
        if link.rel in back:
            whole.setdefault(link.href, []).append(back[link.rel])
    return whole


def as_json(whole: Mapping[str, Sequence[Link]]) -> bytes:
    """Write a link set as JSON (RFC 9264 § 4.2); a profile is one string, as FAIR Signposting has it."""
    contexts = []
    for anchor, found in whole.items():
        context: dict[str, Any] = {"anchor": anchor}
        for link in found:
            target = {"href": link.href, "type": link.type, "profile": link.profile}
            context.setdefault(link.rel, []).append({name: value for name, value in target.items() if value})
        contexts.append(context)
    return msgspec.json.format(msgspec.json.encode({"linkset": contexts}), indent=2) + b"\n"


def as_text(whole: Mapping[str, Sequence[Link]]) -> bytes:
    """Write a link set as the header has it, each link with where it begins (RFC 9264 § 4.1)."""
    lines = [f'{link}; anchor="{anchor}"' for anchor, found in whole.items() for link in found]
    return (",\n".join(lines) + "\n").encode()
