"""Settings that all tests share."""

import hashlib
import os
from pathlib import Path

import matplotlib
from hypothesis import settings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
matplotlib.use("agg")
# Numba compiles anew when the file of a function changes, but not when one that it calls does, in another file.
ROOT = Path(__file__).parent.parent
files = [path.read_bytes() for path in sorted((ROOT / "prelu_rules").rglob("*.py"))]
sources = b"".join(file for file in files if b"compiled" in file)
os.environ["NUMBA_CACHE_DIR"] = str(ROOT / ".pytest_cache" / "numba" / hashlib.sha256(sources).hexdigest()[:16])
settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=40)
settings.load_profile("repeatable")
