"""Check against reality: stored records replayed through a schema that nobody has published yet."""
