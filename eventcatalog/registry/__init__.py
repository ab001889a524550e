"""The registry: a workspace's catalog, spoken to as a schema registry at ``/registry/{workspace}/``.

A *subject* is a window onto one message type. Every type is the subject of its own name; ``X-value`` is another window
onto type X; registering under a new name makes a type. Numbers, soft deletes, references, levels and modes belong to
the registry and are kept here; schemas and what they promise belong to the catalog. docs/registry.md, decision 0007.

bundling.py    a schema and those it refers to, as one self-contained document (pure)
names.py       subjects and contexts, and the names of the types that they become (pure)
identity.py    what makes two registrations the same schema (pure)
models.py      what the registry keeps
subjects.py    reads; enlisting what the catalog published meanwhile
actions.py     writes
answers.py     what is sent back
views.py       the addresses
"""
