"""OAI-PMH 2.0 for a data provider."""
