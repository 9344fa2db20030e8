"""Maps of regions, against the network evaluated at each pixel."""

from dataclasses import replace

import matplotlib.pyplot as plt
import networks
import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from reference_networks import reference_network

import prelu_rules as pr
from prelu_rules.errors import InvalidValueError, LimitError, ShapeError
from prelu_rules.plotting import regions
from prelu_rules.plotting.regions import plot_regions

SQUARE = pr.Box([-1, -1], [1, 1])
FORM = networks.random_form(3, (4, 6, 5, 3))


@pytest.fixture(autouse=True)
def _few_pixels(monkeypatch):
    monkeypatch.setattr(regions, "PIXELS", 50)


def centres(box, inputs, middle):
    """The inputs at the centres of the pixels, row by row from the lower end."""
    steps = (np.arange(50) + 0.5) / 50
    x, y = (box.lower[k] + steps * (box.upper[k] - box.lower[k]) for k in inputs)
    points = np.tile(np.asarray(middle, dtype=float), (50, 50, 1))
    points[:, :, inputs[0]], points[:, :, inputs[1]] = x[None, :], y[:, None]
    return points.reshape(-1, len(middle))


def image_of(axes):
    (image,) = axes.images
    return np.ma.filled(np.ma.asarray(image.get_array(), dtype=float), np.nan)


BOX = pr.Box([-1, 0, -2, -1], [1, 2, 2, 3])
AT = [0.25, 1.5, -1, 0.5]


@pytest.mark.parametrize("inputs", [(0, 1), (2, 0), (3, 1)])
@pytest.mark.parametrize("output", [0, 2])
def test_values_are_those_of_the_network(inputs, output):
    axes = plot_regions(FORM, BOX, inputs=inputs, at=AT, output=output)
    expected = FORM.predict(centres(BOX, inputs, AT))[:, output].reshape(50, 50)
    np.testing.assert_allclose(image_of(axes), expected, atol=1e-9)
    assert plt.get_fignums() == []


def test_gradients_are_those_of_the_network():
    axes = plot_regions(FORM, BOX, inputs=(2, 1), at=AT, colour="gradient", output=1)
    step, points = 1e-7, centres(BOX, (2, 1), AT)
    slopes = [
        (FORM.predict(points + step * np.eye(4)[k]) - FORM.predict(points - step * np.eye(4)[k]))[:, 1] / (2 * step)
        for k in (2, 1)
    ]
    # A pixel whose centre is within a step of a bend has the slope of one of the sides.
    close = np.isclose(image_of(axes).ravel(), np.hypot(*slopes), atol=1e-5)
    assert close.mean() > 0.999


def test_classes_are_those_of_the_largest_logit():
    points = centres(BOX, (0, 1), AT)
    form = replace(FORM, e=FORM.e - FORM.predict(points).mean(axis=0))
    axes = plot_regions(form, BOX, at=AT, colour="class", output_names=["a", "b", "c"])
    pixels = image_of(axes).reshape(2500, 4)
    classes = form.predict(points).argmax(axis=1)
    assert len(np.unique(classes)) > 1
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["abc"[k] for k in np.unique(classes)]
    colours = [np.array(patch.get_facecolor()) for patch in axes.get_legend().get_patches()]
    for name, colour in zip(names, colours, strict=True):
        np.testing.assert_allclose(pixels[classes == "abc".index(name)] - colour, 0, atol=1e-12)


def test_a_single_logit_has_two_classes():
    form = reference_network(2, (8, 8))
    axes = plot_regions(form, SQUARE, colour="class", output_names=["no", "yes"])
    positive = form.predict(centres(SQUARE, (0, 1), [0, 0]))[:, 0] >= 0
    pixels = image_of(axes).reshape(2500, 4)
    assert 0 < positive.sum() < 2500
    assert len(np.unique(pixels[positive], axis=0)) == len(np.unique(pixels[~positive], axis=0)) == 1
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["no", "yes"]


