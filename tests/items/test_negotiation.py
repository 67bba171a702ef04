"""Which form a client gets: by its weights, by how exactly it asks, and by our order where it does not care."""

import pytest

from server.items.negotiation import Choice, choose

OFFERED = ("text/html", "application/xhtml+xml", "application/x-bibtex", "application/ld+json", "text/x-bibliography")


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ([], "text/html"),
        ([""], "text/html"),
        (["*/*"], "text/html"),
        (["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"], "text/html"),
        (["application/x-bibtex"], "application/x-bibtex"),
        (["APPLICATION/X-BIBTEX"], "application/x-bibtex"),
        (["application/x-bibtex;q=0.5, application/ld+json;q=0.7"], "application/ld+json"),
        (["application/x-bibtex;q=0.5", "application/ld+json;q=0.7"], "application/ld+json"),
        (["text/*;q=0.3, application/ld+json;q=0.4"], "application/ld+json"),
        (["text/html;q=0, text/*"], "text/x-bibliography"),
        (["text/html;q=0, */*;q=0.1"], "application/xhtml+xml"),
        (["application/*"], "application/xhtml+xml"),
        (["application/ld+json;q=nonsense, application/x-bibtex;q=0.001"], "application/x-bibtex"),
        (["nonsense"], "text/html"),
    ],
)
def test_the_best_is_chosen(accept: list[str], media: str) -> None:
    found = choose(accept, OFFERED)
    assert found is not None
    assert found.media == media


@pytest.mark.parametrize("accept", ["image/png", "text/html;q=0", "application/x-bibtex;q=0.0, text/html;q=0"])
def test_what_a_client_does_not_take_is_not_chosen(accept: str) -> None:
    assert choose([accept], OFFERED) is None


def test_parameters_are_handed_on() -> None:
    assert choose(['text/x-bibliography; style="ieee"; q=0.9'], OFFERED) == Choice("text/x-bibliography", {"style": "ieee"})
