"""Workbooks recalculated by pycel against the rules, equal to Python to the last bit; and read back by openpyxl.

LibreOffice, which is large, is not installed for these tests; one of them uses it where it is there.
"""

import datetime
import io
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace

import by_python
import executed
import networks
import numpy as np
import pytest

from prelu_rules.columns.column import Column
from prelu_rules.errors import DataError, InvalidValueError
from prelu_rules.export import excel
from prelu_rules.export.excel import write
from prelu_rules.export.excel_book import workbook
from prelu_rules.export.excel_lists import LONGEST_TEXT, letters
from prelu_rules.export.excel_steps import Calculation
from prelu_rules.export.program import program_of
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.on_demand import rules_on_demand
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem

QUICK = ("tariff", "truth", "kinds of levels", "overlapping", "gaps", "no column counts")
"""Rules of several kinds, with categories and missing cells; the others take longer."""

EMPTY = ("", "#N/A")


class Recalculated:
    """One line of a workbook, whose cells are changed and whose answers pycel computes again."""

    def __init__(self, folder, system, shape, content=None):
        executed.module("pycel")
        from pycel import ExcelCompiler

        path = folder / "rules.xlsx"
        path.write_bytes(content or filled(system, shape))
        self.book = ExcelCompiler(str(path), plugins=("excel_functions",))
        self.system, self.shape = system, shape
        width, further = len(system.columns), len(system.output_names) + (shape == "list") + bool(system.classes) + 1
        self.cells = [f"Cases!{letters(k)}2" for k in range(width)]
        self.asked = [f"Cases!{letters(k)}2" for k in range(width, width + further)]
        self.book.evaluate(self.asked)

    def line(self, cells):
        """The answers and the note for raw cells."""
        for address, cell in zip(self.cells, cells, strict=True):
            # Of a cell that becomes empty, or 1 where it was TRUE, pycel would not see that it has changed.
            self.book.set_value(address, f"not {cell}")
            self.book.cell_map[address].value = escaped(cell)
        return [unescaped(cell) for cell in self.book.evaluate(self.asked)]

    def table(self, table):
        """Outputs, rules and classes of rows, None where a cell says that there is no answer."""
        found = [self.line(row.values()) for row in executed.rows_of(table)]
        return answers(self.system, self.shape, found)


def filled(system, shape, rows=()):
    """A workbook with some cases filled in and one line to spare, without the text of the rules, which takes time."""
    calculation = Calculation(program_of(system, shape))
    return workbook(executed.module("xlsxwriter"), calculation, "", len(rows) + 1, rows)


def answers(system, shape, lines):
    """Outputs, rules and classes of the cells beside cases."""
    plain = [[None if cell in EMPTY else cell for cell in line] for line in lines]
    n_outputs = len(system.output_names)
    rules = [line[n_outputs] for line in plain] if shape == "list" else None
    classes = [line[-2] for line in plain] if system.classes is not None else None
    return [line[:n_outputs] for line in plain], rules, classes


# Every kind of rules


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in executed.NAMES]
)
def test_answers_are_those_of_the_rules(tmp_path, name):
    case = executed.case(name)
    for shape in case.shapes:
        sheet = Recalculated(tmp_path, case.system, shape)
        by_python.check(case, shape, *sheet.table(case.rows))
        outputs, rules, classes = sheet.table(case.refused)
        executed.check_refused(case, outputs, *(found for found in (rules, classes) if found is not None))


@pytest.mark.parametrize("make", by_python.CASES)
def test_long_sums_and_lists_with_gaps(tmp_path, make):
    case = make()
    by_python.check(case, "list", *Recalculated(tmp_path, case.system, "list").table(case.rows))


def many_conditions():
    """104 conditions of a rule, on sums of which some have 105 terms, as has an output."""
    rng = np.random.default_rng(3)
    planes = rng.normal(size=(104, 105)) * (np.arange(105) < np.array([105, 105] + [2] * 102)[:, None])
    conditions = tuple(Condition(coef, 9.0 + k, True) for k, coef in enumerate(planes))
    always = Rule((), AffineMap([[0.0] * 105], [7.0]))
    names = [f"x{k}" for k in range(105)]
    system = RuleSystem((Rule(conditions, AffineMap(planes[:1], [0.25])), always), names, ("y",))
    rows = {name: [*rng.normal(size=2).tolist(), 90.0 * k] for k, name in enumerate(names)}
    return executed.Case("many conditions", system, rows, rows)


