"""Full-text search of the catalog: an inverted index kept in the database, the same on SQLite and PostgreSQL.

words.py cuts text into words, index.py keeps the index in each change's own transaction, find.py asks it.
Why not FTS5 and tsvector: docs/decisions/, "The catalog keeps its own inverted index".
"""
