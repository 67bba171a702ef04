"""What can be set of a SWORD server: collections, clients, and what becomes of deposits."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from server.forms.field import Choice, title
from server.metadata.languages import written
from server.records.vocabulary import TYPES
from server.ruled import refuse
from server.sword.causes import CAUSES
from server.sword.clamd import Clamd
from server.sword.mapping import folded

KIND = "sword"
"""The word for it on the command line."""

_NAME = r"^[A-Za-z0-9._~-]{1,64}$"
_SAYS_NAME = "may hold letters A to Z, digits and . - _ ~ only, at most 64"
_WORD = Annotated[str, Meta(min_length=1, max_length=500)]
_TYPES = tuple(Choice(row.code, row.label) for row in TYPES.values())

#: The classes of remarks that may hold a deposit; all others are said, and it is taken.
HOLDABLE = (
    "type-unknown", "type-missing", "language-unknown", "date-unknown", "field-missing", "metadata-missing", "unmapped",
    "format-differs", "access-unknown", "agency-refuses", "agency-told-otherwise",
)  # fmt: skip

#: What a work consists of, as an administrator calls it.
FIELDS = {
    "type": "Type", "title": "Title", "subtitle": "Subtitle", "alt_titles": "Further titles", "creators": "Creators",
    "contributors": "Contributors", "abstracts": "Abstracts", "toc": "Table of contents", "subjects": "Subjects",
    "dates": "Dates", "languages": "Languages", "publisher": "Publisher", "container": "Where it appeared",
    "conference": "Conference", "identifiers": "Identifiers", "related": "Related works", "funding": "Funding",
    "version": "Version", "peer_reviewed": "Peer review", "access": "Access", "licences": "Licences",
    "rights_statement": "Statement of rights", "files": "Files", "thesis": "Thesis", "geo": "Places", "temporal": "Periods",
    "citation_text": "Citation", "source_note": "Note on the source",
}  # fmt: skip

_ANOTHER = Choice("off", "Take it as another work")
_SECOND = (
    Choice("hold", "Hold it for review"),
    Choice("refuse", "Refuse it (400)"),
    Choice("update", "Take it as a change of that work", "Where its depositor may change it; else it is held."),
    Choice("version", "Take it as a work of its own, the next version of that one"),
)


class Collection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A collection somebody may deposit into."""

    id: Annotated[
        str, Meta(pattern=_NAME), title("Code", "Its last part of the address; no other collection may have it.", rule=_SAYS_NAME)
    ]
    title: Annotated[str, Meta(min_length=1, max_length=200), title("Title", "Clients show it to depositors.")]
    abstract: Annotated[str, Meta(max_length=5000), title("Abstract", "What belongs into it.", widget="textarea")] = ""
    policy: Annotated[str, Meta(max_length=5000), title("Policy", "Who may deposit, and on what terms.", widget="textarea")] = ""
    import_as: Annotated[
        Literal["approved", "pending"],
        title(
            "Import as",
            "What becomes of a complete deposit.",
            choices=(
                Choice("approved", "Approved: it is published at once"),
                Choice("pending", "Pending: it waits for approval"),
            ),
        ),
    ] = "approved"
    type: Annotated[str, title("Type of works that name none", "Empty: Other.", choices=_TYPES)] = ""
    packagings: Annotated[tuple[str, ...], title("Packagings accepted", "None chosen means all.")] = ()

    def __post_init__(self) -> None:
        if self.type and self.type not in TYPES:
            raise ValueError(f"type: there is no type {self.type!r}, for example dataset.dataset")