def test_long_conditions_are_split_and_no_formula_is_too_long(tmp_path):
    case = many_conditions()
    content = filled(case.system, "list")
    assert 2000 < max(len(cell.value) for cell in formulas(content)) < 8192
    outputs, rules, _ = Recalculated(tmp_path, case.system, "list", content).table(case.rows)
    by_python.check(case, "list", outputs, rules)
    assert set(rules) == {1, 2}


def test_a_formula_of_many_columns_is_that_of_python(tmp_path):
    system = extract_rules(networks.random_form(0, (130, 2, 1)))
    rng = np.random.default_rng(0)
    rows = {column.name: rng.normal(size=3).tolist() for column in system.columns}
    case = executed.Case("wide", system, rows, rows)
    by_python.check(case, "formula", *Recalculated(tmp_path, case.system, "formula").table(case.rows))


def test_rules_on_demand_have_a_formula(tmp_path):
    system = rules_on_demand(networks.random_form(2, (2, 3, 1)), feature_names=["a", "b"])
    found = Recalculated(tmp_path, system, "formula").line([1.5, -2.0])
    assert found[0] == pytest.approx(system.predict({"a": 1.5, "b": -2.0}).item(), rel=1e-12)


def test_every_line_has_the_same_formulas(tmp_path):
    content = write(executed.case("three classes").system, rows=7)
    sheets = executed.module("openpyxl").load_workbook(io.BytesIO(content))
    for name in ("Cases", "Steps"):
        first, *others = ([str(cell.value) for cell in line] for line in sheets[name].iter_rows(min_row=2))
        assert len(others) == 6
        for number, line in enumerate(others, start=3):
            moved = [re.sub(r"(?<=[A-Z])2\b", str(number), cell) for cell in first]
            assert line == moved, (name, number)


# Cells that are filled in


SYSTEM = extract_rules(
    networks.random_form(0, (8, 2, 1)),
    columns=(
        Column("x"),
        Column("gap", missing=True),
        Column("kind", "category", ("farm", 3, True)),
        Column("open", "yes/no", missing=True),
    ),
)


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    return Recalculated(tmp_path_factory.mktemp("excel"), SYSTEM, "list")


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        ([1, None, "farm", True], ""),
        ([1, 2.5, 3, None], ""),
        ([1, 2.5, True, 0], ""),
        ([None, None, None, None], ""),
        ([None, 1, "farm", True], "check x"),
        (["1", 1, "farm", True], "check x"),
        (["", 1, "farm", True], "check x"),
        ([True, 1, "farm", True], "check x"),
        (["#N/A", 1, "farm", True], "check x"),
        ([1, "", "farm", True], "check gap"),
        ([1, 1, "Farm", True], "check kind"),
        ([1, 1, "f*", True], "check kind"),
        ([1, 1, "3", True], "check kind"),
        ([1, 1, 1, True], "check kind"),
        ([1, 1, "TRUE", True], "check kind"),
        ([1, 1, None, True], "check kind"),
        ([1, 1, "#DIV/0!", True], "check kind"),
        ([1, 1, "farm", 2], "check open"),
        ([1, 1, "farm", "TRUE"], "check open"),
    ],
)
def test_nothing_is_converted(line, cells, note):
    output, rule, found = line.line(cells)
    assert found == note
    if note or cells == [None] * 4:
        assert output == rule == ("#N/A" if note else "")
    else:
        expected = SYSTEM.predict(dict(zip(("x", "gap", "kind", "open"), [*cells[:3], cells[3] and True], strict=True)))
        assert output == pytest.approx(expected.item(), rel=1e-12)


def test_where_no_rule_holds_the_note_says_so(tmp_path):
    line = Recalculated(tmp_path, executed.case("gaps").system, "list")
    assert line.line([50.0]) == ["#N/A", "#N/A", "no rule covers this line"] and line.line([5.0]) == [10.0, 2, ""]


def test_a_logit_of_zero_is_the_first_class(tmp_path):
    rule = Rule((), AffineMap([[1.0]], [0.0]))
    line = Recalculated(tmp_path, RuleSystem((rule,), ["x"], ["logit"], classes=("no", "yes")), "list")
    assert [line.line([x])[2] for x in (-1.0, 0.0, 1e-300)] == ["no", "no", "yes"]


# Names


def hostile_cases():
    return [executed.hostile_case(*pair) for pair in executed.PAIRS if "" not in pair and "\0" not in pair[0]]


