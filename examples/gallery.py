"""Write `docs/gallery.md`: how the rules of ten tables print.

python examples/gallery.py [docs/gallery.md]
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes, load_iris, make_friedman1

import prelu_rules as pr
from prelu_rules.experiments.reproduction import figure2, reproduce
from prelu_rules.experiments.toy import ADDITION, XOR

NUMBER = re.compile(r"(?<![A-Za-z_\d.])\d+(?:\.\d+)?(?:e-?\d+)?")

TABLES: dict[str, tuple[str, Callable[[], pr.RuleSystem]]] = {}


def table(title: str, about: str) -> Callable[[Callable[[], pr.RuleSystem]], Callable[[], pr.RuleSystem]]:
    """Add a table to the gallery."""

    def add(rules: Callable[[], pr.RuleSystem]) -> Callable[[], pr.RuleSystem]:
        TABLES[title] = about, rules
        return rules

    return add


@table("Diabetes", "The progression of the disease in 442 patients, by ten measurements.")
def _diabetes() -> pr.RuleSystem:
    patients = load_diabetes(as_frame=True, scaled=False).frame.rename(columns={"target": "progression"})
    return pr.fit_rules(patients, target="progression", max_nonlinear=1).rules


@table("Electricity bills", "The table of `make demo`: numbers, a category, and gaps.")
def _bills() -> pr.RuleSystem:
    rng = np.random.default_rng(0)
    n = 600
    kwh, kind = rng.integers(0, 600, n), rng.choice(["business", "farm", "household"], n)
    age = pd.array(rng.integers(1, 60, n), dtype="Int64")
    age[rng.random(n) < 0.15] = pd.NA
    price = 10 + 0.10 * kwh + 0.15 * np.maximum(0, kwh - 200) + 0.20 * np.maximum(0, kwh - 400)
    price += -15.0 * (kind == "farm") + np.where(age.isna(), 5.0, 0.05 * age.fillna(0).astype(float))
    data = pd.DataFrame({"kwh": kwh, "kind": kind, "age": age, "price": (price + rng.normal(0, 0.5, n)).round(2)})
    return pr.fit_rules(data, target="price").rules


@table(
    "A tariff with discounts", "A network made by hand: 20% off for farms, and from 300 kWh on for all others as well."
)
def _discounts() -> pr.RuleSystem:
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"kwh": rng.integers(0, 600, 300), "kind": rng.choice(["business", "farm", "household"], 300)})
    columns = [pr.Column("kwh"), pr.Column("kind", "category", ("business", "farm", "household"))]
    # Of a farm the first unit is kwh, of others 0; the second is what others use above 300.
    form = pr.NormalForm(
        A=[[1, 0, 600, 0], [1, 0, -300, 0]],
        B=np.zeros((2, 2)),
        b=[-600, -300],
        C=[[0.1, 0, 0, 0]],
        D=[[-0.02, -0.02]],
        e=[10],
        slopes=[0, 0],
    )
    return pr.extract(form, data, columns=columns, output_names=["price"])


@table("Iris", "Three classes of flowers, by four measurements.")
def _iris() -> pr.RuleSystem:
    flowers = load_iris(as_frame=True)
    names = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    data = flowers.frame.set_axis([*names, "species"], axis="columns")
    data["species"] = flowers.target_names[data["species"]]
    return pr.fit_rules(data, target="species").rules


@table("Figure 2", "The network that the paper trained and printed.")
def _paper() -> pr.RuleSystem:
    return figure2()


@table("xor", "The paper's first toy task: two exclusive ors and an and.")
def _xor() -> pr.RuleSystem:
    rules = reproduce(XOR, 0).rules
    assert rules is not None
    return rules


@table("addition", "The paper's second toy task: the three bits of the sum of two numbers of two bits.")
def _addition() -> pr.RuleSystem:
    rules = reproduce(ADDITION, 0).rules
    assert rules is not None
    return rules


def _friedman1() -> pd.DataFrame:
    x, y = make_friedman1(n_samples=2000, noise=1.0, random_state=0)
    return pd.DataFrame(x, columns=[f"x{k}" for k in range(10)]).assign(y=y)


@table("friedman1 with at most 4 rules", "Ten columns, of which five matter; 2,000 rows.")
def _friedman1_with_4() -> pr.RuleSystem:
    return pr.fit_rules(_friedman1(), target="y", max_rules=4).rules


@table("friedman1 with at most 12 rules", "The same with more rules.")
def _friedman1_with_12() -> pr.RuleSystem:
    return pr.fit_rules(_friedman1(), target="y", max_rules=12).rules


@table("Ten regions", "Rents of made-up flats: a category of ten levels, of which some have the same effect.")
def _regions() -> pr.RuleSystem:
    rng = np.random.default_rng(2)
    n = 1000
    region = rng.choice([f"region {letter}" for letter in "abcdefghij"], n)
    area, floor = rng.integers(25, 140, n), rng.integers(0, 9, n)
    dear = np.isin(region, ["region a", "region c", "region h"])
    rent = 200 + 9.0 * area + 120 * dear + 5 * np.maximum(0, area - 80) - 60 * (region == "region e") + 10 * floor
    data = pd.DataFrame({"area": area, "region": region, "floor": floor, "rent": (rent + rng.normal(0, 20, n)).round()})
    return pr.fit_rules(data, target="rent").rules


def _size_of(text: str) -> str:
    """How long a print is."""
    return f"{len(text):,} characters, {len(NUMBER.findall(text)):,} numbers"


def main() -> None:
    """Write the gallery."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/gallery.md")
    parts = [
        "# Gallery",
        "How `print(rules)` reads for ten tables; `python examples/gallery.py` writes this page. Last digits may\n"
        "differ between processors.",
    ]
    for title, (about, rules) in TABLES.items():
        text = str(rules()).rstrip()
        print(f"{title}: {_size_of(text)}")
        parts += [f"## {title}", about, f"```\n{text}\n```", f"({_size_of(text)})"]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
