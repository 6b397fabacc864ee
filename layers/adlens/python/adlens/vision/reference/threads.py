"""What torch may use of the machine."""

from __future__ import annotations

import torch


def use_threads(threads: int) -> None:
    """For the whole process. Denormal numbers count as zero in them and in this thread, as in vision.session."""
    torch.set_flush_denormal(True)
    torch.set_num_threads(threads)
