"""What is harvested says where it came from, in every format, and what it was harvested from says before."""

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from server.audit.log import OPERATOR
from server.harvest import batch
from server.harvest.batch import Bare, Report
from server.harvest.pull import Source, parts
from server.house import House
from server.metadata.about import about
from server.metadata.reading import readers
from server.records import provenance as kept
from server.records import store
from server.records.model import decode, encode
from server.records.provenance import Provenance, is_moment
from server.works import saving
from tests.conftest import SHARED, Deposit, SetClock
from tests.harvest.test_batch import bare, bring
from tests.harvest.test_pull import served
from tests.oai.validity import assert_valid

SHELF = readers()
DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
NS = {"o": "http://www.openarchives.org/OAI/2.0/", "p": "http://www.openarchives.org/OAI/2.0/provenance"}
SCHEMA = SHARED / "data" / "schemas" / "reconstructed" / "provenance.xsd"

BEFORE = (
    '<about><p:provenance xmlns:p="http://www.openarchives.org/OAI/2.0/provenance">{}</p:provenance></about>'
    '<about><x xmlns="urn:something-else"/></about>'
)
DESCRIBED = (
    '<p:originDescription harvestDate="{date}" altered="{altered}"><p:baseURL>{url}</p:baseURL>'
    "<p:identifier>oai:archive.example:7</p:identifier><p:datestamp>2001-02-03</p:datestamp>"
    "<p:metadataNamespace>urn:marc</p:metadataNamespace>{inner}</p:originDescription>"
)


def described(
    *, date: str = "2002-02-02T14:10:02Z", altered: str = "false", url: str = "http://a.example/oai", inner: str = ""
) -> str:
    return DESCRIBED.format(date=date, altered=altered, url=url, inner=inner)


def record(number: int, datestamp: str = "2025-05-06", title: str = "Peas", said: str = "") -> str:
    return (
        f"<record><header><identifier>oai:peas.example:{number}</identifier><datestamp>{datestamp}</datestamp></header>"
        f'<metadata><d:dc xmlns:d="{DC}" xmlns="http://purl.org/dc/elements/1.1/"><title>{title}</title>'
        f"<creator>Mendel, Gregor</creator><date>1866</date></d:dc></metadata>{said}</record>"
    )


def listed(*records: str, date: str = "2026-01-02T03:04:05Z") -> str:
    envelope = '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>{}</responseDate><ListRecords>{}</ListRecords></OAI-PMH>'
    return envelope.format(date, "".join(records))


async def pulled(answer: str, clock: SetClock, *, user: str = "") -> tuple[str, list[Bare]]:
    """What a repository that answers so gives us, and its base URL."""
    server = await served([answer])
    url = str(server.make_url("/oai"))
    asked = url.replace("://", f"://{user}@") + "?key=secret" if user else url
    try:
        async with ClientSession() as session:
            found = [each async for part in parts(session, Source(asked), SHELF, clock) for each in part.found]
    finally:
        await server.close()
    assert all(isinstance(each, Bare) for each in found)
    return url, found


async def harvest(house: House, works: list[Bare]) -> Report:
    return await bring(house, *works)


async def shown(client: TestClient, prefix: str) -> dict[str, tuple[str, etree._Element | None]]:
    """All records in a format by title: the datestamp and the originDescription; each answer is valid."""
    root = etree.fromstring(await (await client.get("/oai", params={"verb": "ListRecords", "metadataPrefix": prefix})).read())
    assert_valid(root)
    found = {}
    for each in root.iterfind(".//o:record", NS):
        title = each.xpath("string(o:metadata//*[local-name()='title'])", namespaces=NS).strip()
        datestamp = each.findtext("o:header/o:datestamp", namespaces=NS)
        found[title] = (datestamp, each.find("o:about/p:provenance/p:originDescription", NS))
    return found


def told(element: etree._Element) -> list[str | None]:
    names = ("baseURL", "identifier", "datestamp", "metadataNamespace")
    return [element.get("harvestDate"), element.get("altered"), *(element.findtext(f"p:{name}", namespaces=NS) for name in names)]


@pytest.mark.parametrize("prefix", ["oai_dc", "datacite", "mods"])
async def test_every_format_says_where_a_work_came_from(
    house: House, client: TestClient, deposit: Deposit, clock: SetClock, prefix: str
) -> None:
    await deposit(title="Ours")
    said = BEFORE.format(described(inner=described(altered="1", url="http://b.example/oai?x&amp;y")))
    url, works = await pulled(listed(record(1), record(2, title="Beans", said=said)), clock)
    assert (await harvest(house, works)).new == 2
    found = await shown(client, prefix)
    assert found.keys() == {"Ours", "Peas", "Beans"}
    assert found["Ours"][1] is None
    peas, beans = found["Peas"][1], found["Beans"][1]
    assert told(peas) == ["2026-01-02T03:04:05Z", "true", url, "oai:peas.example:1", "2025-05-06", DC]
    assert peas.find("p:originDescription", NS) is None
    first = beans.find("p:originDescription", NS)
    assert told(first) == [
        "2002-02-02T14:10:02Z",
        "false",
        "http://a.example/oai",
        "oai:archive.example:7",
        "2001-02-03",
        "urn:marc",
    ]
    assert told(first.find("p:originDescription", NS))[1:3] == ["true", "http://b.example/oai?x&y"]


