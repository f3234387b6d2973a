"""How good predictions are: matching, average precision, errors, and their files."""
