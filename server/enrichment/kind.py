"""The profile kind: credentials of ORCID's Public API, by which candidates are searched. One for each institution."""

from typing import Annotated, Any, Literal

from aiohttp import ClientSession
from msgspec import Meta, Struct

from server.enrichment.client import OrcidClient
from server.forms.field import Choice, title
from server.identifiers.endpoint import check_endpoint, is_loopback
from server.identifiers.model import Failed
from server.profiles.bound import server_of
from server.profiles.kind import Kind, Tested

ORCID_PUBLIC = "orcid-public"

#: Environment → the registry (which gives tokens) and its Public API.
SERVERS = {
    "sandbox": ("https://sandbox.orcid.org", "https://pub.sandbox.orcid.org/v3.0"),
    "production": ("https://orcid.org", "https://pub.orcid.org/v3.0"),
}


def strange(registry: str, own: str) -> str:
    """Say why iDs of a registry must not come into works, by its API and the address of this house; empty where they may.

    The people of the sandbox, and of a registry somebody simulates, are invented: in production their iDs are somebody else's. A
    house that only this machine reaches may be tried out with them.
    """
    if registry == SERVERS["production"][1] or (is_loopback(registry) and is_loopback(own)):
        return ""
    return "These iDs are of a registry for trials: in production they are other people's. They are not written into works."


class PublicApi(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Credentials of ORCID's Public API, and how long its answers are kept."""

    client_id: Annotated[
        str,
        Meta(pattern=r"^APP-[A-Z0-9]{16}\Z"),
        title(
            "Client ID",
            "From Developer tools of an ORCID account. The Public API is free of charge and reads what everybody may read.",
            rule="must be APP- and 16 letters or digits, such as APP-0123456789ABCDEF",
        ),
    ]
    client_secret: Annotated[str, Meta(min_length=1, max_length=300), title("Client secret", secret=True)]
    environment: Annotated[
        Literal["sandbox", "production"],
        title(
            "Target",
            "People of the sandbox are invented; their iDs must not come into works.",
            choices=(Choice("production", "Production"), Choice("sandbox", "Sandbox, for trials")),
        ),
    ] = "production"
    days: Annotated[
        int,
        Meta(ge=1, le=365),
        title("Days an answer counts", "Then ORCID is asked again about the same name or person. After a year it is deleted."),
    ] = 30
    endpoint: Annotated[
        str, title("Endpoint", "Another address of the registry, for trials on this machine; only with the sandbox.")
    ] = ""

    def __post_init__(self) -> None:
        check_endpoint(self.endpoint, "test" if self.environment == "sandbox" else self.environment)

    def __repr__(self) -> str:
        return f"PublicApi({self.client_id!r}, {self.environment!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(field, getattr(self, field)) for field in ("client_id", "environment")]

    @property
    def registry(self) -> str:
        """Where tokens are given."""
        return self.endpoint.rstrip("/") or SERVERS[self.environment][0]

    @property
    def api(self) -> str:
        """Where is searched and read."""
        return f"{self.endpoint.rstrip('/')}/v3.0" if self.endpoint else SERVERS[self.environment][1]


async def test(settings: PublicApi, session: ClientSession) -> Tested:
    """Ask for a token and search for a name."""
    outcome = await OrcidClient(settings, session).search('family-name:"Curie"', 1)
    if isinstance(outcome, Failed):
        return Tested(agrees=False, message=outcome.message)
    return Tested(agrees=True, message=f"ORCID gave a token and answers searches; it knows {outcome.total} people named Curie.")


KIND = Kind(
    name=ORCID_PUBLIC,
    title="ORCID Public API",
    description="Finds the ORCID iDs of creators that have none, for people to choose from, and answers OpenRefine.",
    settings=PublicApi,
    single="There can be only one profile of ORCID's Public API; change the one there is.",
    creates="Jobs that search for candidates, that write what was chosen into works, and that take it back.",
    server=lambda settings: server_of(settings.registry),
    test=test,
    tests="Asks ORCID for a token and searches for one name. Nothing is changed there.",
)
