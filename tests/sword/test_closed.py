"""What a deposit closes is given to no stranger: whatever it comes with, in whatever order."""

import pytest

from server.records.model import Dates, File, Record, Text
from server.sword.model import Content, Draft, Operation
from server.sword.operations import applied
from tests.conftest import entry
from tests.sword.conftest import ENTRY, MODS, OPEN, ZIP, Depositor, archive, related

EMBARGOED = MODS.replace(
    b"</originInfo>",
    b"<dateOther type='embargo'>2930-01-01</dateOther></originInfo>"
    b"<accessCondition>info:eu-repo/semantics/embargoedAccess</accessCondition>",
)
PACKAGE = archive(mods_xml=EMBARGOED, peas_pdf=b"%PDF-1.4 secret")
EPRINTS = (
    b'<eprints xmlns="http://eprints.org/ep2/data/2.0"><eprint><title>Peas</title><type>article</type>'
    b"<full_text_status>public</full_text_status><documents><document><security>staffonly</security><files><file>"
    b'<filename>peas.pdf</filename><data encoding="base64">JVBERi0xLjQgc2VjcmV0</data></file></files></document></documents>'
    b"</eprint></eprints>"
)
OPUS = (
    b'<import><opusDocument language="eng" type="article"><titlesMain><titleMain language="eng">Peas</titleMain></titlesMain>'
    b'<files><file name="peas.pdf" visibleInFrontdoor="false"/><file name="more.pdf"/></files></opusDocument></import>'
)
EPRINTS_TYPE = {
    "Content-Type": "application/vnd.eprints.data+xml",
    "Content-Disposition": "attachment; filename=e.xml",
    "Packaging": "http://eprints.org/ep2/data/2.0",
}


async def got(depositor: Depositor, number: str, name: str = "peas.pdf") -> int:
    """What a stranger is told who asks for a file."""
    return (await depositor.client.get(f"/items/{number}/files/{name}")).status


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (PACKAGE, ZIP),
        related(entry(title="Versuche"), PACKAGE),
        (EPRINTS, EPRINTS_TYPE),
        (archive(opus_xml=OPUS, peas_pdf=b"%PDF-1.4 secret", more_pdf=b"%PDF-1.4 more"), ZIP),
    ],
)  # fmt: skip
async def test_a_stranger_gets_no_closed_file(depositor: Depositor, body: bytes, headers: dict[str, str]):
    receipt = await depositor.create(body, headers)
    assert (await depositor.state(receipt))[0] == "accepted"
    assert await got(depositor, receipt.number) in {403, 404}


async def test_a_file_that_opus_shows_is_open_beside_one_it_hides(depositor: Depositor):
    body = archive(opus_xml=OPUS, peas_pdf=b"%PDF-1.4 secret", more_pdf=b"%PDF-1.4 more")
    receipt = await depositor.create(body, ZIP)
    assert await got(depositor, receipt.number, "more.pdf") == 200


async def test_metadata_that_say_nothing_of_access_open_nothing(depositor: Depositor):
    receipt = await depositor.create(PACKAGE, ZIP, OPEN)
    await depositor.ask("PUT", receipt.edit, entry(title="Versuche"), ENTRY)
    assert await got(depositor, receipt.number) in {403, 404}


async def test_what_is_not_understood_is_held(depositor: Depositor):
    more = "<dcterms:accessRights>Ask the monks</dcterms:accessRights>"
    receipt = await depositor.create(entry(more=more), ENTRY)
    assert (await depositor.state(receipt))[0] == "held"
    (row,) = await depositor.rows()
    assert row.problem is not None
    assert (row.problem.code, row.problem.value) == ("access-unknown", "Ask the monks")


@pytest.mark.parametrize(
    "operation", [Operation.REPLACE_METADATA, Operation.REPLACE_ALL, Operation.REPLACE_CONTENT, Operation.ADD]
)
def test_no_change_opens_what_it_does_not_speak_of(operation: Operation):
    closed = Record(type="other.other", title=Text(value="T"), access="embargoed", dates=Dates(embargo_until="2930-01-01"))
    secret = File(name="peas.pdf", sha256="a", access="restricted")
    content = Content(record=Record(type="other.other", title=Text(value="N")), files=(File(name="peas.pdf", sha256="a"),))
    after = applied(Draft(record=closed, files=(secret,)), operation, content)
    assert after.record is not None
    assert (after.record.access, after.record.dates.embargo_until) == ("embargoed", "2930-01-01")
    assert {file.access for file in after.files} == {"restricted"}
