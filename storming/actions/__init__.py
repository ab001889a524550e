"""Writes of the boards' floor: one verb a function, check, write, then notify."""
