"""A researcher in values: names, identifiers, affiliations. What cannot be is refused when it is made."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from msgspec.structs import force_setattr

from server.people import schemes
from server.records.model import Affiliation, Value, is_date
from server.ruled import refuse

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Part = Annotated[str, Meta(max_length=200)]

_EMAIL = re.compile(r"[^@\s,;<>]{1,64}@[^@\s,;<>]{1,189}")


class Spelling(Value, frozen=True, kw_only=True):
    """Another name somebody published under."""

    family: Annotated[Name, Meta(title="Family name")]
    given: Annotated[Part, Meta(title="Given names")] = ""


class PersonId(Value, frozen=True, kw_only=True):
    """An identifier of somebody; whatever was typed, the value is as its registry writes it."""

    scheme: Annotated[str, Meta(title="Kind")] = "orcid"
    value: Annotated[Name, Meta(title="Identifier", description="Its check character is verified, where it has one.")]

    def __post_init__(self) -> None:
        force_setattr(self, "value", schemes.written(self.scheme, self.value))

    @property
    def title(self) -> str:
        return schemes.SCHEMES[self.scheme].title

    @property
    def address(self) -> str:
        return schemes.address(self.scheme, self.value)

    @property
    def bare(self) -> str:
        return schemes.bare(self.scheme, self.value)


class Post(Value, frozen=True, kw_only=True):
    """Where somebody worked, as what, from when to when."""

    name: Annotated[Name, Meta(title="Institution")]
    ror: Annotated[
        Part, Meta(title="ROR id", description="Such as https://ror.org/03yrm5c26; its check digits are verified.")
    ] = ""
    position: Annotated[Part, Meta(title="Position")] = ""
    since: Annotated[Part, Meta(title="From", description="As YYYY, YYYY-MM or YYYY-MM-DD.")] = ""
    until: Annotated[Part, Meta(title="To", description="Empty while it lasts.")] = ""

    def __post_init__(self) -> None:
        if self.ror:
            force_setattr(self, "ror", schemes.ror(self.ror))
        refuse(self, self.faults)

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        if values.get("ror"):
            try:
                schemes.ror(values["ror"])
            except ValueError as error:
                yield "ror", str(error).removeprefix("ror: ")
        dates = {name: values.get(name, "") for name in ("since", "until")}
        wrong = [name for name, value in dates.items() if value and not is_date(value)]
        yield from ((name, "must be a date as YYYY, YYYY-MM or YYYY-MM-DD") for name in wrong)
        since, until = dates["since"], dates["until"]
        if since and until and not wrong and until < since[: len(until)]:
            yield "until", "is earlier than the beginning"

    @property
    def affiliation(self) -> Affiliation:
        return Affiliation(name=self.name, ror=self.ror)


class Person(Value, frozen=True, kw_only=True):
    """A researcher. E-mail and note are shown to those who keep the people, and to nobody else."""

    family: Annotated[Name, Meta(title="Family name", description="Or the only name.")]
    given: Annotated[Part, Meta(title="Given names")] = ""
    spellings: Annotated[
        tuple[Spelling, ...], Meta(title="Other names", description="Former names, other spellings, other scripts.")
    ] = ()
    ids: Annotated[tuple[PersonId, ...], Meta(title="Identifiers")] = ()
    affiliations: Annotated[tuple[Post, ...], Meta(title="Affiliations")] = ()
    email: Annotated[Part, Meta(title="E-mail address", description="Never shown to the public.")] = ""
    note: Annotated[str, Meta(title="Note", description="For those who keep the people.", max_length=10_000)] = ""

    def __post_init__(self) -> None:
        if not self.family.strip():
            raise ValueError("family: is needed")
        if self.email and not _EMAIL.fullmatch(self.email):
            raise ValueError("email: must be an e-mail address, such as name@example.org")
        force_setattr(self, "email", self.email.lower())
        kinds = [one.scheme for one in self.ids if one.scheme == "orcid"]
        if len(kinds) > 1:
            raise ValueError("ids: nobody has two ORCID iDs; the second belongs to somebody else")
        if len({(one.scheme, one.value) for one in self.ids}) < len(self.ids):
            raise ValueError("ids: one identifier is named twice")

    @property
    def label(self) -> str:
        """`Family, Given`."""
        return f"{self.family}, {self.given}" if self.given else self.family

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """Every name, the first being the one that is shown."""
        return ((self.family, self.given), *((one.family, one.given) for one in self.spellings))

    @property
    def post(self) -> Post | None:
        """Where they are: the first affiliation that lasts, else the first there is."""
        return next((post for post in self.affiliations if not post.until), next(iter(self.affiliations), None))

    def id_of(self, scheme: str) -> str:
        return next((one.value for one in self.ids if one.scheme == scheme), "")


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Person)


def encode(person: Person) -> str:
    return _encoder.encode(person).decode()


def decode(document: str) -> Person:
    return _decoder.decode(document)


def spoken(person: Person) -> dict[str, Any]:
    """Return a person as the audit log compares them, field by field."""
    document: dict[str, Any] = msgspec.to_builtins(person)
    return document
