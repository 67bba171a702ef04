"""The reading side of DataCite: one DOI and all of them, and that what it makes of our metadata is no difference."""

import base64
import json
from pathlib import Path

import pytest

from server.clock import now
from server.identifiers.comparing import Drift, Wanted, differences
from server.identifiers.datacite import facts
from server.identifiers.model import AgencyState, Confirmed, Desired, Failed, Fault, Listed, Told
from tests.fakes.datacite import Doi, Mood
from tests.fakes.datacite_reading import attributes_of
from tests.fakes.datacite_schema import SHARED
from tests.identifiers.conftest import TICKET, needs_schema
from tests.identifiers.test_agency_datacite import DOI, URL, findable, metadata

RICH = b"""<resource xmlns="http://datacite.org/schema/kernel-4"><identifier identifierType="DOI">10.82433/1</identifier>
<creators><creator><creatorName nameType="Personal">MENDEL, Gregor (OSA)</creatorName><givenName>Gregor</givenName>
<familyName>Mendel</familyName></creator><creator><creatorName nameType="Organizational">NATURFORSCHENDER VEREIN</creatorName>
</creator></creators><titles><title>Versuche  <![CDATA[<span>&uuml;ber</span>]]> Pflanzen-Hybriden</title></titles>
<publisher>Verein</publisher><publicationYear>1866</publicationYear>
<resourceType resourceTypeGeneral="JournalArticle">Article</resourceType>
<subjects><subject xml:lang="en">Peas</subject></subjects><dates><date dateType="Submitted">1865-02-08</date></dates>
<relatedIdentifiers><relatedIdentifier relatedIdentifierType="DOI" relationType="Cites">10.5072/ABC</relatedIdentifier>
</relatedIdentifiers><version>2</version>
<rightsList><rights rightsURI="https://creativecommons.org/licenses/by/4.0/">CC BY</rights></rightsList>
<descriptions><description descriptionType="Abstract">Of <![CDATA[<p>peas</p>]]>.</description></descriptions>
<fundingReferences><fundingReference><funderName>Abbey</funderName><awardNumber>7</awardNumber></fundingReference>
</fundingReferences></resource>"""


def told(**changes: object) -> Told:
    fields = {"value": "10.82433/1", "url": URL, "state": "findable", "facts": facts.of_attributes(attributes_of(RICH))}
    return Told(**(fields | changes))


WANTED = Wanted(Desired("10.82433/1", URL, AgencyState.FINDABLE, RICH), facts.of_document(RICH))


def test_what_datacite_makes_of_a_document_is_no_difference():
    assert list(differences(WANTED, told())) == []
    assert all(WANTED.facts.values()) is False, "the document has no contributors"
    assert [field for field, said in WANTED.facts.items() if not said] == ["contributors"]


@pytest.mark.parametrize("field", [field for field in facts.FIELDS if field != "contributors"])
def test_every_field_that_somebody_changed_is_a_difference(field):
    changed = dict(told().facts) | {field: ("something else",)}
    (found,) = differences(WANTED, told(facts=changed))
    assert found.kind is Drift.METADATA
    assert found.told == f"{field}: something else"
    assert found.wanted.startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"url": "https://elsewhere.net/1"}, [Drift.URL]),
        ({"url": URL.replace("https", "HTTPS")}, []),
        ({"url": ""}, [Drift.URL]),
        ({"url": None}, []),
        ({"state": "hidden"}, [Drift.STATE]),
        ({"state": "draft"}, [Drift.STATE]),
        ({"state": ""}, []),
        ({"state": "hidden", "url": "https://elsewhere.net/1", "facts": {}}, [Drift.URL, Drift.STATE, Drift.METADATA]),
        ({"facts": {}, "document": RICH}, []),
        ({"facts": None}, []),
    ],
)
def test_each_kind_of_difference_is_named(changes, kinds):
    assert [found.kind for found in differences(WANTED, told(**changes))] == kinds


def test_what_is_not_published_need_not_be_known_and_must_not_be_findable():
    unpublished = Wanted(None, None)
    assert list(differences(unpublished, None)) == []
    assert list(differences(unpublished, told(state="draft"))) == []
    assert [found.kind for found in differences(unpublished, told())] == [Drift.STATE]
    assert [found.kind for found in differences(WANTED, None)] == [Drift.UNKNOWN_THERE]


async def test_one_doi_is_read_as_it_is_there(fake, client):
    assert await client.look(DOI) is None
    assert isinstance(await client.agree(findable(), TICKET), Confirmed)
    there = await client.look(DOI.upper())
    assert (there.value, there.url, there.state, there.document) == (DOI, URL, "findable", metadata())
    assert there.facts["titles"] == ("elements",)
    fake.dois[DOI].registered = None
    assert (await client.look(DOI)).state == "findable, and not resolvable yet"
    fake.dois[DOI].state = "registered"
    assert (await client.look(DOI)).state == AgencyState.HIDDEN
    fake.dois[DOI].state = "draft"
    assert (await client.look(DOI)).state == "draft"


@pytest.mark.parametrize(
    ("mood", "fault"),
    [(Mood.DOWN, Fault.TRANSIENT), (Mood.REFUSED, Fault.CREDENTIALS), (Mood.GARBAGE, Fault.UNKNOWN), (Mood.CUT, Fault.UNKNOWN)],
)
async def test_an_agency_in_a_mood_never_looks_like_one_that_knows_nothing(fake, client, mood, fault):
    fake.mood = mood
    for outcome in (await client.look(DOI), await client.every("")):
        assert isinstance(outcome, Failed)
        assert outcome.fault is fault
        assert "correct horse" not in repr(outcome)


def fill(fake, count, owner="INST.REPO"):
    xml = base64.b64encode(metadata()).decode()
    for number in range(count):
        name = f"10.82433/{owner.lower()}.{number:05}"
        fake.dois[name] = Doi(name, owner, "findable", {"url": URL, "xml": xml}, registered=str(now()))


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2500])
async def test_all_are_listed_by_page_and_only_ours(fake, client, count):
    fill(fake, count)
    fill(fake, 3, owner="OTHER.REPO")
    seen, cursor, calls = [], "", 0
    while True:
        page = await client.every(cursor)
        assert isinstance(page, Listed)
        assert page.total == count
        seen += [told.value for told in page.told]
        calls += page.calls
        if not (cursor := page.cursor):
            break
    assert seen == [f"10.82433/inst.repo.{number:05}" for number in range(count)]
    assert calls == count // 1000 + 1
    assert {call.path for call in fake.log} == {"/dois"}


async def test_a_page_that_is_too_much_is_asked_for_in_smaller_ones(fake, client, monkeypatch):
    monkeypatch.setattr("server.identifiers.answers._LARGEST_ANSWER", 300_000)
    fill(fake, 1000)
    page = await client.every("")
    assert (len(page.told), page.calls) == (100, 2)
    assert len((await client.every(page.cursor)).told) == 100


FIXTURES = SHARED / "data" / "agencies" / "lupo" / "spec-fixtures"
EXAMPLES = sorted(FIXTURES.glob("datacite-example-full-v4.*.xml"))


@needs_schema
@pytest.mark.skipif(not EXAMPLES, reason="needs the examples of SHEAF_SHARED")
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_official_examples_have_every_fact(path: Path):
    of_document = facts.of_document(path.read_bytes())
    assert all(of_document.values())
    of_attributes = facts.of_attributes(json.loads(json.dumps(attributes_of(path.read_bytes()))))
    assert of_attributes == of_document
