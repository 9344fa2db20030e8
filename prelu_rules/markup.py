"""HTML for notebooks: elements whose content is escaped, tables that scroll and fold.

No scripts, no outside resources, and no colours of text or background of their own, so that everything looks right in
light and in dark pages. Styles stand in the elements: there they hold in every front end.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from html import escape

SHOWN_ROWS = 20
"""Rows of a table that are shown at once; the rest is folded."""

LINE = "1px solid rgba(128, 128, 128, 0.4)"
"""A line that can be seen on light and on dark backgrounds."""

_STYLES = {
    "page": "text-align: left; line-height: 1.5; margin: 0.5em 0",
    "scroll": "overflow-x: auto; max-width: 100%",
    "table": f"border-collapse: collapse; margin: 0.5em 0; table-layout: auto; border-bottom: {LINE}",
    "head": f"border-bottom: {LINE}",
    "number": "text-align: right; vertical-align: top; padding: 0.25em 0.75em",
    "text": "text-align: left; vertical-align: top; padding: 0.25em 0.75em; min-width: 1em",
    "wide": "text-align: left; vertical-align: top; padding: 0.25em 0.75em; min-width: 12em",
    "marked": "font-weight: bold",
    "formula": "padding-left: 4em; text-indent: -4em",
    "part": "padding-left: 4em; text-indent: -2em",
    "letter": "padding-left: 1em",
    "heading": "margin: 1em 0 0.25em 0; font-weight: bold",
    "line": "margin: 0.25em 0",
    "aside": "margin: 0.25em 0; opacity: 0.75",
    "summary": "cursor: pointer; margin: 0.25em 0",
    "code": (
        "margin: 0.25em 0; padding: 0; overflow-x: auto; white-space: pre; font-family: monospace; "
        "background: none; color: inherit; border: none"
    ),
    **{
        level: f"border-left: 4px solid {colour}; padding: 0 0 0 0.8em; margin: 0.5em 0 1em 0; max-width: 60em"
        for level, colour in (("fault", "#d64541"), ("warning", "#d39e00"), ("note", "#5b8dd9"))
    },
}


class Html(str):
    """Text that is HTML already; all other text is escaped when it becomes part of it."""

    __slots__ = ()


def html(content: object) -> Html:
    """Content as HTML.

    Args:
        content: HTML, or anything else whose text is escaped.

    Returns:
        HTML.

    Example:
        >>> html("a < b"), html(Html("<br>"))
        ('a &lt; b', '<br>')
    """
    return content if isinstance(content, Html) else Html(escape(str(content)))


def joined(parts: Iterable[object], between: str = "") -> Html:
    """Parts side by side.

    Args:
        parts: HTML, or anything else whose text is escaped.
        between: what stands between two of them.

    Returns:
        HTML.

    Example:
        >>> joined(["<", Html("<br>")], between=", ")
        '&lt;, <br>'
    """
    return Html(html(between).join(map(html, parts)))


def tag(element: str, *content: object, style: str | None = None, **attributes: str) -> Html:
    """An element.

    Args:
        element: what it is called, such as "p".
        content: HTML, or anything else whose text is escaped.
        style: the name of one of the styles above.
        attributes: the rest; an underscore behind a name is left out, as in `class_`.

    Returns:
        HTML.

    Example:
        >>> tag("b", "a & b", title='"c"')
        '<b title="&quot;c&quot;">a &amp; b</b>'
    """
    if style is not None:
        attributes = {"style": _STYLES[style], **attributes}
    written = "".join(f' {name.rstrip("_")}="{escape(value)}"' for name, value in attributes.items())
    return Html(f"<{element}{written}>{joined(content)}</{element}>")


def name(text: object) -> Html:
    r"""A name of the user's, which changes the direction of no text around it; what is not printable is escaped.

    Args:
        text: the name.

    Returns:
        HTML.

    Example:
        >>> name("</td>\u202e")
        '<bdi>&lt;/td&gt;\\u202e</bdi>'
    """
    return tag("bdi", "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in str(text)))


def page(*content: object) -> Html:
    """What a notebook shows of a value; dollar signs in it are no formulas.

    Args:
        content: of the fragment.

    Returns:
        HTML.
    """
    return tag("div", *content, style="page", class_="prelu-rules tex2jax_ignore mathjax_ignore")


def scrolling(*content: object) -> Html:
    """Content that scrolls sideways where it is wider than the page.

    Args:
        content: HTML, or anything else whose text is escaped.

    Returns:
        HTML.
    """
    return tag("div", *content, style="scroll")


def folded(summary: object, *content: object) -> Html:
    """Content that shows when its summary is clicked.

    Args:
        summary: one line.
        content: HTML, or anything else whose text is escaped.

    Returns:
        HTML.

    Example:
        >>> folded("more", "rest").startswith("<details><summary")
        True
    """
    return tag("details", tag("summary", summary, style="summary"), *content)


def table(
    header: Sequence[object],
    rows: Sequence[Sequence[object]],
    *,
    numbers: Collection[int] = (),
    wide: Collection[int] = (),
    marked: Collection[int] = (),
    called: str = "rows",
) -> Html:
    """A table that scrolls sideways; rows beyond the first twenty are folded.

    Args:
        header: of the columns.
        rows: as many cells each as the header has.
        numbers: places of columns that are set to the right.
        wide: places of columns of long text.
        marked: places of rows in bold.
        called: what rows are called where they are folded.

    Returns:
        HTML.

    Example:
        >>> table(["k"], [[k] for k in range(22)]).count("<details>")
        1
    """
    kinds = ["number" if k in numbers else "wide" if k in wide else "text" for k in range(len(header))]
    head = tag("thead", tag("tr", *_cells("th", header, kinds), style="head"))
    lines = [
        tag("tr", *_cells("td", row, kinds), **({"style": "marked"} if place in marked else {}))
        for place, row in enumerate(rows)
    ]
    shown, rest = lines[:SHOWN_ROWS], lines[SHOWN_ROWS:]
    found = scrolling(tag("table", head, tag("tbody", *shown), style="table"))
    if not rest:
        return found
    more = scrolling(tag("table", head, tag("tbody", *rest), style="table"))
    return joined([found, folded(f"{len(rest)} more {called}", more)])


def _cells(element: str, contents: Sequence[object], kinds: Sequence[str]) -> list[Html]:
    return [tag(element, content, style=kind) for content, kind in zip(contents, kinds, strict=True)]
