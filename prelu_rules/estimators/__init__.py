"""Whole fits: from rows of data to rules."""
