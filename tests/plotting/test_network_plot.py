import matplotlib.pyplot as plt
import networks
import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from prelu_rules.errors import DataError, InvalidValueError, ShapeError
from prelu_rules.plotting.figure_file import save_figure
from prelu_rules.plotting.network import LINEAR, NEGATIVE, NONLINEAR, POSITIVE, plot_network


@pytest.mark.parametrize("widths", [(4, 5, 5, 3), (1, 1), (2, 30, 1)])
def test_a_line_per_weight_and_a_box_per_prelu(widths):
    kernels, biases, slopes = networks.random_layers(0, widths, slopes=(1.0, 0.5, 0.99951))
    axes = plot_network(kernels, biases, slopes)
    lines = [line for line in axes.collections if isinstance(line, LineCollection)]
    assert sum(len(c.get_segments()) for c in lines) == sum(k.size for k in kernels) + sum(b.size for b in biases)
    colours = [to_hex(colour) for c in lines for colour in c.get_colors()]
    weights = np.concatenate([a.ravel() for a in (*kernels, *biases)])
    assert colours.count(POSITIVE) == (weights > 0).sum()
    assert colours.count(NEGATIVE) == (weights < 0).sum()
    boxes = [to_hex(patch.get_edgecolor()) for patch in axes.patches if isinstance(patch, Rectangle)]
    flat = np.concatenate([*slopes, []])
    assert (boxes.count(LINEAR), boxes.count(NONLINEAR)) == ((flat > 0.9995).sum(), (flat <= 0.9995).sum())


def test_strength_is_the_size_of_the_weight():
    axes = plot_network([[[1.0], [-0.5], [0.0]]], [[0.25]], [])
    widths = {round(w, 6) for c in axes.collections for w in c.get_linewidths()}
    assert sorted(widths) == pytest.approx([0.4, 0.4 + 2.6 / 4, 0.4 + 2.6 / 2, 3.0])


def test_names_and_axes_are_the_callers():
    figure, ax = plt.subplots()
    assert plot_network([[[1.0]]], [[0.0]], [], input_names=["age"], output_names=["price"], ax=ax) is ax
    assert {"age", "price"} <= {text.get_text() for text in ax.texts}
    plt.close(figure)


def test_no_figure_is_kept_open():
    plot_network([[[1.0]]], [[0.0]], [])
    assert plt.get_fignums() == []


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_figures_are_written(tmp_path, suffix):
    figure = plot_network(*networks.random_layers(0, (2, 3, 1))).figure
    save_figure(figure, tmp_path / f"network.{suffix}")
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[suffix]
    assert (tmp_path / f"network.{suffix}").read_bytes().startswith(start)
    assert len(list(tmp_path.iterdir())) == 1


def test_bad_use_is_named(tmp_path):
    figure = plot_network([[[1.0]]], [[0.0]], []).figure
    with pytest.raises(InvalidValueError, match=r"its name must end in \.png, \.svg, \.pdf"):
        save_figure(figure, tmp_path / "network.bmp")
    with pytest.raises(DataError, match="cannot write"):
        save_figure(figure, tmp_path / "nowhere" / "network.png")
    with pytest.raises(ShapeError, match="2 names for 1 columns"):
        plot_network([[[1.0]]], [[0.0]], [], input_names=["a", "b"])
    with pytest.raises(ShapeError, match="0 biases"):
        plot_network([[[1.0]]], [], [])
