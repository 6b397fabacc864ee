"""What `adlens analyze` takes for pictures, its start not counted: `... BUNDLE PICTURE...` prints seconds and CPU
seconds.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from adlens_cli.analyze import analyze_file
from adlens_cli.bundles import open_bundle


def main() -> None:
    bundle, *pictures = sys.argv[1:]
    engines = open_bundle(bundle, threads=2)
    analyze_file(Path(pictures[0]), engines)  # models are loaded at their first use
    started, spent = time.perf_counter(), time.process_time()
    for picture in pictures:
        analyze_file(Path(picture), engines)
    print(time.perf_counter() - started, time.process_time() - spent)


if __name__ == "__main__":
    main()
