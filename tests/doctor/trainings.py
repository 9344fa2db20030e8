"""Trainings that go well, and trainings with a fault planted in each; small enough to run in a second or so."""

import keras
import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine, make_moons

import prelu_rules as pr

LOGITS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def standardised(x):
    deviation = x.std(axis=0)
    return ((x - x.mean(axis=0)) / np.where(deviation == 0, 1, deviation)).astype("float32")


def digits():
    x, y = load_digits(return_X_y=True)
    return (x / 16).astype("float32"), y


def of(load):
    x, y = load(return_X_y=True)
    return standardised(x), y


def moons():
    x, y = make_moons(400, noise=0.15, random_state=0)
    return x.astype("float32"), y


def diabetes():
    x, y = load_diabetes(return_X_y=True)
    return standardised(x), ((y - y.mean()) / y.std()).astype("float32")


def network(n_inputs, hidden, n_outputs, activation="relu", last=None, **first):
    keras.utils.set_random_seed(0)
    layers = [keras.Input((n_inputs,))]
    for width in hidden:
        layers += [
            keras.layers.Dense(width, **first),
            activation() if callable(activation) else keras.layers.Activation(activation),
        ]
    return keras.Sequential([*layers, keras.layers.Dense(n_outputs, activation=last)])


def one_hot(y):
    return np.eye(y.max() + 1, dtype="float32")[y]


def digits_logits():
    x, y = digits()
    model = network(64, [64], 10)
    model.compile(keras.optimizers.Adam(3e-3), LOGITS, metrics=["accuracy"])
    return model, {"x": x, "y": y, "epochs": 8, "batch_size": 64}


def digits_softmax_batch_norm():
    x, y = digits()
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(64), keras.layers.BatchNormalization(), keras.layers.ReLU(), keras.layers.Dropout(0.2)]
    model = keras.Sequential([keras.Input((64,)), *layers, keras.layers.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model, {"x": x, "y": y, "epochs": 8, "batch_size": 32}


def wine_adam():
    x, y = of(load_wine)
    model = network(13, [16, 16], 3, "tanh", "softmax")
    model.compile(keras.optimizers.Adam(1e-2), "categorical_crossentropy")
    return model, {"x": x, "y": one_hot(y), "epochs": 15}


def iris_sgd():
    x, y = of(load_iris)
    model = network(4, [16], 3, pr.PReLU)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), LOGITS)
    return model, {"x": x, "y": y, "epochs": 30, "batch_size": 32}


def iris_long():
    """So long that all probabilities are rounded to 1, and rightly."""
    x, y = of(load_iris)
    model = network(4, [32, 32], 3, "relu", "softmax")
    model.compile(keras.optimizers.Adam(3e-2), "sparse_categorical_crossentropy")
    return model, {"x": x, "y": y, "epochs": 50, "batch_size": 150}


def cancer_sigmoid():
    x, y = of(load_breast_cancer)
    model = network(30, [16], 1, "relu", "sigmoid")
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model, {"x": x, "y": y, "epochs": 15}


def cancer_weighted():
    x, y = of(load_breast_cancer)
    model = network(30, [16], 1, "elu")
    model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    return model, {"x": x, "y": y, "sample_weight": np.where(y == 0, 1.7, 1.0), "epochs": 20}


def moons_force():
    x, y = moons()
    model = network(2, [16, 16], 2, pr.PReLU)
    model.compile(keras.optimizers.Adam(1e-2), LOGITS)
    return model, {"x": x, "y": y, "epochs": 20, "callbacks": [pr.IdentityForce(rate=5e-4)]}


def diabetes_regressor():
    x, y = diabetes()
    model = network(10, [16], 1)
    model.compile("adam", "mse")
    return model, {"x": x, "y": y, "epochs": 15}


def diabetes_raw():
    """Targets as they are, 25 to 346."""
    x, y = of(load_diabetes)
    model = network(10, [16], 1, pr.PReLU)
    model.compile(keras.optimizers.Adam(1e-2), "mae")
    return model, {"x": x, "y": y, "epochs": 20}


def warm_up():
    """The rate of the first epoch is 0."""
    model, arguments = digits_logits()
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch: 1e-3 * epoch)
    return model, {**arguments, "callbacks": [schedule]}


def transfer():
    """A frozen base, and a head that learns."""
    x, y = digits()
    model = network(64, [32], 10)
    model.layers[0].trainable = False
    model.compile(keras.optimizers.Adam(3e-3), LOGITS)
    return model, {"x": x, "y": y, "epochs": 6}


def shares_sigmoid():
    """Targets that fill the range of a sigmoid, its limits included."""
    x, y = diabetes()
    model = network(10, [16], 1, "relu", "sigmoid")
    model.compile(keras.optimizers.Adam(1e-2), "mse")
    return model, {"x": x, "y": (y - y.min()) / np.ptp(y), "epochs": 15}


