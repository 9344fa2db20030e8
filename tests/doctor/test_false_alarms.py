"""Nothing above a note where training goes well; the right finding first where a fault was planted."""

import pytest
from trainings import HEALTHY, PLANTED, fit

from prelu_rules.doctor import KINDS, TrainingDoctor

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_training_has_no_finding_above_a_note(name):
    # A finding would be a warning, which is an error here.
    doctor = TrainingDoctor()
    fit(HEALTHY[name], doctor)
    report = doctor.report()
    assert report.at_least("warning") == (), report
    assert len(report.record.looks) >= 4 and report.record.notes == ()


# Keras says so of a model whose layers are all frozen.
@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights:UserWarning")
@pytest.mark.filterwarnings("ignore:.*does not represent logits:UserWarning")
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_first(name):
    found = []
    doctor = TrainingDoctor(on_finding=found.append)
    fit(PLANTED[name], doctor)
    first = doctor.report()[0]
    assert first.kind == found[0].kind == name.split(",")[0], doctor.report()
    assert first.at_least("warning") and first.remedies and first.numbers and first.where.step is not None


def test_a_fault_is_planted_for_every_kind():
    assert {name.split(",")[0] for name in PLANTED} == set(KINDS)
