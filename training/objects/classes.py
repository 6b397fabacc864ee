"""The classes that the detector knows."""

CLASSES = (
    "person", "backpack", "handbag", "tie", "suitcase", "bottle", "cup", "fork", "knife", "spoon", "clock",
)  # fmt: skip
"""In COCO's order and words."""
