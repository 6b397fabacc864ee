"""The tables and the plot of docs/operations.md, and of the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.document import table, write_section
from benchmarks.scale.measure import Measured
from benchmarks.scale.sizes import TableSize

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
OPERATIONS, PICTURE = DOCS / "operations.md", DOCS / "pictures" / "growth.svg"
HUNDRED_MILLION = 100_000_000
MEASURED = "measured"


@dataclass(frozen=True, slots=True)
class Ratio:
    """Seconds of our way and of the MVP's for the same figures; `how` says whether the MVP's were measured."""

    what: str
    ours: float
    theirs: float
    megabytes: float
    how: str

    @property
    def times(self) -> float:
        return self.theirs / self.ours


@dataclass(slots=True)
class Findings:
    """All that was measured on one size."""

    size: int
    creatives: int
    measured: Sequence[Measured] = ()
    ratios: Sequence[Ratio] = ()
    sizes: Sequence[TableSize] = ()
    write_seconds: float | None = None
    load: float = 0.0

    @property
    def bytes_per_creative(self) -> float:
        return sum(size.total for size in self.sizes) / self.creatives


def extrapolated(what: str, ours: float, creatives: int, smaller: Sequence[Findings]) -> list[Ratio]:
    """The MVP's figures for `creatives` from the largest size they were measured on, because they grow with the rows;
    nothing where they never were.
    """
    for found in reversed(smaller):
        for ratio in found.ratios:
            if ratio.what == what and ratio.how == MEASURED:
                times = creatives / found.size
                how = f"extrapolated from {found.size:,}"
                return [Ratio(what, ours, ratio.theirs * times, ratio.megabytes * times, how)]
    return []


def lines(found: Findings) -> str:
    """The figures of one size, for a terminal."""
    rows = [
        (
            case.name,
            _milliseconds(case.budget),
            _milliseconds(case.median),
            _milliseconds(case.slow),
            _milliseconds(case.first),
            _milliseconds(case.alone),
            _milliseconds(case.sql),
            str(case.statements),
            str(case.requests),
            _verdict(case),
        )
        for case in found.measured
    ]
    head = ("request", "budget", "p50", "p95", "first", "alone", "SQL p50", "statements", "requests", "met")
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head) - 1)]
    shown = [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:], strict=True)),
                row[-1],
            ]
        )
        for row in (head, *rows)
    ]
    shown += [
        f"{ratio.what}: {ratio.ours * 1000:.1f} ms, the MVP's way {ratio.theirs:.2f} s ({ratio.how}, "
        f"{ratio.megabytes:.0f} MB): {ratio.times:.0f} times"
        for ratio in found.ratios
    ]
    if found.write_seconds is not None:
        shown.append(f"an analysis stored in {1000 * found.write_seconds:.1f} ms")
    shown.append(f"{found.bytes_per_creative:,.0f} bytes per creative; load {found.load:.1f}")
    return "\n".join(shown)


def write(findings: Sequence[Findings], command: str, machine: str) -> None:
    """Puts the figures of all sizes into docs/operations.md, and draws them."""
    write_section("growth", growth_section(findings, command, machine), OPERATIONS)
    write_section("sizes", sizes_section(findings), OPERATIONS)
    PICTURE.write_text(plot(findings), encoding="utf-8")


def growth_section(findings: Sequence[Findings], command: str, machine: str) -> str:
    names = list(dict.fromkeys(case.name for found in findings for case in found.measured if case.slow is not None))
    by_size = [{case.name: case for case in found.measured} for found in findings]
    rows = []
    for name in names:
        cases = [cases.get(name) for cases in by_size]
        budget = next(case.budget for case in cases if case)
        rows.append((name, _milliseconds(budget), *(_told(case) for case in cases)))
    if all(found.write_seconds is not None for found in findings):
        first = findings[0].write_seconds or 0
        rows.append(
            (
                "an analysis stored (median)",
                f"{1200 * first:.1f}",
                *(f"{1000 * (found.write_seconds or 0):.1f}" for found in findings),
            )
        )
    head = ("request", "budget", *(f"{found.size:,}" for found in findings))
    ratios = [
        (
            f"{ratio.what}, {found.size:,}",
            f"{1000 * ratio.ours:.1f} ms",
            f"{ratio.theirs:.2f} s",
            f"{ratio.megabytes:.0f} MB",
            ratio.how,
            f"{ratio.times:,.0f}",
        )
        for found in findings
        for ratio in found.ratios
    ]
    ratio_table = table(("figures", "ours (median)", "the MVP's way", "its memory", "its figures", "times"), ratios)
    return (
        f"`{command}` on {machine}. Milliseconds of the server through the API app with a key, of requests that are "
        "all different: median / 95th percentile when they were asked once before / 95th percentile of that first "
        f"time, with what they read on the disk.\n\n{table(head, rows)}\n\n![growth](pictures/growth.svg)\n\n"
        f"{ratio_table}"
    )


def sizes_section(findings: Sequence[Findings]) -> str:
    largest = findings[-1]
    rows = [
        (
            size.table,
            f"{size.rows:,}",
            f"{size.heap / largest.creatives:,.0f}",
            f"{sum(size.indexes.values()) / largest.creatives:,.0f}",
            f"{size.total / largest.creatives * HUNDRED_MILLION / 1e9:,.0f} GB",
            ", ".join(
                f"{name} {_bytes(of)}"
                for name, of in sorted(size.indexes.items(), key=lambda item: -item[1])
                if of > size.total / 20
            ),
        )
        for size in largest.sizes
        if size.total / largest.creatives >= 1
    ]
    totals = ", ".join(
        f"{found.bytes_per_creative:,.0f} at {found.size:,} ({_bytes(found.bytes_per_creative * found.creatives)})"
        for found in findings
    )
    head = ("table", "rows", "bytes per creative", "of its indexes", "at 100 million", "large indexes")
    return f"Bytes per creative in all: {totals}. At {largest.size:,}:\n\n{table(head, rows)}"


def _told(case: Measured | None) -> str:
    if case is None or case.failed:
        return "failed" if case else ""
    if case.slow is None or case.median is None:
        return "–"
    shown = f"{_milliseconds(case.median)} / {_milliseconds(case.slow)}"
    return f"{shown if case.met else f'**{shown}**'} / {_milliseconds(case.first)}"


def _milliseconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}" if value >= 100 else f"{value:.1f}".removesuffix(".0")


def _bytes(value: float) -> str:
    return f"{value / 1e9:.1f} GB" if value >= 1e9 else f"{value / 1e6:.0f} MB"


def _verdict(case: Measured) -> str:
    if case.failed:
        return case.failed
    if case.slow is None:
        return "not there"
    return "" if case.budget is None else "yes" if case.met else f"NO  slowest {case.slowest}"


# --- the plot -------------------------------------------------------------------------------------------------------

_DRAWN = (
    *("group analytics", "all analytics", "status of 500 files", "gallery, -uploaded_at, anywhere"),
    *("search, frequent word", "search, colour", "similar", "figures of a month by topic"),
)
_COLORS = ("#0a66ff", "#ff2d6f", "#0f9d58", "#f29900", "#7e17e5", "#0aa5b5", "#8a5a2b", "#4d5562")


def plot(findings: Sequence[Findings]) -> str:
    """95th percentiles by size on two logarithmic axes, as SVG."""
    series: list[tuple[str, list[tuple[int, float]]]] = []
    for name in _DRAWN:
        points = [(f.size, c.slow) for f in findings for c in f.measured if c.name == name and c.slow is not None]
        if points:
            series.append((name, [(size, float(slow)) for size, slow in points]))
    left, right, top, bottom = 64, 470, 24, 330
    sizes = [found.size for found in findings]
    low, high = math.log10(min(sizes)), math.log10(max(sizes))
    width = max(high - low, 1e-9)

    def x(size: int) -> float:
        return left + (right - left) * ((math.log10(size) - low) / width if high > low else 0.5)

    def y(value: float) -> float:
        return bottom - (bottom - top) * (math.log10(max(value, 1)) / 3)

    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 380" font-family="sans-serif" font-size="12">',
        "<title>95th percentile of requests by the number of creatives</title>",
        '<rect width="720" height="380" fill="#ffffff"/>',
    ]
    for tick in (1, 10, 50, 100, 150, 500, 1000):
        parts.append(f'<line x1="{left}" x2="{right}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" stroke="#d5dae2"/>')
        parts.append(f'<text x="{left - 8}" y="{y(tick) + 4:.1f}" text-anchor="end" fill="#4d5562">{tick} ms</text>')
    for size in sizes:
        parts.append(f'<text x="{x(size):.1f}" y="{bottom + 20}" text-anchor="middle" fill="#4d5562">{size:,}</text>')
    parts.append(
        f'<text x="{(left + right) / 2}" y="{bottom + 40}" text-anchor="middle" fill="#1c2430">creatives</text>'
    )
    for at, (name, points) in enumerate(series):
        color = _COLORS[at % len(_COLORS)]
        path = " ".join(f"{x(size):.1f},{y(slow):.1f}" for size, slow in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(size):.1f}" cy="{y(slow):.1f}" r="3" fill="{color}"/>' for size, slow in points]
        parts.append(f'<rect x="500" y="{top + 22 * at}" width="12" height="12" fill="{color}"/>')
        parts.append(f'<text x="518" y="{top + 10 + 22 * at}" fill="#1c2430">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])
