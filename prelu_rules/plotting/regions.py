"""A map of the linear regions of a network over two of its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import hsv_to_rgb
from matplotlib.patches import Patch

from prelu_rules.domains.as_domain import DomainLike, as_domain
from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import Domain, frame_of
from prelu_rules.domains.polytope import Polytope
from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.geometry.region import RegionBatch
from prelu_rules.geometry.regions import RegionStream, linear_regions
from prelu_rules.network.reading import NetworkLike, read_with_link
from prelu_rules.plotting.raster import fill
from prelu_rules.plotting.shown import one_of
from prelu_rules.rules.names import default_names
from prelu_rules.values import FloatArray

Colour = Literal["value", "gradient", "class", "pattern"]

PIXELS = 1200
"""Rows and columns of the picture, more than a figure of usual size has."""

LINES = 5000
"""Boundaries are drawn for up to this many regions; of more, there is little else to see than lines."""

MAX_REGIONS = 5_000_000
"""Regions that are drawn at most, in some seconds; more than three for each pixel."""

MANY_INPUTS = 4
"""Up to so many fixed inputs are named above the picture."""


def plot_regions(
    network: NetworkLike,
    domain: DomainLike,
    *,
    inputs: Sequence[int | str] = (0, 1),
    at: Sequence[float] | Mapping[int | str, float] | None = None,
    output: int | str = 0,
    colour: Colour = "value",
    boundaries: bool | None = None,
    feature_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    max_regions: int = MAX_REGIONS,
    ax: Axes | None = None,
) -> Axes:
    """Draw the linear regions of a network over two of its inputs, the others being fixed.

    The regions are exact, and each pixel is that of its centre. The first picture after an installation compiles the
    code, which takes ten to twenty seconds.

    Args:
        network: a `NormalForm`, a Keras model, or the path of a `.keras` file.
        domain: what to draw: a `Box`, a `Polytope`, or rows or a table (then the smallest domain that contains them).
        inputs: the two inputs along the axes, by number from 0 or by name.
        at: the values of the other inputs: for all inputs, of which the two are not used, or by number or name for
            some. By default, each is in the middle of its range.
        output: which output, by number from 0 or by name; of a classifier, the logit.
        colour: "value" colours by the output's value; "gradient" by the length of its gradient along the two inputs,
            which is constant in a region; "class" by the class, that is the largest logit, or the sign of a single one;
            "pattern" gives each region a colour of its own.
        boundaries: whether to draw the boundaries of regions; by default, if there are at most 5,000 regions.
        feature_names: of the inputs; `in1`, `in2`, ... by default.
        output_names: of the outputs or classes; `out1`, `out2`, ... by default.
        max_regions: the largest number of regions to draw. A million take some seconds, more for wide layers; memory
            does not depend on their number.
        ax: the axes to draw on; by default those of a new figure, `result.figure`.

    Returns:
        The axes.

    Raises:
        InvalidValueError: if the domain is unbounded, `at` is outside it, it leaves no area to draw, an input, an
            output or a colour is unknown, or `ax` is not axes.
        ShapeError: if names, `inputs` or `at` do not fit the network.
        LimitError: if there are more regions.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> form = NormalForm.from_layers([np.eye(2), [[1.0], [1.0]]], [[0, 0], [0]], [[0, 0]])
        >>> axes = plot_regions(form, Box([-1, -1], [1, 1]), feature_names=["width", "height"])
        >>> axes.get_xlabel(), axes.get_title()
        ('width', '4 linear regions')
    """
    if colour not in get_args(Colour):
        raise InvalidValueError(f"colour is {colour!r}; it must be one of {', '.join(get_args(Colour))}.")
    read = read_with_link(network)
    form = read.form
    names = default_names(feature_names, "in", form.n_inputs)
    n_names = max(2, form.n_outputs) if colour == "class" else form.n_outputs
    outputs = default_names(output_names, "class " if colour == "class" else "out", n_names)
    if len(inputs) != 2 or isinstance(inputs, str):
        raise ShapeError(f"inputs is {inputs!r}; give two, by number or by name.")
    x, y = (_number(one, names, "input") for one in inputs)
    if x == y:
        raise InvalidValueError(f"inputs is {inputs!r}; give two different ones.")
    section, middle = _section(as_domain(domain, form.n_inputs), names, (x, y), at)
    if frame_of(section, form.n_inputs).n_coordinates != 2:
        raise InvalidValueError(
            f"where the other inputs are fixed, {names[x]!r} and {names[y]!r} do not span an area of the domain; give "
            "other inputs, or another domain."
        )
    view = _View((x, y), middle, section, _number(output, outputs, "output") if colour != "class" else 0, colour)
    picture = _picture(linear_regions(form, section, method="polygons", max_regions=max_regions), view, boundaries)
    ax = one_of(ax, 6.4, 5.2)
    _draw(ax, picture, view, outputs)
    fixed = [f"{names[k]} = {middle[k]:.4g}" for k in range(form.n_inputs) if k not in (x, y)]
    where = f"\n{', '.join(fixed)}" if 0 < len(fixed) <= MANY_INPUTS else ""
    count = picture.n_regions
    ax.set_title(f"{count:,} linear region{'s' if count != 1 else ''}{where}", fontsize="medium")
    ax.set(xlabel=names[x], ylabel=names[y])
    ax.set_xlim(section.lower[x], section.upper[x])
    ax.set_ylim(section.lower[y], section.upper[y])
    return ax


@dataclass(frozen=True)
class _View:
    """What is drawn."""

    inputs: tuple[int, int]
    middle: FloatArray  # (n_inputs,), the values of the other inputs
    section: Domain
    output: int
    colour: Colour

    def functions(self, batch: RegionBatch, first: int) -> FloatArray:
        """`(n_regions, n_functions, 3)`, what each region shows, as functions of the two inputs."""
        if self.colour == "pattern":
            return _constant(np.arange(first, first + len(batch), dtype=np.float64))
        others = self.middle.copy()
        others[list(self.inputs)] = 0
        shown = slice(None) if self.colour == "class" else slice(self.output, self.output + 1)
        coef = batch.coef[:, shown]
        weights = coef[:, :, list(self.inputs)]
        if self.colour == "gradient":
            return _constant(np.linalg.norm(weights[:, 0], axis=1))
        functions = np.concatenate([weights, (coef @ others + batch.intercept[:, shown])[:, :, None]], axis=2)
        if self.colour == "class" and functions.shape[1] == 1:
            # A single logit is that of the second class; at 0 it is the second.
            functions = np.concatenate([np.zeros_like(functions), functions], axis=1)
        return np.ascontiguousarray(functions)


def _constant(values: FloatArray) -> FloatArray:
    functions = np.zeros((len(values), 1, 3))
    functions[:, 0, 2] = values
    return functions


@dataclass(frozen=True)
class _Picture:
    """What was found: a value per pixel, NaN outside the domain; how many regions; the vertices of each, if few."""

    image: FloatArray
    n_regions: int
    outlines: list[FloatArray]


def _picture(regions: RegionStream, view: _View, boundaries: bool | None) -> _Picture:
    axes = list(view.inputs)
    lower, upper = view.section.lower[axes], view.section.upper[axes]
    image = np.full((PIXELS, PIXELS), np.nan)
    outlines: list[FloatArray] = []
    n_regions = 0
    for batch in regions.batches():
        polygons = batch.polygons
        vertices = np.ascontiguousarray(polygons.vertices[:, axes])
        fill(image, lower, upper, polygons.offsets, vertices, view.functions(batch, n_regions))
        n_regions += len(batch)
        if boundaries or (boundaries is None and n_regions <= LINES):
            outlines += np.split(vertices, polygons.offsets[1:-1])
    if boundaries is None and n_regions > LINES:
        outlines = []
    return _Picture(image, n_regions, outlines)


def _draw(ax: Axes, picture: _Picture, view: _View, outputs: Sequence[str]) -> None:
    (x, y), section = view.inputs, view.section
    extent = (section.lower[x], section.upper[x], section.lower[y], section.upper[y])
    shown: dict[str, Any] = {"origin": "lower", "extent": extent, "aspect": "auto"}
    if view.colour == "pattern":
        ax.imshow(_own_colours(picture.image), **shown)
    elif view.colour == "class":
        colours = np.array([colormaps["tab10"](k % 10) for k in range(len(outputs))])
        # Paler, so that boundaries show.
        colours[:, :3] = 0.45 + 0.55 * colours[:, :3]
        pixels = np.zeros((*picture.image.shape, 4))
        inside = ~np.isnan(picture.image)
        pixels[inside] = colours[picture.image[inside].astype(int)]
        ax.imshow(pixels, **shown)
        seen = np.unique(picture.image[inside]).astype(int)
        handles = [Patch(facecolor=tuple(colours[k]), label=outputs[k]) for k in seen]
        ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    else:
        image = ax.imshow(picture.image, cmap="viridis" if view.colour == "value" else "magma", **shown)
        label = outputs[view.output]
        ax.figure.colorbar(
            image, ax=ax, label=label if view.colour == "value" else f"length of the gradient of {label}"
        )
    if picture.outlines:
        # Thinner, the more there are.
        strength = 1.0 - 0.8 * min(1.0, np.log10(len(picture.outlines) + 1) / np.log10(LINES))
        edge, alpha = ("white", 0.75) if view.colour in ("value", "gradient") else ("black", 0.55)
        ax.add_collection(
            PolyCollection(
                picture.outlines, facecolors="none", edgecolors=edge, linewidths=1.6 * strength, alpha=alpha
            ),
            autolim=False,
        )


def _own_colours(image: FloatArray) -> FloatArray:
    """Pale colours for numbers, such that successive ones are easy to tell apart."""
    inside = ~np.isnan(image)
    number = np.where(inside, image, 0)
    golden = (np.sqrt(5) - 1) / 2
    hue, saturation = (number * golden) % 1.0, 0.25 + 0.35 * ((number * np.sqrt(2)) % 1.0)
    value = 0.8 + 0.2 * ((number * np.sqrt(3)) % 1.0)
    pixels = np.dstack([hsv_to_rgb(np.dstack([hue, saturation, value])), inside])
    return np.asarray(pixels, dtype=np.float64)


def _number(given: int | str, names: Sequence[str], what: str) -> int:
    """The number of an input or output that is given by number or by name."""
    if isinstance(given, str):
        if given not in names:
            raise InvalidValueError(f"there is no {what} {given!r}; give one of {', '.join(names)}.")
        return list(names).index(given)
    if not 0 <= given < len(names):
        raise InvalidValueError(f"{what} {given} is not one of the {len(names)}; count them from 0.")
    return int(given)


def _section(
    domain: Domain | None,
    names: Sequence[str],
    inputs: tuple[int, int],
    at: Sequence[float] | Mapping[int | str, float] | None,
) -> tuple[Domain, FloatArray]:
    """The part of a domain in which all inputs but two have given values; and these values."""
    if domain is None:
        raise InvalidValueError("a picture of all inputs would be unbounded; give a domain.")
    middle = (domain.lower + domain.upper) / 2
    if isinstance(at, Mapping):
        for key, value in at.items():
            middle[_number(key, names, "input")] = value
    elif at is not None:
        if np.shape(at) != middle.shape:
            raise ShapeError(f"at has the shape {np.shape(at)}; give a value for each of the {len(middle)} inputs.")
        middle = np.array(at, dtype=np.float64)
    lower, upper = middle.copy(), middle.copy()
    lower[list(inputs)], upper[list(inputs)] = domain.lower[list(inputs)], domain.upper[list(inputs)]
    for k, name in enumerate(names):
        if not domain.lower[k] <= lower[k] <= upper[k] <= domain.upper[k]:
            raise InvalidValueError(
                f"at has {middle[k]} for {name!r}, but the domain is from {domain.lower[k]} to {domain.upper[k]} "
                "there; give a value inside."
            )
    box = Box(lower, upper)
    return (replace(domain, box=box) if isinstance(domain, Polytope) else box), middle
