"""`.keras` files of unknown origin: only the package's errors come out, and nothing takes long or much."""

import io
import json
import random
import resource
import time
import zipfile

import h5py
import keras
import mutations
import numpy as np
import pytest

import prelu_rules as pr
from prelu_rules.errors import FormatError, LimitError, PReLURulesError
from prelu_rules.readers import keras_file

N_MUTATIONS = 200


@pytest.fixture(scope="module")
def valid(tmp_path_factory):
    """The bytes of a file."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((3,)), layers.Dense(4), layers.BatchNormalization(), pr.PReLU(), layers.Dense(2), layers.Softmax()]
    )
    path = tmp_path_factory.mktemp("valid") / "model.keras"
    model.save(path)
    return path.read_bytes()


def parts_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts, method=zipfile.ZIP_STORED):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return data.getvalue()


def damaged(valid, draw):
    """The file with changes to its bytes, to a part, or to which parts there are."""
    action = draw.randrange(4)
    if action == 0:
        return mutations.changed_bytes(valid, draw)
    parts = parts_of(valid)
    if action == 1:
        parts["config.json"] = mutations.changed_values(json.loads(parts["config.json"]), draw).encode()
        return zipped(parts)
    name = draw.choice(list(parts))
    if action == 2:
        parts[name] = mutations.changed_bytes(parts[name], draw)
    else:
        content = parts.pop(name)
        parts = draw.choice([parts, {**parts, f"../{name}": content}, {**parts, name: b""}])
    return zipped(parts, draw.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA]))


def stands(path, data):
    """Whether a file is read."""
    path.write_bytes(data)
    start = time.process_time()
    try:
        pr.read_network(path)
    except PReLURulesError as problem:
        assert len(str(problem)) < 1000 and "\n" not in str(problem)
        return False
    finally:
        assert time.process_time() - start < 5
    return True


def test_damaged_files_are_read_or_refused(tmp_path, valid):
    assert stands(tmp_path / "model.keras", valid)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read = [stands(tmp_path / "model.keras", damaged(valid, random.Random(seed))) for seed in range(N_MUTATIONS)]
    assert 0 < sum(read) < N_MUTATIONS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_000_000


def refused(tmp_path, data, error, message):
    """A file is refused in time, and without taking the memory that it asks for."""
    (tmp_path / "model.keras").write_bytes(data)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(error, match=message):
        pr.read_network(tmp_path / "model.keras")
    assert time.process_time() - start < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_000_000


@pytest.mark.parametrize("name", ["model.weights.h5", "assets/words.txt"])
def test_a_part_that_unpacks_to_gigabytes_is_refused(tmp_path, valid, name):
    parts = parts_of(valid)
    with zipfile.ZipFile(tmp_path / "model.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        for other in parts:
            if other != name:
                archive.writestr(other, parts[other])
        with archive.open(name, "w", force_zip64=True) as part:
            for _ in range(400):
                part.write(b"\0" * 1_000_000)
    data = (tmp_path / "model.keras").read_bytes()
    assert len(data) < 1_000_000
    refused(tmp_path, data, FormatError, r"model\.keras unpacks to 4\d{8} bytes; if you trust it, load it with keras")


def test_a_description_of_megabytes_is_refused(tmp_path, valid):
    parts = parts_of(valid)
    parts["config.json"] = parts["config.json"] + b" " * 2_000_000
    refused(tmp_path, zipped(parts), FormatError, r"describes its layers in 2\d{6} bytes; at most 1000000 are read")


def test_many_parts_are_refused(tmp_path, valid):
    parts = parts_of(valid) | {f"assets/{number}": b"" for number in range(2000)}
    refused(tmp_path, zipped(parts), FormatError, "has 2003 parts")


def test_a_large_file_is_refused(tmp_path, valid, monkeypatch):
    monkeypatch.setattr(keras_file, "MAX_UNPACKED", 1000)
    refused(tmp_path, valid, FormatError, "has more than 1000 bytes; if you trust it")


@pytest.mark.parametrize("units", [10**9, 10**30])
def test_weights_are_counted_before_they_are_made(tmp_path, valid, units):
    parts = parts_of(valid)
    parts["config.json"] = parts["config.json"].replace(b'"units": 4', b'"units": %d' % units)
    refused(tmp_path, zipped(parts), FormatError, r"model\.keras declares [3-4]\d+ weights; if you trust it")


def test_arrays_are_measured_before_they_are_read(tmp_path, valid):
    """One that was never written takes no byte in the file."""
    parts = parts_of(valid)
    weights = io.BytesIO(parts["model.weights.h5"])
    with h5py.File(weights, "a") as file:
        del file["layers/dense/vars/0"]
        file.create_dataset("layers/dense/vars/0", (10**6, 10**6), "float32", chunks=True)
    parts["model.weights.h5"] = weights.getvalue()
    refused(tmp_path, zipped(parts), FormatError, "declares arrays of more than 256000000 bytes")


def test_arrays_in_other_files_are_refused(tmp_path, valid):
    parts = parts_of(valid)
    weights = io.BytesIO(parts["model.weights.h5"])
    with h5py.File(weights, "a") as file:
        del file["layers/dense/vars/0"]
        file.create_dataset("layers/dense/vars/0", (3, 4), "float32", external=[("/etc/hostname", 0, 48)])
    parts["model.weights.h5"] = weights.getvalue()
    refused(tmp_path, zipped(parts), FormatError, "has its array 'layers/dense/vars/0' in another file")


def test_a_form_is_measured_before_it_is_made(tmp_path):
    """A network without weights may have any number of inputs."""
    keras.Sequential([keras.Input((100_000,)), keras.layers.ReLU()]).save(tmp_path / "wide.keras")
    refused(
        tmp_path, (tmp_path / "wide.keras").read_bytes(), LimitError, "has 100000 inputs and more than 99999 values"
    )


def test_who_trusts_a_model_may_read_it(tmp_path, valid, monkeypatch):
    monkeypatch.setattr("prelu_rules.readers.keras.LARGEST_FORM", 10)
    (tmp_path / "model.keras").write_bytes(valid)
    with pytest.raises(LimitError, match="give the model, if there is memory for that"):
        pr.read_network(tmp_path / "model.keras")
    model = keras.saving.load_model(tmp_path / "model.keras")
    assert np.isfinite(pr.read_network(model).predict(np.ones((1, 3)))).all()
