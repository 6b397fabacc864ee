"""The MVP's topic classifier on torch: mean-pooled BERT joined with the detector's class scores, then two layers.

State dicts of its layout (`bert.*`, `fc1.*`, `fc2.*`) load unchanged, whatever encoder and sizes they were trained
with.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from pickle import UnpicklingError

import torch
from tokenizers import BertWordPieceTokenizer
from transformers import AutoConfig, AutoModel

from adlens.domain.analysis import Detections, Evidence, EvidenceKind, Looks, TextBlock, TopicPrediction
from adlens.domain.errors import InvalidBundle
from adlens.domain.topics import taxonomy
from adlens.vision.reference.threads import use_threads

_DROPOUT = 0.3
_NOT_TRAINED = "position_ids"  # a constant that older versions of transformers saved with the weights
_NEITHER_LETTERS_NOR_DIGITS = re.compile(r"[\W_]+")


class MvpClassifier(torch.nn.Module):
    """(batch, tokens) ids and mask and (batch, objects) scores in [0, 1] -> (batch, topics) logits."""

    def __init__(self, bert: torch.nn.Module, objects: int, hidden: int, topics: int) -> None:
        super().__init__()
        self.bert = bert
        self.fc1 = torch.nn.Linear(bert.config.hidden_size + objects, hidden)
        self.dropout = torch.nn.Dropout(_DROPOUT)
        self.fc2 = torch.nn.Linear(hidden, topics)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, objects: torch.Tensor) -> torch.Tensor:
        tokens = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        real = attention_mask.unsqueeze(-1).to(tokens.dtype)
        pooled = (tokens * real).sum(dim=1) / real.sum(dim=1).clamp(min=1)
        return self.fc2(self.dropout(torch.relu(self.fc1(torch.cat([pooled, objects], dim=1)))))


def load_mvp_classifier(state_dict_path: Path, config_dir: Path) -> MvpClassifier:
    """The trained classifier, ready to run. `config_dir` holds the encoder's config.json, of any model that AutoModel
    knows; the other sizes are those of the state dict. Nothing is fetched and no code in the files runs.

    Raises InvalidBundle when the two do not fit each other or a file is not what it should be.
    """
    try:
        state = torch.load(state_dict_path, map_location="cpu", weights_only=True)
        config = AutoConfig.from_pretrained(config_dir, local_files_only=True)
        (hidden, joined), topics = state["fc1.weight"].shape, len(state["fc2.weight"])
        model = MvpClassifier(AutoModel.from_config(config), joined - config.hidden_size, hidden, topics)
        model.load_state_dict({name: value for name, value in state.items() if not name.endswith(_NOT_TRAINED)})
    except (OSError, UnpicklingError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InvalidBundle(
            f"{state_dict_path} is no state dict of the MVP's classifier (bert.*, fc1.*, fc2.*) for the encoder of "
            f"{config_dir}/config.json: {str(error).partition(chr(10))[0]}"
        ) from error
    return model.float().eval()


def clean(text: str) -> str:
    """Lower case, letters and digits only: what the MVP's tokenizer was given."""
    return _NEITHER_LETTERS_NOR_DIGITS.sub(" ", text.lower()).strip()


class MvpTopicClassifier:
    """`topics` and `classes` name the outputs and the object scores in order; scores below `threshold` count as 0, as
    the MVP's detector reported nothing weaker. It knows no `other`: every creative is given one of `topics`.
    """

    def __init__(
        self,
        classifier: Path,
        config: Path,
        vocabulary: Path,
        topics: Sequence[str],
        classes: Sequence[str],
        threshold: float,
        max_tokens: int,
        threads: int,
    ) -> None:
        use_threads(threads)
        self._model = load_mvp_classifier(classifier, config.parent).requires_grad_(False)
        expected = self._model.fc1.in_features - self._model.bert.config.hidden_size, self._model.fc2.out_features
        if (len(classes), len(topics)) != expected:
            raise InvalidBundle(
                f"{classifier} takes {expected[0]} object scores and knows {expected[1]} topics; the manifest "
                f"names {len(classes)} classes and {len(topics)} topics"
            )
        self._topics = tuple(topics)
        self._classes = tuple(classes)
        self._threshold = threshold
        # The text is lower case already, and stripping accents would make й an и.
        self._tokenizer = BertWordPieceTokenizer(str(vocabulary), lowercase=False, strip_accents=False)
        self._tokenizer.enable_truncation(max_tokens)

    def classify(self, text: Sequence[TextBlock], detections: Detections, looks: Looks) -> TopicPrediction:
        tokens = self._tokenizer.encode(clean(" ".join(block.text for block in text)))
        scores = [detections.class_scores.get(name, 0.0) for name in self._classes]
        objects = torch.tensor([[score if score >= self._threshold else 0.0 for score in scores]]).requires_grad_()
        logits = self._model(torch.tensor([tokens.ids]), torch.tensor([tokens.attention_mask]), objects)[0]
        probabilities = logits.detach().softmax(dim=0).tolist()
        best = int(logits.argmax())
        # To first order, what each object's score adds to the winner's logit.
        (slope,) = torch.autograd.grad(logits[best], objects)
        spoke = sorted(zip((slope * objects)[0].tolist(), self._classes, strict=True), reverse=True)
        return TopicPrediction(
            topic=self._topics[best],
            confidence=probabilities[best],
            scores=dict.fromkeys(taxonomy().topics, 0.0) | dict(zip(self._topics, probabilities, strict=True)),
            evidence=tuple(Evidence(EvidenceKind.OBJECT, name, share) for share, name in spoke if share > 0),
        )
