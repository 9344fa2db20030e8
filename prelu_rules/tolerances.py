"""Tolerances that several files share, each with its reason; all others are in the file that uses them."""

LINEAR_SLOPE = 0.9995
"""A slope above this counts as 1, so that the unit is linear (paper, section on the force)."""

FORCE_SLEEPS_ABOVE = 0.01
"""Training error above which the force is asleep (paper, `eta_p` formula)."""

CUT = 1e-9
"""A hyperplane cuts a cell only if the cell has points on both sides that are further from it than this.

The distance is Euclidean, in coordinates where the domain is [-1, 1]^n; without a domain, in those of the inputs.
"""

PRINTED_OUTPUT = 0.01
"""Largest difference between the printed text and the rules on any training row, relative to the output's range."""

SETTLED_ERROR = 1e-3
"""Mean squared error below which a network counts as settled on a toy task."""

CANCELLED = 1e-13
"""A weight counts as cancelled to zero if it is smaller than this, relative to the terms that were summed."""

ROUND_OFF = 2.0**-48
"""Sums that are equal but for the order of their terms differ by at most this share of their terms: 16 times the
distance of two floats.
"""

ON_DOMAIN = 1e-9
"""How far a sum may miss the limit of a domain's constraint, relative to its terms, and still count as equal to it."""

LEAST_RATE = 1e-11
"""An objective that grows by less than this per unit of slack is at its maximum; what is left to gain is below
`CUT`.
"""

SAME_OUTPUT = 1e-6
"""Rules count as equal to the network if they differ by less, relative to the output's largest value on the domain:
Keras stores weights in float32, which has 7 digits.
"""

SOLVER_FEASIBILITY = 1e-6
"""HiGHS accepts a constraint or an integer that is missed by this much; bounds are widened accordingly."""

NEGLIGIBLE_ERROR = 1e-5
"""A mean squared error below this share of the target's variance counts as 0: no number is worth lowering it
further.
"""

ROUNDED_PROBABILITY = 1e-7
"""Keras clips probabilities to this distance from 0 and 1; a float32 that is closer to 1 than 6e-8 is 1."""

LEAST_ROWS = 16
"""Units are called dead, and outputs constant, only if at least this many rows were seen."""

OUTPUT_MARGIN = 0.1
"""What the range of the training targets is widened by at either end, as a share of it.

Measured by benchmarks/clipping.py with default settings: with one row far out R2 is .84 (.87 without a margin, .78 with
a quarter, -50 without bounds), Hitters, Boston, Auto and cpus lose nothing, and a linear truth loses .07 where test
rows reach twice as far as those of training (.12 without a margin, .02 with a quarter).
"""
