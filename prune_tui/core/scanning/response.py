"""The response: one falling curve from logit error to accuracy, for all layers and plans of a network."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
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


Pool = tuple[float, float, float, float]
"""Neighbouring points as one: their mean accuracy, weight, weighted squared error, and Σ error · weight."""


def pool_of(point: WeightedPoint) -> Pool:
    """Return a point as a pool."""
    at, accuracy, weight = point
    return accuracy, weight, 0.0, at * weight


def pooled(pools: Iterable[Pool]) -> list[Pool]:
    """Pool neighbours until their means fall (Ayer et al. 1955); parts may have been pooled before."""
    falling: list[Pool] = []
    for mean, total, squares, place in pools:
        while falling and falling[-1][0] < mean:
            before, more, missed, earlier = falling.pop()
            squares += missed + (mean - before) ** 2 * total * more / (total + more)
            mean, total = (mean * total + before * more) / (total + more), total + more
            place += earlier
        falling.append((mean, total, squares, place))
    return falling


def response_of(dense_accuracy: float, pools: Sequence[Pool], *, lowest: float) -> Response:
    """Return the curve that is straight between the means of falling pools.

    It begins with the dense accuracy, and ends with the `lowest` seen, far beyond all points.
    """
    errors, accuracies = [0.0], [dense_accuracy]
    for mean, total, _, place in pools:
        if place / total > errors[-1]:
            errors.append(place / total)
            accuracies.append(min(mean, accuracies[-1]))
    last = errors[-1] if len(errors) > 1 else 1.0
    return Response((*errors, BEYOND * last + 1e-9), (*accuracies, min(lowest, accuracies[-1])))


def fitted_response(dense_accuracy: float, points: Sequence[WeightedPoint]) -> tuple[Response, float]:
    """Return the falling curve nearest to the points, and the weighted sum of its squared errors.

    That is isotonic regression by pooling adjacent violators, straight between the means of the pools.
    """
    pools = pooled(map(pool_of, sorted(points)))
    lowest = min((accuracy for _, accuracy, _ in points), default=0.0)
    return response_of(dense_accuracy, pools, lowest=lowest), sum(squares for _, _, squares, _ in pools)


def responses_without_each(
    dense_accuracy: float, others: Sequence[WeightedPoint], points: Sequence[WeightedPoint]
) -> list[Response]:
    """Return, for each of some points, the response fitted to the rest of them and to all `others`.

    What lies between two points is pooled once for all.
    """
    known, chosen = sorted(others), sorted(range(len(points)), key=points.__getitem__)
    ends = [bisect_left(known, points[at]) for at in chosen]
    between = [
        pooled(map(pool_of, known[start:end]))
        for start, end in zip([0, *ends], [*ends, len(known)], strict=True)
    ]
    lowest = min((accuracy for _, accuracy, _ in known), default=math.inf)
    responses = {}
    for left_out in chosen:
        rest = list(between[0])
        for at, more in zip(chosen, between[1:], strict=True):
            rest += more if at == left_out else [pool_of(points[at]), *more]
        lowest_left = min([lowest, *(points[at][1] for at in chosen if at != left_out)])
        responses[left_out] = response_of(
            dense_accuracy, pooled(rest), lowest=0.0 if math.isinf(lowest_left) else lowest_left
        )
    return [responses[at] for at in range(len(points))]
