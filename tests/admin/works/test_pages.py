"""The list, a work's page, its versions and formats, and many works changed at once, as a browser sees them."""

import csv
import io

import pytest
from aiohttp.test_utils import TestClient

from server.house import House
from server.records import store
from server.records.model import File
from server.records.store import State
from server.runs import store as runs
from tests.admin.visits import csrf, login
from tests.conftest import SetClock
from tests.works.entering import NEW, PEAS, send, work_in
from tests.writers import Writer


@pytest.fixture
async def clerk(client: TestClient) -> TestClient:
    await login(client)
    return client


@pytest.fixture
def writer(house: House) -> Writer:
    return Writer(house.database, house.press, house.clock)


async def press(client: TestClient, path: str, page: str = "/admin/works", **fields: object):
    pairs = [("csrf", await csrf(client, page))]
    for name, value in fields.items():
        pairs += [(name, each) for each in (value if isinstance(value, list) else [value])]
    return await client.post(path, data=pairs, allow_redirects=False)


async def test_the_list_is_searched_and_the_search_kept(clerk: TestClient, writer: Writer) -> None:
    await writer.publish("Peas")
    await writer.publish("Beans & <b>more</b>")
    page = await (await clerk.get("/admin/works?q=beans")).text()
    assert "Beans &amp; &lt;b&gt;more&lt;/b&gt;" in page
    assert "Peas" not in page
    assert "1 work" in page
    answer = await press(clerk, "/admin/works/searches", query="q=beans&state=published", name="My beans", shared="true")
    assert answer.status == 303
    assert answer.headers["Location"] == "/admin/works?q=beans&state=published&done=search-kept"
    page = await (await clerk.get("/admin/works")).text()
    assert 'href="/admin/works?q=beans&amp;state=published" dir="auto">My beans</a>' in page
    again = await press(clerk, "/admin/works/searches", query="q=peas", name="My  beans")
    assert again.status == 409
    number = page.partition("/admin/works/searches/")[2].partition("/")[0]
    assert (await press(clerk, f"/admin/works/searches/{number}/delete")).status == 303
    assert (await press(clerk, f"/admin/works/searches/{number}/delete")).status == 404


