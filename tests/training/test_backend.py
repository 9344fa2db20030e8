import json
import sys

import keras
import pytest

from prelu_rules.errors import BackendError
from prelu_rules.training.backend import require_tensorflow


@pytest.fixture
def unloaded(monkeypatch, tmp_path):
    """As in a program that has not imported Keras, with a home of its own."""
    monkeypatch.delitem(sys.modules, "keras")
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return tmp_path


def test_tensorflow_passes(unloaded, monkeypatch):
    require_tensorflow()
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    require_tensorflow()
    (unloaded / "keras.json").write_text(json.dumps({"backend": "torch"}))
    require_tensorflow()


def test_the_environment_is_named(unloaded, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with pytest.raises(BackendError, match=r"Keras runs on 'jax' \(KERAS_BACKEND says so\)"):
        require_tensorflow()


def test_the_file_is_named(unloaded, monkeypatch):
    (unloaded / "keras.json").write_text(json.dumps({"backend": "torch"}))
    with pytest.raises(BackendError, match=r"Keras runs on 'torch' \(keras.json says so\)"):
        require_tensorflow()


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"floatx": "float64"}'])
def test_a_file_that_says_nothing_passes(unloaded, text):
    (unloaded / "keras.json").write_text(text)
    require_tensorflow()


def test_what_is_imported_counts(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    require_tensorflow()
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    with pytest.raises(BackendError, match=r"Keras runs on 'jax' \(it was imported with that\)"):
        require_tensorflow()


def test_tensorflow_needs_a_folder(monkeypatch):
    """Its import makes a name in it; later it needs none."""
    monkeypatch.setattr("tempfile.gettempdir", lambda: (_ for _ in ()).throw(FileNotFoundError()))
    require_tensorflow()
    monkeypatch.delitem(sys.modules, "tensorflow")
    with pytest.raises(BackendError, match="needs a folder for temporary files, and there is none; set TMPDIR"):
        require_tensorflow()
