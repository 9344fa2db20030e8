"""What is minimised: a loss is one value, which says everything that depends on it.

`loss` is what all losses have in common, `class_loss` what those of classes share, and `link` what outputs stand for;
each loss has a file of its own, and a name in `named`.
"""
