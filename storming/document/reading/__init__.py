"""Readers of other tools' files: text in, elements of ours out. Pure, and never wiser than the file."""
