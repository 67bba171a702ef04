"""Works that come from elsewhere in bulk: files of metadata, another OAI-PMH repository."""
