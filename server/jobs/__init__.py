"""Work for later: rows in the database, claimed with a lease, settled only by the claimant."""
