"""The regions of a domain on which a network is one affine map.

- Which activation patterns there are: `patterns`, by a linear programming solver; `simplex`, compiled, by the walks of
  `dictionary` in the cells of `cells`, and `parallel` on several processes.
- Regions: `regions`, the stream of them, and `region`, one of them; its inequalities come from `facets`.
- What a network can be: `ranges`, region by region; where there are too many, bounds by `propagation` through the lines
  of `relaxation`, and for the `difference` of two networks by `deviation` and its `deviation_program`.
- Proof: `exact`, the same cells and patterns in whole numbers.
"""
