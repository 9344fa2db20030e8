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

ROUNDING_DEVIATIONS = 8.0
"""A form is what a Keras model computes if they differ by at most so many deviations of what the model rounds; random
networks of up to nine layers stay below 1.3, in float16, bfloat16, float32 and float64."""

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

STABLE_LOOKS = 3
"""A member of a population is stable if so many looks at it in a row, an execution apart, saw the same."""

STABLE_ERROR = 0.02
"""Errors are stable if they differ by less than this share; batches alone make about 1%."""

STABLE_SLOPE = 0.01
"""Slopes are stable if they move by less than this; meanwhile the force moves those that nothing holds by 0.1."""

RELAPSED_ERROR = 2.5
"""The force buys linear units with error, which refits win back; an error this many times the least is a relapse."""

CHANCE = 0.01
"""Training doctor: an accuracy is consistent with chance if chance reaches it with at least this probability."""

CLEARLY_BETTER = 1e-6
"""An accuracy was clearly better than chance if chance reaches it with less than this probability."""

NEARLY_EQUAL_LOGITS = 0.05
"""Logits are nearly equal across classes if their range is less than this share of their size."""

LARGE_LOGITS = 10.0
"""Logits are large above this size: a healthy network that is unsure has logits near 0."""

ROUNDED_PROBABILITY = 1e-7
"""Keras clips probabilities to this distance from 0 and 1; nearer to 1 than 6e-8 a float32 is 1."""

LOST_ROWS = 0.05
"""More rows than this share, certain of a wrong class, are more than outliers and wrong labels."""

VANISHED = 1e-6
"""A gradient below this, per row and relative to the largest that cross-entropy can have, moves nothing."""

ONE_HOT_SUM = 1e-3
"""A one-hot row may miss the sum of 1 by this; float16 has 3 digits."""

SURGE = 100.0
"""A batch whose loss exceeds what training began with by this factor is no noise of batches."""

EXPLODED_GRADIENT = 1e4
"""A gradient that has grown by this factor since training began explodes; healthy ones grow by hundreds at most."""

EXPLODED_WEIGHT = 100.0
"""A weight above this, and above as many times the largest one at the beginning, has run away."""

OSCILLATION_PERIODS = 8
"""Oscillation is judged on the mean losses of this many periods."""

OSCILLATION_RISE = 0.1
"""A rise between two periods counts if it exceeds this share of the first loss, and of the loss it rises from."""

OSCILLATION_RISES = 3
"""So many rises that count, among the periods judged, are an oscillation if there is no progress beside them."""

PROGRESS = 0.9
"""A least loss below this share of an earlier one is progress."""

CONSTANT_OUTPUT = 1e-6
"""Outputs whose deviation between rows is below this share of their size are constant but for rounding."""

CONSTANT_PROBABILITY = 1e-4
"""The same for probabilities, absolute."""

DEAD_SHARE = 0.5
"""A layer with more dead units than this share is worth a warning."""

SOME_DEAD_SHARE = 0.1
"""And with more than this, a note; a few dead ReLUs are usual."""

FLAT_SLOPE = 1e-3
"""A PReLU slope below this, in absolute value, is a ReLU's: almost nothing of negative inputs passes."""

RELAPSE = 5.0
"""A loss this many times above the best is a relapse if it had been below the level at which the force wakes."""

RELAPSES = 3
"""One or two relapses happen in any training with the force; from this many on it does not settle."""

FORCE_OUT_OF_BALANCE = 10.0
"""A force rate this many times as large as the step that the gradient can make is one that no slope can resist."""

WORSE_LOSS = 1.5
"""A loss this many times the best is clearly worse."""

LABELS_PER_CLASS = 20
"""With so many labels per class seen, a class of average size is missing by chance once in 5e8."""

KEPT_NUMBERS = 2**22
"""The doctor keeps hold of as many numbers of the last batches as this, 16 MB, to find where a NaN came from."""

KEPT_BATCHES = 1000
"""And of so many batches at most."""

WIDE_LAYER = 64
"""A layer of more units than this can be made narrower before it is too narrow to learn."""

UNREACHED_SHARE = 0.05
"""Fewer targets than this share beyond what outputs can be are noise about the limit, as of a ReLU at 0."""

PROBABILITY_ERROR = 0.01
"""Probabilities may miss [0, 1], and a row its sum of 1, by this; bfloat16 has 2 to 3 digits."""

LEAST_ROWS = 16
"""Units are called dead, and outputs constant, only if at least so many rows were looked at."""

PERIOD_STEPS = 200
"""Losses are averaged over an epoch, or over so many steps if the epoch is longer."""

LARGEST_PROBE = 2**20
"""The doctor looks at so many numbers of input at most, or at one batch; of small rows at fewer."""

CALLS_PER_PERIOD = 20
"""The same as `PERIOD_STEPS`, in calls of `TrainingDoctor.check`, which may be made for every batch."""

UNBUDGETED_LOOKS = 8
"""So many times the doctor looks at once at a loss that has risen; after that only within its budget."""

FIRST_STEPS = 64
"""The labels of so many batches are counted whatever it costs, some microseconds each; then within the budget."""

STILL_FALLING = 0.98
"""A loss that has fallen below this share of what it was halfway was still falling when the steps were used up."""

BATCHES_SEARCHED = 50
"""So many further batches are searched for the cause of a step that failed."""
