"""Tolerances that several files share, each with its reason; all others stand in the file that uses them."""

LINEAR_SLOPE = 0.9995
"""A slope above this counts as linear, `a = 1` (paper, section on the force)."""

FORCE_SLEEPS_ABOVE = 0.01
"""Training error above which the force is asleep (paper, `eta_p` formula)."""

CUT = 1e-9
"""A hyperplane cuts a cell only if the cell has points further from it than this, on both sides.

The distance is Euclidean, in coordinates where the domain is [-1, 1]^n; without a domain in those of the inputs.
"""

PRINTED_OUTPUT = 0.01
"""Largest difference between printed text and rules on any training row, relative to the range of that output."""

SETTLED_ERROR = 1e-3
"""Mean squared error below which a network counts as settled on a toy task."""

CANCELLED = 1e-13
"""A weight counts as cancelled to zero when it is smaller than this, relative to the terms that were added up."""

ON_DOMAIN = 1e-9
"""How far a sum may miss the limit of a domain's constraint, relative to its terms, and still count as on it."""

LEAST_RATE = 1e-11
"""An objective that grows by less than this per unit of slack is at its maximum: what is left is below `CUT`."""

SAME_OUTPUT = 1e-6
"""Rules count as the network if they differ by less, relative to the output's largest value on the domain: Keras keeps
weights in float32, which has 7 digits."""

SOLVER_FEASIBILITY = 1e-6
"""HiGHS accepts a constraint, or a whole number, that is missed by this; bounds are widened by what that can change."""

NEGLIGIBLE_ERROR = 1e-5
"""A mean squared error below this share of the target's variance is as good as none; lowering it is worth no number."""

ROUNDED_PROBABILITY = 1e-7
"""Keras clips probabilities to this distance from 0 and 1; nearer to 1 than 6e-8 a float32 is 1."""

LEAST_ROWS = 16
"""Units are called dead, and outputs constant, only if at least so many rows were looked at."""
