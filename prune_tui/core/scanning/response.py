"""The response: one falling curve from logit error to accuracy, for all layers and plans of a network."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

BEYOND = 4.0
"""The response ends at this multiple of the largest logit error seen."""

WeightedPoint = tuple[float, float, float]
"""A network's logit error, its accuracy, and the weight of this point in the fit."""


@dataclass(frozen=True, slots=True)
class Response:
    """Logit errors that rise from 0, and at each the accuracy, which never rises; straight in between."""

    errors: tuple[float, ...]
    accuracies: tuple[float, ...]

    def at(self, error: float) -> float:
        """Return the accuracy at a logit error."""
        right = min(len(self.errors) - 1, max(1, bisect_left(self.errors, error)))
        left, low, high = self.errors[right - 1], self.accuracies[right - 1], self.accuracies[right]
        share = (error - left) / (self.errors[right] - left) if self.errors[right] > left else 1.0
        return low + (high - low) * min(1.0, max(0.0, share))

    def errors_between(self, low: float, high: float) -> tuple[float, float]:
        """Return the least and the largest logit error at which the accuracy lies between two."""
        return self._least_at(high), self._largest_at(low)

    def _least_at(self, accuracy: float) -> float:
        """Return the least logit error at which the accuracy has fallen to a value."""
        if self.accuracies[0] <= accuracy:
            return 0.0
        for left, right in pairwise(range(len(self.errors))):
            before, after = self.accuracies[left], self.accuracies[right]
            if after <= accuracy:
                share = (before - accuracy) / (before - after)
                return self.errors[left] + (self.errors[right] - self.errors[left]) * share
        return self.errors[-1]

    def _largest_at(self, accuracy: float) -> float:
        """Return the largest logit error at which the accuracy has not fallen below a value."""
        for left, right in pairwise(range(len(self.errors))):
            before, after = self.accuracies[left], self.accuracies[right]
            if after < accuracy:
                share = (before - accuracy) / (before - after)
                return self.errors[left] + (self.errors[right] - self.errors[left]) * max(0.0, share)
        return self.errors[-1]


def fitted_response(dense_accuracy: float, points: Sequence[WeightedPoint]) -> tuple[Response, float]:
    """Return the falling curve nearest to the points, and the weighted sum of its squared errors.

    That is isotonic regression by pooling adjacent violators (Ayer et al. 1955), straight between the means
    of the pools. It begins with the dense accuracy, and ends with the lowest seen, far beyond all points.
    """
    pools: list[tuple[float, float, float, float]] = []
    for at, accuracy, weight in sorted(points):
        mean, total, squares, place = accuracy, weight, 0.0, at * weight
        while pools and pools[-1][0] < mean:
            before, more, missed, earlier = pools.pop()
            squares += missed + (mean - before) ** 2 * total * more / (total + more)
            mean, total = (mean * total + before * more) / (total + more), total + more
            place += earlier
        pools.append((mean, total, squares, place))
    errors, accuracies = [0.0], [dense_accuracy]
    for mean, total, _, place in pools:
        if place / total > errors[-1]:
            errors.append(place / total)
            accuracies.append(min(mean, accuracies[-1]))
    lowest = min((accuracy for _, accuracy, _ in points), default=0.0)
    last = errors[-1] if len(errors) > 1 else 1.0
    response = Response((*errors, BEYOND * last + 1e-9), (*accuracies, min(lowest, accuracies[-1])))
    return response, sum(squares for _, _, squares, _ in pools)
