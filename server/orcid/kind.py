"""The profile kind: the institution's client at ORCID, how it is tested, and which profile is in use."""

from datetime import datetime

from aiohttp import ClientSession
from sqlalchemy import Connection

from server.errors import SheafError
from server.orcid.oauth import BACK, known
from server.orcid.settings import KIND, Orcid
from server.orcid.sweep import sweep
from server.profiles import store as profiles
from server.profiles.bound import server_of
from server.profiles.kind import Fact, Kind, Tested
from server.profiles.model import Profile
from server.profiles.seal import Seal


def profile_of(tx: Connection) -> Profile | None:
    """Return the profile that is switched on, or None."""
    return next(iter(profiles.enabled(tx, (KIND,))), None)


def in_use(tx: Connection, seal: Seal) -> tuple[Profile, Orcid] | None:
    """Return the profile that is switched on with its settings, or None. Raises Invalid where they cannot be read."""
    profile = profile_of(tx)
    return None if profile is None else (profile, profiles.opened(profile, Orcid, seal))


async def test(settings: Orcid, session: ClientSession) -> Tested:
    """Ask ORCID for a token that reads what is public: it is given to whoever has the client's secret."""
    try:
        await known(session, settings)
    except SheafError as error:
        return Tested(agrees=False, message=error.message)
    where = "the sandbox" if settings.is_trial else "the registry"
    return Tested(agrees=True, message=f"ORCID knows the client {settings.client_id} at {where}.")


def _facts(profile: Profile) -> tuple[Fact, ...]:
    named = str(profile.document.get("redirect_uri", ""))
    return (
        (("Redirect URI to register at ORCID", named),)
        if named
        else (("Redirect URI to register at ORCID: the address of this server and", BACK),)
    )


def _saved(tx: Connection, _profile: Profile, now: datetime) -> None:
    sweep(tx, now)


def kind() -> Kind:
    """Return the kind of profile."""
    return Kind(
        name=KIND,
        title="ORCID (researchers)",
        description="Researchers link their ORCID iD on their own page; their works are put on their ORCID record and kept true.",
        settings=Orcid,
        single="An institution has one client at ORCID. Change the profile there is.",
        creates="A job for each person who linked their iD, whenever one of their works changes; and each hour a look at all.",
        server=lambda settings: server_of(settings.places.site),
        test=test,
        tests="Asks ORCID for a token that reads what is public. No record is touched.",
        facts=_facts,
        saved=_saved,
    )
