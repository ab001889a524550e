"""Boards read into memory for reads over HTTP: the last few of this process, each brought up to date when asked for.

A hundred people who vote at once, or a panel that asks for hints after every edit, would otherwise each read the whole
board from its snapshot. Lifetime: the process's; may be emptied at any time. Thread-safe.
"""

import threading
import uuid
from collections import OrderedDict

from storming.document.elements import Elements
from storming.models import Board
from storming.state import BoardState

BOARDS_MAX = 4
_states: "OrderedDict[uuid.UUID, tuple[threading.Lock, BoardState]]" = OrderedDict()
_guard = threading.Lock()


def elements_now(board_id: uuid.UUID) -> Elements:
    """The board's elements as they are, a copy. Raises Board.DoesNotExist."""
    seq, epoch = Board.objects.values_list("seq", "epoch").get(pk=board_id)
    with _guard:
        known = _states.get(board_id)
        if known is not None and known[1].epoch == epoch and known[1].document.seq <= seq:
            _states.move_to_end(board_id)
        else:
            known = _states[board_id] = (threading.Lock(), BoardState.load(board_id))
            while len(_states) > BOARDS_MAX:
                _states.popitem(last=False)
    lock, state = known
    with lock:
        state.catch_up(seq)
        return {key: dict(element) for key, element in state.document.elements.items()}
