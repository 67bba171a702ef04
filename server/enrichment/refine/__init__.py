"""The same candidates for OpenRefine and its kin: a service of the Reconciliation API, versions 0.1 and 0.2."""
