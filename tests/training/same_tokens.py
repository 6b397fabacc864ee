"""Run in the training environment: our WordPiece and that of the library `tokenizers` agree on what creatives say."""

from __future__ import annotations

import random
import sys
from pathlib import Path

from tokenizers import BertWordPieceTokenizer

from adlens.domain.topics import taxonomy
from adlens.vision.topic.wordpiece import LONGEST, WordPiece, words_of
from training.topic.adcopy import AdCopy

ours = WordPiece.of_file(Path(sys.argv[1]))
theirs = BertWordPieceTokenizer(sys.argv[1], lowercase=False, strip_accents=False)
copy, chance = AdCopy("test"), random.Random(0)
for _ in range(300):
    words = words_of(copy.draw(chance, chance.choice(list(taxonomy().topics))).text)
    tokens, _ = ours.encode(words)
    if len(tokens) < LONGEST - 20:
        assert tokens == theirs.encode(" ".join(words)).ids, words
