"""What Crossref is told of a work: a deposit of its metadata schema 5.4.0."""