class Client(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account that may deposit here."""

    account: Annotated[str, Meta(min_length=1, max_length=100), title("Account", "The name it logs in by.")]
    collections: Annotated[
        tuple[str, ...], title("Collections", "Codes, one a line; empty: every collection of this server.")
    ] = ()
    mediates: Annotated[
        bool,
        title("May deposit on behalf of others", "It names an active account (On-Behalf-Of); the deposit is that account's."),
    ] = False
    speaks_for: Annotated[
        tuple[str, ...],
        Meta(max_length=1000),
        title("On behalf of", "Names of accounts, one a line; empty: of any active account."),
    ] = ()


class TypeWord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a client's own word for a type means."""

    word: Annotated[_WORD, title("Word", "As the metadata say it; upper and lower case are the same.")]
    type: Annotated[str, title("Type", choices=_TYPES)]

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise ValueError(f"type: there is no type {self.type!r}, for example dataset.dataset")


class LanguageWord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a client's own word for a language means."""

    word: Annotated[_WORD, title("Word", "As the metadata say it; upper and lower case are the same.")]
    language: Annotated[str, title("Language", "A language tag: en, de, grc, zh-Hant.")]

    def __post_init__(self) -> None:
        if written(self.language) != self.language:
            raise ValueError(f"language: {self.language!r} is no language tag, for example en or zh-Hant")


def _twice(names: Iterable[str]) -> list[str]:
    names = list(names)
    return [name for name in dict.fromkeys(names) if names.count(name) > 1]


class Server(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one group of SWORD clients finds, and how their deposits are taken."""

    code: Annotated[
        str, Meta(pattern=_NAME), title("Code", "Stands in the address of this server's own service document.", rule=_SAYS_NAME)
    ]
    collections: Annotated[tuple[Collection, ...], Meta(min_length=1, max_length=200), title("Collections", one="Collection")]
    clients: Annotated[
        tuple[Client, ...],
        Meta(max_length=1000),
        title("Accounts of the clients", "None: every account that may deposit by SWORD.", one="Account"),
    ] = ()
    content_faults: Annotated[
        Literal["hold", "refuse"],
        title(
            "Wrong content",
            "What becomes of a deposit whose content is wrong.",
            choices=(Choice("hold", "Hold it: kept, and shown with its cause and remedy"), Choice("refuse", "Refuse it (400)")),
        ),
    ] = "hold"
    holds: Annotated[
        tuple[str, ...],
        title(
            "What counts as wrong",
            "Besides what no work can be made of. All else is said of the import, and it is taken."
            " A collection with a type of its own takes what names no type or an unknown one.",
            choices=tuple(Choice(code, CAUSES[code].title, CAUSES[code].meaning) for code in HOLDABLE),
        ),
    ] = ("type-unknown", "access-unknown", "metadata-missing")
    types: Annotated[
        tuple[TypeWord, ...],
        Meta(max_length=2000),
        title("Words for types", "What these clients mean by words of their own. They go before ours.", one="Word", folded=True),
    ] = ()
    languages: Annotated[
        tuple[LanguageWord, ...],
        Meta(max_length=2000),
        title("Words for languages", "The same for languages.", one="Word", folded=True),
    ] = ()
    by_doi: Annotated[
        Literal["hold", "refuse", "update", "version"],
        title("The DOI of a work that is here already", "No two works can have one DOI.", choices=_SECOND),
    ] = "hold"
    by_package: Annotated[
        Literal["off", "hold", "refuse", "update", "version"],
        title(
            "The same package once more",
            "Sent again within seven days by the same account it is the same deposit in any case, and gets the same receipt.",
            choices=(_ANOTHER, *_SECOND),
        ),
    ] = "off"
    by_title: Annotated[
        Literal["off", "hold", "refuse", "update", "version"],
        title(
            "The title, year and first author of a work that is here already",
            "Compared without upper case, accents and punctuation at the beginning.",
            choices=(_ANOTHER, *_SECOND),
        ),
    ] = "off"
    default_dates: Annotated[
        Literal["none", "year", "day"],
        title(
            "Works without a date",
            "Of those whose metadata say nothing of when they were issued.",
            choices=(
                Choice("none", "Leave them without"),
                Choice("year", "The year of the deposit"),
                Choice("day", "The day of the deposit"),
            ),
        ),
    ] = "none"
    keeps: Annotated[
        tuple[str, ...],
        title(
            "Fields not to update",
            "A deposit that changes a work leaves these as they are.",
            choices=tuple(Choice(name, text) for name, text in FIELDS.items()),
        ),
    ] = ()
    reasons_return: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=500)], ...],
        Meta(max_length=50),
        title(
            "Reasons to return a work",
            "Offered to whoever returns one, one a line; its depositor reads it. They may write their own.",
        ),
    ] = (
        "A file is missing or cannot be opened.",
        "The metadata are incomplete.",
        "The licence is missing or does not fit.",
    )
    reasons_decline: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=500)], ...],
        Meta(max_length=50),
        title("Reasons to decline a work", "The same for what the repository does not take."),
    ] = (
        "It does not belong into this repository.",
        "It is here already.",
        "There is no right to publish it.",
    )
    scanner: Annotated[
        str,
        Meta(max_length=300),
        title(
            "Virus scanner",
            "Where clamd listens: unix:/run/clamav/clamd.ctl or host:3310. Empty: nobody looks for viruses. A file with one is"
            " held, and given to nobody.",
        ),
    ] = ""
    unscanned: Annotated[
        Literal["hold", "take"],
        title(
            "Where the scanner does not answer",
            "Or does not look into so large a file.",
            choices=(Choice("hold", "Hold the deposit"), Choice("take", "Take it, and say so")),
        ),
    ] = "hold"
    notifies: Annotated[
        bool,
        title(
            "Tell researchers",
            "Of a new work, creators and contributors who have an account here get a letter. It needs a mail profile.",
        ),
    ] = False
    most_mb: Annotated[
        int,
        Meta(ge=0, le=1_000_000),
        title("Largest deposit", "Megabytes. 0: as large as the installation takes."),
    ] = 0
    read_now_mb: Annotated[
        int,
        Meta(ge=0, le=1_000_000),
        title("Read at once up to", "Megabytes. Larger packages are read by the worker, after the client has its receipt."),
    ] = 64

    def __post_init__(self) -> None:
        refuse(self, self.faults)

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        collections, clients = values.get("collections", ()), values.get("clients", ())
        ids = [collection.id for collection in collections if collection]
        names = [client.account for client in clients if client]
        yield from (("collections", f"two of them have the code {twice!r}") for twice in _twice(ids))
        yield from (("clients", f"{twice!r} stands there twice") for twice in _twice(names))
        for table in ("types", "languages"):
            words = (folded(row.word) for row in values.get(table, ()) if row)
            yield from ((table, f"{twice!r} stands there twice") for twice in _twice(words))
        yield from _unknown("holds", values, HOLDABLE)
        yield from _unknown("keeps", values, FIELDS)
        try:
            Clamd.at(values.get("scanner") or "none:1")
        except ValueError as error:
            yield "scanner", str(error)
        if not all(collections):
            return  # whether a code is of this server can be said only when all codes could be read
        for number, client in enumerate(clients):
            for code in client.collections if client else ():
                if code not in ids:
                    yield (
                        f"clients.{number}.collections",
                        f"{client.account} may deposit into {code!r}, which is no collection of this server",
                    )

    @property
    def scanning(self) -> frozenset[str]:
        """The classes of what a virus scanner says that hold a deposit."""
        return frozenset({"virus", "scan-unavailable"} if self.unscanned == "hold" else {"virus"})

    @property
    def duplicates(self) -> dict[str, str]:
        """What becomes of a work that is here already, by the way it is found."""
        return {"doi": self.by_doi, "package": self.by_package, "title": self.by_title}

    def mediates(self, account: str, owner: str = "") -> bool:
        """Whether an account may deposit here on behalf of others, or of one of them."""
        return any(
            client.mediates and (not owner or not client.speaks_for or owner in client.speaks_for)
            for client in self.clients
            if client.account == account
        )

    def serves(self, account: str, collection: str = "") -> bool:
        """Whether an account may deposit here at all, or into one collection."""
        if not self.clients:
            return True
        client = next((client for client in self.clients if client.account == account), None)
        return client is not None and (not collection or not client.collections or collection in client.collections)


def _unknown(field: str, values: Mapping[str, Any], known: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in values.get(field) or ():
        if name not in known:
            yield field, f"there is no {name!r}; there are {', '.join(known)}"
