"""A proof finds whatever is wrong with a list: each line of PROOFS has a list that breaks it, and one that breaks none."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from lxml import etree

from server.metadata.ruling import Facts, Fault, Rules, Weight
from server.oai.proving import PROOFS, Finding, Proof, Verdict, Wanted, _Seen
from server.schemas import Schemas
from tests.conftest import SHARED

DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
HEAD = (
    '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd">'
    "<responseDate>2026-03-14T09:26:53Z</responseDate>"
    '<request verb="ListRecords" metadataPrefix="oai_dc">https://repository.example.org/oai</request><ListRecords>'
)
TAIL = "</ListRecords></OAI-PMH>"
BODY = (
    f'<metadata><oai_dc:dc xmlns:oai_dc="{DC}" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    f'xsi:schemaLocation="{DC} http://www.openarchives.org/OAI/2.0/oai_dc.xsd"><dc:title>Peas</dc:title></oai_dc:dc></metadata>'
)


def record(number: int, stamp: str = "2026-03-14T09:00:00Z", body: str = BODY, spec: str = "type", deleted: str = "") -> str:
    return (
        f"<record><header{deleted}><identifier>oai:repository.example.org:{number}</identifier><datestamp>{stamp}</datestamp>"
        f"<setSpec>{spec}</setSpec></header>{body}</record>"
    )


def token(text: str, cursor: int, size: int = 4) -> str:
    return f'<resumptionToken completeListSize="{size}" cursor="{cursor}">{text}</resumptionToken>'


GONE = record(4, body="", deleted=' status="deleted"')
#: A list of two parts without a fault.
GOOD = (record(1) + record(2) + token("abc", 0), record(3) + GONE + token("", 2))


def a_title(found: etree._Element, facts: Facts) -> Iterator[Fault]:
    assert facts.url == "https://repository.example.org"
    if "Peas" not in "".join(found.itertext()):
        yield Fault("title", "metadata/dc/title", "Only peas are taken.")
    if "Beans" in "".join(found.itertext()):
        yield Fault("beans", "metadata/dc/title", "Beans are taken with a sigh.", Weight.ADVICE)


PEAS = Rules("peas", "The rules of the pea harvesters", "Mendel 1866", frozenset({"oai_dc"}), a_title)
WANTED = Wanted("oai_dc", DC, "type", frozenset({"type", "type:text"}), "2026-01-01T00:00:00Z", "oai:repository.example.org:")


def proved(*parts: str, whole: bool = True, schemas: Schemas | None = None) -> tuple[dict[str, Verdict], list[Finding]]:
    proof = Proof(WANTED, [PEAS], Facts("https://repository.example.org"), schemas, "No schemas are at hand.")
    found = []
    for part in parts:
        _, wrong = proof.take((HEAD + part + TAIL).encode())
        found += wrong
    verdicts, wrong = proof.conclude(whole=whole)
    return {each.name: each for each in verdicts}, found + wrong


def test_a_sound_list_has_no_fault_and_says_what_was_not_proved() -> None:
    verdicts, found = proved(*GOOD)
    assert found == []
    assert list(verdicts) == [*PROOFS, "peas"]
    assert [name for name, each in verdicts.items() if not each.holds] == ["schema"]
    assert verdicts["schema"].unproved == "No schemas are at hand."


def test_what_is_wrong_with_the_repository_is_said_once_a_list() -> None:
    def survey(facts: Facts) -> Iterator[Fault]:
        yield Fault("place", "", f"Nobody finds {facts.url}.")

    proof = Proof(
        WANTED, [replace(PEAS, survey=survey)], Facts("https://repository.example.org"), None, "No schemas are at hand."
    )
    found = [each for part in GOOD for each in proof.take((HEAD + part + TAIL).encode())[1]]
    assert found == [Finding("", "peas: place", "", "Nobody finds https://repository.example.org.")]
    verdicts, _ = proof.conclude(whole=True)
    assert verdicts[-1].errors == 1


def test_no_more_records_are_judged_than_were_asked_for() -> None:
    proof = Proof(replace(WANTED, first=1), [PEAS], Facts("https://repository.example.org"), None, "No schemas are at hand.")
    second = record(2, body=BODY.replace("Peas", "Lentils"))
    _, found = proof.take((HEAD + record(1) + second + token("abc", 0) + TAIL).encode())
    assert (proof.delivered, found) == (1, [])


#: What breaks which proof, with words of what is said.
BROKEN = {
    "answer": ((GOOD[0].replace("</header>", "", 1),), "cannot be read"),
    "count": ((GOOD[0], record(3) + token("", 2)), "says 4, and 3 records came"),
    "cursor": ((GOOD[0], record(3) + GONE + token("", 1)), "cursor is 1, and 2 records came before"),
    "cursor-size": ((GOOD[0], record(3) + GONE + token("", 2, 5)), "was 4 and is 5 now"),
    "token": ((GOOD[0], record(3) + GONE), "no empty resumptionToken"),
    "unique": ((GOOD[0], record(1) + GONE + token("", 2)), "came before in the same list"),
    "identifier": ((GOOD[0].replace("example.org:1", "example.com:1"), GOOD[1]), "does not begin with oai:repository"),
    "order": ((GOOD[0], record(3, "2026-03-14T08:59:59Z") + GONE + token("", 2)), "comes behind 2026-03-14T09:00:00Z"),
    "dates": ((GOOD[0].replace("T09:00:00Z", "T09:26:54Z"), GOOD[1].replace("T09:00", "T09:27")), "is not between"),
    "dates-early": ((record(1, "2025-12-31T23:59:59Z") + record(2) + token("abc", 0), GOOD[1]), "is not between"),
    "sets": ((record(1, spec="nobody") + record(2) + token("abc", 0), GOOD[1]), "names no set nobody"),
    "sets-asked": ((record(1, spec="nobody") + record(2) + token("abc", 0), GOOD[1]), "header does not say so"),
    "metadata": ((record(1, body="") + record(2) + token("abc", 0), GOOD[1]), "There are no metadata"),
    "metadata-deleted": ((GOOD[0], record(3) + record(4, deleted=' status="deleted"') + token("", 2)), "A deleted record has"),
    "metadata-space": ((GOOD[0].replace(DC, "urn:other", 1), GOOD[1]), "in the namespace urn:other"),
    "metadata-cut": (
        (GOOD[0].replace(f' xmlns:oai_dc="{DC}"', "", 1).replace("<record>", f'<record xmlns:oai_dc="{DC}">', 1), GOOD[1]),
        "it is no document any more",
    ),
    "peas": ((GOOD[0].replace("Peas", "Cabbage", 1), GOOD[1]), "Only peas are taken"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_found(name: str) -> None:
    parts, words = BROKEN[name]
    verdicts, found = proved(*parts)
    proof = name.partition("-")[0]
    assert verdicts[proof].errors >= 1
    assert any(words in each.message for each in found if each.rule.partition(":")[0] == proof), found


def test_a_fault_names_the_record_and_its_weight() -> None:
    verdicts, found = proved(GOOD[0].replace("Peas", "Peas and Beans", 1), GOOD[1])
    assert found == [
        Finding("oai:repository.example.org:1", "peas: beans", "metadata/dc/title", "Beans are taken with a sigh.", Weight.ADVICE)
    ]
    assert (verdicts["peas"].errors, verdicts["peas"].advice, verdicts["peas"].holds) == (0, 1, True)


def test_an_error_in_the_middle_is_a_fault() -> None:
    proof = Proof(WANTED, [], Facts(""), None, "")
    body = HEAD.replace("<ListRecords>", "<error code='badResumptionToken'>Begin again.</error></OAI-PMH>")
    assert proof.take(body.encode()) == ("", [Finding("", "answer", "", "badResumptionToken: Begin again.")])


def test_tokens_that_lead_in_a_circle_end_the_walk() -> None:
    proof = Proof(WANTED, [], Facts(""), None, "")
    assert proof.take((HEAD + GOOD[0] + TAIL).encode())[0] == "abc"
    going, found = proof.take((HEAD + GOOD[0] + TAIL).encode())
    assert going == ""
    assert "The tokens never come to an end." in [each.message for each in found]


def test_of_the_first_records_the_number_is_not_proved() -> None:
    verdicts, found = proved(GOOD[0], whole=False)
    assert found == []
    assert verdicts["count"].unproved


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    folder = SHARED / "data" / "schemas"
    if not folder.exists():
        pytest.skip("the official schemas need data/schemas of SHEAF_SHARED")
    return Schemas(folder)


def test_schemas_judge_each_record(schemas: Schemas) -> None:
    assert proved(*GOOD, schemas=schemas)[1] == []
    verdicts, found = proved(GOOD[0], GOOD[1].replace("dc:title", "dc:titel"), schemas=schemas)
    assert verdicts["schema"].errors == 1
    (fault,) = found
    assert (fault.identifier, fault.rule) == ("oai:repository.example.org:3", "schema")
    assert "titel" in fault.message


def test_schemas_judge_only_the_records_asked_for(schemas: Schemas) -> None:
    proof = Proof(replace(WANTED, first=1), [], Facts("https://repository.example.org"), schemas, "")
    parts = record(1) + record(2).replace("dc:title", "dc:titel") + token("abc", 0)
    assert proof.take((HEAD + parts + TAIL).encode())[1] == []


def test_schemas_judge_a_part_of_one_record_and_its_frame(schemas: Schemas) -> None:
    _, found = proved(record(1).replace("dc:title", "dc:titel"), schemas=schemas)
    assert [each.identifier for each in found if each.rule == "schema"] == ["oai:repository.example.org:1"]
    _, found = proved(GOOD[0], re.sub("completeListSize", "completeListsize", GOOD[1]), schemas=schemas)
    assert "" in [each.identifier for each in found if each.rule == "schema"]


def test_a_schema_that_is_not_at_hand_is_named(schemas: Schemas) -> None:
    strange = GOOD[0].replace("http://www.openarchives.org/OAI/2.0/oai_dc.xsd", "https://example.org/strange.xsd", 1)
    verdicts, _ = proved(strange, GOOD[1], schemas=schemas)
    assert "https://example.org/strange.xsd" in verdicts["schema"].unproved
    assert not verdicts["schema"].holds


def test_what_was_seen_is_known_however_much() -> None:
    seen = _Seen()
    assert all(seen.add(str(number)) for number in range(20_000))
    assert not any(seen.add(str(number)) for number in range(20_000))
