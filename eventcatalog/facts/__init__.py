"""Catalog facts: every change of a workspace's catalog is a record of its log, in the stream ``factstorm.catalog``."""
