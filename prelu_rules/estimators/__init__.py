"""Fits from start to end: from rows of data to rules."""
