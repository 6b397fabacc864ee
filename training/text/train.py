"""Trains the Russian and English text reader and writes it with its figures and its card.

    python -m training.text.train                            # 126,000 lines: hours on a small machine; resumable
    python -m training.text.train --small                    # minutes: proves that it learns
    python -m training.text.train --start models/compact/reader.onnx --rate 6e-4     # that head learns on

Draws lines, runs the frozen backbone over them once, fits a head by CTC, measures it on fonts and words it never saw,
and joins backbone and head into one ONNX file. Needs Debian's hunspell-ru and hunspell-en-us; uses Debian's fonts where
they are installed, beside those it fetches from npm.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from training.paths import DATA, ROOT
from training.text.card import write_card
from training.text.evaluate import Score, read, score
from training.text.export import export, restore
from training.text.features import KINDS, load, make
from training.text.fit import fit
from training.text.head import Head

COMMAND = "python -m training.text.train"
BUNDLE = ROOT / "models" / "compact"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="data, checkpoints and results; by default .local/training/text")
    parser.add_argument("--bundle", type=Path, help="where reader.onnx, its metrics and card go; by default --out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--lines", type=int, default=84_000)
    parser.add_argument("--facts", type=int, default=12_000, help="lines of numbers, units, prices and codes besides")
    parser.add_argument("--codes", type=int, default=24_000, help="lines of training.text.codes besides")
    parser.add_argument("--small-print", type=int, default=6_000, help="lines of 9 to 13 pixels besides")
    parser.add_argument("--start", type=Path, help="the reader.onnx whose head learns on; by default a new head")
    parser.add_argument("--test-lines", type=int, default=1000, help="for each of the test sets")
    parser.add_argument("--epochs", type=int, default=7)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--small", action="store_true", help="few lines, few test lines, a folder of its own")
    arguments = parser.parse_args()
    if arguments.small:
        arguments.lines, arguments.facts, arguments.codes, arguments.small_print = 500, 100, 100, 100
        arguments.test_lines = 40
        arguments.epochs, arguments.batch = 12, 16
    out = arguments.out or DATA / ("text-small" if arguments.small else "text")
    bundle = arguments.bundle or out

    torch.set_num_threads(1)  # the head is small: a second thread only waits for the first
    torch.manual_seed(arguments.seed)
    amounts = {
        "train": arguments.lines,
        "train-facts": arguments.facts,
        "train-codes": arguments.codes,
        "train-small": arguments.small_print,
    }
    shards = [
        path for name, lines in amounts.items() for path in make(out, name, lines, arguments.seed, arguments.workers)
    ]
    start = restore(arguments.start) if arguments.start else Head()
    head = fit(start, load(shards), out, arguments.epochs, arguments.batch, arguments.rate, arguments.seed)
    scores: dict[str, tuple[Score, Score]] = {}
    for name in KINDS:
        if name not in amounts:
            lines = load(make(out, name, arguments.test_lines, arguments.seed, arguments.workers))
            found = read(head, lines)
            scores[name] = score(found, lines.texts, unified=False), score(found, lines.texts, unified=True)
            raw, unified = scores[name]
            print(f"{name:20} CER {raw.cer:.2%}, exact {raw.exact:.1%}; unified {unified.cer:.2%}, {unified.exact:.1%}")
    export(head, out, bundle / "reader.onnx")
    rows = [
        {
            "stage": "ocr",
            "dataset": f"{arguments.test_lines} drawn lines, {name}, fonts and words never trained on",
            "metric": metric,
            "value": round(value, 5),
            "command": COMMAND,
        }
        for name, (_, unified) in scores.items()
        for metric, value in (
            ("CER", unified.cer),
            ("CER whatever the case", unified.folded),
            ("exact lines", unified.exact),
        )
    ]
    (bundle / "metrics").mkdir(parents=True, exist_ok=True)
    (bundle / "metrics" / "text.json").write_text(json.dumps({"rows": rows}, indent=1) + "\n")
    write_card(bundle / "cards" / "text.md", arguments, scores)


if __name__ == "__main__":
    main()
