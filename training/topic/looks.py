"""What topics look like: a regression on the features of photographs and scenes, and what pictures are compared by."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from adlens.domain.topics import taxonomy
from training.topic.model import Likeness, Looks
from training.topic.pictures import SCENE
from training.topic.vectors import Vectors

STRENGTH = 3.0
"""The inverse of the penalty on the weights, as scikit-learn's C."""
SCENES = 0.3
"""What a rendered scene counts beside a photograph."""
SIZE = 384
"""Numbers that pictures are compared by."""


def weights_of(vectors: Vectors, rows: list[int], fewest: float = 0.0) -> Tensor:
    """Every topic counts alike, but for those of less than `fewest` photographs, which count for less; a photograph and
    its cards count as one, a scene SCENES.
    """
    cards = {}
    for row in rows:
        cards[vectors.ids[row].partition("#")[0]] = cards.get(vectors.ids[row].partition("#")[0], 0) + 1
    each = [
        (SCENES if vectors.sources[row] == SCENE else 1.0) / cards[vectors.ids[row].partition("#")[0]] for row in rows
    ]
    total: dict[str, float] = {}
    for row, weight in zip(rows, each, strict=True):
        total[vectors.topics[row]] = total.get(vectors.topics[row], 0.0) + weight
    mean = sum(total.values()) / len(total)
    return torch.tensor(
        [weight * mean / max(total[vectors.topics[row]], fewest) for row, weight in zip(rows, each, strict=True)]
    )


def fit_looks(vectors: Vectors, rows: list[int], strength: float = STRENGTH) -> Looks:
    """Learned from those rows. A topic without an example among them believes its classes of ImageNet as much as the
    others do theirs.
    """
    topics = list(taxonomy().topics)
    model = Looks(torch.tensor(vectors.alike()), vectors.features.shape[1])
    looks, features = torch.tensor(vectors.looks[rows]), torch.tensor(vectors.features[rows])
    truth = torch.tensor([topics.index(vectors.topics[row]) for row in rows])
    weights = weights_of(vectors, rows)
    seen = torch.tensor([number in set(truth.tolist()) for number in range(len(topics))])
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        logits = model(looks, features).masked_fill(~seen, -torch.inf)
        wrong = (functional.cross_entropy(logits, truth, reduction="none") * weights).sum() * strength
        penalty = sum((part.weight**2).sum() for part in (model.features, model.evidence)) / 2
        total = (wrong + penalty) / len(rows)
        total.backward()
        return total

    optimizer.step(loss)
    fallback = topics.index(taxonomy().fallback)
    known = seen.clone()
    known[fallback] = False
    with torch.no_grad():
        evidence, bias = model.evidence.weight, model.features.bias
        bias[~seen] = bias[known].mean()
        evidence[~seen, ~seen] = evidence.diagonal()[known].mean()
        evidence[fallback, ~seen] = evidence[fallback, known].mean()
    return model.eval()


@torch.no_grad()
def looks_of(model: Looks, vectors: Vectors, rows: list[int]) -> Tensor:
    """(rows, topics) logits."""
    return model(torch.tensor(vectors.looks[rows]), torch.tensor(vectors.features[rows]))


def held_out(vectors: Vectors) -> tuple[Tensor, list[int]]:
    """(n, topics) logits of each picture by a model that saw none of its part, zeros for scenes of the split `train`,
    which every model saw; and the rows that have such logits.
    """
    never = {"val", "test"}
    logits, rows = torch.zeros(len(vectors.ids), len(taxonomy().topics)), []
    for part in sorted(set(vectors.parts) - {"train"}):
        mine = [row for row, of in enumerate(vectors.parts) if of == part]
        others = [row for row, of in enumerate(vectors.parts) if of != part and of not in never]
        logits[mine] = looks_of(fit_looks(vectors, others), vectors, mine)
        rows += mine
    return logits, sorted(rows)


def likeness_of(vectors: Vectors, rows: list[int]) -> Likeness:
    """The SIZE principal directions of the features of those rows, or as many as there are."""
    features = functional.normalize(torch.tensor(vectors.features[rows]))
    mean = features.mean(dim=0)
    directions = torch.linalg.svd(features - mean, full_matrices=False)[2][:SIZE]
    return Likeness(mean, directions.T.contiguous())
