"""Makes prune_tui/assets/digits.npz from scikit-learn's copy of the digits: `python scripts/make_digits.py`.

Needs scikit-learn, which is no dependency of prune-tui: run it in an environment of its own. The same
scikit-learn data give the same arrays.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits  # type: ignore[import-not-found, unused-ignore]

ASSET = Path(__file__).parent.parent / "prune_tui" / "assets" / "digits.npz"
SEED = 0
VALIDATION_PER_CLASS = 30
TEST_PER_CLASS = 40


def main() -> None:
    source = load_digits()
    images = source.images.astype(np.uint8)
    labels = source.target.astype(np.uint8)
    parts: dict[str, list[int]] = {"validation": [], "test": [], "train": []}
    random_state = np.random.default_rng(SEED)
    for label in range(10):
        drawn = random_state.permutation(np.flatnonzero(labels == label)).tolist()
        parts["validation"] += drawn[:VALIDATION_PER_CLASS]
        parts["test"] += drawn[VALIDATION_PER_CLASS : VALIDATION_PER_CLASS + TEST_PER_CLASS]
        parts["train"] += drawn[VALIDATION_PER_CLASS + TEST_PER_CLASS :]
    arrays = {}
    for part, drawn in parts.items():
        arrays[f"{part}_images"] = images[sorted(drawn)]
        arrays[f"{part}_labels"] = labels[sorted(drawn)]
    np.savez_compressed(ASSET, **arrays)
    print(f"{ASSET}: {ASSET.stat().st_size} bytes,", {part: len(drawn) for part, drawn in parts.items()})


if __name__ == "__main__":
    main()
