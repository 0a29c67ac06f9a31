// Telling and counting what is lost.
#include "pipeline/losses.h"

#include <stdio.h>

#include "base/report.h"
#include "text/shown.h"

enum { TOLD_EACH = 10, SHOWN = 300 };

// Counts a loss; is it one of those that are told?
static bool count_loss(ig_losses *losses, ig_lost_kind kind) {
  return losses->counts[kind]++ < TOLD_EACH;
}

static void tell_empty(ig_losses *losses, const ig_window_sentence *s) {
  char first[SHOWN];
  if (!count_loss(losses, IG_LOST_EMPTY)) return;
  ig_shown_write(s->notes.first_unknown, first, sizeof first);
  if (s->notes.unknown == 0)
    ig_report(losses->reporter, IG_LEVEL_WARNING,
              "line %zu: nothing that the model can read: its translation is empty", s->number);
  else
    ig_report(losses->reporter, IG_LEVEL_WARNING,
              "line %zu: the vocabulary has none of its pieces (the first is %s): its "
              "translation is empty",
              s->number, first);
}

static void tell_unknown(ig_losses *losses, size_t line, const ig_encode_notes *notes,
                         ig_lost_kind kind) {
  char first[SHOWN];
  if (notes->unknown == 0 || !count_loss(losses, kind)) return;
  ig_shown_write(notes->first_unknown, first, sizeof first);
  ig_report(losses->reporter, IG_LEVEL_WARNING,
            "line %zu: the vocabulary lacks %s: %zu unknown %s in the %s", line, first,
            notes->unknown, notes->unknown == 1 ? "piece" : "pieces",
            kind == IG_LOST_UNKNOWN_TARGET ? "target" : "source");
}

void ig_losses_of_source(ig_losses *losses, const ig_window_sentence *s) {
  const ig_encode_notes *notes = &s->notes;
  if (s->truncated_from && count_loss(losses, IG_LOST_TRUNCATED))
    ig_report(
        losses->reporter, IG_LEVEL_WARNING,
        "line %zu: %zu source tokens, but the model has positions for %zu: the rest is left out",
        s->number, s->truncated_from, s->truncated_to);
  if (*notes->unknown_code && count_loss(losses, IG_LOST_UNKNOWN_CODE))
    ig_report(losses->reporter, IG_LEVEL_WARNING,
              "line %zu: the vocabulary has no %s (`ingot inspect` lists the codes that it has)",
              s->number, notes->unknown_code);
  if (*notes->late_code && count_loss(losses, IG_LOST_LATE_CODE))
    ig_report(losses->reporter, IG_LEVEL_WARNING,
              "line %zu: white space before %s: it is read as text, for a code counts only at the "
              "very start",
              s->number, notes->late_code);
  if (s->nothing_known && !s->found)
    tell_empty(losses, s);
  else
    tell_unknown(losses, s->number, notes, IG_LOST_UNKNOWN_SOURCE);
  tell_unknown(losses, s->number, &s->target_notes, IG_LOST_UNKNOWN_TARGET);
}

void ig_losses_of_division(ig_losses *losses, const ig_window_sentence *s, size_t parts) {
  if (count_loss(losses, IG_LOST_DIVIDED))
    ig_report(losses->reporter, IG_LEVEL_WARNING,
              "line %zu: a sentence of %zu source tokens, but the model has positions for %zu: it "
              "is translated in %zu parts",
              s->number, s->truncated_from, s->truncated_to, parts);
}

static void tell_terms(const ig_reporter *reporter, const ig_window_sentence *s) {
  char why[120] = "";
  if (s->excluded_terms > 0)
    snprintf(why, sizeof why, "; bad words, suppressed tokens or repeated n-grams exclude %d",
             s->excluded_terms);
  ig_report(reporter, IG_LEVEL_WARNING,
            "line %zu: of %d %s of the glossary %d %s not in the translation%s", s->number,
            s->terms, s->terms == 1 ? "term" : "terms", s->missing_terms,
            s->missing_terms == 1 ? "is" : "are", why);
}

