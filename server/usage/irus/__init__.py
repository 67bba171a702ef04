"""IRUS-UK: each use of a work told to it by a message, as the Tracker Protocol R5.0 of January 2021 says."""
