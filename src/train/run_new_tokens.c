#include "train/run_new_tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/report.h"
#include "io/content_hash.h"
#include "io/lines.h"
#include "model/create/grow.h"

enum { NAMED = 10 };  // tokens that a message names

// ---- the configuration ------------------------------------------------------

ig_status ig_run_new_tokens_read(const ig_yaml_node *data, ig_train_config *c, ig_error *err) {
  const ig_yaml_node *node = ig_yaml_get(data, "new_tokens");
  ig_train_data *d = &c->data;
  if (!node) return IG_OK;
  if (!c->init)
    return ig_yaml_fail(node, err,
                        "new tokens are added to the tokenizer of a model that training starts "
                        "from (model.init); a new tokenizer gets its own from "
                        "data.sentencepiece.user_defined_symbols");
  const bool is_file = node->kind == IG_YAML_SCALAR;
  IG_TRY(is_file ? ig_yaml_string(data, "new_tokens", NULL, &d->new_tokens_file, err)
                 : ig_yaml_strings(data, "new_tokens", &d->new_tokens, &d->new_token_count, err));
  return d->new_token_count || (is_file && d->new_tokens_file && *d->new_tokens_file)
             ? IG_OK
             : ig_yaml_fail(node, err,
                            "expected a list of tokens, or a file with "
                            "one a line");
}

void ig_run_new_tokens_free_config(ig_train_data *d) { free(d->new_tokens); }

// ---- the list ---------------------------------------------------------------

static ig_status append(ig_run *run, size_t *capacity, const char *text, size_t length,
                        ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&run->new_tokens, capacity, run->new_token_count + 1,
                          sizeof *run->new_tokens, err));
  char *copy = ig_allocate_copy(text, length, err);
  if (!copy) return IG_ERROR_MEMORY;
  run->new_tokens[run->new_token_count++] = copy;
  return IG_OK;
}

// A token a line. Blank lines are none, and are told.
static ig_status read_lines(ig_run *run, ig_lines *lines, const char *path, ig_error *err) {
  const char *line;
  size_t length, capacity = 0, blank = 0;
  for (;;) {
    IG_TRY(ig_lines_next(lines, &line, &length, err));
    if (!line) break;
    if (length == 0) {
      blank++;
      continue;
    }
    const ig_status status = ig_tokenizer_check_token(run->tokenizer, line, err);
    if (status != IG_OK)
      return ig_fail_in(err, status, "%s: line %zu", path, ig_lines_number(lines));
    IG_TRY(append(run, &capacity, line, length, err));
  }
  if (blank)
    ig_report(run->reporter, IG_LEVEL_INFO, "%s: %zu blank line%s left out", path, blank,
              blank == 1 ? "" : "s");
  return run->new_token_count ? IG_OK
                              : ig_fail(err, IG_ERROR_FORMAT, "%s: expected a token a line", path);
}

static ig_status read_file(ig_run *run, const char *path, ig_error *err) {
  const ig_lines_options options = {.bad_bytes = IG_BAD_BYTES_REFUSE,
                                    .interrupter = run->interrupter};
  ig_lines *lines;
  IG_TRY(ig_lines_open(path, &options, &lines, err));
  const ig_status status = read_lines(run, lines, path, err);
  ig_lines_close(lines);
  return status;
}

static ig_status load_list(ig_run *run, ig_error *err) {
  const ig_train_data *d = &run->config.data;
  size_t capacity = 0;
  if (d->new_tokens_file) {
    const ig_status status = read_file(run, d->new_tokens_file, err);
    if (status != IG_OK) return ig_fail_in(err, status, "%s: data.new_tokens", run->config.path);
    return IG_OK;
  }
  for (size_t i = 0; i < d->new_token_count; i++) {
    const ig_status status = ig_tokenizer_check_token(run->tokenizer, d->new_tokens[i], err);
    if (status != IG_OK) return ig_fail_in(err, status, "%s: data.new_tokens", run->config.path);
    IG_TRY(append(run, &capacity, d->new_tokens[i], strlen(d->new_tokens[i]), err));
  }
  return IG_OK;
}

// ---- telling ----------------------------------------------------------------

// Tokens of a message: the first few, then their number.
typedef struct named_tokens {
  size_t count;
  char names[NAMED * 48];
} named_tokens;

static void name_token(named_tokens *list, const char *text) {
  const size_t used = strlen(list->names);
  if (list->count++ < NAMED)
    snprintf(list->names + used, sizeof list->names - used, "%s%.40s", used ? ", " : "", text);
}

// "WHAT (5): a, b and 3 more"
static void tell(const ig_run *run, ig_level level, const named_tokens *list, const char *what) {
  char more[40] = "";
  if (list->count > NAMED) snprintf(more, sizeof more, " and %zu more", list->count - NAMED);
  if (list->count)
    ig_report(run->reporter, level, "data.new_tokens: %s (%zu): %s%s", what, list->count,
              list->names, more);
}

