"""FilesAndJATS, as the Publications Router and DeepGreen deliver an article: JATS, the PDF, and what belongs to them."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import PurePosixPath

from lxml import etree

from server.errors import Invalid, SheafError
from server.metadata.reading import Remark
from server.sword.archives.unpacking import Store
from server.sword.package import (
    LARGEST_DOCUMENT,
    Arrived,
    Contents,
    Document,
    Member,
    Package,
    Packaging,
    Role,
    parsed,
    root_of,
    unpacked,
)
from server.xml import text_of

IRI = "https://datahub.deepgreen.org/FilesAndJATS"


def read(arrived: Arrived, store: Store) -> Package:
    """Unpack the archive and choose the JATS; a JATS document sent by itself is one too.

    Raises Invalid where there is none, or several of several articles.
    """
    with unpacked(arrived, store, lone=True) as contents:
        found = list(_articles(contents))
        if not found:
            raise _none(contents, arrived.filename)
        dois = {doi for _, doi in found if doi}
        if len(dois) > 1:
            names = ", ".join(member.name for member, _ in found)
            raise Invalid(
                f"The package has JATS documents of several articles: {names}.",
                place=names,
                remedy="Send each article in a deposit of its own.",
                code="several-works",
            )
        prints = {_stem(name) for name in contents.members if name.lower().endswith(".pdf")}
        # The document called like the PDF is the article, if any is; else the one that stands higher, and says more.
        found.sort(key=lambda each: (_stem(each[0].name) not in prints, each[0].name.count("/"), -each[0].received.bytes))
        (chosen, _), others = found[0], found[1:]
        remarks = [
            Remark(f"{other.name} is JATS of the same article; {chosen.name} was read.", code="metadata-twice", place=other.name)
            for other, _ in others
        ]
        documents = [Document(chosen.name, chosen.received.path, reader="jats", required=True)]
        return contents.package(documents, {chosen.name: Role.METADATA}, remarks=remarks)


def _articles(contents: Contents) -> Iterator[tuple[Member, str]]:
    """Yield what is JATS (or the NLM DTD before it), wherever it stands, with its DOI; one at a time is in memory."""
    for member in _documents(contents):
        if root_of(member) == "article":
            with suppress(SheafError):  # a file of the work, as long as another document is the article
                root = parsed(member)
                if root.find("{*}front") is not None:
                    yield member, _doi(root)
                del root


def _documents(contents: Contents) -> list[Member]:
    named = [member for name, member in contents.members.items() if contents.lone or name.lower().endswith((".xml", ".nxml"))]
    return [member for member in named if member.received.bytes <= LARGEST_DOCUMENT]


def _none(contents: Contents, place: str) -> SheafError:
    """Say why there is no article: the only document cannot be read, or there is none."""
    found = _documents(contents)
    if len(found) == 1:
        try:
            parsed(found[0])
        except SheafError as error:
            return error
    return Invalid(
        "The package has no JATS document.",
        place=place,
        remedy="Add the article's metadata as JATS XML at the top of the archive.",
        code="manifest-missing",
    )


def _doi(root: etree._Element) -> str:
    return next(
        (
            text_of(found).lower()
            for found in root.iterfind("{*}front/{*}article-meta/{*}article-id")
            if found.get("pub-id-type") == "doi"
        ),
        "",
    )


def _stem(name: str) -> str:
    return PurePosixPath(name).stem.lower()


PLUGIN = Packaging(
    iri=IRI,
    names=(
        "https://pubrouter.jisc.ac.uk/FilesAndJATS",
        "http://purl.org/net/sword/package/FilesAndJATS",
        "http://jats.nlm.nih.gov",
    ),
    title="An article in JATS, its PDF and other files",
    read=read,
    aliases=("http://router.jisc.ac.uk/packages/FilesAndJATS", "https://datahub.deepgreen.org/FilesAndJATS/"),
)
