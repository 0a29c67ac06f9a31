"""Ingot: train, fuse and run encoder-decoder Transformers on CPUs.

    translator = ingot.Translator("models/en-de")
    print(translator.translate("How are you?"))

docs/python.md has more."""
from ._answerer import Answer, Answerer
from ._fusion import fuse
from ._library import IngotError
from ._library import version as __version__
from ._progress import Progress
from ._scoring import Score, SquadPart, SquadScore, score, score_squad
from ._texts import TranslatedText
from ._training import report, train
from ._translation import Alignment, Translation
from ._translator import Translator

__all__ = [
    "Alignment", "Answer", "Answerer", "IngotError", "Progress", "Score", "SquadPart",
    "SquadScore", "TranslatedText", "Translation", "Translator", "__version__", "fuse",
    "report", "score", "score_squad", "train",
]
