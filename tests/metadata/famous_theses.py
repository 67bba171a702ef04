"""Four famous theses: a doctor's that is open, one under embargo, one with sponsors, and a Habilitation."""

import dataclasses
from urllib.parse import quote

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
    Publisher,
    Record,
    Related,
    Subject,
    Text,
    Thesis,
    Title,
)  # fmt: skip
from tests.metadata import famous


def opened(work: famous.Work) -> famous.Work:
    """Give a work the addresses of its public files."""
    files = tuple(
        f"{work.landing_url}/files/{quote(f.name)}" if work.record.access_to(f) == "open" else "" for f in work.record.files
    )
    return dataclasses.replace(work, file_urls=files)


NOETHER = opened(famous.work(
    4,
    Record(
        type="etd.doctoral",
        title=Text(value="Über die Bildung des Formensystems der ternären biquadratischen Form", lang="de"),
        alt_titles=(Title(value="On the system of forms of the ternary biquadratic form", lang="en", kind="translated"),
                    Title(value="Ternäre biquadratische Formen", lang="de")),
        creators=(Agent(family="Noether", given="Emmy", ids=(AgentId(scheme="gnd", value="118807021"), AgentId(scheme="isni", value="0000 0001 0922 4863")),
                        affiliations=(Affiliation(name="Universität Erlangen"),)),),
        contributors=(Contributor(family="Gordan", given="Paul", role="Supervisor"), Contributor(family="Schmidt", given="Erhard", role="Other")),
        abstracts=(Text(value="Ein vollständiges System von Kovarianten der ternären biquadratischen Form.", lang="de"),),
        subjects=(Subject(value="Algebra", scheme="DDC", code="512.9"), Subject(value="Invariantentheorie", lang="de"),
                  Subject(value="Invariants", scheme="LCSH", value_uri="http://id.loc.gov/authorities/subjects/sh85067665")),
        dates=Dates(issued="1908", submitted="1907-07", accepted="1907-12-13"),
        languages=("de",),
        publisher=Publisher(name="Georg Reimer", place="Berlin"),
        identifiers=(Identifier(scheme="urn", value="urn:nbn:de:bvb:29-opus-1907"), Identifier(scheme="doi", value="10.1515/crll.1908.134.23")),
        related=(Related(scheme="doi", value="10.1007/BF01484998", relation="IsCitedBy"), Related(scheme="doi", value="https://doi.org/10.1007/BF01443999")),
        version="VoR",
        licences=(Licence(name="CC BY 4.0", uri="https://creativecommons.org/licenses/by/4.0/", spdx="CC-BY-4.0"),),
        files=(File(name="dissertation.pdf", mime="application/pdf", bytes=1_907, sha256="5" * 64, md5="5" * 32, primary=True),),
        thesis=Thesis(
            degree_name="Dr. phil.", discipline="Mathematik", department="Philosophische Fakultät", grantor="Universität Erlangen",
            grantor_ror="00f7hpc57", grantor_place="Erlangen", date_awarded="1907-12-13",
        ),
    ),
    doi="10.5072/thesis.00000004",
    handle="20.500.12345/4",
))  # fmt: skip

FRANKLIN = opened(famous.work(
    5,
    Record(
        type="etdexternal.doctoral_external",
        title=Text(value="The physical chemistry of solid organic colloids", lang="en"),
        subtitle="with special reference to coal",
        creators=(Agent(family="Franklin", given="Rosalind Elsie", ids=(AgentId(scheme="wikidata", value="Q7474"),)),),
        contributors=(Contributor(family="Bangham", given="Donald", role="Supervisor"),),
        subjects=(Subject(value="Coal", scheme="MeSH", lang="en"), Subject(value="Porosity")),
        dates=Dates(issued="1945"),
        languages=("eng",),
        funding=(Funding(funder_name="British Coal Utilisation Research Association", award_no="BCURA/42"),),
        rights_statement="<All> rights reserved & kept.",
        access="restricted",
        files=(File(name="thesis.pdf", mime="application/pdf", bytes=1945), File(name="chapter 1.pdf", mime="application/pdf", access="open", md5="1" * 32),
               File(name="data.csv", mime="text/csv", access="open", bytes=20)),
        thesis=Thesis(degree_name="Ph.D.", grantor="University of Cambridge", department="Newnham College", date_awarded="1945"),
    ),
))  # fmt: skip

RIEMANN = opened(famous.work(
    6,
    Record(
        type="etd.doctoral",
        title=Text(value="Ueber die Darstellbarkeit einer Function durch eine trigonometrische Reihe", lang="de"),
        creators=(Agent(family="Riemann", given="Bernhard"), Agent(kind="org", name="Königliche Gesellschaft der Wissenschaften zu Göttingen")),
        contributors=(Contributor(family="Dedekind", given="Richard", role="Editor"),),
        dates=Dates(issued="1867"),
        languages=("de",),
        publisher=Publisher(name="Dieterichsche Buchhandlung", place="Göttingen"),
        container=Container(series="Abhandlungen der Königlichen Gesellschaft der Wissenschaften", volume="13"),
        files=(File(name="riemann.pdf", mime="application/pdf"),),
        thesis=Thesis(degree_level="Habilitation", discipline="Mathematik", grantor="Georg-August-Universität Göttingen", date_awarded="1854-06-10"),
    ),
))  # fmt: skip

ALL = {"curie": famous.CURIE, "noether": NOETHER, "franklin": FRANKLIN, "riemann": RIEMANN}
