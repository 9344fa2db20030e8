import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit, softmax

from prelu_rules.losses.link import IdentityLink, LogitLink, SoftmaxLink, class_link

LOGITS = st.integers(1, 4).flatmap(lambda n: arrays(np.float64, (3, n), elements=st.floats(-1e3, 1e3)))


@given(LOGITS)
@example(np.full((3, 1), 710.0))
def test_probabilities_are_those_of_scipy(logits):
    link = class_link(logits.shape[1])
    both = np.hstack([np.zeros_like(logits), logits]) if isinstance(link, LogitLink) else logits
    probabilities = link.inverse(logits)
    # `expit` gives 0 where the result would be a subnormal number.
    np.testing.assert_allclose(probabilities, softmax(both, axis=1), rtol=1e-13, atol=np.finfo(float).tiny)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-15 * 4)
    # The largest logit has the largest probability, and of equal ones the first decides.
    assert link.decide(logits).tolist() == [row.tolist().index(max(row)) for row in both]


def test_small_probabilities_are_exact():
    p = LogitLink().inverse(np.array([[40.0], [-40.0]]))
    assert p.tolist() == [[expit(-40.0), 1.0], [1.0, expit(-40.0)]] and p.min() > 4e-18


def test_the_probabilities_are_a_new_array():
    logits = np.zeros((2, 3))
    SoftmaxLink().inverse(logits)[:] = 7
    assert not logits.any()


def test_numbers_are_what_they_are():
    outputs = np.arange(6.0).reshape(3, 2)
    assert IdentityLink().inverse(outputs) is outputs
