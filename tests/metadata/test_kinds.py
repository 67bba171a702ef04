"""Choosing a type among words."""

import pytest

from server.metadata.kinds import choose_type


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["info:eu-repo/semantics/article", "publication.editorial"], "publication.editorial"),
        (["Text", "info:eu-repo/semantics/doctoralThesis"], "etd.doctoral"),
        (["article", "http://purl.org/coar/resource_type/c_5794"], "conference.conferencePaper"),
        (["proceedings-article"], "conference.conferencePaper"), (["Learning Object"], "teaching.other"),
        (["Text"], "other.other"), (["palimpsest", "Book"], "publication.book"), (["palimpsest"], None), ([], None),
    ],
)  # fmt: skip
def test_the_most_granular_known_word_wins(words: list[str], code: str | None):
    assert choose_type(words) == code
