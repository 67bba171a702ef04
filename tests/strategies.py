"""Arbitrary values of the record model: every field, odd scripts, near misses, and what no XML may hold."""

import msgspec
from hypothesis import strategies as st

from server.records import model
from server.records.vocabulary import ACCESS, TYPES, VERSIONS
from server.xml import clean

#: Texts that have broken somebody's software.
ODD = (
    "Στοιχεῖα", "Ἰλιάς", "孫子兵法", "源氏物語", "الجبر والمقابلة", "תַּנַ״ךְ", "मेघदूतम्", "ⲡϭⲱⲗ", "𒀭𒄑𒂆𒈦", "𓂀", "👩‍🔬🧪", "e\u0301", "ﷺ",
    "a\u200bb\u202ec\u2066", "]]>", "<b>&amp;</b>", "\"'&<>", "{{ view }}", "{% set x %}", "a\rb\r\nc\n\td", "  both ends  ", "-- -->",
    "O'Brien, Flann; et al.", "\ufeffBOM", "x" * 300, "NULL", "0", "%s %", "http://", "\u0085\u2028",
)  # fmt: skip
FORBIDDEN = ("\x00", "\x0b", "\x1f", "\ud800", "\udfff", "\ufffe", "\uffff")


def texts(*, dirty: bool = True) -> st.SearchStrategy[str]:
    """Any text, often an odd one; `dirty` ones may hold characters that XML forbids."""
    plain = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\ufffe\uffff"), max_size=40)
    kinds = [st.sampled_from(ODD), plain]
    if dirty:
        kinds.append(st.lists(st.sampled_from((*FORBIDDEN, "a", "é", " ")), max_size=6).map("".join))
    return st.one_of(kinds)


def names(*, dirty: bool = True) -> st.SearchStrategy[str]:
    """Texts that are not empty, not even without what XML forbids."""
    return texts(dirty=dirty).map(lambda text: text if clean(text) else f"n{text}")


