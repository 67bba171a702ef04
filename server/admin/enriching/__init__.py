"""The pages on which ORCID iDs are found for creators, chosen, written into works, and taken back."""
