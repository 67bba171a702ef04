"""CodeMeta as a deposit: `codemeta.json`, alone or beside the code in an archive (Software Heritage sends Atom entries)."""

from server.sword.alone import alone

PLUGIN = alone(
    "https://doi.org/10.5063/SCHEMA/CODEMETA-2.0",
    "CodeMeta",
    "codemeta",
    names=("https://w3id.org/codemeta/3.0", "https://w3id.org/codemeta/3.1", "https://doi.org/10.5063/schema/codemeta-2.0"),
    media_types=("application/vnd.codemeta.ld+json",),
)
