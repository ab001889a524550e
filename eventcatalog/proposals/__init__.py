"""Proposals: a new type or a next version that waits for review."""
