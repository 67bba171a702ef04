"""What is said of a record beside its metadata: what may be done with them, and where they came from (OAI-PMH 2.5)."""

from server.records.provenance import Provenance
from server.xml import escape

_XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
_RIGHTS = (
    f'xmlns="http://www.openarchives.org/OAI/2.0/rights/" {_XSI} '
    'xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/rights/ http://www.openarchives.org/OAI/2.0/rights.xsd"'
)
_PROVENANCE = (
    f'xmlns="http://www.openarchives.org/OAI/2.0/provenance" {_XSI} '
    'xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/provenance http://www.openarchives.org/OAI/2.0/provenance.xsd"'
)


def about(licence: str, provenance: Provenance | None) -> bytes:
    """Write the `<about>` containers of a record: one for each thing there is to say, none where there is nothing."""
    said = ""
    if licence:  # the guidelines on rights expressions, § 3
        said += f'<about><rights {_RIGHTS}><rightsReference ref="{escape(licence)}"/></rights></about>'
    if provenance is not None:
        said += f"<about><provenance {_PROVENANCE}>{_described(provenance)}</provenance></about>"
    return said.encode()


def _described(provenance: Provenance | None) -> str:
    """Write an originDescription, and within it the one before: the guidelines nest them, the latest harvest outside."""
    if provenance is None:
        return ""
    return (
        f'<originDescription harvestDate="{provenance.harvested}" altered="{str(provenance.altered).lower()}">'
        f"<baseURL>{escape(provenance.base_url)}</baseURL><identifier>{escape(provenance.identifier)}</identifier>"
        f"<datestamp>{provenance.datestamp}</datestamp><metadataNamespace>{escape(provenance.namespace)}</metadataNamespace>"
        f"{_described(provenance.origin)}</originDescription>"
    )
