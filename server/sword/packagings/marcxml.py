"""MARCXML as a deposit, alone or in an archive."""

from server.sword.alone import alone

PLUGIN = alone("http://www.loc.gov/MARC21/slim", "MARCXML", "marcxml", media_types=("application/marcxml+xml",))
