"""What is proven: cells and patterns in integers, and floats whose rounding errors are accounted for.

`exact` is a cell and `exact_patterns` are a network's patterns in it, in integers. `certified` is a linear program in
floats whose bounds hold in spite of rounding, for `certified_rows`, and `certified_patterns` are the pieces of a
network found with it; `representable` finds inputs that are exact floats.
"""
