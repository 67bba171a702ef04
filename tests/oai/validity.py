"""Whether an answer is valid: the envelope against OAI-PMH's own schema, and each metadata against that of its format."""

from copy import deepcopy
from functools import cache

import pytest
from lxml import etree

from server.metadata.format import Format, formats
from tests.conftest import SHARED
from tests.metadata import approved

SCHEMA = SHARED / "data" / "schemas" / "oai-all.xsd"
_METADATA = "{http://www.openarchives.org/OAI/2.0/}metadata"

#: An envelope is strict about what it holds; this stands there for what is judged by itself.
_STAND_IN = etree.fromstring(
    '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/oai_dc/ http://www.openarchives.org/OAI/2.0/oai_dc.xsd"/>'
)
#: Formats without a schema that could judge them, and why.
UNSCHEMED = {"rioxx": "the official schema of version 3 refuses its own examples; the rules judge it"}
#: Formats whose schema the envelope's does not know.
ALONE = {form.namespace: form for form in formats().values() if form.name in {*UNSCHEMED, *approved.DRIVERS, "xmetadissplus"}}


@cache
def envelope() -> etree.XMLSchema:
    """Compile the official schema once; skip, saying why, where it is not at hand."""
    if not SCHEMA.exists():
        pytest.skip("the official schema needs schemas/oai-all.xsd of SHEAF_SHARED")
    return etree.XMLSchema(file=str(SCHEMA))


@cache
def _schema(form: Format) -> etree.XMLSchema:
    if form.name in approved.DRIVERS:
        return approved.schema(form.name)
    return etree.XMLSchema(etree.parse(form.schema, etree.XMLParser(no_network=True)))


def assert_valid(root: etree._Element) -> None:
    """Judge an answer; the root is left as it is."""
    judged = deepcopy(root)
    for metadata in judged.iter(_METADATA):
        child = metadata[0]
        form = ALONE.get(str(etree.QName(child).namespace))
        if form is None:
            continue
        if form.name not in UNSCHEMED:
            # Cut out, as harvesters cut it out: it must name its own namespaces.
            _schema(form).assertValid(etree.fromstring(etree.tostring(child, with_tail=False)))
        metadata.replace(child, deepcopy(_STAND_IN))
    envelope().assertValid(judged)
