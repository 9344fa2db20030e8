"""Lines and indentation of a document of PMML."""

from __future__ import annotations

from xml.etree.ElementTree import Element


def lay_out(part: Element, line: str = "\n") -> None:
    """Put the elements within an element on lines of their own, each term of a sum on one line of the same indentation.

    A sum is as many elements deep as it has terms, so that lines by depth would hold little but indentation.

    Args:
        part: the element; its text and the tails within it are set.
        line: what begins the line that it is on.

    Example:
        >>> from xml.etree.ElementTree import fromstring, tostring
        >>> found = fromstring("<Apply function='+'><Apply function='+'><a/><b/></Apply><c/></Apply>")
        >>> lay_out(found)
        >>> print(tostring(found).decode())
        <Apply function="+"><Apply function="+">
          <a />
          <b /></Apply>
          <c />
        </Apply>
    """
    if len(part) == 0 or part.get("function") == "*":
        return
    inner = f"{line}  "
    first = part[0]
    begins_with_sum = part.get("function") == first.get("function") == "+"
    part.text = None if begins_with_sum else inner
    for one in part:
        lay_out(one, line if begins_with_sum and one is first else inner)
        one.tail = inner
    if begins_with_sum:
        first[-1].tail = None
    part[-1].tail = line
