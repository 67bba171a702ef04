"""The pages of what agencies say otherwise, and of DOIs that are taken over from another system."""
