"""Linear regions of domains with two dimensions, found as polygons.

`polygons` finds them by `clipping`, in the `polygon_search`, which keeps its `search_state` in a few arrays, with the
`layer_functions` of each cell; `exact_sides` decides where floats cannot; `region_polygons` and `polygon_facets` tell
what the polygons say.
"""
