"""What a researcher says in a request: the form is made of it, and the rules say everything that is wrong at once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from server.errors import Invalid
from server.forms.field import Choice, Label, Widget
from server.forms.field import title as called
from server.forms.form import Layout
from server.identifiers.schemes import doi
from server.notify.fields import is_mailbox
from server.oable.currencies import CHOICES, decimals
from server.people import schemes
from server.ruled import Rule, refuse

_LINE = Meta(max_length=300)
_NEEDED = Meta(min_length=1, max_length=300)

LONGEST_TITLE = 2000

_AMOUNT = re.compile(r"(?:0|[1-9][0-9]{0,8})(?:\.([0-9]{1,3}))?")


class Asked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who asks for what: a request as it is kept and sent."""

    name: Annotated[str, _NEEDED, called("Your name", autocomplete="name")]
    email: Annotated[
        str,
        _NEEDED,
        called("E-mail address", "Your address at the institution.", widget=Widget.EMAIL, autocomplete="email"),
    ]
    orcid: Annotated[str, _LINE, called("ORCID iD", "Such as 0000-0002-1825-0097; empty where you have none.")] = ""
    affiliation: Annotated[str, _LINE, called("Department", "Where in the institution you work.")] = ""
    work: Annotated[
        str,
        _LINE,
        called(
            "Work in this repository",
            "One of yours: its title, DOI, journal and publisher are taken. Where it is not here, leave this and type its DOI.",
            widget=Widget.SELECT,
            choices=(Choice("", "–"),),
            none="None of these",
        ),
    ] = ""
    doi: Annotated[
        str,
        _LINE,
        called("DOI of the article", "Such as 10.5072/peas.1, with or without https://doi.org/."),
    ] = ""
    title: Annotated[
        str, Meta(max_length=LONGEST_TITLE), called("Title of the article", "Empty means that of the work chosen above.")
    ] = ""
    journal: Annotated[str, _NEEDED, called("Journal", "Empty means that of the work chosen above.")]
    publisher: Annotated[str, _NEEDED, called("Publisher", "Empty means that of the work chosen above.")]
    amount: Annotated[
        str,
        _NEEDED,
        called("Amount", "What the publisher asks for, such as 2500 or 2499.50."),
    ]
    currency: Annotated[str, _NEEDED, called("Currency", "", choices=CHOICES, widget=Widget.SELECT)]
    funder: Annotated[str, _LINE, called("Funder", "Who funded the research; empty where nobody did.")] = ""
    award: Annotated[str, _LINE, called("Grant number", "The funder's number of the grant.")] = ""

    def __post_init__(self) -> None:
        refuse(self, self.faults)
        if self.orcid:
            force_setattr(self, "orcid", schemes.bare("orcid", self.orcid))
        if self.doi:
            force_setattr(self, "doi", doi.normal(self.doi))

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Say what cannot be; what was not typed at all is told elsewhere."""
        if values.get("email") and not is_mailbox(values["email"]):
            yield "email", "must be one e-mail address, such as name@example.org"
        if values.get("orcid"):
            try:
                schemes.bare("orcid", values["orcid"])
            except ValueError as error:
                yield "orcid", str(error).removeprefix("value: ")
        if values.get("doi"):
            try:
                doi.normal(values["doi"])
            except Invalid as error:
                yield "doi", f"is none. {error.remedy}"
        yield from _of_the_article(values)
        yield from _of_the_money(values)


def _of_the_article(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Ask for something OABLE's reviewers can find the article by."""
    if {"work", "doi", "title"} <= values.keys() and not values["work"]:
        if not values["doi"]:
            yield (
                "doi",
                "is needed where no work of this repository is chosen: type the DOI of the article",
            )
        if not values["title"]:
            yield "title", "is needed where no work of this repository is chosen: type the title of the article"


def _of_the_money(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    amount, currency = values.get("amount"), values.get("currency")
    if not amount:
        return
    found = _AMOUNT.fullmatch(amount)
    if found is None:
        yield (
            "amount",
            "must be a number such as 2500 or 2499.50: a point before the decimals, nothing between thousands",
        )
    elif not float(amount):
        yield "amount", "must be more than nothing"
    elif currency and len(found[1] or "") > decimals(currency):
        yield "amount", f"has too many decimals: {currency} has {decimals(currency)}"


def within(email: str, suffix: str) -> bool:
    """Whether an address is one of the institution: its host is the suffix, or ends with it after a dot."""
    host = email.rpartition("@")[2].lower()
    return host == suffix or host.endswith(f".{suffix}")


def form(suffix: str, works: Sequence[Choice]) -> Layout[Asked]:
    """Return the form of a request: an institution's address is asked for, and one of somebody's own works is offered."""

    def rule(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        email = values.get("email", "")
        if email and is_mailbox(email) and not within(email, suffix):
            yield (
                "email",
                f"must end in @{suffix}: only members of the institution can ask. Type your address there",
            )

    rules: dict[type[Struct], Rule] = {Asked: rule}
    if works:
        return Layout.of(Asked, labels={"work": Label(choices=tuple(works))}, rules=rules)
    as_printed = Label(help="As the journal has it.")
    return Layout.of(Asked, labels=dict.fromkeys(("title", "journal", "publisher"), as_printed), rules=rules, without=("work",))
