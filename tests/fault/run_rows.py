"""All rows of the matrix, in the order of the README."""

# Importing a file registers its rows.
import crash_rows  # noqa: F401
import server_crash_rows  # noqa: F401
import portal_rows  # noqa: F401
import answer_rows  # noqa: F401
import token_rows  # noqa: F401
import network_rows  # noqa: F401
import ledger_rows  # noqa: F401
import clock_rows  # noqa: F401
import source_rows  # noqa: F401
import jsonl_rows  # noqa: F401
import standby_rows  # noqa: F401
from registry import ROWS

__all__ = ["ROWS"]
