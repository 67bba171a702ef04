"""Dublin Core as harvesters read it: our records keep the rules of all who harvest it, and fail only by what they lack themselves."""

import pytest
from hypothesis import HealthCheck, given, settings

from server.metadata.harvested import read
from server.metadata.ruling import rules
from server.records.model import Record
from tests.conftest import SHARED
from tests.metadata import famous, famous_theses
from tests.metadata.harvested import errors, record
from tests.metadata.real import real_records
from tests.strategies import records

#: Aggregator → the format we write for it.
JUDGES = {"openaire3": "oai_dc_openaire", "dini": "oai_dc_dini", "irus": "oai_dc"}
RULES = rules()


def test_a_record_is_read_with_its_header_and_the_places_of_its_values():
    found = read(record("oai_dc", famous_theses.NOETHER, ("openaire", "ddc:512")))
    assert found.identifier == "oai:repo.example.org:01J00000000000000000000004"
    assert found.sets == {"openaire", "ddc:512"}
    assert found.all("type")[1] == ("Doctoral thesis", "metadata/oai_dc:dc/dc:type[2]")
    assert found.all("nothing") == ()
    assert [value.text for value in found.starting("identifier", "https://doi.org/")] == [
        "https://doi.org/10.5072/thesis.00000004"
    ]


def lacked(given_: Record) -> set[str]:
    """Return the rules a record breaks by itself, whatever a format does with it."""
    found = set()
    if not any(c.label.strip() for c in given_.creators):
        found.add("creator")
    if not given_.title.value.strip() and not any(t.value.strip() for t in given_.alt_titles):
        found.add("title")
    if not given_.dates.issued:
        found |= {"date", "date-one"}
    if given_.access == "embargoed" and len(given_.dates.embargo_until.lstrip("-")) != len("2030-01-01"):
        found.add("embargo")
    if given_.dates.embargo_until.startswith("-"):
        found.add("embargo")
    if any(not grant.funder_name.strip() or not grant.award_no.strip() for grant in given_.funding):
        found.add("project")
    if any(s.value.strip().startswith("ddc:") for s in given_.subjects):
        found.add("ddc")
    return found


def judged(given_: Record) -> None:
    for aggregator, name in JUDGES.items():
        assert errors(RULES[aggregator], record(name, famous.work(9, given_, doi="10.5072/x"))) <= lacked(given_), aggregator


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(records())
def test_any_record_fails_only_by_what_itself_lacks(given_):
    judged(given_)


@pytest.mark.skipif(not SHARED.exists(), reason="needs the records of SHEAF_SHARED")
def test_real_records_fail_only_by_what_they_lack():
    found = real_records()[::7]
    assert len(found) > 300
    for real in found:
        judged(real)
