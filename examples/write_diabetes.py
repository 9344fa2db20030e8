"""Write scikit-learn's diabetes data (442 patients, in their own units) as two CSV files, for `make demo`.

`diabetes.csv` has the progression of the disease and ten measurements. `cholesterol.csv` has three of them: the ratio
of total to HDL cholesterol and the two numbers that it is the ratio of, a curve that rules can follow.
"""

import sys
from pathlib import Path

from sklearn.datasets import load_diabetes

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "demo")
folder.mkdir(parents=True, exist_ok=True)
patients = load_diabetes(as_frame=True, scaled=False).frame.rename(columns={"target": "progression"})
patients.to_csv(folder / "diabetes.csv", index=False)
cholesterol = patients[["s1", "s3", "s4"]].set_axis(["cholesterol", "hdl", "ratio"], axis="columns")
cholesterol.to_csv(folder / "cholesterol.csv", index=False)
