"""What differs between two versions, and how a work looks in a format."""

from server.metadata.format import Format
from server.metadata.fragments import Renderer, Repository
from server.records.model import Agent, Record, Text
from server.works.differences import Piece, differences
from server.works.preview import preview

PEAS = Record(
    type="publication.journalArticle", title=Text(value="Experiments on peas"), languages=("de",),
    creators=(Agent(family="Mendel", given="Gregor"),),
)  # fmt: skip


def test_texts_differ_word_by_word_in_the_words_of_the_form() -> None:
    after = Record(
        type="publication.journalArticle", title=Text(value="Experiments on seven peas"), languages=("de", "en"),
        creators=(Agent(family="Mendel", given="Gregor"), Agent(family="Darwin")), peer_reviewed=True,
    )  # fmt: skip
    found = {each.field: each.pieces for each in differences(PEAS, after)}
    assert list(found) == ["Title", "Creators 2, Family name", "Languages", "Peer-reviewed"]
    assert Piece("ins", "seven ") in found["Title"]
    assert found["Creators 2, Family name"] == (Piece("ins", "Darwin"),)
    assert found["Peer-reviewed"] == (Piece("ins", "yes"),)
    for each in differences(PEAS, after):
        assert "".join(piece.text for piece in each.pieces if piece.what != "ins") in {"Experiments on peas", "", "de"}


def test_nothing_differs_from_itself() -> None:
    assert differences(PEAS, PEAS) == ()


def test_long_texts_are_shown_whole() -> None:
    before = Record(type="dataset.dataset", title=Text(value="a " * 3000))
    (one,) = differences(before, Record(type="dataset.dataset", title=Text(value="b " * 3000)))
    assert [piece.what for piece in one.pieces] == ["del", "ins"]


def renderer(form: Format) -> Renderer:
    return Renderer(Repository("R", "https://r.example.org", "r.example.org", "r@example.org"), {form.name: form}, {form.name: 1})


def shown(applies: bool, xml: str):
    form = Format("x", "x", "urn:x", "urn:x.xsd", "X", lambda _record: applies, lambda _work: xml)
    made = renderer(form)
    return preview(made, form, made.work("01J00000000000000000000009", PEAS))


def test_a_preview_says_why_there_is_none_and_what_stands_for_nothing() -> None:
    assert shown(False, "<x/>").problem.startswith("This format cannot say")
    assert "cannot be written" in shown(True, "<x>").problem
    assert shown(True, "<x><year>:unav</year></x>").remarks == ("year",)
    assert shown(True, "<x><a>1</a></x>").xml == "<x>\n  <a>1</a>\n</x>\n"