async def test_it_stays_where_it_came_from(house: House, client: TestClient, clock: SetClock) -> None:
    _, works = await pulled(listed(record(1)), clock)
    await harvest(house, works)
    ((_, before),) = (await shown(client, "oai_dc")).values()
    (stored,) = (await house.database.read(store.by_origins, [works[0].origin])).values()
    assert stored.provenance == works[0].provenance
    edited = decode(encode(stored.record).replace(b"Peas", b"Peas, revised"))
    await saving.save(house, stored.id, edited, OPERATOR, version=stored.version, then=saving.Then.SAVE, allow=lambda _: None)
    found = await shown(client, "oai_dc")
    assert told(found["Peas, revised"][1]) == told(before)
    assert told((await shown(client, "mods"))["Peas, revised"][1]) == told(before)
    await bring(house, bare(works[0].origin, "Peas of a file"))  # a file says nothing of where it came from
    assert told((await shown(client, "oai_dc"))["Peas of a file"][1]) == told(before)


async def test_a_second_harvest_says_so_only_where_the_record_changed(house: House, client: TestClient, clock: SetClock) -> None:
    _, works = await pulled(listed(record(1)), clock)
    await harvest(house, works)
    before = (await shown(client, "oai_dc"))["Peas"]
    (stored,) = (await house.database.read(store.by_origins, [works[0].origin])).values()

    clock.pass_time(days=1)
    later = [
        Bare(**{n: getattr(works[0], n) for n in ("origin", "document")}, provenance=_harvested(works[0], "2026-02-02T00:00:00Z"))
    ]
    assert (await harvest(house, later)).unchanged == 1
    after = (await shown(client, "oai_dc"))["Peas"]
    assert (after[0], told(after[1])) == (before[0], told(before[1]))

    _, moved = await pulled(listed(record(1, "2026-02-01T10:00:00Z"), date="2026-02-02T00:00:00Z"), clock)
    there = await house.database.read(batch.known, [works[0].origin])
    assert [there[works[0].origin].is_as(each) for each in (later[0], moved[0])] == [True, False]
    report = await harvest(house, moved)
    assert (report.changed, report.unchanged) == (1, 0)
    stamp, origin = (await shown(client, "oai_dc"))["Peas"]
    assert stamp > before[0]
    assert told(origin)[::4] == ["2026-02-02T00:00:00Z", "2026-02-01T10:00:00Z"]
    again = await house.database.read(store.get, stored.id)
    assert (again.version, again.provenance) == (stored.version, moved[0].provenance)


def _harvested(work: Bare, date: str) -> Provenance:
    assert work.provenance is not None
    return kept.decode(kept.encode(work.provenance).replace(work.provenance.harvested, date))


async def test_what_was_deleted_there_comes_back_with_its_new_origin(house: House, client: TestClient, clock: SetClock) -> None:
    _, works = await pulled(listed(record(1)), clock)
    await harvest(house, works)
    gone = record(1).partition("<metadata>")[0].replace("<header>", '<header status="deleted">') + "</record>"
    _, deleted = await pulled(listed(gone), clock)
    assert (await harvest(house, deleted)).withdrawn == 1
    ((_, origin),) = (await shown(client, "oai_dc")).values()
    assert origin is None, "a deletion holds its header only"
    _, back = await pulled(listed(record(1, "2026-03-03")), clock)
    assert (await harvest(house, back)).changed == 1
    assert told((await shown(client, "oai_dc"))["Peas"][1])[4] == "2026-03-03"


@pytest.mark.parametrize(
    "wrong", [record(1, "yesterday"), record(1, ""), record(1, "2025-02-30"), record(1).replace("oai:peas", "a b")]
)
async def test_what_cannot_be_said_is_not_said(clock: SetClock, wrong: str) -> None:
    _, (work,) = await pulled(listed(wrong), clock)
    assert work.provenance is None


@pytest.mark.parametrize(
    "wrong", [described(altered="perhaps"), described(date="then"), described(url="not an address"), "<p:originDescription/>"]
)
async def test_what_another_one_said_wrongly_is_not_passed_on(clock: SetClock, wrong: str) -> None:
    _, (first, second) = await pulled(
        listed(record(1, said=BEFORE.format(wrong)), record(2, said=BEFORE.format(described(inner=wrong)))), clock
    )
    assert first.provenance is not None
    assert first.provenance.origin is None
    assert second.provenance is not None
    assert second.provenance.origin is not None
    assert second.provenance.origin.origin is None


async def test_passwords_and_keys_are_not_told_and_our_clock_helps_out(clock: SetClock) -> None:
    url, (work,) = await pulled(listed(record(1), date="now"), clock, user="franklin:51")
    assert work.provenance is not None
    assert work.provenance.base_url == url
    assert work.provenance.harvested == clock().strftime("%Y-%m-%dT%H:%M:%SZ")


_PIECES = st.sampled_from(
    [*'/:@?#[]%<>"{}|\\^`&;=~é漢_ \t0', "oai:", "http://", "//", "%zz", "%2f", ":80", "a.example", "\U0001f331"]
)


@given(
    st.lists(_PIECES, max_size=8).map("".join),
    st.text("0123456789-:.TZ", max_size=22) | st.datetimes().map(lambda d: f"{d:%Y-%m-%d}"),
)
def test_what_can_be_made_is_valid(uri: str, moment: str) -> None:
    if not SCHEMA.exists():
        pytest.skip("the schema of provenance needs schemas/reconstructed of SHEAF_SHARED")
    uri, moment = f"urn:{uri}" if ":" not in uri else uri, moment if is_moment(moment) else "2025-05-06"
    try:
        made = Provenance(base_url=uri, identifier=uri, datestamp=moment, namespace=uri, harvested=moment)
    except ValueError:
        return
    assert kept.decode(kept.encode(made)) == made
    schema = etree.XMLSchema(file=str(SCHEMA))
    schema.assertValid(etree.fromstring(about("", made))[0])
