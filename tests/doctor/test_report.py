"""The report as text, table and HTML."""

import pytest
from html_reader import read

from prelu_rules.doctor import Finding, Remedy, Report
from prelu_rules.doctor.examination import in_order
from prelu_rules.doctor.finding import Place
from prelu_rules.doctor.record import Record

REMEDIES = (Remedy("Do <this> first.", "x = a < b\ny = 2"), Remedy("Then that."))


def finding(kind, level, step, layer=None):
    return Finding(kind, level, f"{kind} was seen & found.", Place(step, 1, step, layer), "It means little.", REMEDIES)


FINDINGS = [
    finding("oscillation", "warning", 3),
    finding("constant output", "fault", 9),
    finding("dead units", "fault", 9, "relu"),
    finding("growth", "fault", 2),
    finding("dead units", "note", 1, "relu_1"),
]
REPORT = Report(in_order(FINDINGS), Record(notes=("Something was not examined.",)), ("Training was stopped.",))


def test_serious_findings_come_first_then_early_ones_then_causes():
    assert [f.kind for f in REPORT] == ["growth", "dead units", "constant output", "oscillation", "dead units"]
    assert len(REPORT) == 5 and len(REPORT.at_least("warning")) == 4 and REPORT[0].kind == "growth"


def test_the_text_has_everything_and_code_to_paste():
    text = str(REPORT)
    assert text.startswith("3 faults, 1 warning, 1 note. Nothing has been examined yet.")
    assert "1. FAULT: growth (epoch 1, batch 2 (step 2))\n   Growth was seen & found." in text
    assert "   a) Do <this> first.\n          x = a < b\n          y = 2\n   b) Then that." in text
    assert text.endswith("Training was stopped.\n\nSomething was not examined.")
    assert max(map(len, text.splitlines())) <= 100


def test_the_table_has_a_row_for_each_finding():
    frame = REPORT.to_frame()
    assert frame["kind"].tolist() == [f.kind for f in REPORT] and frame["step"].tolist() == [2, 9, 9, 3, 1]
    assert frame["remedies"].iloc[0] == REMEDIES
    assert Report((), Record()).to_frame().empty


def test_the_html_has_everything_and_is_escaped():
    reader = read(REPORT)
    assert "Do <this> first." in reader.text and "seen & found" in reader.text and "It means little." in reader.text
    assert reader.code == ["x = a < b\ny = 2"] * 5 and reader.folds == ["What to do, in this order"] * 5
    assert reader.text.startswith("3 faults, 1 warning, 1 note.")
    assert reader.text.endswith("Training was stopped.Something was not examined.")
    alone = read(REPORT[0])
    assert alone.text in reader.text and alone.text.startswith("fault: growth (epoch 1, batch 2 (step 2))Growth was")


@pytest.mark.parametrize("level", ["note", "warning", "fault"])
def test_a_level_is_at_least_itself(level):
    assert finding("growth", level, 1).at_least(level) and finding("growth", "fault", 1).at_least(level)
