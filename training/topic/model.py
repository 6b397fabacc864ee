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
LOOKS = 1.0
"""The most that looks add to a logit or take from it."""
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


class Fusion(nn.Module):
    """(n, width) text, (n, classes) scores in [0, 1], (n, D) visual features or zeros -> (n, topics) logits.

    Words, objects and looks each add to the logits. One layer over all three fits renders better and photographs worse:
    it learns what a detector takes renders for, and then does not believe a cup it is sure of. So a score counts as
    what it is, a probability: the odds of the best class that shows a topic (`shows`, (classes, topics) of 0 and 1)
    over those of doubt. Looks are learned on renders alone and may tip the scales only where nothing else speaks.
    `visual` are the features of the training scenes, (scenes, D): what is usual, and by how much it varies.
    """

    def __init__(self, width: int, shows: Tensor, visual: Tensor) -> None:
        super().__init__()
        topics = shows.shape[1]
        self.register_buffer("shows", shows)
        self.register_buffer("mean", visual.mean(dim=0))
        self.register_buffer("scale", 1 / visual.std(dim=0).clamp(min=1e-3))
        self.fc1 = nn.Linear(width, HIDDEN)
        self.dropout = nn.Dropout(DROPOUT)
        self.fc2 = nn.Linear(HIDDEN, topics)
        self.look = nn.Linear(visual.shape[1], topics, bias=False)

    def standard(self, visual: Tensor) -> Tensor:
        """Zeros, which stand for no features, stay zeros."""
        given = (visual.abs().sum(dim=1, keepdim=True) > _NOTHING).to(visual.dtype)
        return ((visual - self.mean) * self.scale).clamp(-4, 4) * given

    def forward(self, text: Tensor, scores: Tensor, visual: Tensor) -> Tensor:
        words = self.fc2(self.dropout(torch.relu(self.fc1(text))))
        sure = scores.clamp(DOUBT, SURE)
        odds = torch.log(sure / (1 - sure)) - math.log(DOUBT / (1 - DOUBT))
        objects = (odds.unsqueeze(2) * self.shows).amax(dim=1)
        looks = torch.tanh(self.look(functional.dropout(self.standard(visual), 0.5, self.training)))
        return words + objects + LOOKS * looks


class TopicModel(nn.Module):
    """Encoder and fusion, as exported. n variants of one creative run at once: `keep` says which tokens are there. What
    is left out is hidden from the other tokens too, or they would go on telling of it."""

    def __init__(self, bert: nn.Module, fusion: Fusion, text_share: float) -> None:
        super().__init__()
        self.bert = bert
        self.fusion = fusion
        self._shares = (1 - text_share) ** 0.5, text_share**0.5

    def forward(self, tokens: Tensor, keep: Tensor, scores: Tensor, visual: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(1, tokens) ids, (n, tokens) keep, (n, classes) scores, (n, D) visual -> (n, topics) logits, (n, width) text
        features, (n, D + width) unit vectors to compare creatives by."""
        variants = tokens.expand(keep.shape[0], -1)
        text = pooled(self.bert(input_ids=variants, attention_mask=keep).last_hidden_state, keep)
        parts = functional.normalize(self.fusion.standard(visual)), functional.normalize(text)
        joined = torch.cat([share * part for share, part in zip(self._shares, parts, strict=True)], dim=1)
        return self.fusion(text, scores, visual), text, functional.normalize(joined)
