"""How long proofs take: rules against their network, and a linear rule against networks of many regions.

Run `python benchmarks/certificates.py`, or with `--large` for 10^5 regions, too. It prints CPU seconds, the pieces of
the overlay, and the bounds; what has to be compiled is compiled before the clock starts.
"""

import argparse
import time

import numpy as np
from reference_networks import reference_network

from prelu_rules.domains.box import Box
from prelu_rules.geometry.proofs.certified import highest
from prelu_rules.geometry.proofs.certified_patterns import CertifiedNetwork
from prelu_rules.geometry.proofs.certified_rows import Coordinates
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.certificate import certify
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem


def one_rule_per_region(form: NormalForm) -> RuleSystem:
    """The rules of a network on [-1, 1]^d, not merged, without conditions that follow from the others."""
    d = form.n_inputs
    box = Box(-np.ones(d), np.ones(d))
    whole = ExactCell.of_domain(box, d)
    assert whole is not None
    coordinates = Coordinates.of_cell(whole)
    assert coordinates is not None
    rules = []
    for piece in CertifiedNetwork(form, coordinates).pieces(coordinates.rows(np.empty((0, d + 1)))):
        z, y = form.affine_on(piece.known.signs)
        kept = list(range(len(piece.known.splits)))
        values, errors = piece.cell
        for k in range(len(kept)):
            rest = [j for j in kept if j != k]
            if highest(values[rest], errors[rest], len(rest), -values[k], errors[k], coordinates.reach) < 0:
                kept = rest
        units = [piece.known.splits[k] for k in kept]
        rules.append(Rule([Condition(z.coef[u], z.intercept[u], piece.known.signs[u]) for u in units], y))
    return RuleSystem(rules, [f"in{k + 1}" for k in range(d)], ["out1"], form=form, domain=box)


def linear_rule(dimension: int) -> RuleSystem:
    """One rule that always holds."""
    box = Box(-np.ones(dimension), np.ones(dimension))
    rule = Rule((), AffineMap(np.ones((1, dimension)), [0.5]))
    return RuleSystem([rule], [f"in{k + 1}" for k in range(dimension)], ["out1"], domain=box)


def report(name: str, rules: RuleSystem, form: NormalForm) -> None:
    """Certify, and print how long it took."""
    start = time.process_time()
    found = certify(rules, form, max_cells=10**6)
    seconds = time.process_time() - start
    proven = (
        f"covered {found.covered}, disjoint {found.disjoint}, differ by {found.lower[0]:.6g} to {found.upper[0]:.6g}"
    )
    print(f"{name:34} {len(rules):7} rules {found.n_cells:7} pieces {seconds:8.2f} CPU-s  {proven}", flush=True)


def main() -> None:
    """Print a line for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="10^5 regions, too")
    large = parser.parse_args().large
    report("compiling", one_rule_per_region(reference_network(2, (2, 2))), reference_network(2, (2, 2)))
    for d, widths in [(5, (8,)), (5, (5, 5)), (5, (6, 6)), (2, (32, 32)), (4, (20, 20)), *([(4, (30, 30))] * large)]:
        form = reference_network(d, widths)
        report(f"own rules, d{d} {'-'.join(map(str, widths))}", one_rule_per_region(form), form)
    form = reference_network(5, (5, 5)).exact()
    report("own rules in rationals, d5 5-5", one_rule_per_region(form), form)
    for d, widths in [(2, (32, 32)), (4, (20, 20)), *([(4, (30, 30))] * large)]:
        form = reference_network(d, widths)
        report(f"linear rule, d{d} {'-'.join(map(str, widths))}", linear_rule(d), form)


if __name__ == "__main__":
    main()
