"""Where rules are asked to hold.

- `box` and `polytope`, and `domain`, either of them.
- `frame`: the coordinates in which a domain has an interior; `linear_program`: the solver, in these coordinates.
- `sampling`: points drawn from a domain.
"""
