"""Plots show as the last line of a cell, take axes, and count in whole numbers."""

from dataclasses import replace

import matplotlib.pyplot as plt
import nbclient
import nbformat
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from refine_networks import path_of_sizes

from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.plotting.network import plot_network
from prelu_rules.plotting.path import plot_path
from prelu_rules.plotting.removal import plot_removal
from prelu_rules.plotting.shares import plot_shares
from prelu_rules.plotting.shown import several_of

PLOTS = {
    "network": lambda ax=None: plot_network([[[1.0]]], [[0.0]], [], ax=ax),
    "removal": lambda ax=None: plot_removal([0, 1], [1, 0.9], [0.9, 0.8], ax=ax),
    "shares": lambda ax=None: plot_shares(["a"], {"failed": [0.5], "worked": [0.5]}, [(0.4, 0.6)], ax=ax),
}


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_is_drawn_where_it_is_asked_for(name):
    figure, ax = plt.subplots()
    assert PLOTS[name](ax) is ax and ax.has_data()
    plt.close(figure)
    with pytest.raises(InvalidValueError, match="ax is of type Figure; give Matplotlib axes"):
        PLOTS[name](Figure())


@pytest.mark.parametrize("name", [*PLOTS, "path"])
def test_a_new_plot_brings_its_picture_and_stays_with_no_one(name):
    axes = plot_path(path_of_sizes(3)) if name == "path" else PLOTS[name]()
    assert axes._repr_png_().startswith(b"\x89PNG") and axes.figure._repr_png_().startswith(b"\x89PNG")
    assert plt.get_fignums() == []


def test_a_path_is_drawn_in_three_axes_or_in_a_figure():
    path, figure = path_of_sizes(3), Figure()
    left, right = figure.subfigures(1, 2)
    assert plot_path(path, ax=left).figure is left and len(left.axes) == 3 and not right.axes
    axes = right.subplots(3)
    for given in (axes, list(axes), tuple(axes), axes[None]):
        assert plot_path(path, ax=given) is axes[0]
    assert [one.get_xlabel() for one in axes] == ["nonlinear units", "rules", "numbers to read"]
    # The picture of a figure of the user's is the user's to show.
    assert not hasattr(axes[0], "_repr_png_")


def test_axes_of_another_number_or_kind_are_refused():
    path, axes = path_of_sizes(1), Figure().subplots(2)
    with pytest.raises(ShapeError, match="ax has 2 axes, but 3 are drawn; give 3, or a figure"):
        plot_path(path, ax=axes)
    with pytest.raises(ShapeError, match="ax has 1 axes, but 3 are drawn"):
        plot_path(path, ax=axes[0])
    with pytest.raises(InvalidValueError, match="ax holds something of type int; give 3 Matplotlib axes"):
        plot_path(path, ax=[1, 2, 3])


@pytest.mark.parametrize("sizes", [1, 2, 3, 9])
def test_what_is_counted_has_whole_ticks(sizes):
    axes = plot_path(path_of_sizes(sizes)).figure.axes
    for axis in axes:
        ticks = axis.get_xticks()
        low, high = axis.get_xlim()
        assert (ticks == ticks.round()).all() and ((low <= ticks) & (ticks <= high)).any()
        labels = [label.get_text() for label in axis.get_xticklabels()]
        assert len(set(labels)) == len(labels)


def circle(axes):
    return [line.get_xydata()[0].tolist() for one in axes for line in one.lines if line.get_label() == "chosen"]


def test_the_circle_is_around_the_network_that_was_taken():
    path = path_of_sizes(5)
    free, taken = path.choose(), path.choose(max_nonlinear=2)
    assert free.n_nonlinear != taken.n_nonlinear
    for one, axes in (
        (free, path.plot().figure.axes),
        (taken, replace(path, chosen=taken).plot().figure.axes),
        (free, replace(path, chosen=taken).plot(free).figure.axes),
    ):
        sizes = (one.n_nonlinear, one.n_rules, one.n_numbers)
        assert circle(axes) == [[size, one.validation_score] for size in sizes]
        # A circle is around a dot.
        for axis, size in zip(axes, sizes, strict=True):
            assert [size, one.validation_score] in axis.lines[1].get_xydata().tolist()


def test_new_axes_share_the_scores():
    first, second = several_of(None, 2, 4, 3)
    first.set_ylim(0, 7)
    assert isinstance(second, Axes) and np.isclose(second.get_ylim(), (0, 7)).all()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_notebook_shows_each_plot_once_with_and_without_pyplot():
    plot = "plot_removal([0, 1], [1, 0.9], [0.9, 0.8]"
    cells = [
        f"from prelu_rules.plotting.removal import plot_removal\n{plot})",
        f"{plot}).figure",
        "import matplotlib.pyplot as plt",
        f"{plot})",
        f"{plot}).figure",
        f"{plot}, ax=plt.subplots()[1])",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells])
    nbclient.NotebookClient(notebook, timeout=120).execute()
    pictures = [sum("image/png" in output.data for output in cell.outputs) for cell in notebook.cells]
    assert pictures == [1, 1, 0, 1, 1, 1]
