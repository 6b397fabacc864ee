"""Which pooled map says most of a picture's topic: a linear probe on each, learnt on the scenes of train, tried on val.

python -m training.objects.probe
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from training.objects.features import extract
from training.paths import DATA


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=Path, default=DATA / "scenes")
    parser.add_argument("--features", type=Path, default=DATA / "objects" / "features")
    arguments = parser.parse_args()
    maps = extract(arguments.scenes, arguments.features)
    topics = np.array([scene.label["topic"] for scene in maps.scenes])
    splits = np.array([scene.label["split"] for scene in maps.scenes])
    for name, look in maps.looks.items():
        values = np.asarray(look[: len(topics)], np.float32)
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=200))
        model.fit(values[splits == "train"], topics[splits == "train"])
        right = [model.score(values[splits == split], topics[splits == split]) for split in ("val", "test")]
        print(f"{name:7} {values.shape[1]:4} features: val {right[0]:.3f}, test {right[1]:.3f}")


if __name__ == "__main__":
    main()