static void tell_added(const ig_run *run, const bool *known) {
  named_tokens old = {0};
  size_t added = 0;
  for (size_t i = 0; i < run->new_token_count; i++) {
    added += !known[i];
    if (known[i]) name_token(&old, run->new_tokens[i]);
  }
  tell(run, IG_LEVEL_WARNING, &old,
       "in the vocabulary already, or twice in the list, and left as they are");
  ig_report(run->reporter, IG_LEVEL_INFO, "data.new_tokens: %zu added, %d tokens in all", added,
            ig_tokenizer_source_size(run->tokenizer));
}

// ---- adding -----------------------------------------------------------------

// A checkpoint's tokenizer has them, its model their rows.
ig_status ig_run_new_tokens_add(ig_run *run, ig_error *err) {
  const ig_train_data *d = &run->config.data;
  if (!d->new_tokens && !d->new_tokens_file) return IG_OK;
  if (run->config.adapter.wanted)
    return ig_fail(
        err, IG_ERROR_UNSUPPORTED,
        "%s: data.new_tokens: an adapter has no rows for new tokens: train the model, or "
        "leave train.adapter out",
        run->config.path);
  IG_TRY(load_list(run, err));
  if (run->resumed) return IG_OK;
  bool *known = ig_allocate(run->new_token_count, sizeof *known, err);
  if (!known) return IG_ERROR_MEMORY;
  run->tokens_before = ig_tokenizer_source_size(run->tokenizer);
  const ig_token_list list = {(const char *const *)run->new_tokens, run->new_token_count};
  const ig_status status = ig_tokenizer_add_tokens(run->tokenizer, &list, known, err);
  if (status == IG_OK)
    tell_added(run, known);
  else
    ig_fail_in(err, status, "%s", run->config.init);
  free(known);
  return status;
}

ig_status ig_run_new_tokens_grow(ig_run *run, ig_error *err) {
  const int tokens = ig_tokenizer_source_size(run->tokenizer);
  if (!run->tokens_before || tokens == run->tokens_before) return IG_OK;
  const ig_status status = ig_grow_vocabulary(&run->model, run->tokens_before, tokens, err);
  return status == IG_OK ? IG_OK : ig_fail_in(err, status, "%s", run->config.init);
}

// ---- use --------------------------------------------------------------------

// Marks the new tokens among the ids.
static void mark(bool *seen, int first, int tokens, const int32_t *ids, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (ids[i] >= first && ids[i] < tokens) seen[ids[i] - first] = true;
}

static ig_status find_used(const ig_corpus *corpus, int first, int tokens, bool *seen,
                           ig_error *err) {
  ig_corpus_room room = {0};
  ig_status status = IG_OK;
  for (size_t p = 0; status == IG_OK && p < corpus->pairs; p++) {
    const int32_t *ids[2];
    status = ig_corpus_pair(corpus, p, &room, ids, err);
    for (int side = 0; status == IG_OK && side < 2; side++)
      mark(seen, first, tokens, ids[side], ig_corpus_length(corpus, (ig_side)side, p));
  }
  free(room.ids);
  return status;
}

ig_status ig_run_new_tokens_tell_unused(const ig_run *run, ig_error *err) {
  const int first = run->tokens_before, tokens = ig_tokenizer_source_size(run->tokenizer);
  named_tokens unused = {0};
  if (!first || first == tokens) return IG_OK;
  bool *seen = ig_allocate((size_t)(tokens - first), sizeof *seen, err);
  if (!seen) return IG_ERROR_MEMORY;
  const ig_status status = find_used(&run->train, first, tokens, seen, err);
  for (int id = first; id < tokens; id++)
    if (!seen[id - first])
      name_token(&unused, ig_tokenizer_piece_of_id(run->tokenizer, IG_SIDE_SOURCE, id));
  free(seen);
  if (status == IG_OK)
    tell(run, IG_LEVEL_WARNING, &unused,
         "in no text of data.train, so that nothing is learned of them");
  return status;
}

bool ig_run_new_tokens_identify(const ig_run *run, json_t *part) {
  json_t *list = json_array();
  bool made = list != NULL;
  if (run->new_token_count == 0) {
    json_decref(list);
    return true;
  }
  for (size_t i = 0; made && i < run->new_token_count; i++)
    made = json_array_append_new(list, json_string(run->new_tokens[i])) == 0;
  char *text = made ? json_dumps(list, JSON_COMPACT) : NULL, hash[IG_HASH_TEXT];
  json_decref(list);
  if (!text) return false;
  ig_content_hash_text(text, strlen(text), hash);
  free(text);
  return json_object_set_new(part, "new_tokens", json_string(hash)) == 0;
}
