"""Pixels of polygons, against each centre tested on its own."""

import networks
import numpy as np
from hypothesis import given

from prelu_rules.plotting.raster import fill


@given(networks.seeds)
def test_pixels_whose_centres_are_inside(seed):
    rng = np.random.default_rng(seed)
    angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 8))))
    polygon = rng.uniform(-2, 2, 2) + rng.uniform(0.1, 2) * np.column_stack([np.cos(angles), 2 * np.sin(angles)])
    weights = rng.normal(size=(1, 1, 3))
    image = np.full((30, 40), np.nan)
    fill(image, np.array([-2.0, -3.0]), np.array([2.0, 3.0]), np.array([0, len(polygon)]), polygon, weights)
    for row in range(30):
        for column in range(40):
            x, y = -2 + 4 * (column + 0.5) / 40, -3 + 6 * (row + 0.5) / 30
            ahead = np.roll(polygon, -1, axis=0) - polygon
            turns = ahead[:, 0] * (y - polygon[:, 1]) - ahead[:, 1] * (x - polygon[:, 0])
            if abs(turns).min() > 1e-6:
                assert np.isnan(image[row, column]) == (turns < 0).any()
                if not np.isnan(image[row, column]):
                    np.testing.assert_allclose(image[row, column], weights[0, 0] @ [x, y, 1], atol=1e-12)


def test_polygons_that_share_edges_leave_no_gap():
    """A fan of triangles, whose edges run through many centres."""
    angles = np.linspace(0, 2 * np.pi, 17)
    rim = 3 * np.column_stack([np.cos(angles), np.sin(angles)])
    triangles = np.concatenate([[np.zeros(2), rim[k], rim[k + 1]] for k in range(16)])
    image = np.full((41, 41), np.nan)
    functions = np.zeros((16, 1, 3))
    functions[:, 0, 2] = np.arange(16)
    fill(image, -np.ones(2), np.ones(2), np.arange(0, 49, 3), triangles, functions)
    assert not np.isnan(image).any() and len(np.unique(image)) == 16
