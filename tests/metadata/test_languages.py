"""Language names and codes of any standard."""

import pytest

from server.metadata.languages import language_of


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("en", "en"), ("eng", "en"), ("ger", "de"), ("deu", "de"), ("fre", "fr"), ("grc", "grc"), ("German", "de"), ("ancient greek", "grc"),
        ("de-AT", "de-AT"), ("en_US", "en-US"), ("Français", "fr"), ("http://id.loc.gov/vocabulary/iso639-2/ger", "de"), ("zxx", "zxx"),
        ("american", "en-US"),
    ],
)  # fmt: skip
def test_a_language_is_found(written: str, tag: str):
    assert language_of(written) == tag


@pytest.mark.parametrize("written", ["", "und", "Klingonese", "the language of birds", "qq1", "日本語", "x" * 300, "en-"])
def test_an_unknown_word_gives_nothing(written: str):
    assert not language_of(written)
