import networks
import numpy as np
import pytest
from hypothesis import given
from reference_networks import reference_network

from prelu_rules.domains.box import Box
from prelu_rules.domains.polytope import Polytope
from prelu_rules.errors import InvalidValueError
from prelu_rules.geometry.regions import linear_regions


@given(networks.seeds)
def test_areas_add_up_to_that_of_the_domain(seed):
    form = networks.random_form(seed, (2, 6, 5, 1))
    areas = np.concatenate(
        [batch.polygons.areas for batch in linear_regions(form, Box([-1, 1000], [2, 1007])).batches()]
    )
    assert (areas > 0).all() and areas.sum() == pytest.approx(21, rel=1e-12)


def test_areas_are_in_the_units_of_the_inputs_also_in_a_slanted_plane():
    """The triangle of the three shares that sum to 1 has the side sqrt(2)."""
    form = networks.random_form(1, (3, 6, 5, 1))
    domain = Polytope.one_hot(Box([0, 0, 0], [1, 1, 1]), [[0, 1, 2]])
    (batch,) = linear_regions(form, domain).batches()
    assert len(batch) > 1 and batch.polygons.areas.sum() == pytest.approx(np.sqrt(3) / 2, rel=1e-9)
    np.testing.assert_allclose(batch.polygons.vertices.sum(axis=1), 1, atol=1e-12)


def test_the_vertices_of_a_region_have_its_pattern_in_the_middle():
    form = reference_network(2, (16, 16))
    (batch,) = linear_regions(form, Box([-1, -1], [1, 1])).batches()
    polygons = batch.polygons
    for number, pattern in enumerate(batch.signs):
        middle = polygons.vertices[polygons.offsets[number] : polygons.offsets[number + 1]].mean(axis=0)
        np.testing.assert_array_equal(form.pattern(middle), pattern)
        value = batch.coef[number] @ middle + batch.intercept[number]
        np.testing.assert_allclose(value, form.predict(middle), atol=1e-12)


def test_regions_that_were_not_found_as_polygons_have_none():
    batch = next(linear_regions(reference_network(2, (3,)), Box([-1, -1], [1, 1]), method="simplex").batches())
    with pytest.raises(InvalidValueError, match="were not found as polygons; use the method 'polygons'"):
        _ = batch.polygons