def test_pixels_of_one_pattern_have_one_colour_and_other_patterns_others():
    form = reference_network(2, (5, 4))
    axes = plot_regions(form, SQUARE, colour="pattern")
    pattern = form.pattern(centres(SQUARE, (0, 1), [0, 0]))
    both = np.column_stack([pattern, image_of(axes).reshape(2500, 4)])
    counts = [len(np.unique(part, axis=0)) for part in (pattern, both, both[:, pattern.shape[1] :])]
    assert counts[0] == counts[1] == counts[2] > 10


def test_nothing_is_drawn_outside_a_polytope():
    form = reference_network(2, (8, 8))
    triangle = pr.Polytope(SQUARE, [[1, 1]], [0.5])
    points = centres(SQUARE, (0, 1), [0, 0])
    for colour in ("value", "gradient"):
        image = image_of(plot_regions(form, triangle, colour=colour))
        np.testing.assert_array_equal(~np.isnan(image).ravel(), triangle.contains(points))
    assert image_of(plot_regions(form, triangle, colour="pattern"))[-1, -1, 3] == 0


def test_labels_name_what_is_shown():
    axes = plot_regions(
        FORM,
        BOX,
        inputs=("depth", "age"),
        at={"size": 0.125},
        output="price",
        feature_names=["age", "depth", "size", "year"],
        output_names=["cost", "price", "rent"],
    )
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("depth", "age")
    n_regions = len(list(pr.linear_regions(FORM, pr.Box([-1, 0, 0.125, 1], [1, 2, 0.125, 1]))))
    assert axes.get_title() == f"{n_regions} linear regions\nsize = 0.125, year = 1"
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 2), (-1, 1))
    assert [other.get_ylabel() for other in axes.figure.axes[1:]] == ["price"]


def test_boundaries_are_drawn_where_regions_are_few(monkeypatch):
    form = reference_network(2, (16, 16))

    def n_outlines(**options):
        axes = plot_regions(form, SQUARE, **options)
        return sum(len(c.get_paths()) for c in axes.collections if isinstance(c, PolyCollection))

    assert n_outlines() == 345 and n_outlines(boundaries=False) == 0
    monkeypatch.setattr(regions, "LINES", 344)
    assert n_outlines() == 0 and n_outlines(boundaries=True) == 345


def test_axes_of_the_user_are_drawn_on():
    figure, axes = plt.subplots()
    assert plot_regions(reference_network(2, (4,)), SQUARE, ax=axes) is axes
    plt.close(figure)


LINE = pr.Polytope(BOX, [[1, 1, 0, 0]], [1], [True])


@pytest.mark.parametrize(
    ("domain", "arguments", "error", "message"),
    [
        (BOX, {"colour": "red"}, InvalidValueError, "colour is 'red'; it must be one of value"),
        (BOX, {"inputs": (0,)}, ShapeError, r"inputs is \(0,\); give two"),
        (BOX, {"inputs": "ab"}, ShapeError, "inputs is 'ab'; give two"),
        (BOX, {"inputs": (1, 1)}, InvalidValueError, "give two different ones"),
        (BOX, {"inputs": (0, 4)}, InvalidValueError, "input 4 is not one of the 4"),
        (BOX, {"inputs": (0, "age")}, InvalidValueError, "there is no input 'age'; give one of in1, in2"),
        (BOX, {"output": 3}, InvalidValueError, "output 3 is not one of the 3"),
        (BOX, {"at": [0, 0]}, ShapeError, r"at has the shape \(2,\); give a value for each of the 4 inputs"),
        (BOX, {"at": {3: 7}}, InvalidValueError, r"at has 7\.0 for 'in4', but the domain is from -1\.0 to 3\.0 there"),
        (None, {}, InvalidValueError, "a picture of all inputs would be unbounded"),
        (LINE, {}, InvalidValueError, "'in1' and 'in2' do not span an area"),
        (BOX, {"max_regions": 3}, LimitError, "more than max_regions=3 regions"),
        (BOX, {"feature_names": ["a"]}, ShapeError, "1 names for 4 columns"),
        (BOX, {"ax": 3}, InvalidValueError, "ax is of type int"),
    ],
)
def test_bad_use_is_named(domain, arguments, error, message):
    with pytest.raises(error, match=message):
        plot_regions(FORM, domain, **arguments)