@pytest.mark.parametrize("shape", ["list", pytest.param("formula", marks=pytest.mark.slow)])
def test_names_are_data(tmp_path, shape):
    for case in hostile_cases():
        # Only pycel takes a text for a formula if it starts so; openpyxl and LibreOffice do not, see below.
        if not case.system.output_names[0].startswith("="):
            case = replace(case, rows={name: cells[-16:] for name, cells in case.rows.items()})
            by_python.check(case, shape, *Recalculated(tmp_path, case.system, shape).table(case.rows))


def test_what_is_text_is_no_formula_and_is_what_it_says():
    for case in hostile_cases():
        rows = executed.rows_of(case.rows)[:4]
        content = filled(case.system, "list", rows)
        book = executed.module("openpyxl").load_workbook(io.BytesIO(content))
        names = [column.name for column in case.system.columns]
        cases, lists = book["Cases"], book["Lists"]
        heading = [unescaped(cell.value) for cell in cases[1]]
        assert heading == [*names, *case.system.output_names, "rule", "class", "note"]
        for row, cells in zip(rows, cases.iter_rows(min_row=2, max_row=5, max_col=2), strict=True):
            assert [unescaped(cell.value) for cell in cells] == list(row.values())
        assert [unescaped(lists.cell(k, 2).value) for k in (2, 3)] == list(case.system.columns[1].levels)
        for sheet in book:
            for cell in (cell for line in sheet.iter_rows() for cell in line if cell.data_type == "f"):
                assert sheet.title in ("Cases", "Steps") and cell.row > 1, cell
                assert sheet.title == "Steps" or cell.column > len(names), cell
                assert not set(re.findall(r"[A-Z]{2,}(?=\()", cell.value)) - FUNCTIONS, cell.value


def test_the_text_of_the_rules_is_text():
    for case in hostile_cases():
        book = executed.module("openpyxl").load_workbook(io.BytesIO(write(case.system, rows=1)))
        lines = [cell.value or "" for cell in book["Rules"]["A"]][4:]
        assert {cell.data_type for cell in book["Rules"]["A"] if cell.value is not None} == {"s"}
        said = "".join(line if len(line) == LONGEST_TEXT // 2 else f"{unescaped(line)}\n" for line in lines)
        assert said == str(case.system)


@pytest.mark.parametrize(
    ("pair", "message"),
    [(pair, "is '', which Excel takes for an empty cell") for pair in executed.PAIRS if "" in pair]
    + [(pair, "'nul\\\\x00here' has a NUL, which") for pair in executed.PAIRS if "\0" in pair[0]],
    ids=["empty", "nul"],
)
def test_other_names_are_refused(pair, message):
    with pytest.raises(InvalidValueError, match=message):
        write(executed.hostile_case(*pair).system)


FUNCTIONS = set("AND COUNTA EXACT IF IFERROR INDEX ISBLANK ISNA ISNUMBER ISTEXT LEFT MATCH MAX NA SUM".split())


def escaped(cell):
    """A cell as openpyxl reads it, which leaves characters that XML cannot hold as they are written."""
    if not isinstance(cell, str):
        return cell
    return re.sub("[\0-\x08\x0b-\x1f]", lambda found: f"_x{ord(found[0]):04X}_", cell)


def unescaped(cell):
    """What was escaped."""
    if not isinstance(cell, str):
        return cell
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), cell)


def formulas(content):
    """All cells with formulas."""
    book = executed.module("openpyxl").load_workbook(io.BytesIO(content))
    return [cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.data_type == "f"]


# The sheets


def test_cells_can_be_chosen_from_lists():
    levels = ("a,b", 'say "x"', "long " * 60, "=1+1")
    columns = (
        Column("kind", "category", levels, missing=True),
        Column("zone", "category", (1, 2.5, "c")),
        Column("nothing", "category", (), missing=True),
        Column("smoker", "yes/no"),
        Column("age", "integer"),
        Column("kwh"),
    )
    system = extract_rules(networks.random_form(0, (12, 2, 1)), columns=columns)
    book = executed.module("openpyxl").load_workbook(io.BytesIO(write(system, rows=30)))
    found = {str(one.sqref): one for one in book["Cases"].data_validations.dataValidation}
    assert {place: (one.type, one.formula1, one.formula2) for place, one in found.items()} == {
        "A2:A31": ("list", "Lists!$B$2:$B$5", None),
        "B2:B31": ("list", "Lists!$C$2:$C$4", None),
        "C2:C31": ("textLength", "0", None),
        "D2:D31": ("list", "Lists!$E$2:$E$3", None),
        "E2:E31": ("whole", "-999999999999999", "999999999999999"),
        "F2:F31": ("decimal", "-9.99999999999999e+307", "9.99999999999999e+307"),
    }
    lists = list(book["Lists"].iter_cols(min_row=2, max_row=5, min_col=2, values_only=True))
    assert lists == [levels, (1, 2.5, "c", None), (None,) * 4, (True, False, None, None)]
    # What is typed or chosen there stays a text.
    assert [book["Cases"].column_dimensions[name].number_format for name in "AB"] == ["@", "General"]


