"""ETD-MS, the thesis metadata of the NDLTD, as a deposit, alone or beside the thesis in an archive."""

from server.sword.alone import alone

PLUGIN = alone(
    "http://www.ndltd.org/standards/metadata/etdms/1.1/",
    "ETD-MS",
    "etdms",
    names=("http://www.ndltd.org/standards/metadata/etdms/1.0/",),
)
