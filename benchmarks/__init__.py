"""What the project says of its speed, each by a command: `python -m benchmarks NAME`."""
