"""What every metadata reader promises: it reads its samples, and whatever arrives it answers with a Reading or an Invalid."""

import copy
from pathlib import Path
from time import perf_counter, process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from server.errors import Invalid
from server.metadata.reading import Reader, Reading, read_with, readers
from server.records.model import decode, encode
from server.xml import FORBIDDEN, parse

SAMPLES = Path(__file__).parents[1] / "samples" / "metadata"
SHELF = readers()
DOCUMENTS = [(reader, path) for reader in SHELF for path in sorted((SAMPLES / reader.name).glob("*.xml"))]


@pytest.mark.parametrize("reader", list(SHELF), ids=lambda reader: reader.name)
def test_every_reader_has_a_sample(reader: Reader):
    assert list((SAMPLES / reader.name).glob("*.xml")), f"add tests/samples/metadata/{reader.name}/*.xml"


@pytest.mark.parametrize(("reader", "path"), DOCUMENTS, ids=lambda value: getattr(value, "name", None))
def test_a_sample_is_recognised_by_its_reader_alone_and_read(reader: Reader, path: Path):
    root = parse(path.read_bytes())
    assert [other.name for other in SHELF if other.recognises(root)] == [reader.name]
    reading = read_with(SHELF, root)
    assert decode(encode(reading.record)) == reading.record
    assert all(sentence.startswith("/") and "(line " in sentence for sentence in (*reading.unmapped, *reading.warnings))


def test_an_unknown_format_is_refused_with_its_name_and_a_remedy():
    with pytest.raises(Invalid) as caught:
        read_with(SHELF, parse(b'<tei xmlns="http://www.tei-c.org/ns/1.0"/>'))
    assert caught.value.code == "unknown-format"
    assert "MODS" in caught.value.remedy


def is_title(element: etree._Element) -> bool:
    """Whether an element is a title, by its name or by what its attributes say it is."""
    named = etree.QName(element).localname in {
        "title", "titleInfo", "titles", "titlesMain", "alternative", "article-title", "trans-title", "alt-title", "alternativeTitle", "DISS_title",
    }  # fmt: skip
    marc, dim = element.get("tag") in {"245", "246", "880"}, element.get("element") == "title"
    codemeta = etree.QName(element).localname == "name" and element.getparent() is element.getroottree().getroot()
    return (
        named or marc or dim or codemeta or any(value.endswith(("/title", "/alternative")) for value in element.attrib.values())
    )


@pytest.mark.parametrize("reader", list(SHELF), ids=lambda reader: reader.name)
def test_a_document_without_a_title_is_refused_by_place(reader: Reader):
    for path in sorted((SAMPLES / reader.name).glob("*.xml")):
        root = parse(path.read_bytes())
        for element in list(root.iter()):
            if is_title(element) and element.getparent() is not None:
                element.getparent().remove(element)
        with pytest.raises(Invalid) as caught:
            reader.read(root)
        assert caught.value.code == "title-missing"
        assert "(line " in caught.value.place
        assert caught.value.remedy


#: Text of every script, with what breaks parsers of dates, names and identifiers; XML cannot hold what FORBIDDEN finds.
SNIPPETS = (
    "", " ", ",", ";", ", ,", "0000", "0000-00-00", "2026-02-30", "spring 1865", "-0043", "99999", "٢٠٢٦", "doi:", "10.", "urn:", "a/b/c/d",
    "info:eu-repo/grantAgreement/", "info:eu-repo/grantAgreement/////", "info:eu-repo/semantics/", "info:eu-repo/semantics/dataset/doi/",
    "info:eu-repo/date/embargoEnd/never", "info:eu-repo/semantics/altIdentifier/doi/x", "http://", "https://doi.org/", "nan", "inf 1e999",
    "اَلْعَرَبِيَّةُ", "\u202eabc", "\U0001d518\U0001d52b", "日本語, 名", "Funder: ; ror: ; Grant(s): ", "x" * 5000, "Licence for x version of this article starting on y: z",
)  # fmt: skip
TEXTS = st.one_of(st.sampled_from(SNIPPETS), st.text(max_size=30).map(lambda text: FORBIDDEN.sub("", text)))


