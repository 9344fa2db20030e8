"""Readers turn networks of other packages into the PReLU normal form; `network.reading` finds the right one."""
