"""Telling identifiers apart."""

import pytest

from server.metadata.identifying import identify


@pytest.mark.parametrize(
    ("written", "named", "found"),
    [
        ("10.5555/AbC", "", ("doi", "10.5555/AbC")), ("doi: 10.5555/x", "", ("doi", "10.5555/x")), ("10.5555/x", "DOI", ("doi", "10.5555/x")),
        ("http://dx.doi.org/10.5555/x", "", ("doi", "10.5555/x")), ("https://doi.org/10.5555/x", "uri", ("doi", "10.5555/x")),
        ("hdl:20.500.12345/42", "", ("handle", "20.500.12345/42")), ("https://hdl.handle.net/20.500.12345/42", "", ("handle", "20.500.12345/42")),
        ("20.500.12345/42", "hdl", ("handle", "20.500.12345/42")), ("urn:ISBN:978-0-00-000000-2", "", ("isbn", "978-0-00-000000-2")),
        ("urn:issn:20493630", "", ("issn", "2049-3630")), ("2049-3630", "ISSN", ("issn", "2049-3630")), ("2049-3630", "eissn", ("issn_online", "2049-3630")),
        ("pissn: 2049-363x", "", ("issn_print", "2049-363X")), ("urn:nbn:de:101:1-2011", "", ("urn", "urn:nbn:de:101:1-2011")),
        ("arXiv:0706.0001", "arXiv", ("arxiv", "0706.0001")), ("12082125", "PMID", ("pmid", "12082125")), ("9500.35", "phi", ("phi", "9500.35")),
        ("https://example.org/a", "", ("url", "https://example.org/a")), ("oai:example.org:1", "", ("oai", "oai:example.org:1")),
        ("2 Astr. 7", "Shelf mark", ("shelf-mark", "2 Astr. 7")), ("7", "", ("local", "7")),
    ],
)  # fmt: skip
def test_an_identifier_is_told_by_its_form_or_name(written: str, named: str, found: tuple[str, str]):
    assert identify(written, named) == found


@pytest.mark.parametrize(
    ("written", "named"),
    [("", ""), ("", "phi"), ("10.pp/x", "doi"), ("J. Phys. 12, 3", ""), ("1234", "issn"), ("no address", "uri")],
)
def test_what_is_not_an_identifier_gives_nothing(written: str, named: str):
    assert identify(written, named) is None