def test_numbers_are_held_in_full():
    weights = [0.1 + 0.2, 1 / 3, 123456.25, 5e-324 + 2.5e-308, 0.1]
    system = RuleSystem((Rule((), AffineMap([weights], [-1.2345678901234567])),), [f"x{k}" for k in range(5)], ["y"])
    content = write(system, rows=1)
    book = executed.module("openpyxl").load_workbook(io.BytesIO(content))
    assert [cell.value for cell in book["Lists"]["A"]] == ["numbers", weights[0], weights[3], 1.2345678901234567]
    assert book["Steps"].cell(2, 8).value == (
        "=Lists!$A$2*Cases!$A2 + 1/3*Cases!$B2 + 123456.25*Cases!$C2 + Lists!$A$3*Cases!$D2 + 0.1*Cases!$E2 "
        "- Lists!$A$4"
    )


def test_the_first_line_is_a_typical_row_and_viewers_see_its_answers(tmp_path):
    case = executed.case("three classes")
    typical = case.system.encoded({name: cells[:3] for name, cells in case.rows.items()})
    system = replace(case.system, typical=typical)
    content = write(system, rows=3)
    shown = executed.module("openpyxl").load_workbook(io.BytesIO(content), data_only=True)
    first, *others = shown["Cases"].iter_rows(min_row=2, values_only=True)
    row = executed.rows_of(case.rows)[0]
    assert first[:6] == tuple(row.values())
    sheet = Recalculated(tmp_path, system, "list", content)
    # What is in the file is not computed before a cell changes.
    assert ["" if cell is None else cell for cell in first[6:]] == sheet.line(row.values())
    assert others == [(None,) * 12] * 2
    places = [cell.coordinate for cell in shown["Steps"][2]]
    values = [shown["Steps"][place].value for place in places]
    computed = sheet.book.evaluate([f"Steps!{place}" for place in places])
    # True is equal to 1, which is another cell.
    assert [(value, isinstance(value, bool)) for value in values] == [(v, isinstance(v, bool)) for v in computed]


def test_what_is_missing_in_a_typical_row_is_left_empty():
    case = executed.case("kinds of levels")
    row = executed.rows_of(case.rows)[-1]
    typical = np.tile(case.system.encoded(row), (3, 1))
    content = write(replace(case.system, typical=typical), rows=1)
    line = executed.module("openpyxl").load_workbook(io.BytesIO(content))["Cases"][2]
    assert [cell.value for cell in line[:4]] == list(row.values()) and row["flag"] is row["code"] is None


@pytest.mark.parametrize("name", ["tariff", "kinds of levels", "gaps"])
def test_what_viewers_see_is_what_is_computed(tmp_path, name):
    case = executed.case(name)
    rows = executed.rows_of(case.rows)[::100]
    content = filled(case.system, "list", rows)
    shown = executed.module("openpyxl").load_workbook(io.BytesIO(content), data_only=True)
    lines = list(shown["Cases"].iter_rows(min_row=2, min_col=1 + len(case.system.columns), values_only=True))
    sheet = Recalculated(tmp_path, case.system, "list")
    expected = [[None if cell == "" else cell for cell in sheet.line(row.values())[:-1]] for row in rows]
    assert [list(line[:-1]) for line in lines] == [*expected, [None] * len(expected[0])]


def test_viewers_see_classes_that_xml_cannot_hold():
    labels = ("a\x01b", "_x0041_")
    system = RuleSystem((Rule((), AffineMap([[1.0]], [0.0])),), ["x"], ["logit"], classes=labels)
    content = filled(system, "list", [{"x": -1.0}, {"x": 1.0}])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        cases = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<v>a_x0001_b</v>" in cases and "<v>_x005F_x0041_</v>" in cases


def test_the_same_rules_are_the_same_bytes():
    content = write(SYSTEM)
    assert content == write(SYSTEM)
    # Not the time at which it was written.
    created = executed.module("openpyxl").load_workbook(io.BytesIO(content)).properties.created
    assert created == datetime.datetime(2000, 1, 1)


# What it cannot hold


