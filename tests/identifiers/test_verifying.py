"""What can be verified of an identifier without asking anybody."""

import pytest

from server.identifiers.verifying import CHECKS


@pytest.mark.parametrize(
    ("scheme", "value", "right"),
    [
        ("doi", "https://doi.org/10.5072/x", True), ("doi", "10/x", False),
        ("isbn", "978-3-16-148410-0", True), ("isbn", "3-16-148410-X", True), ("isbn", "978-3-16-148410-1", False), ("isbn", "12", False),
        ("issn", "0378-5955", True), ("issn", "0378-5956", False), ("eissn", "2434-561X", True),
        ("orcid", "0000-0002-1825-0097", True), ("orcid", "0000-0002-1825-0098", False),
        ("ror", "https://ror.org/05gq02987", True), ("ror", "Brown University", False),
    ],
)  # fmt: skip
def test_a_mistyped_identifier_is_told_apart(scheme: str, value: str, right: bool) -> None:
    assert (CHECKS[scheme](value) == "") is right
