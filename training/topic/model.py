"""The topic classifier as it is trained and exported.

A BERT reads the words; the mean over its tokens, joined with the detector's score of each class and its visual vector,
goes through two layers: the layout of the MVP's classifier (bert.*, fc1.*, fc2.*), with the picture added and a topic
for what fits none. Besides the topics it gives the vector that creatives are compared by.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel, BertConfig

HIDDEN = 96
DROPOUT = 0.3
VISUAL = 24
"""The visual vector comes from drawn scenes; through so few numbers it cannot outweigh words and objects."""
_WEAKEST = 0.01
"""Detectors report scores from here on; what matters about them is their order of magnitude."""
_NOTHING = 1e-6


def new_encoder(vocabulary: int, small: bool) -> nn.Module:
    """A compact BERT with random weights."""
    width, layers = (64, 1) if small else (128, 2)
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=width // 32,
        intermediate_size=4 * width,
        max_position_embeddings=512,
        attn_implementation="eager",
    )
    return AutoModel.from_config(config, add_pooling_layer=False)


def load_encoder(folder: Path) -> nn.Module:
    """Any encoder that was saved by transformers, from a folder; nothing is fetched."""
    return AutoModel.from_pretrained(folder, local_files_only=True, attn_implementation="eager")


def pooled(states: Tensor, keep: Tensor) -> Tensor:
    """(1 or n, tokens, width) states and (n, tokens) shares of them -> (n, width) means."""
    return (keep.unsqueeze(1) @ states).squeeze(1) / keep.sum(dim=1, keepdim=True).clamp(min=1)


class TextClassifier(nn.Module):
    """What the words say, alone: teaches the encoder. (n, tokens) ids and mask -> (n, sayings) logits."""

    def __init__(self, bert: nn.Module, sayings: int) -> None:
        super().__init__()
        self.bert = bert
        self.dropout = nn.Dropout(DROPOUT)
        self.head = nn.Linear(bert.config.hidden_size, sayings)

    def features(self, tokens: Tensor, mask: Tensor) -> Tensor:
        return pooled(self.bert(input_ids=tokens, attention_mask=mask.long()).last_hidden_state, mask)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        return self.head(self.dropout(self.features(tokens, mask)))


class Fusion(nn.Module):
    """(n, width) text, (n, classes) scores in [0, 1], (n, D) visual features or zeros -> (n, topics) logits.

    `shows` (classes, topics) is 1 where a class shows a topic. The best such score also goes straight to the topic's
    logit, with one gain for all: a detector of photographs hardly knows some of our renders, and what it is sure of on
    a photograph must count no less than what it knows on renders. `visual` are the features of the training scenes,
    (scenes, D): what is usual, and by how much it varies.
    """

    def __init__(self, width: int, shows: Tensor, visual: Tensor) -> None:
        super().__init__()
        classes, topics = shows.shape
        self.register_buffer("shows", shows)
        self.gain = nn.Parameter(torch.tensor(2.0))
        self.register_buffer("mean", visual.mean(dim=0))
        self.register_buffer("scale", 1 / visual.std(dim=0).clamp(min=1e-3))
        self.look = nn.Linear(visual.shape[1], VISUAL)
        self.fc1 = nn.Linear(width + classes + VISUAL, HIDDEN)
        self.dropout = nn.Dropout(DROPOUT)
        self.fc2 = nn.Linear(HIDDEN, topics)

    def standard(self, visual: Tensor) -> Tensor:
        """Zeros, which stand for no features, stay zeros."""
        given = (visual.abs().sum(dim=1, keepdim=True) > _NOTHING).to(visual.dtype)
        return ((visual - self.mean) * self.scale).clamp(-4, 4) * given

    def forward(self, text: Tensor, scores: Tensor, visual: Tensor) -> Tensor:
        seen = torch.log1p(scores / _WEAKEST) / math.log1p(1 / _WEAKEST)
        shown = (seen.unsqueeze(2) * self.shows).amax(dim=1)
        looks = torch.tanh(self.look(functional.dropout(self.standard(visual), 0.5, self.training)))
        joined = torch.cat([text, functional.dropout(seen, DROPOUT, self.training), looks], dim=1)
        return self.gain * shown + self.fc2(self.dropout(torch.relu(self.fc1(joined))))


class TopicModel(nn.Module):
    """Encoder and fusion, as exported. n variants of one creative run at once: `keep` says which tokens count."""

    def __init__(self, bert: nn.Module, fusion: Fusion, text_share: float) -> None:
        super().__init__()
        self.bert = bert
        self.fusion = fusion
        self._shares = (1 - text_share) ** 0.5, text_share**0.5

    def forward(self, tokens: Tensor, keep: Tensor, scores: Tensor, visual: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(1, tokens) ids, (n, tokens) keep, (n, classes) scores, (n, D) visual -> (n, topics) logits, (n, width) text
        features, (n, D + width) unit vectors to compare creatives by."""
        text = pooled(self.bert(input_ids=tokens).last_hidden_state, keep)
        parts = functional.normalize(self.fusion.standard(visual)), functional.normalize(text)
        joined = torch.cat([share * part for share, part in zip(self._shares, parts, strict=True)], dim=1)
        return self.fusion(text, scores, visual), text, functional.normalize(joined)
