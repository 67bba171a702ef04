"""MODS as a deposit, alone or in an archive (the example of SWORD 3.0's Metadata-Format)."""

from server.sword.alone import alone

PLUGIN = alone("http://www.loc.gov/mods/v3", "MODS", "mods", media_types=("application/mods+xml",))
