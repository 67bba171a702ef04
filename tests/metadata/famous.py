"""Works everybody may use: old, famous, and each with something a format must be able to say."""

from server.metadata.work import Work
from server.records.model import (
    Affiliation,
    Agent,
    AgentId,
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
)  # fmt: skip

CC0 = Licence(name="CC0 1.0 Universal", uri="https://creativecommons.org/publicdomain/zero/1.0/", spdx="CC0-1.0")
PUBLIC_DOMAIN = Licence(name="Public Domain Mark 1.0", uri="https://creativecommons.org/publicdomain/mark/1.0/")


def work(number: int, record: Record, **more: object) -> Work:
    ulid = f"01J0000000000000000000000{number}"
    shown = {"deposited": "2026-01-15", "repository_name": "Museum of Old Papers", "file_urls": ("",) * len(record.files)}
    return Work(
        id=ulid,
        record=record,
        landing_url=f"https://repo.example.org/items/{ulid}",
        oai_id=f"oai:repo.example.org:{ulid}",
        **(shown | more),
    )


EINSTEIN = work(
    1,
    Record(
        type="publication.journalArticle",
        title=Text(value="Zur Elektrodynamik bewegter Körper", lang="deu"),
        alt_titles=(Title(value="On the electrodynamics of moving bodies", lang="en", kind="translated"),),
        creators=(
            Agent(
                family="Einstein",
                given="Albert",
                ids=(AgentId(scheme="gnd", value="118529579"), AgentId(scheme="isni", value="0000 0001 2281 955X")),
                affiliations=(Affiliation(name="Eidgenössisches Amt für geistiges Eigentum, Bern"),),
                corresponding=True,
            ),
        ),
        abstracts=(
            Text(
                value="Daß die Elektrodynamik Maxwells … zu Asymmetrien führt, welche den Phänomenen nicht anzuhaften scheinen.",
                lang="de",
            ),
        ),
        subjects=(
            Subject(
                value="Special relativity",
                lang="en",
                scheme="LCSH",
                value_uri="https://www.wikidata.org/entity/Q11455",
            ),
            Subject(
                value="Physics", scheme="Dewey Decimal Classification", scheme_uri="https://www.oclc.org/dewey", code="530.11"
            ),
        ),
        dates=Dates(issued="1905-09-26", submitted="1905-06-30"),
        languages=("deu",),
        publisher=Publisher(name="Johann Ambrosius Barth", place="Leipzig"),
        container=Container(
            title="Annalen der Physik",
            issn_print="0003-3804",
            issn_online="1521-3889",
            volume="322",
            issue="10",
            first_page="891",
            last_page="921",
        ),
        identifiers=(
            Identifier(scheme="doi", value="https://doi.org/10.1002/andp.19053221004"),
            Identifier(scheme="bibcode", value="1905AnP...322..891E"),
        ),
        related=(
            Related(
                scheme="doi",
                value="doi:10.1002/andp.19053231314",
                relation="IsContinuedBy",
                type_code="publication.journalArticle",
            ),
        ),
        version="VoR",
        licences=(PUBLIC_DOMAIN,),
        files=(File(name="elektrodynamik.pdf", mime="application/pdf", bytes=1905_09, primary=True),),
    ),
    doi="10.5072/text.00000001",
    handle="20.500.12345/1",
)

CURIE = work(
    2,
    Record(
        type="etd.doctoral",
        title=Text(value="Recherches sur les substances radioactives", lang="fr"),
        subtitle="thèse présentée à la Faculté des sciences de Paris",
        creators=(Agent(family="Curie", given="Marie", ids=(AgentId(scheme="viaf", value="76353174"), AgentId(scheme="wikidata", value="Q7186"))),),
        contributors=(
            Contributor(family="Lippmann", given="Gabriel", role="Supervisor"),
            Contributor(kind="org", name="École municipale de physique et de chimie industrielles", role="laboratory"),
        ),
        toc="Introduction & historique\nI. Radioactivité de l'uranium et du thorium\nII. Les nouvelles substances radioactives",
        dates=Dates(issued="1903", accepted="1903-06-25", available="2026-01-15", embargo_until="2027-01-01"),
        languages=("fra", "lat"),
        funding=(
            Funding(
                funder_name="Académie des sciences", award_title="Prix Gegner", award_no="1898",
                award_uri="https://example.org/prix/gegner 1898",
            ),
        ),
        access="embargoed",
        version="NA",
        licences=(CC0,),
        rights_statement="Held for one year at the wish of the <family> & the museum.",
        files=(File(name="these.pdf", mime="application/pdf", bytes=25_061_903), File(name="mesures.csv", mime="text/csv", bytes=226)),
        thesis=Thesis(
            degree_name="Docteur ès sciences physiques", degree_level="doctoral", discipline="Physique", grantor="Université de Paris",
            date_awarded="1903-06-25",
        ),
        geo=(Place(name="Rue Lhomond, Paris", latitude=48.8433, longitude=2.3464), Place(name="Joachimsthal")),
    ),
    doi="10.5072/thesis.00000001",
)  # fmt: skip

GILGAMESH = work(
    3,
    Record(
        type="creativeWork.poetry",
        title=Text(value="ša naqba īmuru", lang="akk"),
        alt_titles=(Title(value="𒀭𒄑𒂆𒈦", lang="akk-Xsux"), Title(value="Epic of Gilgamesh", lang="eng", kind="translated")),
        dates=Dates(issued="-1100"),
        languages=("akk",),
        identifiers=(Identifier(scheme="museum number", value="K.3375"),),
        related=(Related(scheme="url", value="https://www.britishmuseum.org/collection/object/W_K-3375", relation="IsMetadataFor"),
                 Related(scheme="url", value="https://example.org/odyssey", relation="is echoed in")),
        temporal=("-2100/-1100", "Old Babylonian period"),
        source_note="Tablet XI, from the library of Ashurbanipal.",
    ),
)  # fmt: skip

ALL = {"einstein": EINSTEIN, "curie": CURIE, "gilgamesh": GILGAMESH}
