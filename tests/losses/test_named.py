from typing import get_args

import pytest

from prelu_rules.errors import InvalidValueError
from prelu_rules.losses.huber import Huber
from prelu_rules.losses.logistic import Logistic
from prelu_rules.losses.named import _LOSSES, LossName, loss_named
from prelu_rules.losses.softmax import Softmax
from prelu_rules.losses.squared import Squared


def test_each_name_is_a_loss():
    assert [loss_named(name) for name in get_args(LossName)] == [Squared(), Huber(), Logistic(), Softmax()]
    assert list(_LOSSES) == list(get_args(LossName))


def test_a_loss_is_what_it_is():
    loss = Softmax()
    assert loss_named(loss) is loss


@pytest.mark.parametrize("loss", ["hinge", Squared, None, ["squared"]])
def test_anything_else_is_refused(loss):
    with pytest.raises(
        InvalidValueError, match=r"loss is .*; it must be one of squared, huber, logistic, softmax, or a Loss"
    ):
        loss_named(loss)
