"""DataCite's own OAI envelope around a DataCite record, with what OpenAIRE's guidelines for data archives want beside it."""

from dataclasses import dataclass, replace

from server.metadata import kernel
from server.metadata.formats import datacite
from server.metadata.formats.oai_dc import EUREPO
from server.metadata.kernel import DataciteView, Rights
from server.metadata.work import Work
from server.records.vocabulary import ACCESS
from server.xml import kept


@dataclass(frozen=True, slots=True)
class OaiDataciteView:
    """The envelope of DataCite OAI 1.1."""

    version: str
    centre: str
    payload: DataciteView


def view(work: Work) -> OaiDataciteView:
    """Decide what stands in the envelope; the payload is the DataCite record with its access level in OpenAIRE's words first."""
    payload = datacite.view(work)
    access = ACCESS[work.record.access]
    # OpenAIRE Data 2.0, rights (MA): the access level as an info:eu-repo term in rightsURI.
    rights = (Rights(access.label, EUREPO + access.eurepo), *payload.rights)
    # The schema wants a symbol of whoever keeps the data; for works without a DOI of DataCite's there is none but our name.
    centre = kept(work.repository_name) or work.oai_id.split(":")[1]
    return OaiDataciteView(kernel.VERSION, centre, replace(payload, rights=rights))
