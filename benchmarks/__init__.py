"""Benchmarks: they start the real product and judge it by ratios against baselines beside it."""
