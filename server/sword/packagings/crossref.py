"""Crossref XML as a deposit: what is sent to Crossref (doi_batch) and what it answers (unixsd, crossref_result)."""

from server.sword.alone import alone

PLUGIN = alone(
    "http://www.crossref.org/xschema/1.1",
    "Crossref XML",
    "crossref",
    names=(
        "http://www.crossref.org/xschema/1.0",
        "http://www.crossref.org/qrschema/3.0",
        *(
            f"http://www.crossref.org/schema/{version}"
            for version in ("4.3.7", "4.4.0", "4.4.1", "4.4.2", "4.8.0", "4.8.1", "5.3.0", "5.3.1", "5.4.0")
        ),
    ),
    media_types=("application/vnd.crossref.unixsd+xml", "application/vnd.crossref.unixref+xml"),
)
