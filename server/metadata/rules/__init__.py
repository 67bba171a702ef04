"""What aggregators ask of a record beyond its schema, one file each."""
