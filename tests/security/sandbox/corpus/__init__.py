"""Attacks by category: each module holds one as `CASES`."""
