"""What was in a package is listed with its deposit, whatever became of that, and can be looked at later."""

from server.housekeeping import collect
from server.sword import problems
from tests.sword.conftest import ZIP, Depositor, archive
from tests.sword.desk import PDF, bag, mets, wrapped, zipped

METS = ZIP | {"Packaging": "http://purl.org/net/sword/package/METSDSpaceSIP"}
BAG = ZIP | {"Packaging": "http://purl.org/net/sword-types/BagIt"}
MODS = b"""<mods xmlns="http://www.loc.gov/mods/v3"><titleInfo><title>Versuche</title></titleInfo><genre>journal article</genre>
<originInfo><dateIssued>1866</dateIssued></originInfo></mods>"""


async def test_a_mets_deposit_is_a_work_and_its_members_are_listed(depositor: Depositor) -> None:
    receipt = await depositor.create(archive(mets_xml=mets(wrapped(MODS)), peas_pdf=PDF), METS)
    assert (await depositor.state(receipt))[0] == "accepted"
    assert receipt.text("/a:entry/a:title") == "Versuche"
    [row] = await depositor.rows()
    members = await depositor.house.database.read(problems.members_of, row.id)
    assert [(each.name, each.role, each.mime) for each in members] == [
        ("mets.xml", "manifest", "application/xml"),
        ("peas.pdf", "file", "application/pdf"),
    ]
    found = await depositor.house.database.read(problems.understood_of, row.id)
    assert found is not None
    assert (found[1].name, found[1].reader) == ("mets.xml", "mods")


async def test_a_bag_that_is_held_shows_what_was_in_it_and_keeps_that(depositor: Depositor) -> None:
    receipt = await depositor.create(zipped(*bag(more={"data/peas.pdf": b"%PDF-1.4 bees"}).items()), BAG)
    assert (await depositor.state(receipt))[0] == "held"
    [row] = await depositor.rows()
    known = await depositor.house.database.read(problems.of, row.id)
    assert [(each.weight, each.problem.code) for each in known] == [("hold", "digest-mismatch"), ("warn", "quirk-packaging")]
    await collect(depositor.house.database, depositor.house.files)
    members = {each.name: each for each in await depositor.house.database.read(problems.members_of, row.id)}
    assert depositor.house.files.path(members["data/peas.pdf"].sha256).read_bytes() == b"%PDF-1.4 bees"
    assert depositor.left() == []


async def test_a_package_without_a_word_of_how_it_is_packed_is_found_out(depositor: Depositor) -> None:
    body = archive(mets_xml=mets(wrapped(MODS)), peas_pdf=PDF)
    receipt = await depositor.create(body, ZIP | {"Packaging": ""})
    assert receipt.text("/a:entry/a:title") == "Versuche"
    [row] = await depositor.rows()
    known = await depositor.house.database.read(problems.of, row.id)
    assert "packaging-sniffed" in [each.problem.code for each in known]
