"""Character error rates on lines in fonts and words that were never trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from adlens.vision.text.ctc import decode
from adlens.vision.text.scripts import unify
from evaluation.edits import distance
from training.text.alphabet import ALPHABET
from training.text.features import Lines


@dataclass(frozen=True, slots=True)
class Score:
    """`cer`: edits per character of the truth; `folded`: whatever the case; `exact`: the share of faultless lines."""

    cer: float
    exact: float
    folded: float


@torch.inference_mode()
def read(head: nn.Module, lines: Lines) -> list[str]:
    head.eval()
    return [
        decode(head(torch.from_numpy(features)[None].float()).softmax(-1)[0].numpy(), ALPHABET)[0]
        for features in lines.features
    ]


def score(read_lines: Sequence[str], texts: Sequence[str], unified: bool) -> Score:
    pairs = [(unify(found) if unified else found, text) for found, text in zip(read_lines, texts, strict=True)]
    edits = sum(distance(found, text) for found, text in pairs)
    folded = sum(distance(found.casefold(), text.casefold()) for found, text in pairs)
    characters = sum(map(len, texts))
    return Score(edits / characters, sum(found == text for found, text in pairs) / len(pairs), folded / characters)
