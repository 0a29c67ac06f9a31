#include "alignments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "heatmap.h"
#include "json.h"

ig_status cli_alignments_open(cli_alignments *a, const cli_alignments_options *options,
                              ig_error *err) {
  *a = (cli_alignments){.format = options->format, .picture = options->picture};
  // If the picture cannot be written, that is said at once.
  if (options->picture != NULL) {
    const ig_status status = cli_whole_file_check(options->picture, err);
    if (status != IG_OK) return status;
  }
  return options->path != NULL ? cli_whole_file_open(&a->file, options->path, err) : IG_OK;
}

// The links of all sentences of a line are one list.
static void print_links(cli_alignments *a, const ig_token_alignment *t) {
  for (int j = 0; j < t->target_count; j++) {
    if (t->links[j] < 0) continue;
    fprintf(a->file.file, "%s%d-%d", a->in_line ? " " : "", t->source_positions[t->links[j]],
            t->target_positions[j]);
    a->in_line = true;
  }
}

static void print_weights(FILE *file, const ig_token_alignment *t, int target) {
  const float *row = t->weights + (size_t)target * (size_t)t->source_count;
  for (int i = 0; i < t->source_count; i++) fprintf(file, "%s%.6f", i ? "," : "", (double)row[i]);
}

// Weights of a target token have commas between them, tokens spaces, sentences of a line tabs.
static void print_soft(cli_alignments *a, const ig_token_alignment *t) {
  if (a->in_line) fputc('\t', a->file.file);
  for (int j = 0; j < t->target_count; j++) {
    if (j > 0) fputc(' ', a->file.file);
    print_weights(a->file.file, t, j);
  }
  a->in_line = true;
}

static void print_tokens(FILE *file, const char *const *pieces, const int *ids, int count) {
  fputc('[', file);
  for (int i = 0; i < count; i++) {
    if (i > 0) fputs(", ", file);
    if (pieces != NULL)
      cli_json_string(file, pieces[i]);
    else
      fprintf(file, "%d", ids[i]);
  }
  fputc(']', file);
}

static void print_numbers(FILE *file, const char *key, const int *numbers, int count) {
  fprintf(file, ", \"%s\": [", key);
  for (int i = 0; i < count; i++) fprintf(file, "%s%d", i ? ", " : "", numbers[i]);
  fputc(']', file);
}

static void print_sentence(FILE *file, const ig_token_alignment *t) {
  fputs("{\"source\": ", file);
  print_tokens(file, t->source_pieces, t->source_ids, t->source_count);
  fputs(", \"target\": ", file);
  print_tokens(file, t->target_pieces, t->target_ids, t->target_count);
  print_numbers(file, "links", t->links, t->target_count);
  fputs(", \"weights\": [", file);
  for (int j = 0; j < t->target_count; j++) {
    fputs(j ? ", [" : "[", file);
    print_weights(file, t, j);
    fputc(']', file);
  }
  fputs("]}", file);
}

static void print_json(cli_alignments *a, const ig_token_alignment *t) {
  FILE *file = a->file.file;
  if (a->in_line)
    fputs(", ", file);
  else
    fprintf(file, "{\"line\": %zu, \"hypothesis\": %d, \"sentences\": [", t->line,
            t->hypothesis + 1);
  print_sentence(file, t);
  a->in_line = true;
  if (t->ends_line) fputs("]}", file);
}

static ig_status print(cli_alignments *a, const ig_token_alignment *t, ig_error *err) {
  errno = 0;
  if (a->format == CLI_ALIGNMENTS_PHARAOH)
    print_links(a, t);
  else if (a->format == CLI_ALIGNMENTS_SOFT)
    print_soft(a, t);
  else
    print_json(a, t);
  if (t->ends_line) {
    fputc('\n', a->file.file);
    a->in_line = false;
  }
  if (!ferror(a->file.file)) return IG_OK;
  return cli_error(err, IG_ERROR_IO, "%s: %s", a->file.path, strerror(errno != 0 ? errno : EIO));
}

static ig_status draw(cli_alignments *a, const ig_token_alignment *t, ig_error *err) {
  cli_whole_file file;
  ig_status status = cli_whole_file_open(&file, a->picture, err);
  if (status == IG_OK) {
    cli_heatmap_write(file.file, t);
    status = cli_whole_file_commit(&file, err);
  }
  cli_whole_file_close(&file);
  a->drawn = true;
  return status;
}

ig_status cli_alignments_write(void *context, const ig_token_alignment *t, ig_error *err) {
  cli_alignments *a = context;
  ig_status status = a->file.file != NULL ? print(a, t, err) : IG_OK;
  if (status == IG_OK && a->picture != NULL && !a->drawn && t->target_count > 0)
    status = draw(a, t, err);
  a->failed |= status != IG_OK;
  return status;
}

ig_status cli_alignments_commit(cli_alignments *a, ig_error *err) {
  if (a->file.file != NULL) {
    const ig_status status = cli_whole_file_commit(&a->file, err);
    if (status != IG_OK) return status;
  }
  if (a->picture == NULL || a->drawn) return IG_OK;
  return cli_error(err, IG_ERROR_FORMAT, "%s: not drawn: the input has no sentence", a->picture);
}

void cli_alignments_close(cli_alignments *a) {
  cli_whole_file_close(&a->file);
  *a = (cli_alignments){0};
}
