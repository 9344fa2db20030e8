"""The regions of a domain on which a network is affine.

- Activation patterns: `patterns` finds them cell by cell (`cell`, with `witnesses`), exactly; `simplex` with compiled
code: it leaves out the units that are `stable`, runs the `search` by the `walks` of a `dictionary` in the cells of
`cells`, and settles each `doubt` in exact arithmetic; `parallel` does so in several threads. What no output shows is
`negligible`.
- In the plane: `polygons` finds them by `clipping`, in the `polygon_search`, with the `layer_functions` of each cell;
`exact_sides` decides where floats cannot, and `region_polygons` and `polygon_facets` tell what the polygons say.
- Regions: `regions` is the stream of them and `region` one of them; `facets` finds their inequalities.
- Ranges of values: `ranges`, region by region; if there are too many regions, bounds by `propagation` with the lines of
`relaxation`, and for the `difference` of two networks by `deviation` and its `deviation_program`.
- Proofs: `exact`, the same cells and patterns in integer arithmetic.
"""
