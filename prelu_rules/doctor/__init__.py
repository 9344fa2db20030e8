"""Classifiers whose training goes wrong: what is seen, what it means, and what helps (second article)."""
