"""A judge of exactness: an own rational geometry, and what it says of each claim of the package.

`polyhedron`, `cells` and `systems` decide everything in integers and do not import the package; `network_kinds` and
`domain_kinds` draw arrays; `case` hands them to the package and to the judge; `claims` compares the two.
"""
