"""The training doctor: notices when training goes wrong, and says why and what to do. Needs Keras.

    doctor = TrainingDoctor()
    model.fit(x, y, callbacks=[doctor])
    print(doctor.report())

Source of the remedies: E. P. Csirmaz, "Decreasing accuracy in neural nets during training - things to try".
"""

import prelu_rules.training  # noqa: F401
from prelu_rules.doctor.easy_data import EasyData, easy_data_check
from prelu_rules.doctor.examination import KINDS
from prelu_rules.doctor.finding import Finding, Remedy
from prelu_rules.doctor.logits import with_logits
from prelu_rules.doctor.report import Report
from prelu_rules.doctor.single import check
from prelu_rules.doctor.training_doctor import TrainingDoctor, TrainingWarning

__all__ = [
    "KINDS",
    "EasyData",
    "Finding",
    "Remedy",
    "Report",
    "TrainingDoctor",
    "TrainingWarning",
    "check",
    "easy_data_check",
    "with_logits",
]