def smoothed():
    x, y = of(load_wine)
    model = network(13, [16], 3)
    model.compile(keras.optimizers.Adam(1e-2), keras.losses.CategoricalCrossentropy(True, label_smoothing=0.1))
    return model, {"x": x, "y": one_hot(y), "epochs": 15}


def positive_relu():
    """Targets that are not negative, but for two of them."""
    x, y = of(load_diabetes)
    target = (y / 100).astype("float32")
    target[:2] = -0.1
    model = network(10, [16], 1, "tanh", "softplus")
    model.compile(keras.optimizers.Adam(1e-2), "mse")
    return model, {"x": x, "y": target, "epochs": 15}


def accumulated():
    """Weights move at every fourth batch only."""
    x, y = of(load_wine)
    model = network(13, [16], 3, "relu", "softmax")
    model.compile(keras.optimizers.Adam(1e-2, gradient_accumulation_steps=4), "sparse_categorical_crossentropy")
    return model, {"x": x, "y": y, "epochs": 15}


HEALTHY = {
    training.__name__: training
    for training in (
        digits_logits,
        digits_softmax_batch_norm,
        wine_adam,
        iris_sgd,
        iris_long,
        cancer_sigmoid,
        cancer_weighted,
        moons_force,
        diabetes_regressor,
        diabetes_raw,
        warm_up,
        transfer,
        shares_sigmoid,
        smoothed,
        positive_relu,
        accumulated,
    )
}


@keras.saving.register_keras_serializable()
def clipped(y, probabilities):
    """Cross-entropy on probabilities, which does not go past the softmax to the logits."""
    true = keras.ops.take_along_axis(probabilities, keras.ops.cast(keras.ops.reshape(y, (-1, 1)), "int32"), axis=1)
    return -keras.ops.log(keras.ops.clip(true[:, 0], 1e-7, 1.0))


def fallen_to_chance():
    """A few epochs of the setting in which training falls to 1/N, then a step that is too long."""
    x, y = digits()
    model = network(64, [128, 128], 10, "leaky_relu", "softmax")
    model.compile(keras.optimizers.Adam(3e-3), clipped)

    def lengthen(epoch, logs):
        model.optimizer.learning_rate = 0.3 if epoch == 2 else 3e-3

    later = keras.callbacks.LambdaCallback(on_epoch_end=lengthen)
    return model, {"x": x, "y": y, "epochs": 6, "batch_size": 64, "callbacks": [later]}


def missing_value(activation="tanh"):
    x, y = digits()
    x = x.copy()
    x[700, 13] = np.nan
    model = network(64, [32], 10, activation)
    model.compile("adam", LOGITS)
    return model, {"x": x, "y": y, "epochs": 2, "batch_size": 64, "shuffle": False}


def log_of_zero():
    x, y = digits()
    model = network(64, [32], 10, "relu", "softmax")

    def unclipped(y, probabilities):
        return -keras.ops.log(keras.ops.sum(y * probabilities, axis=1) - 1e-2)

    model.compile(keras.optimizers.Adam(1e-2), unclipped)
    return model, {"x": x, "y": one_hot(y), "epochs": 3, "batch_size": 64}


def saturated():
    """Inputs a thousand times too large, and a loss without a gradient where it is clipped."""
    x, y = of(load_wine)
    model = network(13, [16], 3, "relu", "softmax")
    model.compile(keras.optimizers.SGD(1e-4), clipped)
    return model, {"x": 1e4 * x, "y": y, "epochs": 5}


def exploding():
    x, y = of(load_diabetes)
    model = network(10, [16, 16], 1)
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model, {"x": x, "y": y, "epochs": 2}


def oscillating():
    """Steps on absolute errors have one length, here one that jumps across the valley."""
    x, y = diabetes()
    model = network(10, [], 1)
    model.compile(keras.optimizers.SGD(1.5), "mae")
    return model, {"x": x, "y": y, "epochs": 16, "batch_size": 442}


def dead():
    x, y = of(load_wine)
    model = network(13, [16], 3, bias_initializer=keras.initializers.Constant(-100))
    model.compile("adam", LOGITS)
    return model, {"x": x, "y": y, "epochs": 3}


def constant():
    """A regulariser that is far too strong takes the weights to 0."""
    x, y = diabetes()
    keras.utils.set_random_seed(0)
    strong = keras.regularizers.L2(40.0)
    layers = [keras.layers.Dense(1, kernel_regularizer=strong) for _ in range(2)]
    model = keras.Sequential([keras.Input((10,)), *layers])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    return model, {"x": x, "y": y, "epochs": 16, "batch_size": 221}


