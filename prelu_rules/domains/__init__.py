"""Domains: the sets of inputs on which rules have to hold.

- `box`, `polytope`: the two kinds; `domain`: either of them; `as_domain`: what users may give instead.
- `frame`: the coordinates in which a domain has an interior; `linear_program`: the solver, in these coordinates.
- `sampling`: points drawn from a domain.
"""
