"""An account at Crossref: who deposits, under which role, and which works may come."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from server.forms.field import Choice, title
from server.identifiers.endpoint import Endpoint, Environment, UpdateMigrated, check_endpoint
from server.identifiers.schemes.doi import DoiRules
from server.metadata.crossref.record_types import BARRED
from server.records.vocabulary import CATEGORIES, TYPES

#: crossref.org, "Direct deposit of XML using HTTPS POST".
ENDPOINTS = {"production": "https://doi.crossref.org", "test": "https://test.crossref.org"}


def is_barred(code: str) -> bool:
    """Whether Crossref registers nothing of a type, or of any type of a category."""
    types = {each for each, row in TYPES.items() if code in {each, row.category}}
    return bool(types) and types <= BARRED


class Account(DoiRules, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A member's account at Crossref."""

    registration_name: Annotated[
        str,
        Meta(min_length=1, max_length=130),
        title("Crossref registration name", "The name of the account's manager as Crossref knows it; stands in every deposit."),
    ]
    email: Annotated[
        str,
        Meta(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+\Z", min_length=6, max_length=200),
        title("Email", "Where Crossref sends what became of each deposit.", rule="must be a mail address"),
    ]
    repository_name: Annotated[
        str,
        Meta(min_length=1, max_length=1024),
        title("Repository name", "The title of the database datasets are deposited under; used for datasets only."),
    ]
    account_id: Annotated[
        str,
        Meta(pattern=r"^[^\s/]+(/[^\s/]+)?\Z"),
        title(
            "Account ID",
            "The role, or the mail address of a user, a slash and the role: library@example.org/role.",
            rule="must be a role, or a mail address, a slash and a role",
        ),
    ]
    password: Annotated[str, Meta(min_length=1), title("Account password", "Of the role or the user.", secret=True)]
    environment: Environment
    update_migrated: UpdateMigrated = False
    schema: Annotated[
        Literal["5.4.0", "5.5.0"],
        title(
            "Schema",
            "The version of Crossref's deposit schema; both are taken.",
            choices=(Choice("5.4.0", "5.4.0"), Choice("5.5.0", "5.5.0")),
        ),
    ] = "5.4.0"
    endpoint: Endpoint = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        for field, codes in (("types", self.types), ("labels", [code for label in self.labels for code in label.types])):
            names = [TYPES[code].label if code in TYPES else CATEGORIES[code] for code in codes if is_barred(code)]
            if names:
                raise ValueError(
                    f"{field}: Crossref registers no DOIs of a repository for {', '.join(dict.fromkeys(names))}; take it out "
                    "(journal articles and all of Conference/Event are registered by who publishes them)"
                )
        check_endpoint(self.endpoint, self.environment)

    def __repr__(self) -> str:
        return f"Account({self.account_id!r}, {self.prefix!r}, {self.environment!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(field, getattr(self, field)) for field in ("account_id", "prefix", "environment")]

    @property
    def shows_works(self) -> bool:
        """Whether it can be asked what is known there: the test system shows nothing."""
        return self.environment == "production" or bool(self.endpoint)

    @property
    def address(self) -> str:
        """The service this account speaks to, without a slash at its end."""
        return (self.endpoint or ENDPOINTS[self.environment]).rstrip("/")
