"""The regions of a domain on which a network is affine.

- Activation patterns: `patterns` finds them cell by cell, and a `cell`, with its `witnesses`, answers exactly: in
floats by the `framing` of its domain and the `dual_simplex` method, and if a doubt is left by an `exact_stack`;
`simplex` finds them with compiled code: it leaves out the units that are `stable`, runs the `search` by the `walks` of
a `dictionary` in the cells of `cells`, and settles each `doubt` in exact arithmetic; `parallel` does so in several
threads; and `planar` finds polygons. What no output shows is `negligible`.
- Regions: `regions` is the stream of them and `region` one of them; `facets` finds their inequalities.
- Ranges of values: `ranges`, region by region; if there are too many regions, bounds by `propagation` with the lines of
`relaxation`, and for the `difference` of two networks by `deviation` and its `deviation_program`.
- `comparison`: how far two networks differ; `proofs`: exact and certified arithmetic.
"""