async def test_a_long_list_goes_on(clerk: TestClient, writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.works.find.PAGE", 2)
    for number in range(5):
        await writer.publish(f"Work {number}")
    seen, address = [], "/admin/works?order=title"
    while address:
        page = await (await clerk.get(address)).text()
        seen += [f"Work {number}" for number in range(5) if f">Work {number}</a>" in page]
        _, there, rest = page.partition('<a class="button second" href="')
        address = rest.partition('"')[0].replace("&amp;", "&") if there else ""
    assert seen == [f"Work {number}" for number in range(5)]


async def test_the_sheet_holds_all_and_no_formula(clerk: TestClient, writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.works.sheet.SIZE", 2)
    for title in ("=HYPERLINK(1)", "+1", "@sum", 'Peas, "green"', "-2"):
        await writer.publish(title)
    answer = await clerk.get("/admin/works.csv?state=published")
    assert answer.headers["Content-Type"].startswith("text/csv")
    head, *rows = list(csv.reader(io.StringIO(await answer.text())))
    assert head[:4] == ["id", "state", "type", "title"]
    assert [row[3] for row in rows] == ["'-2", 'Peas, "green"', "'@sum", "'+1", "'=HYPERLINK(1)"]


async def test_a_draft_is_shown_as_the_public_would_see_it_in_every_format(clerk: TestClient) -> None:
    work = work_in(await send(clerk, NEW, PEAS))
    page = await (await clerk.get(f"/admin/works/{work}")).text()
    for words in ("Mendel, Gregor", "draft", "They were never told of it.", f"/admin/works/{work}/formats/oai_dc"):
        assert words in page, words
    for prefix, words in (("oai_dc", "&lt;dc:title&gt;Peas&lt;/dc:title&gt;"), ("datacite", "&lt;titles&gt;")):
        page = await (await clerk.get(f"/admin/works/{work}/formats/{prefix}")).text()
        assert words in page
        assert "harvesters would get" in page
    assert (await clerk.get(f"/admin/works/{work}/formats/none")).status == 404
    assert (await clerk.get(f"/items/{work}")).status == 404
    assert (await clerk.get("/admin/works/01J00000000000000000000000")).status == 404
    assert (await clerk.get("/admin/works/nonsense")).status == 404


async def test_the_buttons_of_a_work(clerk: TestClient, house: House, clock: SetClock) -> None:
    work = work_in(await send(clerk, NEW, PEAS))
    page = f"/admin/works/{work}"
    answer = await press(clerk, f"{page}/return", page, reason=" ")
    assert answer.status == 409
    assert (await press(clerk, f"{page}/return", page, reason="Count again.")).status == 303
    assert "Count again." in await (await clerk.get(page)).text()
    assert (await press(clerk, f"{page}/approve", page)).status == 303
    assert (await press(clerk, f"{page}/approve", page)).status == 409
    answer = await press(clerk, f"{page}/withdraw", page, reason="Wrong.", replacement="nowhere")
    text = await answer.text()
    assert answer.status == 409
    assert ">Wrong.</textarea>" in text
    assert 'value="nowhere" aria-describedby="replacement-help replacement-error" aria-invalid="true"' in text
    assert "This is no number of a work here, no DOI and no address." in text
    assert (await press(clerk, f"{page}/withdraw", page, reason="Wrong.", replacement="10.5072/right")).status == 303
    assert (await clerk.get(f"/items/{work}")).status == 410
    assert (await press(clerk, f"{page}/restore", page)).status == 303
    clock.pass_time(minutes=1)
    work_in(await send(clerk, f"{page}/edit", {"title.value": "Beans and peas"}))
    versions = await (await clerk.get(f"{page}/versions")).text()
    assert "<ins>Beans and peas</ins>" in versions.replace("<del>Peas</del>", "")
    assert "Mendel" in await (await clerk.get(f"{page}/versions/1")).text()
    assert (await press(clerk, f"{page}/versions/1/restore", page)).status == 303
    assert (await house.database.read(store.get, work)).record.title.value == "Peas"
    assert (await clerk.get(f"{page}/versions?from=9&to=1")).status == 404
    answer = await press(clerk, f"{page}/reserve", page)
    assert answer.status == 409  # no profile mints DOIs here
    log = await (await clerk.get(f"/admin/audit?subject={work}")).text()
    for deed in (
        "record.created",
        "record.returned",
        "record.published",
        "record.withdrawn",
        "record.restored",
        "record.changed",
    ):
        assert deed in log, deed


async def test_a_closed_file_is_given_to_those_who_see_the_works(clerk: TestClient, house: House, writer: Writer) -> None:
    spool = house.files.spool()
    spool.write(b"peas")
    sha256 = house.files.keep(spool.finish())
    work = await writer.publish(
        "Peas", files=(File(name="peas.html", sha256=sha256, mime="text/html", bytes=4, access="restricted"),)
    )
    answer = await clerk.get(f"/admin/works/{work}/files/1")
    assert await answer.read() == b"peas"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert (await clerk.get(f"/admin/works/{work}/files/2")).status == 404


async def ran(house: House, client: TestClient, **fields: object):
    """Ask for a change, let the worker do it, and return the run."""
    answer = await press(client, "/admin/works/bulk/run", **fields)
    assert answer.status == 303, await answer.text()
    number = int(answer.headers["Location"].partition("/admin/jobs/")[2].partition("?")[0])
    await house.worker.drain()
    return await house.database.read(runs.get, number)


async def test_many_works_are_changed_after_they_were_shown(clerk: TestClient, house: House, writer: Writer) -> None:
    ids = [await writer.publish(f"Work {number}") for number in range(4)]
    answer = await press(clerk, "/admin/works/bulk", id=ids[:2], what="selected", query="")
    page = await answer.text()
    assert "Change 2 works" in page
    assert "Work 1" in page
    assert "Work 3" not in page
    run = await ran(house, clerk, id=ids[:2], deed="add-subject", **{"value-add-subject": "heredity"})
    assert (run.state.value, run.counts.changed) == ("completed", 2)
    run = await ran(house, clerk, query="q=work", deed="add-subject", **{"value-add-subject": "heredity"})
    assert (run.counts.changed, run.counts.unchanged) == (2, 2)
    stored = await house.database.read(store.get, ids[0])
    assert [subject.value for subject in stored.record.subjects] == ["heredity"]


async def test_what_the_world_sees_asks_for_its_number(clerk: TestClient, house: House, writer: Writer) -> None:
    ids = [await writer.publish(f"Work {number}") for number in range(3)]
    for count in ("", "2", "three"):
        answer = await press(
            clerk, "/admin/works/bulk/run", query="", deed="withdraw", count=count, **{"value-withdraw": "Wrong."}
        )
        assert answer.status == 422
        assert "Type 3" in await answer.text()
    said = await (await press(clerk, "/admin/works/bulk/run", query="", deed="withdraw")).text()
    assert "Withdraw: the field “Reason” is needed. Type 3, the number of the works" in said
    assert (await house.database.read(store.get, ids[0])).state is State.PUBLISHED
    run = await ran(house, clerk, query="", deed="withdraw", count="3", **{"value-withdraw": "Wrong."})
    assert run.counts.changed == 3
    assert (await house.database.read(store.get, ids[2])).reason == "Wrong."
    run = await ran(house, clerk, query="", deed="restore", count="3")
    assert run.counts.changed == 3


VALUES = {
    "approve": "", "return": "Count again.", "remove-subject": "x", "licence": "https://creativecommons.org/licenses/by/4.0/",
    "access": "restricted", "collection": "works", "owner": "depositor", "register": "", "render": "",
}  # fmt: skip


async def test_every_deed_runs_and_only_where_it_is_meant(clerk: TestClient, house: House, writer: Writer) -> None:
    published = await writer.publish("Peas")
    draft = work_in(await send(clerk, NEW, PEAS))
    for deed, value in VALUES.items():
        run = await ran(house, clerk, id=[published, draft], deed=deed, count="2", **{f"value-{deed}": value})
        assert run.counts.failed == 0, deed
        assert run.counts.done == 2, deed
    stored = await house.database.read(store.get, published)
    assert (stored.record.access, stored.record.licences[0].spdx) == ("restricted", "CC-BY-4.0")


BAD = (
    {"deed": "eat"}, {"deed": "licence", "value-licence": "free", "count": "1"}, {"deed": "owner", "value-owner": "nobody"},
    {"deed": "access", "value-access": "x", "count": "1"}, {"deed": "collection", "value-collection": "x"}, {"deed": "return"},
    {"deed": "add-subject", "value-add-subject": "x", "query": "q=nothing-is-like-this"},
)  # fmt: skip


async def test_nonsense_begins_nothing(clerk: TestClient, house: House, writer: Writer) -> None:
    work = await writer.publish("Peas")
    for fields in BAD:
        chosen = {} if "query" in fields else {"id": [work]}
        answer = await press(clerk, "/admin/works/bulk/run", **(fields | chosen))
        assert answer.status in {400, 422}, fields
    assert (await press(clerk, "/admin/works/bulk", what="selected")).headers["Location"].endswith("done=nothing-selected")
