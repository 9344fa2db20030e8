"""What the paper shows of the published network: figure 1, its rules, and macros for the text."""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from tex import write_macros

from prelu_rules.experiments.layered_network import paper_network
from prelu_rules.experiments.reproduction import PRINTED_TWO_DECIMALS, figure2
from prelu_rules.experiments.toy import ADDITION, XOR
from prelu_rules.plotting.figure_file import save_figure
from prelu_rules.plotting.network import plot_network
from prelu_rules.tolerances import CUT, FORCE_SLEEPS_ABOVE, LINEAR_SLOPE, PRINTED_OUTPUT


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    network = paper_network()
    # As wide as the page, so that the slopes in the boxes are legible in print.
    drawing = Figure(figsize=(6.2, 6.4), layout="constrained")
    plot_network(
        network.kernels,
        network.biases,
        network.slopes,
        input_names=XOR.input_names,
        output_names=XOR.output_names,
        ax=drawing.add_subplot(),
    )
    save_figure(drawing, folder / "network.pdf")
    rules = figure2()
    rules.export("latex", folder / "rules.tex")
    rules.export("compact", folder / "compact.txt")
    deviation = np.abs(rules.predict(XOR.inputs) - network.predict(XOR.inputs)).max()
    write_macros(
        folder / "published.tex",
        {
            "publishedUnits": str(network.form.n_units),
            "publishedNonlinear": str(network.n_nonlinear()),
            "publishedRules": str(len(rules)),
            "publishedDeviation": f"{deviation:.4f}",
            "publishedTolerance": f"{100 * PRINTED_TWO_DECIMALS:.0f}",
            "inputs": str(len(XOR.inputs)),
            "linearSlope": f"{LINEAR_SLOPE}",
            "cutTolerance": f"10^{{{round(np.log10(CUT))}}}",
            "printedTolerance": f"{100 * PRINTED_OUTPUT:.0f}",
            "sleepsAbove": f"{FORCE_SLEEPS_ABOVE}",
            "xorFewest": str(XOR.fewest),
            "additionFewest": str(ADDITION.fewest),
        },
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
