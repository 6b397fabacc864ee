"""What `adlens demo` shows, on the running stack."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from adlens_cli import demo

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


@pytest.fixture
def console() -> Console:
    return Console(record=True, width=160, file=(Path("/dev/null")).open("w"))


def test_the_demo_shows_every_picture_and_the_group(workspace, console) -> None:
    pictures = sorted(SAMPLES.glob("cups_*"))
    assert demo.walk(console, workspace.client, pictures)
    shown = console.export_text()
    assert all(picture.name in shown for picture in pictures)
    assert "Colours of each topic" in shown
    [group] = workspace.get("/groups")
    assert group["count"] == len(pictures)


def test_the_demo_fails_when_a_picture_does(workspace, console, tmp_path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"<html>")
    (tmp_path / "notes.txt").write_text("no picture")
    assert not demo.walk(console, workspace.client, [tmp_path / "broken.jpg", tmp_path / "notes.txt"])
    shown = console.export_text()
    assert "ERROR" in shown
    assert "notes.txt" in shown
