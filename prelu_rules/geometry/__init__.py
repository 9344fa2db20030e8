"""Domains, and the regions of input space on which a network is one affine map.

- Where: `box`, `polytope` and `domain`, the coordinates of one in `frame`, points drawn from one in `sampling`.
- Which activation patterns it has: `patterns`, by a linear programming solver (`linear_program`); `simplex`, compiled,
  by the walks of `dictionary` in the cells of `cells`, and `parallel` on several processes.
- Regions: `regions`, the stream of them, and `region`, one of them; its inequalities come from `facets`.
- What a network can be: `ranges`, region by region; where there are too many, bounds by `propagation` through the lines
  of `relaxation`, and for the `difference` of two networks by `deviation` and its `deviation_program`.
- Proof: `exact`, the same cells and patterns in whole numbers.
"""
