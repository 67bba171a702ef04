"""A work of each kind, with what such a work has: written by people dead long enough to be asked for nothing."""

from dataclasses import replace

import msgspec

from server.metadata.fragments import Repository
from server.metadata.work import Work
from server.records.model import (
    Affiliation,
    Agent,
    AgentId,
    Conference,
    Container,
    Contributor,
    Dates,
    File,
    Funding,
    Licence,
    Publisher,
    Record,
    Related,
    Subject,
    Text,
    Thesis,
    Title,
)
from server.records.vocabulary import TYPES

NUMBER = "01J00000000000000000000001"
REPOSITORY = Repository("Sheaf", "https://repository.example.org", "repository.example.org", "admin@repository.example.org")

FULL = Record(
    type="publication.journalArticle",
    title=Text(value="Note on {braces} & 100 % of $x_1$, 50 # ~ ^ \\", lang="en"),
    subtitle="With <b>notes</b>",
    alt_titles=(Title(value="Bemerkung", lang="de", kind="translated"),),
    creators=(
        Agent(
            family="Lovelace",
            given="Ada",
            ids=(AgentId(scheme="orcid", value="0000-0002-1825-0097"), AgentId(scheme="isni", value="0000 0001 2096 8680")),
            affiliations=(Affiliation(name="Analytical Society", ror="https://ror.org/018mejw64"),),
        ),
        Agent(kind="org", name="Society of Sciences and Arts, London"),
        Agent(family="von Humboldt, and Sons", given="Alexander and Wilhelm"),
        Agent(family="Hypatia"),
    ),
    contributors=(Contributor(family="Babbage", given="Charles", role="Editor"), Contributor(family="Hooke", role="Supervisor")),
    abstracts=(Text(value="</script><script>alert(1)</script>\n\nTwo lines.", lang="en"),),
    subjects=(Subject(value="computing"), Subject(value="510", scheme="ddc", value_uri="https://example.org/510", code="510")),
    dates=Dates(issued="1843-09", accepted="1843-08-01"),
    languages=("en",),
    publisher=Publisher(name="Taylor", place="London"),
    container=Container(
        title="Scientific Memoirs", volume="3", issue="2", first_page="666", last_page="731", issn_print="1234-5679", edition="2"
    ),
    conference=Conference(name="Turin meeting", place="Turin", date="1840-09"),
    related=(
        Related(scheme="doi", value="10.5072/other", relation="IsVersionOf"),
        Related(scheme="isbn", value="9783161484100", relation="References"),
    ),
    funding=(Funding(funder_name="Royal Society", funder_id="https://ror.org/03wnrjx87", award_no="7", award_title="Engines"),),
    version="VoR",
    licences=(Licence(uri="https://creativecommons.org/licenses/by/4.0/"),),
    thesis=Thesis(degree_name="Doctor", grantor="University of London", date_awarded="1843"),
    files=(
        File(name="notes.pdf", mime="application/pdf", bytes=2048, sha256="a" * 64, primary=True),
        File(name="table ü.csv", mime="text/csv", bytes=20, sha256="b" * 64),
        File(name="closed.pdf", mime="application/pdf", bytes=9, sha256="c" * 64, access="restricted"),
    ),
)

SPARSE = Record(type="other.other", title=Text(value="Alone"))


def of_type(code: str) -> Record:
    return msgspec.structs.replace(FULL, type=code)


def work(record: Record = FULL, doi: str = "10.5072/00000001") -> Work:
    """The work as its formats see it, its own DOI registered."""
    urls = tuple(REPOSITORY.file(NUMBER, file.name) if record.access_to(file) == "open" else "" for file in record.files)
    bare = Work(
        NUMBER, record, REPOSITORY.item(NUMBER), REPOSITORY.oai_id(NUMBER), doi, "", urls, "2026-03-14", "2026-03-14T09:26:53Z"
    )
    return replace(bare, repository_name=REPOSITORY.name)


#: One type of each category, and those whose pages differ most from them.
SOME = (
    *tuple({TYPES[code].category: code for code in TYPES}.values()),
    "publication.bookChapter",
    "publication.report",
    "publication.book",
)
