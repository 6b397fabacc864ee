"""The networks that read text, on either engine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from adlens.vision.session import Floats
from adlens.vision.text import ctc, network

READER = Path(__file__).resolve().parents[3] / "models" / "compact" / "reader.onnx"


@pytest.fixture(autouse=True)
def fresh_look_at_the_processor() -> Iterator[None]:
    network._has_matrix_units.cache_clear()
    yield
    network._has_matrix_units.cache_clear()


def on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: str) -> None:
    processor = tmp_path / "cpuinfo"
    processor.write_text(f"processor : 0\nflags : fpu {flags} ssse3\n", encoding="ascii")
    monkeypatch.setattr(network, "_PROCESSOR", processor)


def lines(*texts: str) -> list[Floats]:
    type_ = ImageFont.load_default(36)
    found = []
    for text in texts:
        page = Image.new("RGB", (round(type_.getlength(text)) + 12, 48), "white")
        ImageDraw.Draw(page).text((6, 0), text, "black", type_)
        found.append(ctc.model_input(np.asarray(page), 1.0))
    return found


@pytest.mark.parametrize("flags", ["", "avx512f avx512_vnni", "amx_bf16_of_the_future"])
def test_without_matrix_units_numbers_stay_as_they_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: str
) -> None:
    on(monkeypatch, tmp_path, flags)
    assert not network._has_matrix_units()
    (line,) = lines("SALE")
    found = network.open_network(READER, threads=2, calls=2)(line)
    assert found.dtype == np.float32
    assert np.allclose(found.sum(axis=2), 1, atol=1e-4)


def test_without_the_package_processors_with_matrix_units_are_as_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    on(monkeypatch, tmp_path, "amx_bf16")
    monkeypatch.setattr(network, "find_spec", lambda name: None)
    assert not network._has_matrix_units()


def test_a_system_without_proc_has_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(network, "_PROCESSOR", tmp_path / "none")
    assert not network._has_matrix_units()


def test_matrix_units_read_the_same_from_any_thread() -> None:
    if not network._has_matrix_units():
        pytest.skip("this processor has no matrix units for bfloat16, or requirements/amx.txt is not installed")
    exact = network._on_onnx_runtime(READER, threads=1)
    fast = network._on_matrix_units(READER, threads=2, calls=2)
    given = lines("SALE", "50% OFF", "Only today", "New arrivals", "From 4990", "Free delivery")
    with ThreadPoolExecutor(4) as readers:
        beside = list(readers.map(fast, given * 3))
    for number, found in enumerate(beside):
        line = given[number % len(given)]
        assert np.array_equal(found, fast(line))
        assert np.abs(found - exact(line)).max() < 0.1


FIRST_RUNS = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import numpy as np
from adlens.vision.text import network

networks = [network._on_matrix_units(Path(sys.argv[1]), threads=2, calls=calls) for calls in (1, 2)]
start = threading.Barrier(8)

def run(number):
    start.wait()
    networks[number % 2](np.zeros((1, 3, 48, 64 + 16 * number), np.float32))

with ThreadPoolExecutor(8) as threads:
    list(threads.map(run, range(8)))
"""


def test_first_runs_at_the_same_time_end() -> None:
    """They waited for each other for ever in one process out of eight."""
    if not network._has_matrix_units():
        pytest.skip("this processor has no matrix units for bfloat16, or requirements/amx.txt is not installed")
    for _ in range(5):
        subprocess.run([sys.executable, "-c", FIRST_RUNS, str(READER)], check=True, timeout=60)
