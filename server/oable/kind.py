"""The profile kind: what OABLE needs, how it is tested, and what goes on once it is mended."""

from datetime import datetime
from functools import partial

from aiohttp import ClientSession
from sqlalchemy import Connection

from server.notify.client import Outward
from server.notify.guard import target
from server.oable import store
from server.oable.client import Client
from server.oable.settings import OABLE, Oable
from server.profiles.bound import server_of
from server.profiles.kind import Kind, Tested
from server.profiles.model import Profile, Wrong


async def _test(client: Client, settings: Oable, _session: ClientSession) -> Tested:
    return await client.test(settings)


def _guard(outward: Outward, _tx: Connection, _before: Profile | None, settings: Oable) -> None:
    if outward.refuses_plain(target(settings.address)):
        raise Wrong({"address": "It begins with https://; http only into networks of SHEAF_PRIVATE_TARGETS."})


def _saved(tx: Connection, _profile: Profile, now: datetime) -> None:
    store.call_all(tx, now)


def _deleted(tx: Connection, _profile: Profile) -> None:
    store.give_up_all(tx, "The profile of OABLE was deleted.")


def kind(outward: Outward) -> Kind:
    """Return the profile kind; its test goes through the guarded client."""
    return Kind(
        name=OABLE,
        title="Oable APC",
        description="Researchers ask for article processing charges by a form; each request is sent to OABLE and reviewed there.",
        settings=Oable,
        single="An institution has one account at OABLE. Change the profile there is.",
        creates="The form under My works, and a job for each request.",
        server=lambda oable: server_of(oable.address),
        test=partial(_test, Client(outward)),
        tests="Asks the address for its head with the key. Nothing is sent that would have to be reviewed.",
        guard=partial(_guard, outward),
        saved=_saved,
        deleted=_deleted,
    )
