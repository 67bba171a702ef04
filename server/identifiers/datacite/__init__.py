"""What DataCite says of a DOI, understood."""
