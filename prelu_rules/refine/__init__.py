"""Ever smaller forms of a trained network, in float64 and without Keras: refits, elimination, sparsification, choice.

Bottom up: `curvature` (the loss and its first and second derivatives), `refit`, `elimination` (fewer units),
`exploration` (better ones), `sparsification` (fewer numbers), `choice`, `path` (the result).
"""
