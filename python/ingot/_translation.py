"""What a translation is made of."""
from dataclasses import dataclass
from typing import Any, List, Optional, Tuple

from ._library import text_of


@dataclass(frozen=True)
class Alignment:
    """What the tokens of one sentence's translation attend to in its source.

    Row j of `weights` is of target token j: probabilities over the source tokens, special ones
    included. `links[j]` is the source token with the greatest weight. Positions count the tokens
    that stand for text, from 0; None: the token stands for none."""

    source_ids: Tuple[int, ...]
    target_ids: Tuple[int, ...]
    source_tokens: Tuple[str, ...]
    target_tokens: Tuple[str, ...]
    source_positions: Tuple[Optional[int], ...]
    target_positions: Tuple[Optional[int], ...]
    links: Tuple[Optional[int], ...]
    weights: Tuple[Tuple[float, ...], ...]

    @property
    def pairs(self) -> List[Tuple[int, int]]:
        """(source position, target position), as Pharaoh's I-J."""
        found = []
        for link, target in zip(self.links, self.target_positions):
            source = None if link is None else self.source_positions[link]
            if source is not None and target is not None:
                found.append((source, target))
        return found


@dataclass(frozen=True)
class Translation:
    """A translation, and what was asked for beside it."""

    text: str
    score: Optional[float] = None  # with scores, or n_best above 1
    token_scores: Optional[Tuple[float, ...]] = None  # with scores="tokens"
    ids: Optional[Tuple[int, ...]] = None  # with ids
    alignments: Tuple[Alignment, ...] = ()  # with alignments: one for each sentence of the text
    n_best: Tuple["Translation", ...] = ()  # with n_best above 1: all, the best (this one) first

    def __str__(self) -> str:
        return self.text

    @property
    def tokens(self) -> Tuple[str, ...]:
        """The tokens of the translation, special ones included; with alignments."""
        return tuple(token for a in self.alignments for token in a.target_tokens)


def alignment_of(t: Any) -> Alignment:
    """An ig_token_alignment, which lives during its callback."""
    sources, targets = t.source_count, t.target_count

    def tokens(pieces: Any, count: int) -> Tuple[str, ...]:
        return tuple(text_of(pieces[i]) for i in range(count)) if pieces else ()

    def places(numbers: Any, count: int) -> Tuple[Optional[int], ...]:
        return tuple(None if n < 0 else n for n in numbers[:count])

    return Alignment(
        source_ids=tuple(t.source_ids[:sources]),
        target_ids=tuple(t.target_ids[:targets]),
        source_tokens=tokens(t.source_pieces, sources),
        target_tokens=tokens(t.target_pieces, targets),
        source_positions=places(t.source_positions, sources),
        target_positions=places(t.target_positions, targets),
        links=places(t.links, targets),
        weights=tuple(tuple(t.weights[j * sources:(j + 1) * sources]) for j in range(targets)),
    )


class LineReader:
    """Makes translations of the lines that the library writes."""

    def __init__(self, scores: Optional[str], n_best: int, ids: bool, ids_in: bool) -> None:
        self.lines_each = max(1, n_best)
        # May a translation have lines of its own? What stands beside it is of a single one.
        self.joins = self.lines_each == 1 and not (scores or ids or ids_in)
        # Columns before the text.
        self._columns = 2 if scores == "tokens" else int(scores is not None or n_best > 1)
        self._ids = ids

    def translation(self, lines: List[str],
                    alignments: List[Tuple[int, Alignment]]) -> Translation:
        """The lines of one source; alignments: with the numbers of their hypotheses."""
        made = [self._one(line, tuple([a for number, a in alignments if number == index]))
                for index, line in enumerate(lines)]
        best = made[0]
        if self.lines_each == 1:
            return best
        return Translation(best.text, best.score, best.token_scores, best.ids, best.alignments,
                           tuple(made))

    def _one(self, line: str, alignments: Tuple[Alignment, ...]) -> Translation:
        columns = line.split("\t", self._columns)
        text = columns[-1]
        return Translation(
            text,
            float(columns[0]) if self._columns > 0 else None,
            tuple(map(float, columns[1].split())) if self._columns > 1 else None,
            tuple(map(int, text.split())) if self._ids else None,
            alignments,
        )
