"""What ties services together, thought about without a database: a graph value in, findings out.

graph.py holds the value, calls.py who waits for whom, zones.py what lies between boundaries, findings.py what to mend
first, flow.py what follows from a message. No Django, no network, no clock: property tests compare every part with an
oracle that is too slow to ship. The thinking is in docs/coupling.md.
"""
