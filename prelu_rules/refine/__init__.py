"""Ever smaller forms of a trained network, in float64 and without Keras: refit, elimination, sparsification, choice.

From the ground up: `losses` and `system` (a network as one matrix of weights), `curvature` (first and second
derivatives), `refit`, `elimination` (fewer units), `exploration` (better ones), `sparsification` (fewer numbers),
`choice`, `path` (what came out).
"""
