"""The remedies of the article, in its order, with code for each.

Source: E. P. Csirmaz, "Decreasing accuracy in neural nets during training - things to try" (blog, 24 July 2019).
"""

from __future__ import annotations

from prelu_rules.doctor.finding import Remedy

ARTICLE: dict[str, Remedy] = {
    "stable loss": Remedy(
        "Drop the softmax at the end and use softmax cross-entropy on logits: a single operation, which neither takes "
        "the log of 0 nor loses its gradient when a probability is rounded.",
        "from prelu_rules.doctor import with_logits\n"
        "from prelu_rules.training.stable_loss import StableSoftmaxCrossentropy\n"
        "model = with_logits(model)  # the same model without its softmax\n"
        'model.compile("adam", StableSoftmaxCrossentropy(), metrics=["accuracy"])',
        frozenset({"softmax at the end"}),
    ),
    "no NaN": Remedy(
        "Find out what feeds NaN into the loss: a log of 0, a division by 0, the root of a negative number, a missing "
        "value in the data.",
        "import numpy as np\n"
        "print(np.argwhere(~np.isfinite(x))[:10])  # rows and columns that are not finite\n"
        "tf.debugging.enable_check_numerics()      # stops at the operation that makes the first NaN",
    ),
    "easy data": Remedy(
        "Try easy data: N words mapped one to one to N classes. If a model cannot learn those, the fault is not in "
        "the data.",
        "from prelu_rules.doctor import easy_data_check\nprint(easy_data_check(model))",
        frozenset({"classes"}),
    ),
    "learning rate": Remedy(
        "Lower the learning rate, by a factor of 10 at first; clip the gradient if single batches are to blame.",
        "model.optimizer.learning_rate.assign(model.optimizer.learning_rate / 10)\n"
        "# or compile again: model.compile(keras.optimizers.Adam(1e-4, clipnorm=1.0), ...)",
    ),
    "optimiser": Remedy(
        "Change the optimiser or its settings.",
        "model.compile(keras.optimizers.SGD(1e-3, momentum=0.9), ...)  # or Adam(1e-3, epsilon=1e-4)",
    ),
    "activation": Remedy(
        "Change the activation: ReLU and leaky ReLU let weights grow large (clamp or regularise them), and ReLU has a "
        "dead region, unlike leaky ReLU and PReLU.",
        "keras.layers.Dense(64), prelu_rules.PReLU()  # for Dense(64, activation='relu')\n"
        "keras.layers.Dense(64, kernel_constraint=keras.constraints.MaxNorm(3.0))  # weights that cannot grow",
        frozenset({"relu", "leaky_relu"}),
    ),
    "regularisers": Remedy(
        "Switch regularisers and batch norm on if they are off, and off if they are on.",
        "keras.layers.Dense(64, kernel_regularizer=keras.regularizers.L2(1e-4)), keras.layers.BatchNormalization()",
    ),
    "width": Remedy(
        "Reduce the width: wide and shallow networks suffer more. Use two layers of 64 rather than one of 512.",
        "keras.layers.Dense(64)  # for Dense(512)",
        frozenset({"wide layer"}),
    ),
}
"""By name, in the article's order."""

SCALE_INPUTS = Remedy(
    "Standardise the inputs: mean 0, standard deviation 1. Values in the hundreds make the first steps too large.",
    "scale = keras.layers.Normalization()\nscale.adapt(x)\nmodel = keras.Sequential([scale, model])",
)


STABLE_SIGMOID = Remedy(
    "Drop the sigmoid at the end and use binary cross-entropy on logits, which neither takes the log of 0 nor loses "
    "its gradient when a probability is rounded.",
    "keras.layers.Dense(n_outputs)  # the last layer, no activation\n"
    'model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))',
    frozenset({"sigmoid at the end"}),
)


def suitable(remedies: tuple[Remedy, ...], parts: frozenset[str] | None) -> tuple[Remedy, ...]:
    """Selects the remedies that suit a model.

    Args:
        remedies: any remedies.
        parts: the parts of the model, as in `Setup.parts`; None if the model is unknown, so that all remedies suit it.

    Returns:
        Those that need no part, or one that the model has.

    Example:
        >>> len(suitable(article("stable loss", "optimiser"), frozenset({"relu"})))
        1
    """
    return tuple(remedy for remedy in remedies if parts is None or not remedy.needs or remedy.needs & parts)


def article(*names: str) -> tuple[Remedy, ...]:
    """Selects some remedies of the article, in its order.

    Args:
        names: keys of `ARTICLE`; none for all.

    Returns:
        The remedies.

    Example:
        >>> for remedy in article("optimiser", "learning rate"):
        ...     print(remedy.text)
        Lower the learning rate, by a factor of 10 at first; clip the gradient if single batches are to blame.
        Change the optimiser or its settings.
    """
    unknown = set(names) - set(ARTICLE)
    if unknown:
        raise KeyError(f"the article has no remedy {min(unknown)!r}; it has {', '.join(ARTICLE)}.")
    return tuple(remedy for name, remedy in ARTICLE.items() if not names or name in names)
