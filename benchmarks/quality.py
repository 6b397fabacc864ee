"""How right a model bundle is on labelled creatives: topic, objects and text, as raw numbers.

    python -m benchmarks.quality                                  # the library alone, here and now
    python -m benchmarks.quality --api URL --key KEY              # through the service: upload, wait, read back

Lists missed and misread words. `make eval` makes the table of figures; evaluation/labels.py describes the folder.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from adlens.domain.topics import taxonomy
from adlens.settings import CommandLineSettings
from adlens_cli.places import CHECKOUT
from evaluation.labels import COCO_CLASS, Labelled, read_labels
from evaluation.scoring import Counts, fold_script, line_is_right, score_sets, score_words, script_of, words

STAGES = ("ocr", "detection", "classification", "color")
POLL_SECONDS = 1.0
Found = Mapping[str, Any]
"""A creative as GET /creatives/{id} shows it."""


def analyze_in_place(creatives: Iterable[Labelled], bundle: str | None, threads: int) -> list[Found]:
    from tqdm import tqdm

    from adlens_cli.analyze import analyze_file
    from adlens_cli.bundles import open_bundle

    engines = open_bundle(bundle, threads)
    return [analyze_file(creative.path, engines) for creative in tqdm(list(creatives), unit="picture", disable=None)]


def analyze_through_api(creatives: list[Labelled], url: str, key: str, patience: float) -> list[Found]:
    """Raises SystemExit when a file is refused or has not ended after `patience` seconds."""
    from adlens_cli.client import Client

    client = Client(url, key)
    group, sent, refusals = client.upload([creative.path for creative in creatives], lambda path: None)
    if refusals:
        raise SystemExit("\n".join(f"{refusal.path.name} was refused: {refusal.reason}" for refusal in refusals))
    deadline = time.monotonic() + patience
    while any(row["status"] not in {"SUCCESS", "ERROR"} for row in client.group_progress(group)):
        if time.monotonic() > deadline:
            raise SystemExit(f"Group {group} has not ended after {patience:.0f} s.")
        time.sleep(POLL_SECONDS)
    found = {path: client.get(f"/creatives/{creative_id}") for creative_id, path in sent.items()}
    return [found[creative.path] for creative in creatives]


def lines_of(found: Found) -> list[str]:
    return [block["text"] for block in found["ocr_blocks"]]


def classes_of(creative: Labelled, found: Found) -> set[str]:
    """Of the classes that the labels tell of."""
    classes = {COCO_CLASS.get(detected["class"], detected["class"]) for detected in found["detected_objects"]}
    return classes if creative.labelled_classes is None else classes & creative.labelled_classes


def text_counts(creative: Labelled, found: Found) -> Counts:
    return score_words(words("\n".join(lines_of(found))), words(creative.text or ""), creative.small_print)


Pair = tuple[Labelled, Found]


def report(pairs: list[Pair]) -> None:
    ended = Counter(found["overall_status"] for _, found in pairs)
    print(f"{len(pairs)} creatives: {', '.join(f'{count} {status}' for status, count in ended.items())}")
    for creative, found in pairs:
        if found["failure"]:
            print(f"  {creative.path.name}: {found['failure']['reason']}")
    models = next((found["models"] for _, found in pairs if found["models"]), None)
    if models:
        engines = ", ".join(f"{stage} {engine}" for stage, engine in models["engines"].items())
        print(f"Bundle {models['name']} {models['version']} ({models['checksum'][:12]}): {engines}")
    report_topics(pairs)
    report_objects(pairs)
    report_text(pairs)
    report_seconds(pairs)


def report_topics(pairs: list[Pair]) -> None:
    topics = list(taxonomy().topics)
    pairs = [pair for pair in pairs if pair[0].topic is not None]
    if not pairs:
        return
    confusion = Counter((creative.topic, found["main_topic"] or "none") for creative, found in pairs)
    right = sum(count for (expected, chosen), count in confusion.items() if expected == chosen)
    print(
        f"\nTopic: {right} of {len(pairs)} right ({right / len(pairs):.0%}). Rows: the truth; columns: what was found."
    )
    columns = topics + (["none"] if any(chosen == "none" for _, chosen in confusion) else [])
    print(" " * 9 + "".join(f"{name:>9}" for name in columns))
    for expected in topics:
        print(f"{expected:9}" + "".join(f"{confusion[expected, chosen] or '.':>9}" for chosen in columns))
    sure = [creative.topic == found["main_topic"] for creative, found in pairs if found.get("topic_decision") == "sure"]
    print(f"Sure of {len(sure)} of {len(pairs)} topics, {sum(sure)} of these right.")


def report_objects(pairs: list[Pair]) -> None:
    total = sum((score_sets(classes_of(creative, found), creative.objects) for creative, found in pairs), Counts())
    print(f"\nObjects, classes per picture: {show(total)}")
    print("  (labels name what is clearly visible and are not exhaustive: precision is a lower bound)")
    missed = Counter(name for creative, found in pairs for name in set(creative.objects) - classes_of(creative, found))
    extra = Counter(name for creative, found in pairs for name in classes_of(creative, found) - set(creative.objects))
    for title, names in ("missed", missed), ("not labelled", extra):
        print(f"  {title}: {', '.join(f'{name} {count}' for name, count in names.most_common()) or 'none'}")


def report_text(pairs: list[Pair]) -> None:
    print("\nText, words whatever their order, case and script:")
    with_text = [pair for pair in pairs if pair[0].text]
    for title, key in ("language", lambda c: c.language), ("kind", lambda c: c.kind):
        for value, group in grouped(with_text, key).items():
            print(f"  {title:8} {value:8} {len(group):2} pictures  {show(total_text(group))}")
    print(f"  all               {len(with_text):2} pictures  {show(total_text(with_text))}")
    without = [pair for pair in pairs if pair[0].text == ""]
    print(f"  without text      {len(without):2} pictures  {total_text(without).wrong} words found all the same")

    print("  Of the labelled words, by script:")
    for script in ("latin", "cyrillic", "digits", "mixed"):
        counts = Counts()
        for creative, found in with_text:
            expected = [fold_script(word) for word in words(creative.text or "") if script_of(word) == script]
            found_words = Counter(map(fold_script, words("\n".join(lines_of(found))))) & Counter(expected)
            counts += Counts(found_words.total(), 0, len(expected) - found_words.total())
        print(f"    {script:9} {counts.right:3} of {counts.right + counts.missed:3} found")

    lines = [
        (creative, line, lines_of(found))
        for creative, found in with_text
        if creative.language == "en"
        for line in (creative.text or "").splitlines()
    ]
    exact = [line_is_right(line, read) for _, line, read in lines]
    loose = [line_is_right(line, read, spaces=False) for _, line, read in lines]
    print(f"  Lines of English pictures: {sum(exact)} of {len(lines)} right, {sum(loose)} but for spaces. The rest:")
    for (creative, line, read), right in zip(lines, exact, strict=True):
        if not right:
            print(f"    {creative.path.name}: {line!r}; read: {read}")


def total_text(pairs: Iterable[Pair]) -> Counts:
    return sum((text_counts(creative, found) for creative, found in pairs), Counts())


def grouped(pairs: Iterable[Pair], key: Callable[[Labelled], str]) -> dict[str, list[Pair]]:
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(key(pair[0]), []).append(pair)
    return dict(sorted(groups.items()))


def report_seconds(pairs: list[Pair]) -> None:
    print("\nSeconds per creative (median / slowest; the first includes making the models):")
    per_stage = {stage: [found["stages"][stage]["seconds"] or 0.0 for _, found in pairs] for stage in STAGES}
    per_stage["all stages"] = [sum(seconds) for seconds in zip(*per_stage.values(), strict=True)]
    for stage, seconds in per_stage.items():
        print(f"  {stage:15} {statistics.median(seconds):6.2f} / {max(seconds):6.2f}")


def show(counts: Counts) -> str:
    ratios = zip(("precision", "recall", "F1"), (counts.precision, counts.recall, counts.f1), strict=True)
    return "  ".join(f"{name} {'  - ' if ratio is None else f'{ratio:.2f}'}" for name, ratio in ratios) + (
        f"  ({counts.right} right, {counts.wrong} wrong, {counts.missed} missed)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--creatives", type=Path, default=CHECKOUT / CommandLineSettings().creatives)
    parser.add_argument("--bundle", help="model bundle, as of `adlens analyze --bundle`")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--api", metavar="URL", help="go through this API instead")
    parser.add_argument("--key", default="", help="API key")
    parser.add_argument("--patience", type=float, default=600, help="seconds to wait for the API's analyses")
    parser.add_argument("--json", type=Path, help="write what was found, one creative a line")
    arguments = parser.parse_args()

    creatives = read_labels(arguments.creatives.resolve())
    if arguments.api:
        found = analyze_through_api(creatives, arguments.api, arguments.key, arguments.patience)
    else:
        found = analyze_in_place(creatives, arguments.bundle, arguments.threads)
    if arguments.json:
        arguments.json.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found))
    report(list(zip(creatives, found, strict=True)))
    if any(row["overall_status"] != "SUCCESS" for row in found):
        sys.exit(1)


if __name__ == "__main__":
    main()
