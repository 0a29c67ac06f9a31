"""What the library gives of arrays of texts: structs, whose sentences are apart."""
import math
from dataclasses import dataclass
from typing import Any, List, Optional, Tuple

from . import _interface as c
from ._library import IngotError, library, text_of
from ._translation import Translation, alignment_of


@dataclass(frozen=True)
class TranslatedText:
    """The translation of a text, and of each of its sentences."""

    text: str  # of the whole; "" with ids
    sentences: Tuple[Translation, ...] = ()  # in their order, each with its ids
    error: Optional[IngotError] = None  # why it cannot be translated; then it has no sentences

    def __str__(self) -> str:
        return self.text


def _translation_of(t: Any, token_scores: bool) -> Translation:
    ids = tuple(t.ids[:t.count]) if t.ids else ()
    return Translation(
        text_of(t.text),
        None if math.isnan(t.score) else t.score,
        tuple(t.log_probs[:t.count]) if t.log_probs else () if token_scores else None,
        ids,
        (alignment_of(t.alignment.contents),) if t.alignment else (),
    )


def _sentence_of(best: List[Translation]) -> Translation:
    first = best[0]
    if len(best) == 1:
        return first
    return Translation(first.text, first.score, first.token_scores, first.ids, first.alignments,
                       tuple(best))


def _text_of(text: Any, n_best: int, token_scores: bool) -> TranslatedText:
    if text.status != c.IG_OK:
        return TranslatedText("", (), IngotError(
            text_of(text.message), text_of(library.ig_status_name(text.status))))
    found = [_translation_of(text.translations[i], token_scores)
             for i in range(text.sentences * n_best)]
    return TranslatedText(text_of(text.text), tuple(
        [_sentence_of(found[i:i + n_best]) for i in range(0, len(found), n_best)]))


def texts_of(found: Any, token_scores: bool) -> List[TranslatedText]:
    """An ig_translations, which may be freed then. token_scores: they were asked for."""
    return [_text_of(found.texts[i], found.n_best, token_scores) for i in range(found.count)]