def missing_class():
    """Labels 1 to 3, of a model with outputs for 0 to 3."""
    x, y = of(load_wine)
    model = network(13, [16], 4)
    model.compile("adam", LOGITS)
    return model, {"x": x, "y": y + 1, "epochs": 3}


def out_of_range():
    """Labels 1 and 2 for a sigmoid."""
    x, y = of(load_breast_cancer)
    model = network(30, [16], 1, "relu", "sigmoid")
    model.compile("adam", "binary_crossentropy")
    return model, {"x": x, "y": y + 1, "epochs": 3}


def strong_force():
    x, y = moons()
    model = network(2, [16, 16], 2, pr.PReLU)
    model.compile(keras.optimizers.Adam(1e-3), LOGITS)
    return model, {"x": x, "y": y, "epochs": 5, "callbacks": [pr.IdentityForce(rate=0.05)]}


def logits_for_probabilities():
    x, y = digits()
    model = network(64, [32], 10)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model, {"x": x, "y": y, "epochs": 2}


def logit_for_probability():
    x, y = of(load_breast_cancer)
    model = network(30, [16], 1)
    model.compile("adam", keras.losses.BinaryCrossentropy())
    return model, {"x": x, "y": y, "epochs": 3}


def sigmoids_for_classes():
    """Several yes or no, for a loss of one class."""
    x, y = of(load_wine)
    model = network(13, [16], 3, "relu", "sigmoid")
    model.compile("adam", keras.losses.CategoricalCrossentropy())
    return model, {"x": x, "y": one_hot(y), "epochs": 3}


def two_softmaxes():
    """Behind a Reshape, where Keras does not see the first one."""
    x, y = of(load_wine)
    model = network(13, [16], 3, "relu", "softmax")
    model = keras.Sequential([model, keras.layers.Reshape((3,))])
    model.compile("adam", LOGITS)
    return model, {"x": x, "y": y, "epochs": 3}


def two_sigmoids():
    x, y = of(load_breast_cancer)
    model = network(30, [16], 1, "relu", "sigmoid")
    model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    return model, {"x": x, "y": y, "epochs": 3}


def rate_of_zero():
    x, y = digits()
    model = network(64, [32], 10)
    model.compile(keras.optimizers.SGD(0.0), LOGITS)
    return model, {"x": x, "y": y, "epochs": 1}


def rate_too_small():
    x, y = diabetes()
    model = network(10, [16], 1)
    model.compile(keras.optimizers.Adam(1e-15), "mse")
    # Biases start at 0, where any step shows.
    for layer in (model.layers[0], model.layers[-1]):
        layer.bias.assign(layer.bias + 1)
    return model, {"x": x, "y": y, "epochs": 3}


def frozen():
    model, arguments = diabetes_regressor()
    model.trainable = False
    model.compile("adam", "mse")
    return model, {**arguments, "epochs": 2}


def sigmoid_for_hundreds():
    x, y = of(load_diabetes)
    model = network(10, [16], 1, "relu", "sigmoid")
    model.compile("adam", "mse")
    return model, {"x": x, "y": y / 3.5, "epochs": 3}


def tanh_for_tens():
    x, y = diabetes()
    model = network(10, [16], 1, "relu", "tanh")
    model.compile("adam", "mae")
    return model, {"x": x, "y": 10 * y, "epochs": 3}


def relu_for_negatives():
    x, y = diabetes()
    model = network(10, [16], 1, "tanh", "relu")
    model.compile("adam", "mse")
    return model, {"x": x, "y": y, "epochs": 3}


PLANTED = {
    "accuracy at chance": fallen_to_chance,
    "not finite, inputs": missing_value,
    "not finite, loss": log_of_zero,
    "saturation": saturated,
    "growth": exploding,
    "oscillation": oscillating,
    "dead units": dead,
    "constant output": constant,
    "labels, missing": missing_class,
    "labels, out of range": out_of_range,
    "force": strong_force,
    "loss input, logits": logits_for_probabilities,
    "loss input, logit": logit_for_probability,
    "loss input, sigmoids": sigmoids_for_classes,
    "loss input, softmax": two_softmaxes,
    "loss input, sigmoid": two_sigmoids,
    "unmoved, rate 0": rate_of_zero,
    "unmoved, small rate": rate_too_small,
    "unmoved, frozen": frozen,
    "out of reach, sigmoid": sigmoid_for_hundreds,
    "out of reach, tanh": tanh_for_tens,
    "out of reach, relu": relu_for_negatives,
}


def fit(training, doctor):
    model, arguments = training()
    callbacks = [*arguments.pop("callbacks", []), doctor]
    model.fit(**arguments, verbose=0, callbacks=callbacks)
    return model
