"""ORCID iDs for creators that have none: candidates from ORCID with evidence, chosen by people, written into the works."""
