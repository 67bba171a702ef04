"""The profile kind: a login by OpenID Connect, how it is tested, and which are offered on the login page."""

from dataclasses import dataclass

from aiohttp import ClientSession
from sqlalchemy import Connection

from server.errors import Unavailable
from server.openid.discovery import keys_of, metadata_of
from server.openid.settings import OpenID
from server.profiles import store as profiles
from server.profiles.bound import server_of
from server.profiles.kind import Fact, Kind, Tested
from server.profiles.model import Profile

OPENID = "openid"


@dataclass(frozen=True, slots=True)
class Provider:
    """A way to log in that the login page offers."""

    id: int
    label: str
    issuer: str


def offered(tx: Connection) -> list[Provider]:
    """Return the providers whose profiles are switched on."""
    found = (profile for profile in profiles.every(tx, enabled=True) if profile.kind == OPENID)
    return [Provider(p.id, str(p.document.get("label", p.name)), str(p.document.get("issuer", ""))) for p in found]


async def test(settings: OpenID, session: ClientSession) -> Tested:
    """Fetch the provider's description and its keys, as each login does."""
    try:
        metadata = await metadata_of(session, settings.issuer)
        keys = await keys_of(session, metadata)
    except Unavailable as error:
        return Tested(agrees=False, message=error.message)
    if metadata.code_challenge_methods_supported and "S256" not in metadata.code_challenge_methods_supported:
        return Tested(agrees=False, message="The provider does not take PKCE with S256, which every login here uses.")
    return Tested(agrees=True, message=f"{metadata.issuer} answers and has {len(keys.keys)} keys to sign with.")


def back_path(profile: int) -> str:
    """Return where the provider sends people back to, below this server's address."""
    return f"/login/openid/{profile}/back"


def _facts(profile: Profile) -> tuple[Fact, ...]:
    return (("Redirect URI at the provider: the address of this server and", back_path(profile.id)),)


KIND = Kind(
    name=OPENID,
    title="Login by OpenID Connect",
    description="People log in by the institution's own login, or by any other provider of OpenID Connect.",
    settings=OpenID,
    creates="No jobs; sessions, and accounts where it is set so.",
    server=lambda openid: server_of(openid.issuer),
    test=test,
    facts=_facts,
)
