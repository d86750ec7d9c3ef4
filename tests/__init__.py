"""Tests of the product; `tests.services` and `tests.factories` are imported from here."""
