import pytest

from prelu_rules import export
from prelu_rules.errors import InvalidValueError
from prelu_rules.export.target import Target
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules

RULES = extract_rules(NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0]))


def test_every_target_says_what_it_is_and_which_shapes_it_takes():
    for name, target in export.targets().items():
        assert target.about and target.needs, name
        assert set(target.shapes) <= {"formula", "list"} and target.shapes, name


def test_the_table_of_targets_cannot_be_changed():
    with pytest.raises(TypeError):
        export.targets()["text"] = Target(len)


@pytest.mark.parametrize(
    ("target", "option", "message"),
    [
        ("python", "funtion", "'python' does not take the option 'funtion'; did you mean 'function'?"),
        ("python", "dialect", "does not take the option 'dialect'; it takes function, shape"),
        ("compact", "dialect", "'compact' does not take the option 'dialect'; it takes none"),
    ],
)
def test_options_that_a_target_does_not_take(target, option, message, tmp_path):
    with pytest.raises(InvalidValueError, match=message.replace("?", r"\?")):
        RULES.export(target, tmp_path / "rules.txt", **{option: "x"})
    assert list(tmp_path.iterdir()) == []


def test_a_target_may_take_any_option():
    export.register("any", lambda system, **options: ",".join(options))
    try:
        assert RULES.export("any", colour="red") == "colour"
    finally:
        export.unregister("any")


def test_a_target_may_be_bytes(tmp_path):
    export.register("first byte", lambda system: b"\0")
    try:
        assert RULES.export("first byte", tmp_path / "rules.bin") == b"\0" == (tmp_path / "rules.bin").read_bytes()
    finally:
        export.unregister("first byte")
