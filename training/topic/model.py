"""The topic classifier as it is trained and exported.

A BERT reads the words; the mean over its tokens goes through two layers (bert.*, fc1.*, fc2.*, as in the MVP's
classifier), and what the detector saw and what the picture looks like are added. One topic is for what fits none.
Besides the topics it gives the vector that creatives are compared by.
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
DOUBT, SURE = 0.1, 0.99
"""Between these a score of the detector counts: below, it says nothing; above, no more than that."""
UNLIKELY = 1e-3
"""A topic's share of the probabilities below which it does not matter how unlikely it is."""
EVIDENCE, PRIOR = 0.4, 1.0
"""How much the logarithm of that share weighs beside the features, and what it counts before there is an example."""
_NOTHING = 1e-6
_ENDS = 2
"""Tokens of a text without words."""


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
    """(n, tokens, width) states and (n, tokens) of 0 or 1 -> (n, width) means of those kept."""
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


class Looks(nn.Module):
    """(n, kinds) probabilities of classes of ImageNet and (n, D) features -> (n, topics) logits, zeros where there are
    no features. `alike`, (kinds, topics) of 0 and 1, says which class looks like which topic.

    A topic without an example has what its classes say and nothing else: the evidence of every topic counts alike
    until examples say otherwise.
    """

    def __init__(self, alike: Tensor, features: int) -> None:
        super().__init__()
        topics = alike.shape[1]
        self.register_buffer("alike", alike)
        self.features = nn.Linear(features, topics)
        self.evidence = nn.Linear(topics, topics, bias=False)
        nn.init.zeros_(self.features.weight)
        nn.init.zeros_(self.features.bias)
        nn.init.zeros_(self.evidence.weight)

    def forward(self, looks: Tensor, features: Tensor) -> Tensor:
        given = (features.abs().sum(dim=1, keepdim=True) > _NOTHING).to(features.dtype)
        shares = torch.log((looks @ self.alike).clamp(min=UNLIKELY)) - math.log(UNLIKELY)
        evidence = EVIDENCE * shares
        return given * (self.features(functional.normalize(features)) + PRIOR * evidence + self.evidence(evidence))


class Fusion(nn.Module):
    """(n, width) text, (n, classes) scores in [0, 1], (n, topics) logits of looks or zeros -> (n, topics) logits.

    Words, objects and looks each add to the logits, so that each may be missing. A score counts as what it is, a
    probability: the odds of the best class that shows a topic (`shows`, (classes, topics) of 0 and 1) over those of
    doubt.
    """

    def __init__(self, width: int, shows: Tensor) -> None:
        super().__init__()
        self.register_buffer("shows", shows)
        self.fc1 = nn.Linear(width, HIDDEN)
        self.dropout = nn.Dropout(DROPOUT)
        self.fc2 = nn.Linear(HIDDEN, shows.shape[1])
        self.weights = nn.Parameter(torch.ones(2))

    def forward(self, text: Tensor, scores: Tensor, looks: Tensor) -> Tensor:
        words = self.fc2(self.dropout(torch.relu(self.fc1(text))))
        sure = scores.clamp(DOUBT, SURE)
        odds = torch.log(sure / (1 - sure)) - math.log(DOUBT / (1 - DOUBT))
        objects = (odds.unsqueeze(2) * self.shows).amax(dim=1)
        return words + self.weights[0] * objects + self.weights[1] * looks


class Likeness(nn.Module):
    """(n, D) features -> (n, E) of unit length, zeros for none: what pictures are compared by. `mean` (D,) and
    `directions` (D, E) are of the training pictures.
    """

    def __init__(self, mean: Tensor, directions: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("directions", directions)

    def forward(self, features: Tensor) -> Tensor:
        given = (features.abs().sum(dim=1, keepdim=True) > _NOTHING).to(features.dtype)
        return given * functional.normalize((functional.normalize(features) - self.mean) @ self.directions)


class TopicModel(nn.Module):
    """Encoder, looks, fusion and likeness, as exported. n variants of one creative run at once: `keep` says which
    tokens are there. What is left out is hidden from the other tokens too, or they would go on telling of it."""

    def __init__(self, bert: nn.Module, looks: Looks, fusion: Fusion, likeness: Likeness, text_share: float) -> None:
        super().__init__()
        self.bert = bert
        self.looks = looks
        self.fusion = fusion
        self.likeness = likeness
        self._shares = (1 - text_share) ** 0.5, text_share**0.5

    def forward(
        self, tokens: Tensor, keep: Tensor, scores: Tensor, looks: Tensor, features: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """(1, tokens) ids, (n, tokens) keep, (n, classes) scores, (n, kinds) looks, (n, D) features -> (n, topics)
        logits, (n, width) text features, (n, E + width) unit vectors to compare creatives by: of a creative without
        words by its looks alone."""
        variants = tokens.expand(keep.shape[0], -1)
        text = pooled(self.bert(input_ids=variants, attention_mask=keep).last_hidden_state, keep)
        says = (keep.sum(dim=1, keepdim=True) > _ENDS).to(text.dtype)
        parts = self.likeness(features), functional.normalize(text) * says
        joined = torch.cat([share * part for share, part in zip(self._shares, parts, strict=True)], dim=1)
        logits = self.fusion(text, scores, self.looks(looks, features))
        return logits, text, functional.normalize(joined)
