"""How far two networks differ on a domain, proven.

`compare` is the question and `network_comparison` the answer. A `network_pair` has `box_bounds` on each of many boxes,
from `affine_forms` and the `relaxed_difference` of units; the `box_search` splits the worst; `parts_of_polytopes` trims
boxes; and `exact_difference` goes through the cells in fractions where they are few.
"""
