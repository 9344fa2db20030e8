"""HTML as a browser's parser sees it: what is open, what is read, and the cells of tables."""

import re
from html.parser import HTMLParser

HOSTILE = (
    "<script>alert(1)</script>",
    "\"'&quot;",
    "</td></tr></table>",
    "$x$",
    "\u202eabc\u2066",
    "a|b\n**c**",
    "\\(y\\)",
)
"""Names that do harm where they are not escaped."""

ALLOWED = frozenset(
    "div p b i bdi table thead tbody tr th td details summary ol li ul pre span h4".split(),
)
FORBIDDEN_STYLE = re.compile(r"(?<![-\w])(color|background(-color)?):(?!\s*(inherit|none))|url\(|position|@import")


class Reader(HTMLParser):
    """Reads a fragment, and refuses what no notebook should show."""

    def __init__(self, fragment):
        super().__init__(convert_charrefs=True)
        self.open, self.texts, self.tables, self.code, self.folds, self.names = [], [], [], [], [], []
        self.bold_rows = []
        self.feed(fragment)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        assert tag in ALLOWED and set(attrs) <= {"style", "class", "title"}, (tag, attrs)
        assert not FORBIDDEN_STYLE.search(attrs.get("style", "")), attrs
        self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
            if "bold" in attrs.get("style", ""):
                self.bold_rows.append(self.tables[-1][-1])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        elif tag == "pre":
            self.code.append("")
        elif tag == "summary":
            self.folds.append("")
        elif tag == "bdi":
            self.names.append("")

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)
        if "td" in self.open or "th" in self.open:
            self.tables[-1][-1][-1] += data
        for tag, parts in (("pre", self.code), ("summary", self.folds), ("bdi", self.names)):
            if tag in self.open:
                parts[-1] += data

    @property
    def text(self):
        return "".join(self.texts)


def read(value):
    """What a notebook shows of a value."""
    fragment = value if isinstance(value, str) else value._repr_html_()
    assert fragment.startswith('<div style="') and 'class="prelu-rules tex2jax_ignore mathjax_ignore"' in fragment
    return Reader(fragment)
