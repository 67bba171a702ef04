"""How identifiers are written: bare, as an address, and as a URI the schemas accept."""

import pytest
from hypothesis import given

from server.metadata.addresses import bare, link, uri
from tests.strategies import URIS, texts


@pytest.mark.parametrize(
    ("scheme", "written", "alone", "address"),
    [
        ("doi", "https://doi.org/10.1/x", "10.1/x", "https://doi.org/10.1/x"),
        ("doi", "doi: 10.1/x", "10.1/x", "https://doi.org/10.1/x"),
        ("handle", "hdl:1/2", "1/2", "https://hdl.handle.net/1/2"),
        ("orcid", "orcid.org/0000-0002-1825-0097", "0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097"),
        ("ORCID", "0000-0002-1825-0097", "0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097"),
        ("isni", "0000 0001 2281 955X", "0000 0001 2281 955X", "https://isni.org/isni/000000012281955X"),
        ("gnd", "https://d-nb.info/gnd/118529579", "118529579", "https://d-nb.info/gnd/118529579"),
        ("wikidata", "http://www.wikidata.org/wiki/Q937", "Q937", "https://www.wikidata.org/entity/Q937"),
        ("ror", "05gq02987", "05gq02987", "https://ror.org/05gq02987"),
        ("arxiv", "arXiv:hep-th/9901001", "hep-th/9901001", "hep-th/9901001"),
        ("shelfmark", " MS 1 ", "MS 1", "MS 1"),
    ],
)
def test_an_identifier_has_one_bare_form_and_one_address(scheme, written, alone, address):
    assert (bare(scheme, written), link(scheme, written)) == (alone, address)


@pytest.mark.parametrize(
    ("written", "accepted"),
    [
        ("https://example.org/a?b=c&d=e#f", "https://example.org/a?b=c&d=e#f"),
        (" https://example.org/ä ö ", "https://example.org/%C3%A4%20%C3%B6"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("urn:nbn:de:101:1-2", "urn:nbn:de:101:1-2"),
        ("mailto:a@b", "mailto:a@b"),
        ("http://example.org:x/", ""),
        ("https://example.org/#a#b", ""),
        ("//example.org", ""),
        ("example.org", ""),
        ("", ""),
        ("x:\ud800", ""),
    ],
)
def test_a_uri_is_absolute_and_escaped_or_nothing(written, accepted):
    assert uri(written) == accepted


@given(URIS | texts())
def test_a_uri_once_written_stays(text):
    assert uri(uri(text)) == uri(text)
