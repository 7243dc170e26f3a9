"""The rows of the matrix."""

import dataclasses
from typing import Callable

ROWS = []


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    file: str
    expected: str
    play: Callable[[], object]
    fast: bool


def row(name, expected, fast=False):
    """Registers a function without arguments that plays the row and raises when it fails."""
    def register(play):
        file = play.__module__ + ".py"
        if any(other.name == name for other in ROWS):
            raise ValueError(f"two rows {name!r}")
        ROWS.append(Row(name, file, expected, play, fast))
        return play
    return register


def add_row(name, file, expected, play, fast=False):
    ROWS.append(Row(name, file, expected, play, fast))
