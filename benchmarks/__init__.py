"""The project's speed, measured: `python -m benchmarks NAME` prints each figure that the docs quote."""
