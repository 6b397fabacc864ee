"""The reader's own half: from the frozen backbone's features to characters, by CTC."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.text.alphabet import ALPHABET
from training.text.features import CHANNELS

CLASSES = len(ALPHABET) + 1
BLANK = 0


class Mixing(nn.Module):
    """Neighbouring steps (depthwise convolution and a two-layer perceptron), then all steps (self-attention)."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.near = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.near_norm = nn.LayerNorm(width)
        self.perceptron = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.far_norm = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.far = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)
        self.heads = heads

    def forward(self, x: Tensor, valid: Tensor | None) -> Tensor:
        near = self.near((x if valid is None else x * valid[:, :, None]).transpose(1, 2)).transpose(1, 2)
        x = x + self.dropout(self.perceptron(self.near_norm(near)))
        batch, steps, width = x.shape
        parts = self.query_key_value(self.far_norm(x)).reshape(batch, steps, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        scores = query @ key.transpose(2, 3) * (width // self.heads) ** -0.5
        if valid is not None:
            scores = scores.masked_fill(~valid[:, None, None, :], float("-inf"))
        mixed = (scores.softmax(-1) @ value).transpose(1, 2).reshape(batch, steps, width)
        return x + self.dropout(self.far(mixed))


class Head(nn.Module):
    """Features (batch, steps, 504) to logits (batch, steps, classes); `valid` (batch, steps) is False at padding."""

    def __init__(self, width: int = 192, depth: int = 2, heads: int = 6, dropout: float = 0.1) -> None:
        super().__init__()
        self.scale = nn.LayerNorm(CHANNELS)
        self.enter = nn.Linear(CHANNELS, width)
        self.mixings = nn.ModuleList(Mixing(width, heads, dropout) for _ in range(depth))
        self.leave = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, CLASSES))
        self.dropout = nn.Dropout(dropout)

    def forward(self, features: Tensor, valid: Tensor | None = None) -> Tensor:
        x = self.enter(self.dropout(self.scale(features)))
        for mixing in self.mixings:
            x = mixing(x, valid)
        logits: Tensor = self.leave(x)
        return logits


class Exported(nn.Module):
    """The head with the backbone's two outputs, (1, 384, 1, steps) and (1, steps, 120), to probabilities."""

    def __init__(self, head: Head) -> None:
        super().__init__()
        self.head = head

    def forward(self, pooled: Tensor, neck: Tensor) -> Tensor:
        features = torch.cat([pooled.squeeze(2).transpose(1, 2), neck], dim=2)
        return self.head(features).softmax(-1)
