"""The metadata formats that can come in, one file each."""