def category(*levels):
    return extract_rules(networks.random_form(0, (len(levels), 1)), columns=[Column("kind", "category", levels)])


@pytest.mark.parametrize(
    ("system", "message"),
    [
        (lambda: category("a" * 32_768), "the level of column 'kind' 'a{70,80}...' has 32,768 characters, but"),
        (
            lambda: category("a", "\N{GRINNING FACE}" * 16_384),
            "has 32,768 characters, but a cell of Excel holds 32,767",
        ),
        (lambda: category("a", ""), "a level of column 'kind' is '', which Excel takes"),
        (lambda: category(0.3, 0.1 + 0.2), "'kind' 0.30000000000000004 is the same to Excel as 0.3, since"),
        (lambda: category(2**54 + 1), "18014398509481985 is not a double"),
        (lambda: category(1e308), r"'kind' 1e\+308 is too large for Excel"),
        (lambda: RuleSystem((Rule((), AffineMap([[5e-324]], [0.0])),), "x", "y"), "the number 5e-324 is too small"),
        (lambda: RuleSystem((Rule((), AffineMap([[1.0]], [0.0])),), ["x" * 40_000], "y"), "the column name 'x"),
        (lambda: RuleSystem((Rule((), AffineMap([[1.0]], [0.0])),), "x", ["y" * 40_000]), "the output name 'y"),
        (
            lambda: RuleSystem((Rule((), AffineMap([[1.0]], [0.0])),), "x", "y", classes=("", "b")),
            "a class is '', which",
        ),
    ],
)
def test_what_excel_cannot_hold_is_refused_by_name(tmp_path, system, message):
    path = tmp_path / "rules.xlsx"
    with pytest.raises(InvalidValueError, match=message) as caught:
        system().export("excel", path)
    assert not path.exists() and len(str(caught.value)) < 300


@pytest.mark.parametrize("rows", [0, -1, 1_048_576, 2.0, True, "many"])
def test_numbers_of_lines_that_no_sheet_has(rows):
    with pytest.raises(InvalidValueError, match=f"rows is {rows!r}; it must be a whole number from 1 to 1,048,575."):
        write(SYSTEM, rows=rows)


def test_as_many_lines_as_asked_for():
    book = executed.module("openpyxl").load_workbook(io.BytesIO(write(SYSTEM, rows=12)))
    assert [book[name].max_row for name in ("Cases", "Steps")] == [13, 13]


@pytest.mark.parametrize(
    ("limit", "most", "sheet", "what"),
    [
        ("MOST_COLUMNS", 6, "Cases", "7 columns"),
        ("MOST_COLUMNS", 12, "Steps", "[0-9]+ columns"),
        ("MOST_LINES", 2, "Lists", "[0-9]+ numbers"),
    ],
)
def test_more_than_a_sheet_has_room_for(monkeypatch, limit, most, sheet, what):
    monkeypatch.setattr(excel, limit, most)
    with pytest.raises(InvalidValueError, match=f"the sheet {sheet} would have {what}, but Excel has room for"):
        write(SYSTEM, rows=1)


def test_without_the_package_that_writes_workbooks(monkeypatch):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(DataError, match=r"pip install 'prelu-rules\[excel\]'"):
        write(SYSTEM)


# LibreOffice


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed; it is large")
def test_libreoffice_agrees(tmp_path):
    hostile = [executed.hostile_case(*pair) for pair in executed.PAIRS if pair[0].startswith("=")]
    cases = [*map(executed.case, ("tariff", "kinds of levels", "gaps")), *hostile]
    paths = [tmp_path / f"{k}.xlsx" for k in range(len(cases))]
    for case, path in zip(cases, paths, strict=True):
        book = executed.module("openpyxl").load_workbook(
            io.BytesIO(filled(case.system, "list", executed.rows_of(case.rows)))
        )
        # Without the results that were written LibreOffice has to compute them.
        book.save(path)
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", tmp_path / "computed", *paths]
    subprocess.run(command, check=True, capture_output=True)
    for case, path in zip(cases, paths, strict=True):
        book = executed.module("openpyxl").load_workbook(tmp_path / "computed" / path.name, data_only=True)
        width = len(case.system.columns)
        lines = book["Cases"].iter_rows(min_row=2, max_row=1 + len(case.rows[case.system.columns[0].name]))
        cells = [["" if cell.value is None else cell.value for cell in line[width:]] for line in lines]
        outputs, rules, classes = answers(case.system, "list", cells)
        executed.check(case, "list", outputs, rules, classes)
