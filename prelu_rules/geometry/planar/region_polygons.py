"""The polygons of many planar regions as a few arrays, in the units of the inputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prelu_rules.domains.frame import Frame
from prelu_rules.geometry.planar.polygons import PlanarPatterns
from prelu_rules.values import FloatArray, IntArray, Value


@dataclass(frozen=True, eq=False)
class RegionPolygons(Value):
    """The polygons of regions whose domain has two dimensions.

    Attributes:
        offsets: `(n_regions + 1,)`; the vertices of region `k` are `vertices[offsets[k] : offsets[k + 1]]`.
        vertices: `(n_vertices, n_inputs)`, those of each region in turn around it.
        areas: `(n_regions,)`, in the units of the inputs.
    """

    offsets: IntArray
    vertices: FloatArray
    areas: FloatArray

    @classmethod
    def of_patterns(cls, patterns: PlanarPatterns, frame: Frame) -> RegionPolygons:
        """The polygons of the cells of patterns.

        Args:
            patterns: at least none.
            frame: the coordinates of their corners.

        Returns:
            The polygons.

        Example:
            >>> from prelu_rules.domains.box import Box
            >>> from prelu_rules.geometry.planar.polygons import planar_patterns
            >>> from prelu_rules.network.normal_form import NormalForm
            >>> form = NormalForm([[1, 0]], [[0]], [-1], [[0, 0]], [[1]], [0], [0])
            >>> frame = Frame.of_box(Box([0, 0], [4, 2]))
            >>> (found,) = planar_patterns(form, frame)
            >>> RegionPolygons.of_patterns(found, frame).areas
            array([2., 6.])
        """
        offsets, corners = patterns.offsets, patterns.corners
        starts, counts = offsets[:-1], np.diff(offsets)
        if not len(starts):
            return cls(offsets, np.empty((0, len(frame.centre))), np.empty(0))
        # From the first corner of each, so that a small polygon far from the origin loses no digits.
        own = corners - np.repeat(corners[starts], counts, axis=0)
        following = np.arange(1, len(corners) + 1)
        following[offsets[1:] - 1] = starts
        ahead = own[following]
        doubled = np.add.reduceat(own[:, 0] * ahead[:, 1] - own[:, 1] * ahead[:, 0], starts)
        scale = np.sqrt(np.linalg.det(frame.basis.T @ frame.basis))
        return cls(offsets, corners @ frame.basis.T + frame.centre, np.abs(doubled) / 2 * scale)
