"""Scores of translations, summaries and answers."""
import json
import pathlib
import tempfile
from ctypes import byref, c_double, pointer
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from . import _interface as c
from ._lines import c_strings
from ._library import (IngotError, Path, call, chosen, encoded, log, path_bytes, reporter,
                       set_members, text_of)

# In the order of ig_metric.
METRICS = ("bleu", "chrf", "ter", "rouge1", "rouge2", "rougeL", "rougeLsum")


@dataclass(frozen=True)
class Score:
    """A score, and the line that sacreBLEU prints of it (of ROUGE one of the same form)."""

    value: float
    line: str

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        return self.line


def metric_of(name: str) -> int:
    """The ig_metric of a name."""
    for number, known in enumerate(METRICS):
        if known.lower() == str(name).lower():
            return number
    hint = "; score_squad scores answers" if name == "squad" else ""
    raise IngotError(f"metric: expected {', '.join(METRICS)}, found {name!r}{hint}")


def _lines(lines: Sequence[str], what: str) -> List[bytes]:
    if isinstance(lines, str):
        raise TypeError(f"{what}: expected a list of lines, found one str")
    return [encoded(line, f"{what}, line {number + 1}") for number, line in enumerate(lines)]


def _references(references: Sequence[Any], count: int) -> List[List[bytes]]:
    """One list or several, each as long as the hypotheses."""
    several = len(references) > 0 and not isinstance(references[0], str)
    lists = [_lines(r, f"references {i + 1}") for i, r in enumerate(references)] if several else \
        [_lines(references, "references")]
    for number, listed in enumerate(lists):
        if len(listed) != count:
            raise IngotError(f"references{f' {number + 1}' if several else ''}: expected {count} "
                             f"lines, as there are hypotheses, found {len(listed)}")
    return lists


def _check_options(**options: Tuple[Any, bool]) -> None:
    """name=(value, whether the metric has the option)"""
    for name, (value, known) in options.items():
        if value and not known:
            raise IngotError(f"{name}: an option of other metrics")


def score(metric: str, hypotheses: Sequence[str],
          references: Union[Sequence[str], Sequence[Sequence[str]]], *,
          tokenize: Optional[str] = None, lowercase: bool = False, chrf_word_order: int = 0,
          ter_case_sensitive: bool = False, ter_normalized: bool = False,
          ter_no_punct: bool = False, ter_asian_support: bool = False,
          rouge_stemmer: bool = False, rouge_sentence_end: Optional[str] = None,
          effective_order: bool = False, strict: bool = False) -> Score:
    """The score of translations or summaries: metric is "bleu", "chrf", "ter" (as sacreBLEU's),
    "rouge1", "rouge2", "rougeL" or "rougeLsum" (as rouge_score's).

    hypotheses: lines. references: as many lines, or several lists of them. The options are those of
    `ingot score`; effective_order is BLEU's for the score of a single line."""
    number = metric_of(metric)
    of_rouge = number >= METRICS.index("rouge1")
    _check_options(tokenize=(tokenize, number == c.IG_METRIC_BLEU or of_rouge),
                   chrf_word_order=(chrf_word_order, number == c.IG_METRIC_CHRF),
                   ter_case_sensitive=(ter_case_sensitive, number == c.IG_METRIC_TER),
                   ter_normalized=(ter_normalized, number == c.IG_METRIC_TER),
                   ter_no_punct=(ter_no_punct, number == c.IG_METRIC_TER),
                   ter_asian_support=(ter_asian_support, number == c.IG_METRIC_TER),
                   rouge_stemmer=(rouge_stemmer, of_rouge),
                   rouge_sentence_end=(rouge_sentence_end, of_rouge),
                   effective_order=(effective_order, number == c.IG_METRIC_BLEU))
    hyps = _lines(hypotheses, "hypotheses")
    lists = _references(references, len(hyps))
    options = c.ig_score_options()
    set_members(
        options, metric=number, tokenize=tokenize, lowercase=lowercase,
        chrf_word_order=chrf_word_order, ter_case_sensitive=ter_case_sensitive,
        ter_normalized=ter_normalized, ter_no_punctuation=ter_no_punct,
        ter_asian=ter_asian_support, rouge_stemmer=rouge_stemmer,
        rouge_sentence_end=rouge_sentence_end, effective_order=effective_order, strict=strict,
        reference_count=len(lists))
    ordered = [line for of_one in zip(*lists) for line in of_one]
    out = c.ig_score()
    call("ig_score_lines", byref(options), c_strings(hyps), c_strings(ordered), len(hyps),
         byref(out))
    if out.wordless:
        log.warning("ROUGE finds no word in %d lines with text, which count as 0", out.wordless)
    return Score(out.value, text_of(out.line))


