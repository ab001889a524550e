"""The library: shared definitions with versions of their own, and who refers to what."""
