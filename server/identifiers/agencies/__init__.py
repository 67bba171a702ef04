"""Registration agencies, one file each."""
