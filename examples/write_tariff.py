"""Write an invented table of electricity bills as a CSV file, for `make demo`: numbers, a category, and missing values.

The price follows a tariff that the rules should recover: 10 plus 0.10 per kWh, 0.25 above 200 kWh and 0.45 above 400,
15 less for farms, and 5 if the age of the meter is unknown, otherwise 0.05 for each year.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "demo")
folder.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(0)
n = 600
kwh = rng.integers(0, 600, n)
kind = rng.choice(["business", "farm", "household"], n)
age = pd.array(rng.integers(1, 60, n), dtype="Int64")
age[rng.random(n) < 0.15] = pd.NA
price = 10 + 0.10 * kwh + 0.15 * np.maximum(0, kwh - 200) + 0.20 * np.maximum(0, kwh - 400)
price += -15.0 * (kind == "farm") + np.where(age.isna(), 5.0, 0.05 * age.fillna(0).astype(float))
table = pd.DataFrame({"kwh": kwh, "kind": kind, "age": age, "price": (price + rng.normal(0, 0.5, n)).round(2)})
table.to_csv(folder / "tariff.csv", index=False)
