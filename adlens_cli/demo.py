"""`adlens demo`: pictures through the whole local stack, as a new user sees it."""

from __future__ import annotations

import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from adlens.domain.analysis import Stage
from adlens_cli import stack, tables
from adlens_cli.client import ApiError, Client, Refusal
from adlens_cli.pictures import find_pictures
from adlens_cli.places import SAMPLES

POLL_SECONDS = 0.5
MARKS = {
    "PENDING": "·",
    "PROCESSING": "[yellow]▶[/]",
    "SUCCESS": "[green]✔[/]",
    "ERROR": "[red]✘[/]",
    "NOT_AVAILABLE": "-",
}
ROWS_SHOWN = 16


def run(paths: list[Path], oneshot: bool, bundle: str | None) -> int:
    console = Console()
    try:
        pictures = find_pictures(paths or [SAMPLES])
    except FileNotFoundError as error:
        print(f"adlens: {error}", file=sys.stderr)
        return 2
    if not pictures:
        print("adlens: there are no pictures in what you named.", file=sys.stderr)
        return 2
    chosen = stack.find_bundle(bundle)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with stack.building_web(not oneshot) as build, stack.serving(chosen) as running:
            succeeded = walk(console, Client(running.api_url, running.key), pictures)
            print(stack.addresses(running, stack.serve_web(build, running)), flush=True)
            if not oneshot:
                console.print("Serving until Ctrl-C.")
                threading.Event().wait()
    except KeyboardInterrupt:
        return 0
    except (ApiError, httpx.HTTPError) as error:
        print(f"adlens: {error}. `adlens status` and `adlens logs` tell more.", file=sys.stderr)
        return 1
    return 0 if succeeded else 1


def walk(console: Console, client: Client, pictures: list[Path]) -> bool:
    """Uploads, watches and shows; whether every picture ended in SUCCESS."""
    progress = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    uploads = progress.add_task("Uploading", total=len(pictures))
    analyses = progress.add_task("Analysing", total=None, start=False)
    with Live(progress, console=console, refresh_per_second=8) as live:
        group_id, sent, refusals = client.upload(pictures, lambda path: progress.advance(uploads))
        progress.update(uploads, completed=len(pictures))
        progress.update(analyses, total=len(sent))
        progress.start_task(analyses)
        while sent:
            rows = list(client.group_progress(group_id))
            ended = [row for row in rows if row["status"] in ("SUCCESS", "ERROR")]
            progress.update(analyses, completed=len(ended))
            live.update(Group(progress, _stages(rows)))
            if len(ended) == len(rows):
                break
            time.sleep(POLL_SECONDS)
        live.update(progress)
    creatives = [client.get(f"/creatives/{creative_id}") for creative_id in sent]
    console.print(tables.creatives_table(creatives))
    for refusal in refusals:
        console.print(f"[red]{escape(_sentence(refusal))}[/]")
    if sent:
        console.print(_analytics(client.get(f"/analytics/group/{group_id}")))
    return not refusals and all(creative["overall_status"] == "SUCCESS" for creative in creatives)


def _stages(rows: list[dict[str, Any]]) -> Table:
    """What runs now, what comes next, and what ended last."""
    table = Table(box=None, header_style="bold")
    for column in ("File", *Stage, "Topic"):
        table.add_column(column)
    order = {"PROCESSING": 0, "ERROR": 1, "SUCCESS": 2, "PENDING": 3}
    for row in sorted(rows, key=lambda row: order[row["status"]])[:ROWS_SHOWN]:
        marks = [
            f"{MARKS[stage['status']]} {'' if stage['seconds'] is None else format(stage['seconds'], '.2f')}"
            for stage in (row["stages"][name] for name in Stage)
        ]
        table.add_row(escape(row["original_filename"]), *marks, tables.topic_name(row))
    return table


def _analytics(figures: dict[str, Any]) -> Group:
    summary = figures["summary"]

    def percent(value: float | None) -> str:
        return "-" if value is None else f"{value:.0%}"

    topics = Table(title="Topics", header_style="bold")
    for column in ("Topic", "Creatives", "Unsure", "Text", "Objects", "Topic confidence"):
        topics.add_column(column, justify="left" if column == "Topic" else "right")
    unsure = {row["topic"]: row["unsure"] for row in figures["topics"]}
    for row in figures["topics_table"]:
        topic, count, *confidences = tuple(row.values())[:5]  # the columns of old; what came later follows
        topics.add_row(topic, str(count), str(unsure[topic]), *map(percent, confidences))
    topics.add_section()
    topics.add_row(
        "all",
        str(summary["analysed_creatives"]),
        str(sum(unsure.values())),
        percent(summary["avg_ocr_confidence"]),
        percent(summary["avg_object_confidence"]),
        percent(summary["avg_topic_confidence"]),
    )
    colors = Table(title="Colours of each topic", header_style="bold")
    for column in ("Topic", "Top 5 classes"):
        colors.add_column(column)
    for topic, classes in figures["topic_color_distribution"].items():
        colors.add_row(topic, "  ".join(f"[{c['hex']}]██[/] {c['class_en']} {c['percent']:.0f} %" for c in classes))
    seconds = figures["total_processing_time"]
    mean = figures["avg_time_per_creative"]
    time_line = f"{seconds:.1f} s of analysis" + (f", {mean:.2f} s per creative" if mean is not None else "")
    return Group(topics, colors, time_line)


def _sentence(refusal: Refusal) -> str:
    return f"{refusal.path.name}: {refusal.reason}"
