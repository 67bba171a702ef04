"""What an administrator sets for ORCID: the form, the command line and the export are made of this."""

from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from server.forms.field import Choice, title
from server.identifiers.endpoint import check_endpoint, is_loopback

KIND = "orcid"

SCOPES = ("/read-limited", "/activities/update")
"""What a person is asked to permit: that we read what they show trusted parties, and write works."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where one of ORCID's systems is reached: the site people log in at, and the Member API."""

    site: str
    api: str


PLACES = {
    "production": Places("https://orcid.org", "https://api.orcid.org/v3.0"),
    "sandbox": Places("https://sandbox.orcid.org", "https://api.sandbox.orcid.org/v3.0"),
}

_MODELS = (
    Choice("direct", "Direct", "People permit this repository to write on their ORCID record."),
    Choice("delegation", "Token delegation", "Cannot be chosen: ORCID no longer offers it.", shut=True),
)
_TARGETS = (
    Choice("sandbox", "Sandbox", "For trials. Its iDs are nobody's: they are not written into profiles and works."),
    Choice("production", "Production"),
)


class Orcid(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The institution's client at ORCID."""

    client_id: Annotated[
        str,
        Meta(pattern=r"^(APP-[0-9A-Z]{16}|([0-9]{4}-){3}[0-9]{3}[0-9X])\Z"),
        title("Client ID", "As ORCID's letter says it.", rule="begins with APP- and has sixteen letters and digits after that"),
    ]
    client_secret: Annotated[str, Meta(min_length=1, max_length=200), title("Client secret", secret=True)]
    ringgold_id: Annotated[
        str,
        Meta(pattern=r"^[0-9]{0,12}\Z"),
        title(
            "Ringgold ID",
            "The institution's number at Ringgold; may be empty. Works name no institution, so it is not sent with them.",
            rule="is a number",
        ),
    ] = ""
    redirect_uri: Annotated[
        str,
        Meta(max_length=500),
        title("Redirect URI", "Where ORCID sends people back to, as it is registered there. Empty: the address of this server."),
    ] = ""
    integration_model: Annotated[Literal["direct"], title("Integration model", choices=_MODELS, widget="radio")] = "direct"
    target: Annotated[Literal["sandbox", "production"], title("Target", choices=_TARGETS)]
    endpoint: Annotated[
        str, title("Endpoint", "Another address of ORCID, for trials on this machine; only with the sandbox.")
    ] = ""

    def __post_init__(self) -> None:
        if self.endpoint and self.target != "sandbox":
            raise ValueError("endpoint: may be set with the sandbox only; leave it empty otherwise")
        check_endpoint(self.endpoint, "test")
        parts = urlsplit(self.redirect_uri)
        sound = parts.hostname and not (parts.fragment or parts.username or parts.password)
        secure = parts.scheme == "https" or (parts.scheme == "http" and self.redirect_uri and is_loopback(self.redirect_uri))
        if self.redirect_uri and not (sound and secure):
            raise ValueError("redirect_uri: must be an https address, such as https://repository.example.org/my/orcid/back")

    def __repr__(self) -> str:
        return f"Orcid({self.client_id!r}, {self.target!r})"

    def __rich_repr__(self) -> list[tuple[str, str]]:
        return [("client_id", self.client_id), ("target", self.target)]

    @property
    def places(self) -> Places:
        """Where the system that is meant is reached."""
        if self.endpoint:
            address = self.endpoint.rstrip("/")
            return Places(address, f"{address}/v3.0")
        return PLACES[self.target]

    @property
    def is_trial(self) -> bool:
        """Whether the iDs are those of the sandbox, so that they say nothing of anybody."""
        return self.target != "production"
