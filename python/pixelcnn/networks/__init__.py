"""Networks and their distributions, one family a file."""
