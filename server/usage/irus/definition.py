"""What an administrator says of IRUS-UK: consent, notice, where messages go, and when that came to an end."""

from datetime import date, datetime
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct
from sqlalchemy import Connection

from server.errors import Invalid
from server.forms.field import Choice, Widget, title
from server.notify.guard import target
from server.profiles import store as profiles
from server.profiles.live import Live
from server.profiles.model import Profile

KIND = "irus-uk"

PRODUCTION = "https://irus.jisc.ac.uk/counter/"
TEST = "https://irus.jisc.ac.uk/counter/test/"

LONGEST_KEPT = 30
"""Days that a use waits at most: IRUS takes late ones, and whoever asked may be forgotten."""

CONSENT_VERSION = "2026-1"
CONSENT = (
    "We agree that this repository tells IRUS-UK, a service of Jisc, of each view of the page of a published work and of each "
    "download of its files: when it was, the IP address and the user agent of whoever asked, the address they came from, the "
    "address they asked for, and the OAI identifier of the work. We have entered this in our record of processing."
)
"""What is agreed to. Whoever changes it gives it another version, so that it is known which text somebody has seen."""


class Irus(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether and how use is told to IRUS-UK."""

    consent: Annotated[bool, title("Customer consent", CONSENT)] = False
    notice: Annotated[
        bool,
        title(
            "Display information message on the portal",
            "The pages of works then say that their use is told to IRUS-UK, and what of it.",
        ),
    ] = False
    endpoint: Annotated[
        str,
        Meta(min_length=1),
        title(
            "Endpoint",
            "Where messages go. Begin with the test endpoint: IRUS looks at what comes, and then names the one to take.",
            widget=Widget.SUGGEST,
            choices=(Choice(TEST, "Test"), Choice(PRODUCTION, "Production")),
        ),
    ] = TEST
    source: Annotated[
        str,
        Meta(max_length=255, pattern=r"^[\x21-\x7e]*\Z"),
        title(
            "Source repository",
            "The name IRUS knows this repository by (rfr_id); empty means the host of its address.",
            rule="must have no blanks and no letters beyond ASCII",
        ),
    ] = ""
    truncate: Annotated[
        bool,
        title(
            "Shorten IP addresses",
            "The last number of an IPv4 address and all but the first three groups of an IPv6 address become 0 before they are "
            "kept. IRUS then knows fewer robots and double clicks.",
        ),
    ] = False
    respects: Annotated[
        bool,
        title(
            "Respect signals of privacy",
            "Use by browsers that send Do Not Track or Global Privacy Control is counted here and not told to IRUS.",
        ),
    ] = True
    days: Annotated[
        int,
        Meta(ge=4, le=LONGEST_KEPT),
        title(
            "Days until what could not be delivered is forgotten",
            "From the moment of use. So long addresses and user agents are kept at most; what is delivered is forgotten at once.",
        ),
    ] = LONGEST_KEPT
    retired: Annotated[
        date | None,
        title(
            "Retired on",
            "From this day on nothing is sent, and what waits is forgotten; use is counted as before. Empty means never.",
        ),
    ] = None
    reason: Annotated[
        str, Meta(max_length=500), title("Why it is retired", "Such as: IRUS has ended. Needed where there is a day.")
    ] = ""

    def __post_init__(self) -> None:
        try:
            target(self.endpoint)
        except Invalid as error:
            raise ValueError(f"endpoint: {error.message} {error.remedy}") from error
        if self.retired is not None and not self.reason.strip():
            raise ValueError("reason: is needed where there is a day")

    def obstacle(self, now: datetime) -> str:
        """Say in a word why nothing is told now, a key of GIVEN_UP; empty where it is."""
        if not self.consent:
            return "consent"
        return "retired" if self.retired is not None and self.retired <= now.date() else ""


def settings_of(document: dict[str, object]) -> Irus:
    """Return the settings of a stored profile, which holds no secrets; raises msgspec.ValidationError for another release's."""
    return msgspec.convert(document, Irus)


def profile_of(tx: Connection) -> Profile | None:
    """Return the profile, switched on or not; None where there is none."""
    return next((each for each in profiles.every(tx) if each.kind == KIND), None)


def telling(live: Live, now: datetime) -> Irus | None:
    """Return how use is told now, by the profile that is switched on; None where it is not. While it stands still, use waits."""
    for each in live.of(KIND):
        if isinstance(each.settings, Irus) and not each.settings.obstacle(now):
            return each.settings
    return None


def shown(live: Live, now: datetime) -> bool:
    """Whether the pages of works say that use is told."""
    settings = telling(live, now)
    return settings is not None and settings.notice


def named(settings: Irus, url: str) -> str:
    """Return what IRUS calls this repository, `url` being its address."""
    return settings.source or urlsplit(url).hostname or ""
