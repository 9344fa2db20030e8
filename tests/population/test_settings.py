import pytest

from prelu_rules.errors import InvalidValueError
from prelu_rules.population.settings import PopulationSettings


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden": ()}, "at least one layer"),
        ({"members": 0}, "members is 0"),
        ({"learning_rate": -1.0}, "learning_rate is -1.0"),
        ({"noise": -1.0}, "noise is -1.0"),
        ({"force": "none"}, "force is 'none'; it must be one of ramp, error"),
    ],
)
def test_bad_settings(options, message):
    with pytest.raises(InvalidValueError, match=message):
        PopulationSettings(**options)
