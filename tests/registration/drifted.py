"""A repository that came from another system, and an agency that knows its DOIs; then five ways in which the two drift apart."""

import base64
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from server import control
from server.audit.log import OPERATOR
from server.events import telling
from server.events.model import Event
from server.house import House
from server.identifiers import arrivals, ledger, migrate
from server.identifiers.arrivals import Line
from server.identifiers.comparing import Drift
from server.identifiers.reconcile import RECONCILE, Reconcile
from server.metadata.work import Names
from server.profiles import store as profiles
from server.publishing import keep_new
from server.records.store import New, State
from server.runs import store as runs
from server.runs.model import Run
from tests.fakes.datacite import Doi, FakeDatacite
from tests.writers import record

PREFIX = "10.82433"
WHEN = str(datetime(2020, 1, 1, tzinfo=UTC))
CHUNK = 1000


def name(number: int) -> str:
    return f"{PREFIX}/old.{number:06}"


def record_id(number: int) -> str:
    return f"01J{number:023}"


async def set_profile(house: House, agency: FakeDatacite, **more: object) -> None:
    values = {
        "prefix": PREFIX, "account_id": "INST.REPO", "password": "correct horse", "environment": "test", "endpoint": agency.url,
        "update_migrated": True,
    }  # fmt: skip
    await control.profile_set(house, control.ProfileSet(kind="datacite", name="Our DOIs", values=values | more))


async def bring(house: House, agency: FakeDatacite, count: int, *, elsewhere: int = 0) -> None:
    """Bring works in as an import does, with their DOIs; the agency knows these, and `elsewhere` of them lead to the old system."""
    renderer = house.press.renderer
    for start in range(0, count, CHUNK):
        numbers = range(start, min(start + CHUNK, count))
        works = [New(record_id(n), record(f"Peas {n}"), "works", State.PUBLISHED) for n in numbers]
        await house.database.write(_brought, works, [name(n) for n in numbers], house.clock())
        for n, work in zip(numbers, works, strict=True):
            shown = renderer.work(work.id, work.record, names=Names(doi=name(n)), deposited=house.clock().date().isoformat())
            url = shown.landing_url if n >= elsewhere else f"https://old.example.net/{n}"
            xml = base64.b64encode(renderer.metadata("datacite", shown)).decode()
            agency.dois[name(n)] = Doi(name(n), "INST.REPO", "findable", {"url": url, "xml": xml}, registered=WHEN)


def _brought(tx: Connection, works: list[New], names: list[str], now: datetime) -> None:
    keep_new(tx, works, now)
    found = [(work.id, value, value) for work, value in zip(works, names, strict=True)]
    ledger.add_external(tx, found, "doi", now)


async def run(house: House, task: str, given: object) -> Run:
    started = await house.database.write(runs.start, house.tasks.get(task), given, OPERATOR, house.clock())
    await house.worker.drain()
    return await house.database.read(runs.get, started.id)


async def migrated(house: House, lines: list[Line]) -> Run:
    """Take DOIs over, as the page does."""
    profile = await house.database.read(profiles.get, "Our DOIs")
    await house.database.write(arrivals.plan, profile, house.agencies[profile.kind], lines)
    plan = await house.database.read(arrivals.planned, profile.id)
    return await run(house, arrivals.MIGRATE, migrate.Migrate(profile="Our DOIs", plan=plan))


async def reconciled(house: House, *, repair: bool = False) -> Run:
    return await run(house, RECONCILE, Reconcile(profile="Our DOIs", repair=repair))


def drift(agency: FakeDatacite, count: int, each: int) -> dict[Drift, set[str]]:
    """Let names drift at the agency, so many in each of five ways, spread over all of them; return which in which way."""
    ways = [Drift.URL, Drift.STATE, Drift.METADATA, Drift.UNKNOWN_THERE]
    step = count // (each * len(ways))
    drifted: dict[Drift, set[str]] = {way: set() for way in Drift}
    for place in range(each * len(ways)):
        way, value = ways[place % len(ways)], name(place * step)
        drifted[way].add(value)
        there = agency.dois[value]
        if way is Drift.URL:
            there.attributes["url"] = "https://elsewhere.net/"
        elif way is Drift.STATE:
            there.state = "registered"
        elif way is Drift.METADATA:
            there.attributes["xml"] = base64.b64encode(there.xml.replace(b"Peas", b"Beans")).decode()
        else:
            del agency.dois[value]
    for n in range(each):
        value = f"{PREFIX}/stranger.{n:06}"
        agency.dois[value] = Doi(value, "INST.REPO", "findable", {"url": "https://elsewhere.net/"}, registered=WHEN)
        drifted[Drift.UNKNOWN_HERE].add(value)
    return drifted


async def blocked(house: House) -> list[dict[str, object]]:
    """Return what was told of a refused account, but for the agency's words."""

    def read(tx: Connection) -> list[Event]:
        moment = house.clock()
        return telling.between(tx, ["identifier.blocked"], moment - timedelta(days=1), moment, 100)

    found = await house.database.read(read)
    assert all("401" in event.data["message"] and event.data["cause"] for event in found)
    return [{name: said for name, said in event.data.items() if name not in {"message", "cause"}} for event in found]