def _or(strategy: st.SearchStrategy[str], texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Mostly empty or as it should be, sometimes anything."""
    return st.one_of(st.just(""), strategy, strategy, texts)


def _few(strategy: st.SearchStrategy) -> st.SearchStrategy[tuple]:
    return st.lists(strategy, max_size=3).map(tuple)


DATES = st.one_of(
    st.just(""),
    st.from_regex(r"-?[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?", fullmatch=True).filter(model.is_date),
    st.sampled_from(("0820", "-0300", "0001-01-01", "1482-05-25", "2026", "2024-02-29")),
)
LANGUAGES = st.sampled_from(
    ("en", "eng", "de-AT", "grc", "akk", "zh-Hant-TW", "sr_Latn", "x-elvish", "en-GB-oed", "und", "i-klingon")
)
URIS = st.sampled_from(
    (
        "https://example.org/a?b=c&d=e#f", "http://example.org:x/", "http://[::1", "urn:nbn:de:101:1-2", "mailto:a@b", "//relative",
        "https://例え.jp/ä ö", "https://example.org/100%", "https://example.org/#a#b", "javascript:alert(1)", "http:", "a b:c", "HTTP://X//y",
    )
)  # fmt: skip
AGENT_SCHEMES = ("orcid", "isni", "gnd", "viaf", "wikidata", "ror", "ORCID", "scopus")
AGENT_IDS = (
    "0000-0002-1825-0097",
    "https://orcid.org/0000-0002-1825-0097",
    "0000 0001 2096 8680",
    "118529579",
    "Q8747",
    "https://ror.org/05gq02987",
)
SCHEMES = (
    "doi", "handle", "urn", "isbn", "issn", "pmid", "arxiv", "oai", "url", "ark", "swhid", "raid", "w3id", "DOI", "shelfmark",
)  # fmt: skip
IDS = (
    "10.1002/andp.19053221004", "https://doi.org/10.1002/andp.19053221004", "10.1002/(sici)<1::aid>3.0.co;2-1", "10536/DRO/DU:3001",
    "978-3-16-148410-0", "2049-3630", "arXiv:hep-th/9901001", "urn:nbn:de:101:1-2", "https://example.org/x?a=b&c=d", "nonsense",
)  # fmt: skip
ROLES = ("Editor", "Supervisor", "Translator", "HostingInstitution", "Illuminator", "")
RELATIONS = ("References", "IsPartOf", "IsTranslationOf", "HasTranslation", "IsPublishedIn", "Other", "inspires", "")


@st.composite
def records(draw: st.DrawFn, *, dirty: bool = False) -> model.Record:
    """Any record the model accepts, without what XML forbids unless it may be `dirty`."""
    text, name = texts(), names()

    def some(*values: str) -> st.SearchStrategy[str]:
        return _or(st.sampled_from(values), text)

    named = {"scheme": st.one_of(st.sampled_from(SCHEMES), name), "value": st.one_of(st.sampled_from(IDS), name)}
    agent_ids = _few(
        st.builds(
            model.AgentId,
            scheme=st.one_of(st.sampled_from(AGENT_SCHEMES), name),
            value=st.one_of(st.sampled_from(AGENT_IDS), name),
        )
    )
    agent = {
        "kind": st.sampled_from(("person", "org")), "given": text, "name": text, "ids": agent_ids,
        "affiliations": _few(st.builds(model.Affiliation, name=name, ror=some("05gq02987", "https://ror.org/05gq02987"))),
        "corresponding": st.booleans(), "family": name,
    }  # fmt: skip
    bare_org = st.builds(model.Agent, kind=st.sampled_from(("person", "org")), name=name)
    languages = _or(LANGUAGES, text)
    number = st.one_of(st.none(), st.floats(-90, 90), st.floats(allow_nan=False, allow_infinity=False))
    record = draw(
        st.builds(
            model.Record,
            type=st.sampled_from(sorted(TYPES)),
            title=st.builds(model.Text, value=name, lang=languages),
            subtitle=text,
            alt_titles=_few(
                st.builds(model.Title, value=name, lang=languages, kind=st.sampled_from(("alternative", "translated", "other", "strange")))
            ),
            creators=_few(st.one_of(st.builds(model.Agent, **agent), bare_org)),
            contributors=_few(st.builds(model.Contributor, role=st.one_of(st.sampled_from(ROLES), text), **agent)),
            abstracts=_few(st.builds(model.Text, value=name, lang=languages)),
            toc=text,
            subjects=_few(
                st.builds(
                    model.Subject, value=name, lang=languages, scheme=some("ddc", "LCSH"), scheme_uri=_or(URIS, text), value_uri=_or(URIS, text),
                    code=some("620", "K.4.1", "Q 1:2", "://"),
                )
            ),
            dates=st.builds(model.Dates, **dict.fromkeys(model.Dates.__struct_fields__, DATES)),
            languages=_few(languages),
            publisher=st.builds(model.Publisher, name=text, ids=agent_ids, place=text),
            container=st.builds(
                model.Container, **(dict.fromkeys(model.Container.__struct_fields__, text) | {"issn_print": some("2049-3630"), "isbn": some(IDS[4])})
            ),
            conference=st.builds(model.Conference, **dict.fromkeys(model.Conference.__struct_fields__, text)),
            identifiers=_few(st.builds(model.Identifier, **named)),
            related=_few(
                st.builds(
                    model.Related, relation=st.one_of(st.sampled_from(RELATIONS), text), type_code=some("dataset.dataset", "none.none"), **named
                )
            ),
            funding=_few(
                st.builds(
                    model.Funding,
                    **(
                        dict.fromkeys(model.Funding.__struct_fields__, text)
                        | {
                            "funder_id": some("https://ror.org/00k4n6c32", "10.13039/501100000780"),
                            "funder_id_scheme": some("ROR", "isni", "Crossref Funder ID", "grid"),
                            "award_uri": _or(URIS, text),
                        }
                    ),
                )
            ),
            version=st.sampled_from(("", *VERSIONS)),
            peer_reviewed=st.sampled_from((None, True, False)),
            access=st.sampled_from(sorted(ACCESS)),
            licences=_few(
                st.builds(model.Licence, name=text, uri=_or(URIS, text), spdx=some("CC-BY-4.0", "MIT"), start_date=_or(DATES, text))
            ),
            rights_statement=text,
            files=st.lists(_files(text, name), max_size=3, unique_by=lambda f: clean(f.name)).map(tuple),
            thesis=st.builds(model.Thesis, **(dict.fromkeys(model.Thesis.__struct_fields__, text) | {"date_awarded": _or(DATES, text)})),
            geo=_few(st.builds(model.Place, name=text, latitude=number, longitude=number)),
            temporal=_few(some("1482/1509", "-0300", "Bronze Age", "1914/")),
            citation_text=text,
            source_note=text,
        )
    )  # fmt: skip
    return record if dirty else model.cleaned(record)


def _files(text: st.SearchStrategy[str], name: st.SearchStrategy[str]) -> st.SearchStrategy[model.File]:
    return st.builds(
        model.File,
        name=name,
        mime=st.one_of(st.sampled_from(("application/pdf", "text/csv", "")), text),
        bytes=st.integers(0, 2**53),
        sha256=st.sampled_from(("", "0" * 64)),
        md5=st.sampled_from(("", "0" * 32)),
        role=st.sampled_from(("fulltext", "dataset", "software", "other")),
        access=st.sampled_from(("", *ACCESS)),
        licence=text,
        primary=st.booleans(),
    )


@st.composite
def theses(draw: st.DrawFn, *, dirty: bool = False) -> model.Record:
    """Any record of a thesis, mostly with what the formats for theses ask for."""
    record = draw(records(dirty=dirty))
    words = st.sampled_from(("Universität Erlangen", "Dr. phil.", "数学", "A & <B>"))
    days = st.sampled_from(("1907-12-13", "1907", "2024-02", "0820"))
    return msgspec.structs.replace(
        record,
        type=draw(st.sampled_from([code for code in sorted(TYPES) if code.startswith("etd")])),
        creators=(*record.creators, model.Agent(family="Noether", given="Emmy")),
        thesis=msgspec.structs.replace(
            record.thesis, grantor=draw(words), degree_name=draw(words), discipline=draw(words), date_awarded=draw(days)
        ),
        access=draw(st.sampled_from(("open", "open", "embargoed", "metadata_only"))),
        files=(*record.files, model.File(name="a thesis & more", mime="application/pdf", access="open")),
    )
