"""Roles people have in a work."""

import pytest

from server.metadata.roles import CONTRIBUTOR_TYPES, CREATOR, FUNDER, GRANTOR, PUBLISHER, RELATORS, relator, role_of


@pytest.mark.parametrize(
    ("words", "role"),
    [
        (["aut"], CREATOR), (["author."], CREATOR), (["edt", "aut"], CREATOR), (["Editor (edt)"], "Editor"), (["degree supervisor"], "Supervisor"),
        (["http://id.loc.gov/vocabulary/relators/trl"], "Translator"), (["pbl"], PUBLISHER), (["dgg"], GRANTOR), (["fnd"], FUNDER),
        (["host institution"], "HostingInstitution"), (["counter of sparks"], ""), ([], ""), ([""], ""),
    ],
)  # fmt: skip
def test_a_role_is_known_by_code_term_and_address(words: list[str], role: str):
    assert role_of(*words) == role


@pytest.mark.parametrize("name", CONTRIBUTOR_TYPES)
def test_every_contributor_type_means_itself(name: str):
    assert role_of(name) == name


@pytest.mark.parametrize("role", RELATORS)
def test_the_relator_of_a_role_means_that_role(role: str):
    code, term = relator(role)
    assert role_of(code) == role_of(term) == role


def test_a_role_marc_does_not_know_is_a_contributor_called_by_its_own_word():
    assert relator("WorkPackageLeader") == ("ctb", "WorkPackageLeader")
    assert relator(" ") == ("ctb", "contributor")
