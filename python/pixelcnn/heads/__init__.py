"""Heads: from features to the distribution of one pixel."""
