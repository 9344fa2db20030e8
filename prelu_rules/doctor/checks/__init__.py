"""The checks, one file each: pure functions from a record of numbers to findings; none of them needs Keras."""
