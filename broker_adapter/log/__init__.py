"""The commit log: streams of records behind one protocol, `broker_adapter.log.engine.Engine`.

Pure Python: no Django, no network. The file format is specified in docs/log-format.md.
"""
