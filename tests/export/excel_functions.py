"""Two functions of spreadsheets that pycel lacks; it is told of this module by name."""


def exact(one, other):
    """Whether two texts are the same, case included; other values count as their texts."""
    return str(one) == str(other)


def counta(cells):
    """How many cells are not empty."""
    lines = cells if isinstance(cells, tuple) else ((cells,),)
    return sum(cell is not None for line in lines for cell in line)
