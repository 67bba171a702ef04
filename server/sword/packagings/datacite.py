"""DataCite XML as a deposit, alone or in an archive."""

from server.sword.alone import alone

PLUGIN = alone(
    "http://datacite.org/schema/kernel-4",
    "DataCite XML",
    "datacite",
    names=("http://datacite.org/schema/kernel-3", "http://datacite.org/schema/kernel-2.2"),
    media_types=("application/vnd.datacite.datacite+xml",),
)
