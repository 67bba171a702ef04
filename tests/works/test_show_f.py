"""Show F: a work of every one of the types, entered by form as a browser without scripts sends it, harvested, and valid."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from aiohttp.test_utils import TestClient, TestServer
from lxml import etree

from server.accounts import store as accounts
from server.accounts.model import Role
from server.app import open_house
from server.records.vocabulary import TYPES
from server.rooms import web_application
from server.settings import Settings
from tests.admin.visits import login
from tests.conftest import HASH, URL, SetClock
from tests.metadata import test_datacite, test_oai_dc
from tests.oai.conftest import NS, checked
from tests.works.entering import NEW, PEAS, fields_of

pytestmark = [test_datacite.needs_kernel, test_oai_dc.needs_schema]

#: What only some works have; each type gets all of it, so that no mapping is left out.
MORE = {
    "subtitle": "An experiment", "languages": "en\nde", "publisher.name": "Natural History Society", "publisher.place": "Brno",
    "container.title": "Proceedings", "container.issn_print": "0378-5955", "container.volume": "4", "container.first_page": "3",
    "container.last_page": "47", "conference.name": "Meeting", "conference.date": "1865-02-08", "thesis.grantor": "University",
    "thesis.degree_name": "Doctor of Philosophy", "peer_reviewed": "true", "version": "VoR", "toc": "1. Peas",
    "rights_statement": "Nobody objects.", "source_note": "Typed by hand.", "temporal": "1856-1863",
}  # fmt: skip


@pytest.fixture
async def clerk(tmp_path: Path, sqlite_template: Path, clock: SetClock) -> AsyncIterator[TestClient]:
    (tmp_path / "sheaf.db").write_bytes(sqlite_template.read_bytes())
    settings = Settings(data=str(tmp_path), base_url=URL, secret_key="only for tests")
    async with open_house(settings, clock=clock, moved={"oai_page_size": str(len(TYPES))}) as house:
        await house.database.write(accounts.add, "admin", Role.ADMIN, HASH, clock())
        async with TestClient(TestServer(web_application(house))) as client:
            await login(client)
            yield client


async def test_a_work_of_every_type_is_entered_by_form_and_harvested(clerk: TestClient) -> None:
    form = fields_of(await (await clerk.get(NEW)).text(), NEW)
    rows = {
        "abstracts.0.value": "Peas & their <offspring>.", "abstracts.0.lang": "en", "subjects.0.value": "heredity",
        "contributors.0.family": "Nägeli", "contributors.0.role": "Editor", "contributors.0.kind": "person",
        "related.0.scheme": "doi", "related.0.value": "10.5072/related", "related.0.relation": "IsPartOf",
        "funding.0.funder_name": "The monastery", "licences.0.uri": "https://creativecommons.org/licenses/by/4.0/",
        "geo.0.name": "Brno", "geo.0.latitude": "49.19", "geo.0.longitude": "16.59", "alt_titles.0.value": "Erbsen",
        "alt_titles.0.lang": "de", "alt_titles.0.kind": "translated", "identifiers.0.scheme": "url",
        "identifiers.0.value": "https://example.org/peas",
    }  # fmt: skip
    for code in TYPES:
        changes = PEAS | MORE | rows | {"type": code, "title.value": f"Peas as {code}"}
        pairs = [(name, value) for name, value in form if name not in changes] + [*changes.items(), ("then", "publish")]
        answer = await clerk.post(
            NEW, data=urlencode(pairs), headers={"Content-Type": "application/x-www-form-urlencoded"}, allow_redirects=False
        )
        assert answer.status == 303, (code, await answer.text())
    for prefix, schema in (("oai_dc", test_oai_dc.schema()), ("datacite", test_datacite.schema())):
        body = await (await clerk.get(f"/oai?verb=ListRecords&metadataPrefix={prefix}")).read()
        documents = checked(body).root.xpath("//o:metadata/*", namespaces=NS)
        assert len(documents) == len(TYPES)
        titles = "".join(etree.tostring(document, encoding="unicode") for document in documents)
        for code in TYPES:
            assert f"Peas as {code}" in titles
        for document in documents:
            schema.assertValid(etree.fromstring(etree.tostring(document)))
