"""How far two networks differ: the proven bound, the difference that is found, and the CPU-seconds that it takes.

    python benchmarks/compare.py                    # networks trained here, by seed, a few CPU-minutes
    python benchmarks/compare.py --quick            # a smoke test
    python benchmarks/compare.py a.onnx b.onnx      # two networks of one's own, of MatMul, Add and Relu

The networks have the shape of those of ACAS Xu, five inputs, six layers of 50 ReLU units and five outputs, and are
trained on a smooth function; they are compared on the box of property 1 of ACAS Xu (Katz et al. 2017, "Reluplex"). With
those networks and their truncated, retrained and student versions (Teuber et al. 2021, "Geometric path enumeration for
equivalence verification of neural networks"), which are not ours to distribute, use the third command.

- "16 bits": weights rounded to float16.
- "2 decimals": weights rounded to two decimals.
- "pruned": the smallest tenth of the weights of each layer set to 0.
- "retrained": trained further, to reproduce the network on the box.
- "student": a new network of two layers of 100, trained to reproduce it on the box.

For each pair, with at most 30,000 boxes: the bound of the whole box at once, the proven bound, the largest difference
that is proven to be attained, and the largest of 100,000 random inputs, each for the output with the largest bound; the
largest ratio of proven bound and attained difference of any output; the boxes, and CPU-seconds with compiled code.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from prelu_rules.domains.box import Box
from prelu_rules.geometry.comparison.compare import compare_networks
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.values import FloatArray

PROPERTY_1 = Box([0.6, -0.5, -0.5, 0.45, -0.5], [0.679857769, 0.5, 0.5, 0.5, -0.45])
EVERYWHERE = Box(np.full(5, -0.7), np.full(5, 0.7))
N_SAMPLES = 100_000


class Layers(NamedTuple):
    """The weights of a ReLU network."""

    kernels: list[FloatArray]
    biases: list[FloatArray]

    def form(self) -> NormalForm:
        """The normal form."""
        return NormalForm.from_layers(self.kernels, self.biases, [np.zeros(len(bias)) for bias in self.biases[:-1]])


Target = Callable[[FloatArray], FloatArray]


def smooth(x: FloatArray) -> FloatArray:
    """Five smooth functions of five inputs."""
    waves = [np.sin((k + 2) * x[:, k] + x[:, (k + 1) % 5]) for k in range(5)]
    return np.stack([wave + 0.5 * x[:, k - 1] * x[:, k - 2] for k, wave in enumerate(waves)], axis=1)


def started(widths: Sequence[int], rng: np.random.Generator) -> Layers:
    """A network before training (He et al. 2015)."""
    kernels = [rng.normal(size=shape) * np.sqrt(2 / shape[0]) for shape in pairwise(widths)]
    return Layers(kernels, [np.zeros(width) for width in widths[1:]])


def trained(layers: Layers, target: Target, domain: Box, n_steps: int, rng: np.random.Generator) -> Layers:
    """The network after steps of Adam with mean squared error (Kingma and Ba 2015), at a rate that falls to 0."""
    weights = [array.copy() for array in (*layers.kernels, *layers.biases)]
    n = len(layers.kernels)
    first, second = ([np.zeros_like(array) for array in weights] for _ in range(2))
    for step in range(1, n_steps + 1):
        x = rng.uniform(domain.lower, domain.upper, (256, domain.n_inputs))
        values = [x]
        for k in range(n):
            z = values[-1] @ weights[k] + weights[n + k]
            values.append(np.maximum(z, 0) if k < n - 1 else z)
        change = 2 * (values[-1] - target(x)) / len(x)
        for k in reversed(range(n)):
            gradients = {k: values[k].T @ change, n + k: change.sum(axis=0)}
            change = (change @ weights[k].T) * (values[k] > 0)
            for place, gradient in gradients.items():
                first[place] = 0.9 * first[place] + 0.1 * gradient
                second[place] = 0.999 * second[place] + 0.001 * gradient**2
                size = np.sqrt(second[place] / (1 - 0.999**step)) + 1e-8
                rate = 2e-3 * (1 - step / n_steps)
                weights[place] = weights[place] - rate * first[place] / (1 - 0.9**step) / size
    return Layers(weights[:n], weights[n:])


def pruned(kernel: FloatArray) -> FloatArray:
    """A kernel without its smallest tenth."""
    return np.where(np.abs(kernel) < np.quantile(np.abs(kernel), 0.1), 0.0, kernel)


def stand_ins(n_steps: int) -> Iterator[tuple[str, NormalForm, NormalForm]]:
    """Pairs of networks: one, and a version of it."""
    rng = np.random.default_rng(0)
    layers = trained(started([5, *[50] * 6, 5], rng), smooth, EVERYWHERE, n_steps, rng)
    form = layers.form()
    changes: dict[str, Callable[[FloatArray], FloatArray]] = {
        "16 bits": lambda kernel: kernel.astype(np.float16).astype(np.float64),
        "2 decimals": lambda kernel: np.round(kernel, 2),
        "pruned": pruned,
    }
    for name, change in changes.items():
        yield name, form, Layers([change(kernel) for kernel in layers.kernels], layers.biases).form()
    # A first step that forgets a little, as another run of the training does.
    noisy = Layers([kernel * (1 + 0.05 * rng.normal(size=kernel.shape)) for kernel in layers.kernels], layers.biases)
    yield "retrained", form, trained(noisy, form.predict, PROPERTY_1, n_steps, rng).form()
    yield "student", form, trained(started([5, 100, 100, 5], rng), form.predict, PROPERTY_1, n_steps, rng).form()


def from_onnx(path: str) -> NormalForm:
    """A chain of MatMul, Add and Relu, as the public ACAS Xu files are."""
    import onnx

    graph = onnx.load(path).graph
    arrays = {array.name: onnx.numpy_helper.to_array(array).astype(np.float64) for array in graph.initializer}
    kernels, biases = [], []
    for node in graph.node:
        known = [(place, arrays[name]) for place, name in enumerate(node.input) if name in arrays]
        if node.op_type == "MatMul":
            ((place, kernel),) = known
            kernels.append(kernel if place == 1 else kernel.T)
        elif node.op_type == "Add":
            biases.append(known[0][1].ravel())
        elif node.op_type not in ("Relu", "Flatten") and (node.op_type != "Sub" or known[0][1].any()):
            raise SystemExit(f"{path} holds {node.op_type}; give a chain of MatMul, Add and Relu.")
    return Layers(kernels, biases).form()


def main() -> None:
    """Compare the pairs, a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", help="two .onnx files")
    parser.add_argument("--quick", action="store_true", help="short training, few boxes")
    given = parser.parse_args()
    if len(given.networks) not in (0, 2):
        parser.error("give two networks, or none.")
    pairs = (
        [(given.networks[1], *map(from_onnx, given.networks))]
        if given.networks
        else stand_ins(20 if given.quick else 3000)
    )
    rows = np.random.default_rng(1).uniform(PROPERTY_1.lower, PROPERTY_1.upper, (N_SAMPLES, 5))
    print(
        f"{'version':12} {'at once':>9} {'proven':>9} {'attained':>9} {'sampled':>9} "
        f"{'ratio':>6} {'boxes':>7} {'CPU-s':>6}"
    )
    for name, form, other in pairs:
        at_once = compare_networks(form, other, PROPERTY_1, max_pieces=1)
        start = time.process_time()
        found = compare_networks(form, other, PROPERTY_1, max_pieces=20 if given.quick else 30_000)
        seconds = time.process_time() - start
        k = int(found.upper.argmax())
        sampled = np.abs(form.predict(rows) - other.predict(rows))[:, k].max()
        ratio = (found.upper / np.maximum(found.lower, 1e-300)).max()
        print(
            f"{name[-12:]:12} {at_once.upper[k]:9.3g} {found.upper[k]:9.3g} {found.lower[k]:9.3g} {sampled:9.3g} "
            f"{ratio:6.3g} {found.n_pieces:7d} {seconds:6.1f}{'' if found.complete else '  not complete'}",
            flush=True,
        )


if __name__ == "__main__":
    main()
