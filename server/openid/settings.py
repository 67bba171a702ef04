"""What an administrator sets for a login by OpenID Connect: the form, the command line and the export are made of this."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from server.accounts.model import ROLES, Role
from server.forms.field import Choice, title

_ROLES = tuple(Choice(role.value, name, says) for role, (name, says) in ROLES.items())
_ADMITS = (
    Choice("known", "Accounts that exist", "Found by their verified e-mail, or linked by their owner."),
    Choice("granted", "Also people to whom a row below gives a role", "An account is made at their first login."),
    Choice("everyone", "Everybody the provider knows", "Those without a row become researchers."),
)
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})


class Grant(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to get a role: a claim of the provider that has a value."""

    claim: Annotated[str, Meta(min_length=1, max_length=100), title("Claim", "As the provider names it, for instance groups.")]
    value: Annotated[str, Meta(max_length=300), title("Has the value", "One of several values is enough; * is any value.")]
    role: Annotated[Role, title("Gives the role", choices=_ROLES)]


class OpenID(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider people log in by, and who of them may come in as what."""

    issuer: Annotated[
        str,
        Meta(max_length=300),
        title("Issuer", "Address of the provider, as it calls itself; /.well-known/openid-configuration is found below it."),
    ]
    client_id: Annotated[str, Meta(min_length=1, max_length=300), title("Client ID", "What the provider calls this server.")]
    client_secret: Annotated[
        str, title("Client secret", "Empty for a public client, which the provider must allow.", secret=True)
    ] = ""
    scopes: Annotated[
        str,
        Meta(pattern=r"^openid( [!#-\[\]-~]+)*$", max_length=300),
        title("Scopes", "Begins with openid; email and profile are needed to know people by their address and name."),
    ] = "openid email profile"
    label: Annotated[
        str,
        Meta(min_length=1, max_length=60),
        title("Label of the button", "What the login page says, such as: Log in by the university"),
    ]
    admits: Annotated[
        Literal["known", "granted", "everyone"],
        title("Who may come in", choices=_ADMITS),
    ] = "known"
    grants: Annotated[
        tuple[Grant, ...], Meta(max_length=50), title("Roles by claim", "The first row that fits counts.", one="Role")
    ] = ()
    keeps_roles: Annotated[
        bool,
        title(
            "Keep roles in step",
            "Each login gives the role of the first row that fits; whom none fits is a researcher, but the last administrator.",
        ),
    ] = False

    def __post_init__(self) -> None:
        parts = urlsplit(self.issuer)
        sound = parts.hostname and not (parts.query or parts.fragment or parts.username or parts.password)
        if not sound or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE)):
            raise ValueError("issuer: must be an https address without query, such as https://login.example.org")
        if any(not character.isprintable() for character in self.label):
            raise ValueError("label: must be one line")

    def __repr__(self) -> str:
        return f"OpenID({self.issuer!r}, {self.client_id!r})"

    def __rich_repr__(self) -> list[tuple[str, str]]:
        return [("issuer", self.issuer), ("client_id", self.client_id)]
