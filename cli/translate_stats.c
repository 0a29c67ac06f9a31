// The statistics of ingot translate, as JSON.
#include <stdio.h>
#include <stdlib.h>

#include "error.h"
#include "json.h"
#include "translate_values.h"
#include "whole_file.h"

// The models as JSON: a name, or a list of names.
static void write_models(FILE *file, const cli_list *models) {
  if (models->count > 1) fputc('[', file);
  for (size_t i = 0; i < models->count; i++) {
    if (i > 0) fputs(", ", file);
    cli_json_string(file, models->items[i]);
  }
  if (models->count > 1) fputc(']', file);
}

// accepted_tokens + draft_steps: target tokens of the sentences for which the draft was asked.
static void print_draft(FILE *file, const char *draft, const ig_translate_stats *stats) {
  fputs("\"draft\": ", file);
  cli_json_string(file, draft);
  fprintf(file, ", \"drafted_tokens\": %zu, \"accepted_tokens\": %zu, \"draft_steps\": %zu, ",
          stats->drafted_tokens, stats->accepted_tokens, stats->draft_steps);
}

static void print_shortlist(FILE *file, const char *shortlist, const ig_translate_stats *stats) {
  fputs("\"shortlist\": ", file);
  cli_json_string(file, shortlist);
  fprintf(
      file, ", \"listed_sentences\": %zu, \"listed_tokens\": %zu, \"mean_list\": %.1f, ",
      stats->listed_sentences, stats->listed_tokens,
      stats->listed_sentences ? (double)stats->listed_tokens / (double)stats->listed_sentences : 0);
}

static void print_stats(FILE *file, const cli_translate_values *values,
                        const ig_translate_stats *stats, const char *isa, size_t lines_before) {
  fprintf(file,
          "{\"lines\": %zu, \"sentences\": %zu, \"source_tokens\": %zu, \"target_tokens\": %zu, "
          "\"cut\": %zu, \"divided\": %zu, ",
          stats->lines, stats->sentences, stats->source_tokens, stats->target_tokens,
          stats->truncated, stats->divided);
  fprintf(file,
          "\"repaired_lines\": %zu, \"unknown_codes\": %zu, \"unknown_sources\": %zu, "
          "\"unknown_targets\": %zu, \"empty\": %zu, \"unfinished\": %zu, \"unknown_outputs\": "
          "%zu, \"empty_outputs\": %zu, \"late_codes\": %zu, \"kept_unknowns\": %zu, "
          "\"glossary_terms\": %zu, \"missing_terms\": %zu, \"excluded_terms\": %zu, ",
          stats->repaired, stats->unknown_codes, stats->unknown_sources, stats->unknown_targets,
          stats->empty, stats->unfinished, stats->unknown_outputs, stats->empty_outputs,
          stats->late_codes, stats->kept_unknowns, stats->glossary_terms, stats->missing_terms,
          stats->excluded_terms);
  fprintf(file, "\"lines_before\": %zu, ", lines_before);
  if (values->draft != NULL) print_draft(file, values->draft, stats);
  if (values->shortlist != NULL) print_shortlist(file, values->shortlist, stats);
  fprintf(file, "\"load_seconds\": %.6f, \"seconds\": %.6f, \"peak_rss_bytes\": %zu, ",
          stats->load_seconds, stats->seconds, ig_peak_memory());
  fprintf(file, "\"isa\": \"%s\", \"threads\": %d, \"workers\": %d, \"model\": ", isa,
          stats->threads, stats->workers);
  write_models(file, &values->models);
  fputs("}\n", file);
}

ig_status cli_translate_write_stats(const cli_translate_values *values,
                                    const ig_translator *translator, size_t lines_before,
                                    ig_error *err) {
  const ig_translate_stats stats = ig_translator_stats(translator);
  const char *isa = "";
  const ig_status status = ig_isa_name(&isa, err);
  if (status != IG_OK) return status;
  char *text = NULL;
  size_t size;
  FILE *file = open_memstream(&text, &size);
  if (file == NULL) return cli_error_memory(err);
  print_stats(file, values, &stats, isa, lines_before);
  const ig_status written = fclose(file) == 0 ? cli_whole_file_write(values->stats, text, size, err)
                                              : cli_error_memory(err);
  free(text);
  return written;
}