void ig_losses_of_output(ig_losses *losses, const ig_window_sentence *s) {
  if (s->unfinished && count_loss(losses, IG_LOST_UNFINISHED))
    ig_report(losses->reporter, IG_LEVEL_WARNING,
              "line %zu: the translation reached max_length (%d %s): its end may be missing",
              s->number, s->max_length, s->max_length == 1 ? "token" : "tokens");
  if (s->lost_output > 0 && count_loss(losses, IG_LOST_UNKNOWN_OUTPUT))
    ig_report(losses->reporter, IG_LEVEL_WARNING,
              "line %zu: %zu unknown %s in the translation left out", s->number, s->lost_output,
              s->lost_output == 1 ? "token" : "tokens");
  if (s->missing_terms > 0 && count_loss(losses, IG_LOST_TERM)) tell_terms(losses->reporter, s);
  if (s->blank_output && count_loss(losses, IG_LOST_OUTPUT))
    ig_report(losses->reporter, IG_LEVEL_WARNING, "line %zu: the translation has no text",
              s->number);
}

void ig_losses_end(const ig_losses *losses, ig_translate_stats *stats) {
  static const char *const what[IG_LOST_COUNT] = {
      [IG_LOST_TRUNCATED] = "longer than the model's positions and cut",
      [IG_LOST_DIVIDED] = "longer than the model's positions and translated in parts",
      [IG_LOST_UNKNOWN_CODE] = "with a code that the vocabulary lacks",
      [IG_LOST_LATE_CODE] = "with white space before a code, which is read as text",
      [IG_LOST_UNKNOWN_SOURCE] = "with pieces that the vocabulary lacks",
      [IG_LOST_UNKNOWN_TARGET] = "whose target has pieces that the vocabulary lacks",
      [IG_LOST_EMPTY] = "without a piece that the vocabulary has",
      [IG_LOST_UNFINISHED] = "whose translation reached max_length",
      [IG_LOST_UNKNOWN_OUTPUT] = "with unknown tokens in the translation",
      [IG_LOST_TERM] = "whose translation lacks terms of the glossary",
      [IG_LOST_OUTPUT] = "whose translation is empty, though the model can read them"};
  size_t *const totals[IG_LOST_COUNT] = {[IG_LOST_TRUNCATED] = &stats->truncated,
                                         [IG_LOST_DIVIDED] = &stats->divided,
                                         [IG_LOST_UNKNOWN_CODE] = &stats->unknown_codes,
                                         [IG_LOST_LATE_CODE] = &stats->late_codes,
                                         [IG_LOST_UNKNOWN_SOURCE] = &stats->unknown_sources,
                                         [IG_LOST_UNKNOWN_TARGET] = &stats->unknown_targets,
                                         [IG_LOST_EMPTY] = &stats->empty,
                                         [IG_LOST_UNFINISHED] = &stats->unfinished,
                                         [IG_LOST_UNKNOWN_OUTPUT] = &stats->unknown_outputs,
                                         [IG_LOST_TERM] = NULL,
                                         [IG_LOST_OUTPUT] = &stats->empty_outputs};
  for (int kind = 0; kind < IG_LOST_COUNT; kind++) {
    if (totals[kind]) *totals[kind] += losses->counts[kind];
    if (losses->counts[kind] > TOLD_EACH)
      ig_report(losses->reporter, IG_LEVEL_WARNING, "%zu sentences %s; the first %d were named",
                losses->counts[kind], what[kind], TOLD_EACH);
  }
}

bool ig_losses_is_unfinished(const ig_decode_options *o, int max_length, const ig_hypothesis *h) {
  if (h->length < max_length || h->length == 0) return false;
  return o->sentence.forced_eos >= 0 || !ig_decode_options_ends(o, h->ids[h->length - 1]);
}
