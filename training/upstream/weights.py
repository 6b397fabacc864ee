"""The official YOLOv8 weights: what the caller has of them, or a download by ultralytics."""

from __future__ import annotations

from pathlib import Path

SIZES = ("n", "s", "m", "l", "x")


def find_weights(size: str, folder: Path, downloads: Path) -> Path:
    """yolov8<size>.pt of `folder` if it is there: then no network is needed. Else fetched into `downloads`, once.

    Raises SystemExit that says what to put where when it can be had in neither way.
    """
    name = f"yolov8{size}.pt"
    for path in (folder / name, downloads / name):
        if path.is_file():
            return path
    from ultralytics.utils.downloads import attempt_download_asset

    downloads.mkdir(parents=True, exist_ok=True)
    try:
        return Path(attempt_download_asset(downloads / name))
    except (OSError, RuntimeError) as error:
        raise SystemExit(
            f"{name} is not in {folder} and cannot be fetched ({error}). Put the file there, or set ADLENS_WEIGHTS to "
            "the folder that has it."
        ) from error
