"""Polyhedra in integers, by their vertices, rays and lines; linear programs are looked up at the vertices.

A polyhedron is a cone one dimension up: of the points `(x, 1)`, its directions `(x, 0)`, and all multiples. A
constraint is a row `(w, c)` that says `w x + c >= 0`. Cutting the cone by one more row is a step of the double
description method (Motzkin, Raiffa, Thompson and Thrall, 1953; Fukuda and Prodon, "Double description method
revisited", 1996): rays on the wrong side go, and each of them that is a neighbour of a ray on the right side leaves the
point between the two on the row. All numbers are integers, so that no question has a tolerance.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import NamedTuple

Row = Sequence[Fraction]
"""Weights of the inputs, then the constant."""

Vector = tuple[int, ...]
"""A direction of the cone: coordinates, then the denominator that they share, which is 0 for directions."""


class Ray(NamedTuple):
    """An extreme ray of the cone, and on which rows it lies: bit `k` of `tight` for row `k`."""

    vector: Vector
    tight: int


class Optimum(NamedTuple):
    """The largest value of a linear function; None if there is no largest, and the point where it is attained."""

    value: Fraction | None
    point: tuple[Fraction, ...] | None


class Polyhedron(NamedTuple):
    """All points that satisfy some rows; it has at least one point, and may be flat or unbounded."""

    lines: tuple[Vector, ...]
    rays: tuple[Ray, ...]
    n_rows: int

    @classmethod
    def everything(cls, n_inputs: int) -> Polyhedron:
        """All of R^n: the cone of which nothing is known but that denominators are not negative."""
        units = [tuple(int(i == k) for i in range(n_inputs + 1)) for k in range(n_inputs + 1)]
        return cls(tuple(units[:-1]), (Ray(units[-1], 0),), 0)._cut(tuple(units[-1]))

    def within(self, row: Row) -> Polyhedron | None:
        """The part where a row is at least 0; None if there is none."""
        part = self._cut(whole_numbers(row))
        return part if any(ray.vector[-1] for ray in part.rays) else None

    def half(self, row: Row) -> Polyhedron | None:
        """The part where a row is at least 0, if it has points where it is above 0, so that no dimension is lost."""
        numbers = whole_numbers(row)
        heights = self._heights(numbers)
        if not any(height > 0 for height in heights):
            return None
        return self._cut(numbers) if any(height < 0 for height in heights) else self

    def vanishes(self, row: Row) -> bool:
        """Whether a row is 0 everywhere."""
        return not any(self._heights(whole_numbers(row)))

    def maximum(self, row: Row) -> Optimum:
        """The linear program: the largest value of a row."""
        numbers = whole_numbers(row)
        if any(dot(numbers, line) for line in self.lines):
            return Optimum(None, None)
        if any(dot(numbers, ray.vector) > 0 for ray in self.rays if not ray.vector[-1]):
            return Optimum(None, None)
        return max((Optimum(value(row, point), point) for point in self.vertices), key=lambda optimum: optimum.value)

    @property
    def vertices(self) -> list[tuple[Fraction, ...]]:
        """The vertices; if there are lines, points of which each minimal face has one."""
        return [_point(ray.vector) for ray in self.rays if ray.vector[-1]]

    @property
    def directions(self) -> list[tuple[Fraction, ...]]:
        """What may be added to any point any number of times: of a line, both directions."""
        ends = [ray.vector for ray in self.rays if not ray.vector[-1]]
        both = [sign_of_line for line in self.lines for sign_of_line in (line, negative(line))]
        return [tuple(map(Fraction, vector[:-1])) for vector in (*ends, *both)]

    @property
    def inner(self) -> tuple[Fraction, ...]:
        """A point that lies on no row, but for those on which the whole polyhedron lies."""
        return _point(tuple(map(sum, zip(*(ray.vector for ray in self.rays), strict=True))))

    def _heights(self, numbers: Vector) -> list[int]:
        """The values of a row along all generators; along a line both signs."""
        along = [dot(numbers, line) for line in self.lines]
        return [*(dot(numbers, ray.vector) for ray in self.rays), *along, *(-height for height in along)]

    def _cut(self, row: Vector) -> Polyhedron:
        bit = 1 << self.n_rows
        crossing = next((line for line in self.lines if dot(row, line)), None)
        if crossing is not None:
            return self._cut_line(row, crossing, bit)
        heights = [(ray, dot(row, ray.vector)) for ray in self.rays]
        kept = [ray if height else Ray(ray.vector, ray.tight | bit) for ray, height in heights if height >= 0]
        above = [(ray, height) for ray, height in heights if height > 0]
        below = [(ray, height) for ray, height in heights if height < 0]
        for left, rise in above:
            for right, fall in below:
                shared = left.tight & right.tight
                # Neighbours share a face of two dimensions, on which no third ray lies.
                if not any(shared & ~ray.tight == 0 for ray in self.rays if ray is not left and ray is not right):
                    kept.append(Ray(_combined(rise, right.vector, -fall, left.vector), shared | bit))
        return Polyhedron(self.lines, tuple(kept), self.n_rows + 1)

    def _cut_line(self, row: Vector, crossing: Vector, bit: int) -> Polyhedron:
        """Half of a line is left, and everything else moves along it onto the row."""
        height = dot(row, crossing)
        if height < 0:
            crossing, height = negative(crossing), -height
        others = (line for line in self.lines if line not in (crossing, negative(crossing)))
        lines = tuple(_combined(height, line, -dot(row, line), crossing) for line in others)
        moved = (Ray(_combined(height, r.vector, -dot(row, r.vector), crossing), r.tight | bit) for r in self.rays)
        return Polyhedron(lines, (*moved, Ray(crossing, bit - 1)), self.n_rows + 1)


def whole_numbers(row: Row) -> Vector:
    """The same constraint in integers without a common factor."""
    shared = lcm(*(Fraction(number).denominator for number in row))
    return _reduced([int(number * shared) for number in row])


def value(row: Row, point: Iterable[Fraction]) -> Fraction:
    """A row at a point."""
    return sum((w * x for w, x in zip(row, point, strict=False)), Fraction(row[-1]))


def slope(row: Row, direction: Iterable[Fraction]) -> Fraction:
    """How a row changes along a direction."""
    return sum((w * x for w, x in zip(row, direction, strict=False)), Fraction(0))


def dot(left: Vector, right: Vector) -> int:
    """The scalar product."""
    return sum(x * y for x, y in zip(left, right, strict=True))


def negative(row: Sequence) -> tuple:
    """The row with all signs turned."""
    return tuple(-number for number in row)


def _point(vector: Vector) -> tuple[Fraction, ...]:
    return tuple(Fraction(coordinate, vector[-1]) for coordinate in vector[:-1])


def _combined(p: int, left: Vector, q: int, right: Vector) -> Vector:
    return _reduced([p * x + q * y for x, y in zip(left, right, strict=True)])


def _reduced(numbers: Sequence[int]) -> Vector:
    shared = gcd(*numbers) or 1
    return tuple(number // shared for number in numbers)
