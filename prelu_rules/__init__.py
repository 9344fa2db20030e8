"""Train a PReLU network until it is a handful of linear rules, and read them.

The names below load on first use (PEP 562), so that importing the package needs neither TensorFlow nor Matplotlib.

Source of the method: E. P. Csirmaz, "Interpreting Neural Networks by Reducing Nonlinearities during Training".
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prelu_rules.columns.column import Column as Column
    from prelu_rules.columns.column import Feature as Feature
    from prelu_rules.columns.table_file import read_table as read_table
    from prelu_rules.columns.tables import TableLike as TableLike
    from prelu_rules.doctor.logits import with_logits as with_logits
    from prelu_rules.doctor.training_doctor import TrainingDoctor as TrainingDoctor
    from prelu_rules.domains.as_domain import DomainLike as DomainLike
    from prelu_rules.domains.box import Box as Box
    from prelu_rules.domains.polytope import Polytope as Polytope
    from prelu_rules.errors import BackendError as BackendError
    from prelu_rules.errors import CellTypeError as CellTypeError
    from prelu_rules.errors import DataError as DataError
    from prelu_rules.errors import FormatError as FormatError
    from prelu_rules.errors import InvalidValueError as InvalidValueError
    from prelu_rules.errors import LimitError as LimitError
    from prelu_rules.errors import OutlierWarning as OutlierWarning
    from prelu_rules.errors import OutsideDomainError as OutsideDomainError
    from prelu_rules.errors import PReLURulesError as PReLURulesError
    from prelu_rules.errors import RoundingError as RoundingError
    from prelu_rules.errors import RuleIndexError as RuleIndexError
    from prelu_rules.errors import ShapeError as ShapeError
    from prelu_rules.errors import ShortPathWarning as ShortPathWarning
    from prelu_rules.errors import SolverError as SolverError
    from prelu_rules.errors import TooManyUnitsError as TooManyUnitsError
    from prelu_rules.errors import TrainingError as TrainingError
    from prelu_rules.errors import UnsupportedModelError as UnsupportedModelError
    from prelu_rules.estimators.classifier import PReLURuleClassifier as PReLURuleClassifier
    from prelu_rules.estimators.fit import fit_rules as fit_rules
    from prelu_rules.estimators.fitted_rules import FittedRules as FittedRules
    from prelu_rules.estimators.regressor import PReLURuleRegressor as PReLURuleRegressor
    from prelu_rules.export.json import read_rules as read_rules
    from prelu_rules.extraction import collapse as collapse
    from prelu_rules.extraction import extract as extract
    from prelu_rules.finetuning.finetune import finetune as finetune
    from prelu_rules.finetuning.path import FinetunePath as FinetunePath
    from prelu_rules.finetuning.rounds import FinetuneSettings as FinetuneSettings
    from prelu_rules.geometry.comparison.compare import compare_networks as compare_networks
    from prelu_rules.geometry.comparison.network_comparison import NetworkComparison as NetworkComparison
    from prelu_rules.geometry.region import Region as Region
    from prelu_rules.geometry.regions import RegionStream as RegionStream
    from prelu_rules.geometry.regions import linear_regions as linear_regions
    from prelu_rules.losses.loss import Loss as Loss
    from prelu_rules.network.affine import AffineMap as AffineMap
    from prelu_rules.network.normal_form import NormalForm as NormalForm
    from prelu_rules.network.reading import NetworkLike as NetworkLike
    from prelu_rules.network.reading import ReadNetwork as ReadNetwork
    from prelu_rules.network.reading import read_network as read_network
    from prelu_rules.network.reading import read_with_link as read_with_link
    from prelu_rules.plotting.network import plot_network as plot_network
    from prelu_rules.plotting.regions import plot_regions as plot_regions
    from prelu_rules.population.settings import PopulationSettings as PopulationSettings
    from prelu_rules.refine.path import PathPoint as PathPoint
    from prelu_rules.refine.path import RulePath as RulePath
    from prelu_rules.rules.certificate import Certificate as Certificate
    from prelu_rules.rules.on_demand import RulesOnDemand as RulesOnDemand
    from prelu_rules.rules.replacement import Replacement as Replacement
    from prelu_rules.rules.replacement import linear_replacement as linear_replacement
    from prelu_rules.rules.rule import Condition as Condition
    from prelu_rules.rules.rule import Rule as Rule
    from prelu_rules.rules.rule_system import RuleSystem as RuleSystem
    from prelu_rules.search.path import train_path as train_path
    from prelu_rules.search.settings import PathSettings as PathSettings
    from prelu_rules.training.conversion import with_prelus as with_prelus
    from prelu_rules.training.force import IdentityForce as IdentityForce
    from prelu_rules.training.prelu import PReLU as PReLU
    from prelu_rules.training.stable_loss import StableSoftmaxCrossentropy as StableSoftmaxCrossentropy

    __version__: str

_HOME = {
    "AffineMap": "network.affine",
    "BackendError": "errors",
    "Box": "domains.box",
    "CellTypeError": "errors",
    "Certificate": "rules.certificate",
    "Column": "columns.column",
    "Condition": "rules.rule",
    "DataError": "errors",
    "DomainLike": "domains.as_domain",
    "Feature": "columns.column",
    "FinetunePath": "finetuning.path",
    "FinetuneSettings": "finetuning.rounds",
    "FittedRules": "estimators.fitted_rules",
    "FormatError": "errors",
    "IdentityForce": "training.force",
    "InvalidValueError": "errors",
    "LimitError": "errors",
    "Loss": "losses.loss",
    "NetworkLike": "network.reading",
    "NetworkComparison": "geometry.comparison.network_comparison",
    "NormalForm": "network.normal_form",
    "OutlierWarning": "errors",
    "OutsideDomainError": "errors",
    "PReLU": "training.prelu",
    "PReLURuleClassifier": "estimators.classifier",
    "PReLURuleRegressor": "estimators.regressor",
    "PReLURulesError": "errors",
    "PathPoint": "refine.path",
    "PathSettings": "search.settings",
    "Polytope": "domains.polytope",
    "PopulationSettings": "population.settings",
    "Region": "geometry.region",
    "RegionStream": "geometry.regions",
    "Replacement": "rules.replacement",
    "RoundingError": "errors",
    "Rule": "rules.rule",
    "RuleIndexError": "errors",
    "RulePath": "refine.path",
    "RuleSystem": "rules.rule_system",
    "RulesOnDemand": "rules.on_demand",
    "ShapeError": "errors",
    "ShortPathWarning": "errors",
    "SolverError": "errors",
    "StableSoftmaxCrossentropy": "training.stable_loss",
    "TableLike": "columns.tables",
    "TooManyUnitsError": "errors",
    "TrainingDoctor": "doctor.training_doctor",
    "TrainingError": "errors",
    "UnsupportedModelError": "errors",
    "collapse": "extraction",
    "compare_networks": "geometry.comparison.compare",
    "extract": "extraction",
    "finetune": "finetuning.finetune",
    "fit_rules": "estimators.fit",
    "linear_regions": "geometry.regions",
    "linear_replacement": "rules.replacement",
    "plot_network": "plotting.network",
    "plot_regions": "plotting.regions",
    "read_network": "network.reading",
    "read_with_link": "network.reading",
    "ReadNetwork": "network.reading",
    "read_rules": "export.json",
    "read_table": "columns.table_file",
    "train_path": "search.path",
    "with_logits": "doctor.logits",
    "with_prelus": "training.conversion",
}

__all__ = sorted([*_HOME, "__version__"])


def __getattr__(name: str) -> object:
    if name == "__version__":
        # Looked up on demand, since it takes longer than the rest of the import.
        from importlib.metadata import version

        return version("prelu-rules")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


# Someone who has imported Keras may load a saved model next, and Keras finds only registered classes.
if sys.modules.get("keras") is not None:
    from prelu_rules.errors import BackendError as _BackendError

    # On another backend than TensorFlow there is nothing to register; the core needs no Keras.
    with suppress(_BackendError):
        import_module("prelu_rules.training.prelu")
        import_module("prelu_rules.training.stable_loss")
