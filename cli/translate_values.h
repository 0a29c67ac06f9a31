// What the files cli/translate*.c share: the values of the verb's options.
#ifndef CLI_TRANSLATE_VALUES_H
#define CLI_TRANSLATE_VALUES_H
#include "alignments.h"
#include "ingot.h"
#include "options.h"
#include "report.h"

typedef struct cli_translate_values {
  cli_list models;
  const char *ensemble, *weights, *input, *output, *score_target, *type, *draft, *shortlist, *stats;
  const char *split_sentences, *source_language, *target_language;
  const char *scores, *glossary, *early_stopping, *prefix, *target_prefix, *bad_words;
  double max_length_factor;
  const char *alignments, *alignments_format, *alignments_svg;
  int alignments_layer, alignments_head;
  int beam_size, n_best, alternatives, min_length, max_length, no_repeat_ngram_size;
  double length_penalty, repetition_penalty, temperature, top_p, min_p;
  int top_k, seed;
  int threads, workers, batch_tokens, draft_tokens;
  bool ids, ids_in, strict, resume, sample, keep_unknown;
  cli_log log;
} cli_translate_values;

// Runs the verb, whose table of options is in translate_options.c.
int cli_translate_run(const cli_verb *verb, int argc, char **argv);
// The values of options that are not given.
extern const cli_translate_values cli_translate_no_values;
ig_translator_options cli_translate_library_options(const cli_translate_values *values);
cli_alignments_options cli_translate_alignments(const cli_translate_values *values);
bool cli_translate_is_geometric(const cli_translate_values *values);  // the mean of an ensemble
// The two below return CLI_GO_ON, or the exit code once they have reported what is wrong.
// Options that make sense alone, but not together.
int cli_translate_check_options(const cli_verb *verb, const cli_translate_values *values);
// No output replaces an input, another output or a file of a model.
int cli_translate_check_files(const cli_verb *verb, const cli_translate_values *values);
// Writes --stats.
ig_status cli_translate_write_stats(const cli_translate_values *values,
                                    const ig_translator *translator, size_t lines_before,
                                    ig_error *err);
#endif
