"""Texts can be translated: no words stand in a template outside of gettext, and what is extracted is all there is."""

import ast
import re
from pathlib import Path
from runpy import run_path

import pytest

from server import language
from server.pages import environment

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "templates" / "html"

#: Pages that are written in English only.
PUBLIC = ("people/",)
TEMPLATES = sorted(path.relative_to(HTML).as_posix() for path in HTML.rglob("*.html"))

_SAID = re.compile(r'\s(?:alt|aria-label|placeholder|title|data-label)="([^"]*)"')
_TAG = re.compile(r"<[^>]*>")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
#: Attributes without a value, which stand alone where a template chooses between them.
_ATTRIBUTES = {"required", "checked", "selected", "open", "multiple", "disabled", "readonly", "hidden"}
_ENTITY = re.compile(r"&#?\w+;")


def untranslated(source: str) -> list[str]:
    """Return the words of a template that stand outside of gettext; what is in `code` is no language."""
    text, inside = "", False
    for _, kind, value in environment().lex(source):
        if kind == "name" and value in {"trans", "endtrans"}:
            inside = value == "trans"
        elif kind == "data" and not inside:
            text += value
        elif kind in {"variable_begin", "block_begin"}:
            text += "\x00"
    text = re.sub(r"<(code|pre|script|title)\b.*?</\1>", "", text, flags=re.DOTALL)
    said = _SAID.findall(text)
    text = re.sub(r'(?<=\s)[\w-]+="[^"<]*"', "", _TAG.sub("\n", text))
    parts = re.split(r"[\x00\n]", _ENTITY.sub("", text))
    return [part.strip() for part in (*said, *parts) if _LETTERS.search(part) and part.strip() not in _ATTRIBUTES]


@pytest.mark.parametrize("name", [name for name in TEMPLATES if not name.startswith(PUBLIC)])
def test_every_word_of_a_page_can_be_translated(name: str) -> None:
    assert untranslated((HTML / name).read_text()) == []


def test_the_test_finds_what_is_not_translated() -> None:
    source = '<p title="Peas">{{ _("Beans") }} and {{ n }} <b>more</b></p>{% trans %}Lentils{% endtrans %}<code>sheaf</code>'
    assert untranslated(source) == ["Peas", "and", "more"]


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("", "en"),
        ("de-AT,de;q=0.9,en;q=0.5", "en"),
        ("en;q=0", "en"),
        ("../../etc;q=1", "en"),
        ("xx;q=nonsense", "en"),
        ("*", "en"),
    ],
)
def test_what_there_is_no_catalogue_for_is_english(header: str, chosen: str) -> None:
    language.choose(header)
    assert language.current() == chosen


def test_values_are_escaped_and_percent_signs_are_words() -> None:
    write = environment().from_string
    assert write('{{ _("%(who)s & I", who=name) }}').render(name="<b>") == "&lt;b&gt; &amp; I"
    assert write("{{ _(said) }}").render(said="50% <of> it, %(not) %s") == "50% &lt;of&gt; it, %(not) %s"
    assert write('{{ ngettext("%(num)s pea", "%(num)s peas", n) }}').render(n=1200) == "1,200 peas"
    assert write("{% trans n=n %}{{ n }}% done{% endtrans %}").render(n=5) == "5% done"
    assert language.gettext("") == ""


def test_the_words_of_tables_are_collected(capsys: pytest.CaptureFixture[str]) -> None:
    run_path(str(ROOT / "locale" / "tables.py"), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert {'_("The work is published.")', '_("Repository manager")', '_("A job ended")'} <= set(lines)
    assert {'_("findable")', '_("the agency did not answer")', '_("The agency does not know it.")'} <= set(lines)
    assert all(ast.parse(line) for line in lines)


def test_a_catalogue_is_used_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo

    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue = Catalog(locale="de")
    catalogue.add("Log out", "Abmelden")
    with (folder / "sheaf.mo").open("wb") as file:
        write_mo(file, catalogue)
    monkeypatch.setattr(language, "FOLDERS", (tmp_path,))
    language._catalogue.cache_clear()
    language.choose("fr, de-CH;q=0.8, en;q=0.1")
    assert (language.current(), language.gettext("Log out")) == ("de", "Abmelden")
    language.choose("")
    language._catalogue.cache_clear()
