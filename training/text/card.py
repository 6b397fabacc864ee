"""The reader's model card, from what was measured."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from training.text.alphabet import ALPHABET
from training.text.evaluate import Score
from training.text.fonts import all_fonts

TEMPLATE = Path(__file__).with_name("card.md")


def write_card(path: Path, arguments: argparse.Namespace, scores: Mapping[str, tuple[Score, Score]]) -> None:
    """Writes Markdown; the scores are (as read, with look-alikes unified) by test set."""
    fonts = all_fonts()
    counts = {
        split: f"{sum(font.split == split for font in fonts)} fonts of "
        f"{len({font.family for font in fonts if font.split == split})} families"
        for split in ("train", "val", "test")
    }
    rows = "\n".join(
        f"| {name} | {raw.cer:.2%} | {raw.exact:.1%} | {unified.cer:.2%} | {unified.exact:.1%} | {unified.folded:.2%} |"
        for name, (raw, unified) in scores.items()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        TEMPLATE.read_text(encoding="utf-8").format(
            lines=arguments.lines + arguments.facts + arguments.codes + arguments.small_print,
            start="The head that was there learned on" if arguments.start else "A new head",
            seed=arguments.seed,
            epochs=arguments.epochs,
            batch=arguments.batch,
            rate=arguments.rate,
            tests=arguments.test_lines,
            command="make train-text",
            rows=rows,
            alphabet=len(ALPHABET),
            **counts,
        )
    )
