"""Prints the lowest versions that a pyproject.toml allows, as constraints for pip; `make lowest` tests them."""

import re
import sys
import tomllib
from itertools import chain
from pathlib import Path


def lowest_versions(pyproject):
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    requirements = chain(project["dependencies"], *project["optional-dependencies"].values())
    bounds = [re.fullmatch(r"([\w-]+)>=([\w.]+)", requirement) for requirement in requirements]
    return [f"{bound[1]}=={bound[2]}" for bound in bounds if bound]


if __name__ == "__main__":
    print("\n".join(lowest_versions(Path(sys.argv[1]))))