@dataclass(frozen=True)
class SquadPart:
    """A group of questions: percentages over `total` of them."""

    total: int
    exact: float
    f1: float


@dataclass(frozen=True)
class SquadScore:
    """What the official scripts say of answers."""

    rules: str  # "squad-1.1", "squad-2.0", "cmrc2018", "mlqa-de", ...
    total: int
    exact: float
    f1: float
    answerable: Optional[SquadPart]  # of squad-2.0
    unanswerable: Optional[SquadPart]  # of squad-2.0
    best_exact: Optional[float]  # of squad-2.0 with null_odds
    best_f1: Optional[float]
    missing: int  # questions without a prediction, which count as wrong
    unknown: int  # predictions for questions that the reference does not have


def _squad_options(version: Union[int, str, None], language: Optional[str]) -> c.ig_squad_options:
    options = c.ig_squad_options()
    if version is not None and language is not None:
        raise IngotError("version and language exclude each other")
    if version is not None:
        options.rules = c.IG_SQUAD_RULES_V1 + (chosen("version", str(version), "1", "2") or 0)
    if language == "zh":
        options.rules = c.IG_SQUAD_RULES_CMRC
    elif language is not None:
        options.rules = c.IG_SQUAD_RULES_MLQA
        set_members(options, language="zh" if language == "zh-mlqa" else language)
    return options


def _part(part: c.ig_squad_part) -> Optional[SquadPart]:
    return SquadPart(part.total, part.exact, part.f1) if part.total else None


def score_squad(reference: Path, hypothesis: Union[Path, Mapping[str, Optional[str]]], *,
                version: Union[int, str, None] = None, language: Optional[str] = None,
                null_odds: Optional[Path] = None,
                null_threshold: Optional[float] = None) -> SquadScore:
    """Exact match and F1 of answers, as the scripts of SQuAD, MLQA and CMRC 2018 compute them.

    reference: a file in SQuAD's form. hypothesis: a file with a JSON object of answers by the ids
    of questions, or a dict of them. The options are those of `ingot score squad`."""
    options = _squad_options(version, language)
    set_members(options, null_odds=null_odds)
    if null_threshold is not None:
        options.null_threshold = pointer(c_double(null_threshold))
    options.reporter = reporter()
    out = c.ig_squad_score()
    with tempfile.TemporaryDirectory(prefix="ingot-") as directory:
        answers: Any = hypothesis
        if isinstance(hypothesis, Mapping):
            answers = pathlib.Path(directory, "answers.json")
            answers.write_text(json.dumps(dict(hypothesis)), encoding="utf-8")
        call("ig_score_squad", byref(options), path_bytes(reference), path_bytes(answers),
             byref(out))
    rules: Dict[int, str] = {
        c.IG_SQUAD_RULES_V1: "squad-1.1", c.IG_SQUAD_RULES_V2: "squad-2.0",
        c.IG_SQUAD_RULES_CMRC: "cmrc2018", c.IG_SQUAD_RULES_MLQA: f"mlqa-{str(language)[:2]}"}
    return SquadScore(
        rules[out.rules], out.all.total, out.all.exact, out.all.f1, _part(out.answerable),
        _part(out.unanswerable), out.best_exact if out.has_best else None,
        out.best_f1 if out.has_best else None, out.missing, out.unknown)
