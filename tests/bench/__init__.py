"""Measurements, as ratios against a baseline of the same run: `make bench`. Nothing here is a test, and nothing here asserts a time."""
