"""Links: what the outputs of a network mean, which is the expected targets or the probabilities of classes.

As in generalised linear models, a link maps expectations to outputs, and its inverse maps outputs to expectations.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from prelu_rules.values import FloatArray, IntArray


@dataclass(frozen=True)
class Link(ABC):
    """What outputs mean."""

    @abstractmethod
    def inverse(self, outputs: FloatArray) -> FloatArray:
        """The expectation for given outputs.

        Args:
            outputs: `(n_rows, n_outputs)`.

        Returns:
            `(n_rows, n_outputs)` expected targets, or `(n_rows, n_classes)` probabilities.
        """


@dataclass(frozen=True)
class IdentityLink(Link):
    """Outputs are the expected targets.

    Example:
        >>> IdentityLink().inverse(np.array([[2.0]]))
        array([[2.]])
    """

    def inverse(self, outputs: FloatArray) -> FloatArray:
        """The outputs.

        Args:
            outputs: `(n_rows, n_outputs)`.

        Returns:
            The same array.
        """
        return outputs


@dataclass(frozen=True)
class ClassLink(Link):
    """Outputs are logits, which determine the probabilities of classes."""

    @abstractmethod
    def decide(self, outputs: FloatArray) -> IntArray:
        """The most probable class of each row, the first one on a tie.

        Args:
            outputs: `(n_rows, n_outputs)` logits.

        Returns:
            `(n_rows,)` indices of classes.
        """


@dataclass(frozen=True)
class LogitLink(ClassLink):
    """One logit, that of class 1 against class 0.

    Example:
        >>> LogitLink().inverse(np.array([[0.0], [1000.0]])), LogitLink().decide(np.array([[0.0], [1000.0]]))
        (array([[0.5, 0.5],
               [0. , 1. ]]), array([0, 1]))
    """

    def inverse(self, outputs: FloatArray) -> FloatArray:
        """The probabilities of both classes.

        Args:
            outputs: `(n_rows, 1)` logits.

        Returns:
            `(n_rows, 2)`, each accurate to the last digits, even close to 0.
        """
        return np.hstack([expit(-outputs), expit(outputs)])

    def decide(self, outputs: FloatArray) -> IntArray:
        """Class 1 where the logit is above 0.

        Args:
            outputs: `(n_rows, 1)` logits.

        Returns:
            `(n_rows,)`, 0 or 1.
        """
        return (outputs[:, 0] > 0).astype(np.intp)


@dataclass(frozen=True)
class SoftmaxLink(ClassLink):
    """A logit for each class; adding a constant to all of them changes nothing.

    Example:
        >>> SoftmaxLink().inverse(np.array([[0.0, 0.0], [1000.0, 0.0]])), SoftmaxLink().decide(np.array([[1.0, 2.0]]))
        (array([[0.5, 0.5],
               [1. , 0. ]]), array([1]))
    """

    def inverse(self, outputs: FloatArray) -> FloatArray:
        """The probability of each class.

        Args:
            outputs: `(n_rows, n_classes)` logits.

        Returns:
            `(n_rows, n_classes)`, a new array; each row adds up to 1.
        """
        # Computes the same as scipy.special.softmax without its dispatch on kinds of arrays, since refits call this a
        # great deal.
        odds = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def decide(self, outputs: FloatArray) -> IntArray:
        """The class of the largest logit.

        Args:
            outputs: `(n_rows, n_classes)` logits.

        Returns:
            `(n_rows,)` indices of classes.
        """
        return outputs.argmax(axis=1)


def class_link(n_logits: int) -> ClassLink:
    """The link for a number of logits.

    Args:
        n_logits: 1 for two classes, or the number of classes.

    Returns:
        The link.

    Example:
        >>> class_link(1), class_link(3)
        (LogitLink(), SoftmaxLink())
    """
    return LogitLink() if n_logits == 1 else SoftmaxLink()
