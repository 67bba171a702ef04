"""The stand-in for Crossref, pinned from outside: the official schema, observed answers, deposits we did not write."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from lxml import etree

from tests.fakes.crossref import ACCEPTED, FAILURE, OUTAGE, WRONG_CREDENTIALS, FakeCrossref, Member, Mood
from tests.fakes.crossref_schema import CROSSREF, NS, XSD

pytestmark = pytest.mark.skipif(not XSD.exists(), reason="needs agencies/crossref of SHEAF_SHARED")

RESULTS = CROSSREF / "results"
MINIMAL = (CROSSREF / "minimal" / "dissertation-5.4.0.xml").read_bytes() if XSD.exists() else b""
#: The two of which Crossref's own schema says no: an empty registrant, and text where a paragraph must stand.
INVALID = {"crossref-606-20170717071707.xml", "elife-crossref-1234567890-20170717071707.xml"}

#: Two more with the ORCID iD 0000-0000-0000-0000, whose checksum is wrong: no schema sees that.
NO_ORCID = {
    "elife-crossref-preprint-posted_content-202200001-v2-20170717071707.xml",
    "elife-crossref-preprint-version-posted_content-202200001-v2-20170717071707.xml",
}


@pytest.fixture
async def service() -> AsyncIterator[FakeCrossref]:
    fake = FakeCrossref(Member(prefixes=("10.5555",)), Member("other", "other", ("10.7554",)))
    await fake.start()
    yield fake
    await fake.stop()


async def send(service: FakeCrossref, document: bytes, name: str = "a.xml", **fields: str) -> tuple[int, str]:
    form = aiohttp.FormData()
    told = {"operation": "doMDUpload", "login_id": "role", "login_passwd": "correct horse"} | fields
    for key, value in told.items():
        form.add_field(key, value)
    form.add_field("fname", document, filename=name, content_type="application/xml")
    async with aiohttp.ClientSession() as session, session.post(f"{service.url}/servlet/deposit", data=form) as answer:
        return answer.status, await answer.text()


async def result(service: FakeCrossref, name: str = "a.xml", **query: str) -> etree._Element:
    asked = {"usr": "role", "pwd": "correct horse", "file_name": name, "type": "result"} | query
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{service.url}/servlet/submissionDownload", params=asked) as answer,
    ):
        assert answer.status == 200
        return etree.fromstring(await answer.read())


def changed(doi: str = "10.5555/x1", stamp: int = 20261122101500123, batch: str = "b1xx") -> bytes:
    root = etree.fromstring(MINIMAL)
    for path, text in ((".//c:doi", doi), ("c:head/c:timestamp", str(stamp)), ("c:head/c:doi_batch_id", batch)):
        found = root.find(path, NS)
        assert found is not None
        found.text = text
    return etree.tostring(root)


def alike(root: etree._Element, name: str) -> bool:
    """Whether an answer is the observed one but for what differs from one submission to the next."""

    def told(element: etree._Element) -> list[tuple[str, dict[str, str], str]]:
        own = {"submission_id", "batch_id"}
        return [
            (e.tag, {k: v for k, v in e.attrib.items() if k != "sp"}, "" if e.tag in own else (e.text or "").strip())
            for e in element.iter(etree.Element)
        ]

    return told(root) == told(etree.parse(str(RESULTS / name)).getroot())


def test_the_pages_are_those_that_were_observed():
    observed = {
        "deposit-accepted.html": ACCEPTED,
        "deposit-failure.html": FAILURE.format(why="/path/md-tmp/crossrefxml.xml (Not a directory)"),
        "wrong-credentials.txt": WRONG_CREDENTIALS,
        "outage-503.html": OUTAGE,
    }
    assert {name: (RESULTS / name).read_text() for name in observed} == observed


async def test_a_deposit_is_taken_and_its_result_is_as_it_was_observed(service):
    assert alike(await result(service), "unknown_submission.xml")
    service.rests.append(3)
    assert await send(service, changed()) == (200, ACCEPTED)
    assert alike(await result(service), "queued.xml")
    assert alike(await result(service), "in_process.xml")
    assert alike(await result(service), "success.xml")
    await send(service, changed(stamp=20261122101500124), "b.xml")
    assert alike(await result(service, "b.xml"), "updated.xml")


async def test_one_version_of_a_doi_follows_another_as_integers(service):
    await send(service, changed(stamp=1741279461551))
    for name, stamp in (("same", 1741279461551), ("less", 1741279461550)):
        await send(service, changed(stamp=stamp), name)
        (record,) = (await result(service, name)).findall("record_diagnostic")
        assert (record.get("status"), record.get("msg_id")) == ("Failure", "4")
        observed = etree.parse(str(RESULTS / "version-failure-names-old.xml")).findtext(".//msg").partition(" - ")[0]
        assert record.findtext("msg") == observed.replace("1741279461550", str(stamp))
    service.names_old = False
    await send(service, changed(stamp=20070904093), "mixed")
    observed = etree.parse(str(RESULTS / "version-failure-mixed.xml")).findall(".//msg")[1].text
    assert (await result(service, "mixed")).findtext(".//msg") == observed.replace("20070904093839", "20070904093")
    await send(service, changed(stamp=17412794615510), "digits")
    assert (await result(service, "digits")).findtext(".//msg") == "Successfully updated"


async def test_a_conflict_is_a_warning_as_it_was_observed(service):
    service.conflicting.add("10.5555/x1")
    await send(service, changed())
    assert alike(await result(service), "warning-conflict.xml")


async def test_what_the_schema_refuses_fails_without_a_doi(service):
    await send(service, changed().replace(b"<titles>", b"<tiitles>").replace(b"</titles>", b"</tiitles>"))
    root = await result(service)
    assert (root.findtext(".//doi"), root.findtext(".//failure_count")) == ("", "1")
    assert root.findtext(".//msg", "").startswith("Error validating schema crossref5.4.0.xsd : Error: ")


async def test_an_orcid_with_a_wrong_checksum_fails_as_it_was_observed(service):
    await send(service, changed().replace(b"0000-0002-1825-0097", b"0000-0000-0000-0000"))
    record = (await result(service)).find("record_diagnostic")
    observed = etree.parse(str(RESULTS / "orcid-checksum-failure.xml")).find("record_diagnostic")
    assert (record.get("msg_id"), record.findtext("doi")) == (observed.get("msg_id"), observed.findtext("doi"))


async def test_a_prefix_is_the_members_and_one(service):
    await send(service, changed("10.7554/x"))
    assert "not allowed to add records" in (await result(service)).findtext(".//msg")
    both = etree.fromstring(changed("10.5555/a"))
    again = etree.fromstring(changed("10.7554/a")).find("c:body/c:dissertation", NS)
    both.find("c:body", NS).append(again)
    await send(service, etree.tostring(both), "both")
    root = await result(service, "both")
    assert {each.text for each in root.iter("msg")} == {"All prefixes in a submission must match"}
    assert service.dois == {}


async def test_only_the_first_of_a_file_name_is_ever_found(service):
    await send(service, changed("10.5555/a"))
    await send(service, changed("10.5555/b"))
    assert (await result(service)).findtext(".//doi") == "10.5555/a"


@pytest.mark.parametrize(
    ("fields", "page"),
    [({"login_passwd": "x"}, WRONG_CREDENTIALS), ({"login_id": "nobody"}, WRONG_CREDENTIALS), ({"operation": "x"}, None)],
)
async def test_who_may_not_is_told_so_with_200(service, fields, page):
    status, text = await send(service, changed(), **fields)
    assert status == 200
    assert text == page or "<title>FAILURE</title>" in text
    assert service.submissions == []


async def test_a_user_of_a_role_logs_in_with_both(service):
    assert await send(service, changed(), login_id="library@example.org/role") == (200, ACCEPTED)


@pytest.mark.parametrize(("mood", "status"), [(Mood.DOWN, 503), (Mood.LIMITED, 429), (Mood.FAILING, 200), (Mood.REFUSED, 200)])
async def test_moods_before_anything_is_processed(service, mood, status):
    service.moods.append(mood)
    assert (await send(service, changed()))[0] == status
    assert service.submissions == []


async def test_a_result_may_name_each_record_twice(service):
    service.twices.append(True)
    await send(service, changed())
    assert [each.get("status") for each in (await result(service)).iter("record_diagnostic")] == ["Success"] * 2


@pytest.mark.skipif(not (CROSSREF / "samples-elife").exists(), reason="needs agencies/crossref/samples-elife of SHEAF_SHARED")
async def test_deposits_of_another_depositor_are_judged_as_the_official_schema_judges_them():
    """They are of schema 5.5.0, whose copy without its three assertions our parser can load."""
    files = sorted((CROSSREF / "samples-elife").glob("*.xml"))
    assert len(files) == 26
    failed: dict[str, set[str]] = {"Error validating": set(), "Error (Author": set()}
    for file in files:  # they speak of the same works in turn: each meets a service of its own
        service = FakeCrossref(Member(prefixes=("10.7554", "10.1136", "10.5334")))
        await service.start()
        await send(service, file.read_bytes(), file.name)
        records = (await result(service, file.name)).findall("record_diagnostic")
        assert records
        for record in records:
            if record.get("status") != "Success":
                failed[" ".join(record.findtext("msg", "").split()[:2])].add(file.name)
        await service.stop()
    assert failed == {"Error validating": INVALID, "Error (Author": NO_ORCID}
