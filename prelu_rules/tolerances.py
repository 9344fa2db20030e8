"""Every named tolerance and threshold of the package, with its reason; no other file holds a bare one."""

LINEAR_SLOPE = 0.9995
"""A slope above this counts as linear, `a = 1` (paper, section on the force)."""

FORCE_SLEEPS_ABOVE = 0.01
"""Training error above which the force is asleep (paper, `eta_p` formula)."""

LEAST_ERROR = 1e-30
"""Training errors below this count as this, so that the logarithm of an error of 0 is finite."""

CUT = 1e-9
"""A hyperplane cuts a cell only if the cell has points further from it than this, on both sides.

The distance is Euclidean, in coordinates where the domain is [-1, 1]^n; without a domain in those of the inputs.
"""

PRINTED_OUTPUT = 0.01
"""Largest difference between printed text and rules on any training row, relative to the range of that output."""

PRINTED_TWO_DECIMALS = 0.02
"""The same for the paper's figure 2, whose two decimals need it on the 16 binary inputs."""

SETTLED_ERROR = 1e-3
"""Mean squared error below which a network counts as settled on a toy task."""

CANCELLED = 1e-13
"""A weight counts as cancelled to zero when it is smaller than this, relative to the terms that were added up."""

LP_FEASIBILITY = 1e-10
"""Feasibility tolerance of the linear programming solver, tighter than `CUT`; the least that HiGHS takes."""

ON_DOMAIN = 1e-9
"""How far a sum may miss the limit of a domain's constraint, relative to its terms, and still count as on it."""

LEAST_RATE = 1e-11
"""An objective that grows by less than this per unit of slack is at its maximum: what is left is below `CUT`."""

LEAST_PIVOT = 1e-9
"""A slack that falls by less than this per unit of another is not what blocks a walk along an edge."""

SAME_OUTPUT = 1e-6
"""Rules count as the network if they differ by less, relative to the output's largest value on the domain: Keras keeps
weights in float32, which has 7 digits."""

ROUNDING = 1e-12
"""A difference of two networks below this, relative to the range of the output, is what floats round."""

SAME_BEND = 1e-9
"""Hyperplanes count as one if their numbers differ by less, divided by the largest weight."""

SAME_JUMP = 1e-6
"""The difference of two rules is a multiple of a bend's function if what is left of it is smaller, relatively."""

ONE_ROUNDING = 2.0**-52
"""A rounding changes a float64 by at most half of this, relatively; the other half covers products of roundings."""

SOLVER_FEASIBILITY = 1e-6
"""HiGHS accepts a constraint, or a whole number, that is missed by this; bounds are widened by what that can change."""

CLOSE_BOUNDS = 1.01
"""An upper bound that is larger than an attained difference by less than this factor needs no branch and bound."""

NEGLIGIBLE_LOSS = 1e-4
"""A unit that lowers the loss by less than this share of what no unit leaves is not worth reading, however certain."""

NEGLIGIBLE_ERROR = 1e-5
"""A mean squared error below this share of the target's variance is as good as none; lowering it is worth no number."""