def mutate(root: etree._Element, data: st.DataObject) -> etree._Element:
    """Drop, double, rename, refill and move elements of a copy."""
    root = copy.deepcopy(root)
    for _ in range(data.draw(st.integers(1, 8))):
        elements = list(root.iter())[1:]
        if not elements:
            break
        element = elements[data.draw(st.integers(0, len(elements) - 1))]
        parent = element.getparent()
        match data.draw(st.sampled_from(["drop", "double", "text", "attribute", "move", "rename"])):
            case "drop":
                parent.remove(element)
            case "double":
                parent.append(copy.deepcopy(element))
            case "text":
                element.text = data.draw(TEXTS)
            case "attribute" if element.attrib:
                name = data.draw(st.sampled_from(sorted(element.attrib)))
                element.set(name, data.draw(TEXTS))
            case "move":
                root.append(copy.deepcopy(element))
            case "rename":
                element.tag = elements[data.draw(st.integers(0, len(elements) - 1))].tag
    return root


def answer_to(reader: Reader, root: etree._Element) -> Reading | Invalid:
    try:
        return reader.read(root)
    except Invalid as refusal:
        return refusal


@pytest.mark.parametrize(("reader", "path"), DOCUMENTS, ids=lambda value: getattr(value, "name", None))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_a_mangled_document_gives_a_reading_or_an_invalid(reader: Reader, path: Path, data: st.DataObject):
    answer = answer_to(reader, mutate(parse(path.read_bytes()), data))
    if isinstance(answer, Invalid):
        assert answer.place
        assert answer.remedy
    else:
        assert decode(encode(answer.record)) == answer.record
        assert not FORBIDDEN.search(encode(answer.record).decode())


@pytest.mark.parametrize("code", ["&#8;", "&#0;", "&#xFFFE;", "\x0b", "\ufffe"])
@pytest.mark.parametrize(("reader", "path"), DOCUMENTS, ids=lambda value: getattr(value, "name", None))
def test_forbidden_characters_never_reach_a_record(reader: Reader, path: Path, code: str):
    """No parser lets them in; should one, the readers drop them."""
    text = path.read_text(encoding="utf-8").replace("</title>", f"{code}</title>").replace("</dc:title>", f"{code}</dc:title>")
    try:
        root = parse(text.encode())
    except Invalid:
        return
    assert not FORBIDDEN.search(encode(reader.read(root).record).decode())


@pytest.mark.parametrize(("reader", "path"), DOCUMENTS, ids=lambda value: getattr(value, "name", None))
def test_every_field_may_stand_there_many_times(reader: Reader, path: Path):
    """Thousands of elements, which a search among all for each would make last for minutes."""
    root = parse(path.read_bytes())
    largest = sorted(root.iter(), key=len)[-3:]
    copies = [[copy.deepcopy(child) for child in parent for _ in range(3000 // max(len(parent), 1))] for parent in largest]
    for parent, repeated in zip(largest, copies, strict=True):
        parent.extend(repeated)
    started = process_time()
    answer_to(reader, root)
    assert process_time() - started < 10


def test_a_long_document_costs_no_more_than_its_length():
    """Thirty thousand different terms, which a comparison of each with each would make last for minutes."""
    terms = "".join(
        f"<dc:{name}>{name} {n} 2001</dc:{name}>"
        for n in range(5000)
        for name in ("subject", "description", "rights", "coverage")
    )
    ids = "".join(
        f"<dc:relation>https://example.org/{n}</dc:relation><dc:rights>https://example.org/{n}</dc:rights>" for n in range(5000)
    )
    root = parse(f'<x xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Encyclopédie</dc:title>{terms}{ids}</x>'.encode())
    started = perf_counter()
    record = SHELF["dcterms"].read(root).record
    assert len(record.subjects) == len(record.related) == len(record.licences) == 5000
    assert perf_counter() - started < 10
