"""The looks that are taken into a deposit before it is taken, one file each."""
