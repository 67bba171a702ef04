"""A work with a bit of everything, and files with real bytes, for the tests of the public pages."""

import msgspec

from server.house import House
from server.records.model import (
    Agent,
    AgentId,
    Container,
    Contributor,
    Dates,
    File,
    Funding,
    Licence,
    Publisher,
    Record,
    Subject,
    Text,
    Title,
)

RICH = Record(
    type="publication.journalArticle",
    title=Text(value="Versuche über Pflanzen-Hybriden", lang="de"),
    alt_titles=(Title(value="Experiments on plant hybrids", lang="en", kind="translated"),),
    creators=(
        Agent(family="Mendel", given="Gregor", ids=(AgentId(scheme="orcid", value="https://orcid.org/0000-0002-1825-0097"),)),
    ),
    contributors=(Contributor(family="Unger", given="Franz", role="Supervisor"),),
    abstracts=(Text(value="Erbsen.", lang="de"),),
    subjects=(Subject(value="plant hybrids"),),
    dates=Dates(issued="1866", created="1865-02-08"),
    languages=("de",),
    publisher=Publisher(name="Naturforschender Verein", place="Brünn"),
    container=Container(title="Verhandlungen", volume="4", issue="1", first_page="3", last_page="47"),
    funding=(Funding(funder_name="Science Fund", award_no="42"),),
    licences=(Licence(uri="https://creativecommons.org/licenses/by/4.0/"),),
    peer_reviewed=True,
)

BYTES = bytes(range(256)) * 10


def keep(house: House, name: str, mime: str, body: bytes = BYTES, **more: str) -> File:
    """Put bytes into the file store and return the file that names them."""
    spool = house.files.spool()
    spool.write(body)
    received = spool.finish()
    sha256 = house.files.keep(received)
    return File(name=name, mime=mime, bytes=len(body), sha256=sha256, md5=received.md5, **more)


def kept(house: House, record: Record) -> Record:
    """Return the record with files of several kinds."""
    files = (
        keep(house, "versuche ü.pdf", "application/pdf"),
        keep(house, "page.html", "text/html", b"<script>alert(1)</script>"),
        keep(house, "drawing.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        keep(house, "data/counts.csv", "text/csv", b"a,b\n1,2\n"),
        keep(house, "closed.pdf", "application/pdf", b"secret", access="restricted"),
        keep(house, "odd", "no type\r\nat all", b"?"),
    )
    return msgspec.structs.replace(record, files=files)
