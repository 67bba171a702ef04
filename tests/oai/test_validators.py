"""A client that has a record is told so: ETag, Last-Modified and 304 on GetRecord (RFC 9110 §§ 8.8, 13)."""

from aiohttp.test_utils import TestClient

from server.house import House
from tests.conftest import SetClock, configured
from tests.oai.conftest import checked
from tests.oai.test_responses import OAI
from tests.writers import Writer


async def test_a_record_that_is_as_it_was_is_not_sent_again(client: TestClient, writer: Writer, clock: SetClock) -> None:
    one = await writer.publish("One")
    clock.pass_time(seconds=1)
    query = {"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": OAI + one}
    first = await client.get("/oai", params=query)
    tag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    assert tag.startswith('W/"')
    assert modified == "Sat, 14 Mar 2026 09:26:53 GMT"
    assert first.headers["Cache-Control"] == "no-cache"
    clock.pass_time(days=1)  # and responseDate is another
    for more in (
        {"If-None-Match": tag}, {"If-None-Match": tag.removeprefix("W/")}, {"If-None-Match": f'"x", {tag}'}, {"If-None-Match": "*"},
        {"If-Modified-Since": modified}, {"If-Modified-Since": "Sat, 14 Mar 2026 09:27:00 GMT"},
        {"If-None-Match": tag, "If-Modified-Since": "Sat, 14 Mar 2020 00:00:00 GMT"}, {"If-None-Match": tag, "Accept-Encoding": "gzip"},
    ):  # fmt: skip
        for method in ("GET", "HEAD"):
            again = await client.request(method, "/oai", params=query, headers=more)
            assert (again.status, await again.read()) == (304, b""), more
            assert (again.headers["ETag"], again.headers["Vary"]) == (tag, "Accept-Encoding")
    for more in (
        {"If-None-Match": '"x"'}, {"If-None-Match": "junk"}, {"If-None-Match": ""}, {"If-Modified-Since": "junk"},
        {"If-Modified-Since": "Sat, 14 Mar 2026 09:26:52 GMT"}, {"If-None-Match": '"x"', "If-Modified-Since": modified},
    ):  # fmt: skip
        again = await client.get("/oai", params=query, headers=more)
        assert again.status == 200, more
        assert checked(await again.read()).titles == ["One"]
    posted = await client.post("/oai", data=query, headers={"If-None-Match": tag})
    assert posted.status == 200, "only what is safe may be answered so"


async def test_the_tag_changes_with_what_is_answered(client: TestClient, writer: Writer, clock: SetClock, house: House) -> None:
    one, two = await writer.publish("One"), await writer.publish("One")
    clock.pass_time(seconds=1)

    async def tag(identifier: str = one, prefix: str = "oai_dc", path: str = "/oai") -> str:
        query = {"verb": "GetRecord", "metadataPrefix": prefix, "identifier": OAI + identifier}
        return (await client.get(path, params=query)).headers["ETag"]

    await configured(house, "oai", contexts=[{"path": "narrow", "title": "Narrow", "sets": ["type"]}])
    tags = [await tag(), await tag(two), await tag(prefix="datacite"), await tag(path="/oai/narrow")]
    await writer.revise(one, "One, again")
    tags.append(await tag())
    await writer.withdraw(one)
    tags.append(await tag())
    assert len(set(tags)) == len(tags)
    assert await tag() == tags[-1]


async def test_within_the_second_of_a_change_no_date_is_promised(client: TestClient, writer: Writer, clock: SetClock) -> None:
    """It could change once more, and the date would be the same."""
    one = await writer.publish("One")
    query = {"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": OAI + one}
    assert "Last-Modified" not in (await client.get("/oai", params=query)).headers
    await writer.revise(one, "One, again")
    clock.pass_time(seconds=1)
    again = await client.get("/oai", params=query, headers={"If-Modified-Since": "Sat, 14 Mar 2026 09:26:52 GMT"})
    assert (again.status, checked(await again.read()).titles) == (200, ["One, again"])


async def test_what_is_no_record_has_no_tag(client: TestClient, writer: Writer) -> None:
    await writer.publish("One")
    for query in (
        "verb=Identify", "verb=ListRecords&metadataPrefix=oai_dc", "verb=GetRecord", f"verb=GetRecord&metadataPrefix=oai_dc&identifier={OAI}1",
    ):  # fmt: skip
        answer = await client.get(
            f"/oai?{query}", headers={"If-None-Match": "*", "If-Modified-Since": "Sat, 14 Mar 2027 09:26:52 GMT"}
        )
        assert answer.status == 200
        assert not {"ETag", "Last-Modified"} & set(answer.headers)
