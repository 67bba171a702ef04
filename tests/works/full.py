"""A work in which every field says something."""

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
    Identifier,
    Licence,
    Place,
    Publisher,
    Record,
    Related,
    Subject,
    Text,
    Thesis,
    Title,
)

_BRNO = Affiliation(name="Augustinian abbey", ror="https://ror.org/03yrm5c26")
_ORCID = AgentId(scheme="orcid", value="https://orcid.org/0000-0002-1825-0097", authenticated=True)
_ISNI = AgentId(scheme="isni", value="0000000121032683", authenticated=True)

FULL = Record(
    type="publication.journalArticle",
    title=Text(value="Versuche über Pflanzen-Hybriden", lang="de"),
    subtitle="Vorgelegt in den Sitzungen",
    alt_titles=(Title(value="Experiments on plant hybrids", lang="en", kind="translated"),),
    creators=(
        Agent(family="Mendel", given="Gregor", ids=(_ORCID,), affiliations=(_BRNO,), corresponding=True),
        Agent(kind="org", name="Naturforschender Verein", ids=(_ISNI,)),
    ),
    contributors=(
        Contributor(family="Unger", given="Franz", role="Supervisor", ids=(_ORCID,), affiliations=(_BRNO,), corresponding=True),
        Contributor(kind="org", name="The abbey", role="HostingInstitution"),
    ),
    abstracts=(Text(value="Erbsen.\n\nViele.", lang="de"),),
    toc="1. Erbsen\n2. Bohnen",
    subjects=(
        Subject(
            value="heredity", lang="en", scheme="DDC", scheme_uri="https://dewey.info/", value_uri="https://dewey.info/576",
            code="576",
        ),
    ),
    dates=Dates(
        issued="1866", accepted="1865-03-08", submitted="1865-02", available="1866-02-01", embargo_until="2999-01-01",
        created="1856", updated="1867",
    ),
    languages=("de", "en"),
    publisher=Publisher(name="Verein", ids=(_ISNI,), place="Brünn"),
    container=Container(
        title="Verhandlungen", issn_print="0378-5955", issn_online="2049-3630", isbn="978-3-16-148410-0", volume="4", issue="1",
        first_page="3", last_page="47", article_no="e1", edition="1.", series="Abhandlungen",
    ),
    conference=Conference(name="Sitzung", place="Brünn", date="1865-02-08"),
    identifiers=(Identifier(scheme="url", value="https://example.org/peas"), Identifier(scheme="doi", value="10.5072/peas")),
    related=(Related(scheme="doi", value="10.5072/hawkweed", relation="IsPartOf", type_code="publication.book"),),
    funding=(
        Funding(
            funder_name="The monastery", funder_id="https://ror.org/03yrm5c26", funder_id_scheme="ror", stream="Garden",
            award_no="42", award_uri="https://example.org/42", award_title="Peas", acronym="PEA", jurisdiction="AT",
        ),
    ),
    version="VoR",
    peer_reviewed=True,
    access="embargoed",
    licences=(
        Licence(
            name="Creative Commons Attribution 4.0 International", uri="https://creativecommons.org/licenses/by/4.0/",
            spdx="CC-BY-4.0", start_date="2020-01-01",
        ),
    ),
    rights_statement="Nobody objects.",
    files=(
        File(
            name="peas.pdf", mime="application/pdf", bytes=3, sha256="0" * 64, md5="1" * 32, role="supplement",
            access="restricted", licence="https://creativecommons.org/licenses/by/4.0/", primary=True,
        ),
    ),
    thesis=Thesis(
        degree_name="Doctor", degree_level="doctoral", discipline="Botany", grantor="University",
        grantor_ror="https://ror.org/03yrm5c26", grantor_place="Wien", department="Physics", date_awarded="1853",
    ),
    geo=(Place(name="Brno", latitude=49.19, longitude=16.59),),
    temporal=("1856-1863",),
    citation_text="Mendel (1866)",
    source_note="Typed by hand.",
)  # fmt: skip
