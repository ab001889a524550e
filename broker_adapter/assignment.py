"""Who reads which partition: shares that differ by one at most, and that move as little as they can. Pure.

A partition stays with its owner where the shares allow it, so that a member who comes or goes disturbs few others.
"""

from collections.abc import Mapping, Sequence


def assign(partitions: int, members: Sequence[str], before: Mapping[int, str]) -> dict[int, str]:
    """The owner of each partition 0 to ``partitions`` - 1; empty without members. ``before``: who owned what.

    Deterministic: the same question has the same answer in every process.
    """
    if not members:
        return {}
    owned: dict[str, list[int]] = {member: [] for member in members}
    for partition in range(partitions):
        owner = before.get(partition)
        if owner in owned:
            owned[owner].append(partition)
    share, extra = divmod(partitions, len(members))
    order = sorted(owned, key=lambda member: (-len(owned[member]), members.index(member)))  # who has most keeps most
    quota = {member: share + (place < extra) for place, member in enumerate(order)}
    for member in order:
        del owned[member][quota[member] :]
    kept = {partition: member for member, own in owned.items() for partition in own}
    free = [partition for partition in range(partitions) if partition not in kept]
    for member in order:
        while len(owned[member]) < quota[member]:
            partition = free.pop(0)
            owned[member].append(partition)
            kept[partition] = member
    return kept
