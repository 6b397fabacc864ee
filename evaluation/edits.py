"""How far a reading is from the truth. Needs no torch: benchmarks and training count by it."""

from __future__ import annotations


def distance(a: str, b: str) -> int:
    """Levenshtein's: the fewest characters to put in, take out or exchange."""
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, right in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (left != right))
    return row[-1]
