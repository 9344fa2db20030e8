"""What is minimised: a loss is one value that determines everything that depends on it.

`loss` has what all losses have in common, `class_loss` what those of classes share, and `link` the meaning of outputs;
each loss has a file of its own, and a name in `named`.
"""
