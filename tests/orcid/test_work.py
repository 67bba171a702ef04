"""Works as ORCID's schema has them: every type, every length, every odd date; and what a record there becomes here."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from server.metadata.work import Work
from server.orcid import reading, taking, work
from server.orcid.answers import each_of
from server.records.model import (
    Agent,
    AgentId,
    Conference,
    Container,
    Contributor,
    Dates,
    Identifier,
    Record,
    Text,
)  # fmt: skip
from server.records.vocabulary import TYPES
from tests.fakes.orcid_answers import COMMON, FOLDER, WORK, bare, languages, schema, self_ids
from tests.fakes.orcid_answers import TYPES as THEIRS
from tests.people.visits import ORCID
from tests.strategies import records

shared = pytest.mark.skipif(not FOLDER.exists(), reason="ORCID's schemas are not at hand: SHEAF_SHARED")
PAGE = "https://repository.example.org/items/01J00000000000000000000001"


def seen(record: Record, **parts: str) -> Work:
    return Work(id=PAGE[-26:], record=record, landing_url=PAGE, oai_id="oai:x", **parts)


def peas(**parts: object) -> Record:
    return Record(type="publication.journalArticle", title=Text(value="Peas"), **parts)


def valid(found: bytes, name: str = "work") -> etree._Element:
    root = etree.fromstring(found)
    known = schema(name)
    assert known is not None
    assert known.validate(root), known.error_log
    return root


def text(root: etree._Element, name: str) -> str:
    return root.findtext(f".//{{{WORK}}}{name}") or root.findtext(f".//{{{COMMON}}}{name}") or ""


def test_every_type_has_one_of_orcids() -> None:
    assert work.TYPES.keys() <= TYPES.keys()
    assert set(work.TYPES.values()) <= THEIRS
    assert set(taking.OURS.values()) <= TYPES.keys()


@shared
@pytest.mark.parametrize("kind", TYPES)
def test_a_work_of_every_type_is_valid(kind: str) -> None:
    root = valid(work.document(seen(Record(type=kind, title=Text(value="Peas"))), frozenset()))
    assert text(root, "type") == work.TYPES.get(kind, "other")


FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@shared
@FEW
@given(records())
def test_every_record_there_can_be_is_valid(record: Record) -> None:
    root = valid(work.document(seen(record, doi="10.82433/peas", handle="10536/1"), frozenset({ORCID}), 7))
    assert ("uri", PAGE.lower()) in self_ids(root)
    assert root.get("put-code") == "7"
    assert root.get("visibility") is None, "who sees it is its owner's to say"


@shared
def test_all_that_can_be_said_is_said() -> None:
    orcid = (AgentId(scheme="orcid", value=ORCID),)
    record = peas(
        subtitle="On hybrids",
        creators=(Agent(family="Mendel", given="Gregor", ids=orcid), Agent(kind="org", name="Abbey of St Thomas")),
        contributors=(Contributor(family="Curie", role="Editor"), Contributor(family="Koch", role="Sponsor")),
        abstracts=(Text(value="Round and wrinkled."),),
        dates=Dates(issued="1966-02-08"),
        languages=("de",),
        container=Container(title="Verhandlungen", issn_print="0028-0836"),
        identifiers=(
            Identifier(scheme="doi", value="https://doi.org/10.1234/AbC"),
            Identifier(scheme="isbn", value="9783161484100"),
        ),
    )
    root = valid(work.document(seen(record, doi="10.82433/peas"), frozenset({ORCID})))
    assert text(root, "journal-title") == "Verhandlungen"
    assert [text(root, part) for part in ("year", "month", "day")] == ["1966", "02", "08"]
    assert self_ids(root) == {("doi", "10.82433/peas"), ("uri", PAGE.lower())}
    relations = {
        one.findtext(f"{{{COMMON}}}external-id-value"): one.findtext(f"{{{COMMON}}}external-id-relationship")
        for one in root.iter(f"{{{COMMON}}}external-id")
    }
    assert relations["10.1234/AbC"] == "version-of", "the publisher's beside ours"
    assert relations["9783161484100"] == "part-of"
    assert relations["0028-0836"] == "part-of"
    assert [one.text for one in root.iter(f"{{{COMMON}}}uri")] == [ORCID]
    roles = [one.text for one in root.iter(f"{{{WORK}}}contributor-role")]
    assert roles == ["author", "author", "editor"]
    assert text(root, "language-code") == "de"


@shared
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("en", "en"),
        ("he", "iw"),
        ("id", "in"),
        ("yi", "ji"),
        ("zh", None),
        ("zh-Hans", "zh_CN"),
        ("ZU", "zu"),
        ("qq", None),
        ("ger", None),
    ],
)
def test_languages_by_the_codes_of_orcid(ours: str, theirs: str | None) -> None:
    root = valid(work.document(seen(peas(languages=(ours,))), frozenset()))
    found = root.findtext(f"{{{COMMON}}}language-code")
    assert found == theirs
    assert found is None or found in languages()


@shared
def test_every_language_is_one_orcid_knows() -> None:
    assert languages() == work.LANGUAGES


@shared
def test_the_publishers_doi_is_the_works_own_where_there_is_no_other() -> None:
    record = peas(identifiers=(Identifier(scheme="doi", value="10.1234/abc"),))
    assert ("doi", "10.1234/abc") in self_ids(valid(work.document(seen(record), frozenset())))


@shared
@pytest.mark.parametrize("issued", ["1866", "0820", "-0299", "2101", "", "1999-05", "2024-02-29"])
def test_years_that_orcid_does_not_have_are_left_out(issued: str) -> None:
    root = valid(work.document(seen(peas(dates=Dates(issued=issued))), frozenset()))
    assert (text(root, "year") != "") is (issued[:4] in {"1999", "2024"})


@shared
def test_what_is_too_long_is_shortened() -> None:
    creators = tuple(Agent(family="x" * 200) for _ in range(300))
    record = Record(
        type="other.other", title=Text(value="y" * 3000), abstracts=(Text(value="z" * 9000),), creators=creators,
        conference=Conference(name="c" * 2000),
    )  # fmt: skip
    root = valid(work.document(seen(record), frozenset()))
    assert len(text(root, "title")) == 1000 or len(root.findtext(f".//{{{COMMON}}}title")) == 1000
    assert root.findtext(f".//{{{COMMON}}}title").endswith("…")
    assert len(list(root.iter(f"{{{WORK}}}contributor"))) == 50


@shared
def test_a_hundred_in_one_document() -> None:
    valid(work.together(work.element(seen(peas()), frozenset()) for _ in range(100)), "bulk")


def test_the_digest_knows_what_changes_and_nothing_else() -> None:
    first = work.digest(seen(peas()), frozenset())
    assert first == work.digest(seen(peas(source_note="only here")), frozenset())
    assert first != work.digest(seen(peas(subtitle="On hybrids")), frozenset())
    assert first != work.digest(seen(peas(), doi="10.82433/peas"), frozenset())


@shared
def test_orcids_own_samples_are_read() -> None:
    folder = FOLDER / "samples" / "read_samples"
    found = reading.summaries((folder / "works-3.0.xml").read_bytes())
    assert found is not None
    assert [one.put_code for one in found] == [3356, 3357, 3358]
    assert found[0].ids == (), "what it is a part of is not its own"
    assert found[1].ids == (("arxiv", "123456"),)
    assert (found[2].title, found[2].type, found[2].year, found[2].source) == (
        "Work # 2",
        "journal-article",
        "2017",
        "User One Credit name",
    )
    assert reading.summaries((folder / "work-3.0.xml").read_bytes()) is None
    said = each_of((folder / "bulk-work-err.xml").read_bytes())
    assert said is not None
    assert [(one.verdict.value, one.put_code) for one in said] == [("done", 156043), ("refused", None)]
    assert "Invalid work type" in said[1].words


@shared
@pytest.mark.parametrize("name", ["work-full-3.0.xml", "work-simple-3.0.xml"])
def test_orcids_samples_become_records(name: str) -> None:
    sample = etree.parse(FOLDER / "samples" / "write_samples" / name).getroot()
    record = taking.record_of(work.together([sample]))
    assert record.title.value
    again = work.element(seen(record), frozenset())
    assert text(again, "type") == text(sample, "type")


@FEW
@given(records())
def test_what_goes_there_comes_back(record: Record) -> None:
    sent = work.element(seen(record), frozenset())
    back = taking.record_of(work.together([sent]))
    assert text(work.element(seen(back), frozenset()), "title") == text(sent, "title")
    assert bare(sent) == bare(etree.fromstring(work.document(seen(record), frozenset(), 5)))


words = st.text(min_size=1, max_size=30)


@given(words)
def test_identifiers_are_compared_in_one_form(value: str) -> None:
    assert reading.compared("doi", f"https://doi.org/{value.strip()}") == reading.compared("doi", value.strip())
