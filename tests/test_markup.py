"""HTML that is escaped, scrolls and folds."""

import pytest
from html_reader import HOSTILE, Reader, read

from prelu_rules.markup import SHOWN_ROWS, Html, folded, html, joined, name, page, table, tag


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_text_wherever_it_stands(text):
    reader = read(
        page(
            tag("p", text, title=text),
            name(text),
            joined([text, Html("<b>!</b>")], between=text),
            table([text], [[text]], called=text),
            folded(text, text),
        )
    )
    visible = text.replace("\n", "\\n").replace("\u202e", "\\u202e").replace("\u2066", "\\u2066")
    assert reader.text == text + visible + text + text + "!" + text * 4
    assert reader.names == [visible] and reader.tables == [[[text], [text]]] and reader.folds == [text]


def test_html_is_not_escaped_twice():
    assert html(html("<")) == "&lt;" and tag("p", tag("b", "<")) == "<p><b>&lt;</b></p>"
    assert tag("p", 3, style="number").endswith(">3</p>")


@pytest.mark.parametrize("n", [0, 1, SHOWN_ROWS, SHOWN_ROWS + 1, 50])
def test_a_table_folds_what_is_beyond_twenty_rows(n):
    reader = Reader(table(["k", "text"], [(k, "x") for k in range(n)], numbers=[0], marked=[n - 1], called="rules"))
    rows = [row for part in reader.tables for row in part if row != ["k", "text"]]
    assert rows == [[str(k), "x"] for k in range(n)]
    assert all(part[0] == ["k", "text"] for part in reader.tables)
    assert reader.folds == ([f"{n - SHOWN_ROWS} more rules"] if n > SHOWN_ROWS else [])
    assert reader.bold_rows == ([[str(n - 1), "x"]] if n else [])


def test_a_row_has_a_cell_for_each_column():
    with pytest.raises(ValueError, match="zip"):
        table(["a", "b"], [["only one"]])
