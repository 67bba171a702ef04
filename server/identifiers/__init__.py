"""The identifier core: minted with the work, registered by the worker, true only when the agency says so."""
