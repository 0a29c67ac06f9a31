#include "text/joining_steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/text_repair.h"
#include "text/byte_symbols.h"
#include "text/tokenizer_cleaning.h"
#include "text/tokenizer_json.h"
#include "text/text_growth.h"
#include "text/utf8.h"

void ig_joining_steps_free(ig_joining_steps *steps) {
  for (size_t i = 0; i < steps->count; i++) {
    ig_text_pattern_free(&steps->list[i].pattern);
    free(steps->list[i].text);
  }
  free(steps->list);
  *steps = (ig_joining_steps){0};
}

// ---- reading ----------------------------------------------------------------

static const char part[] = "decoder";

static const struct {
  const char *type;
  ig_joining_kind kind;
} types[] = {
    {"Metaspace", IG_JOINING_METASPACE},
    {"ByteLevel", IG_JOINING_BYTE_LEVEL},
    {"ByteFallback", IG_JOINING_BYTE_FALLBACK},
    {"Fuse", IG_JOINING_FUSE},
    {"Replace", IG_JOINING_REPLACE},
    {"Strip", IG_JOINING_STRIP},
    {"WordPiece", IG_JOINING_WORD_PIECES},
};

static ig_status keep_text(ig_joining_step *step, const char *text, ig_error *err) {
  step->length = strlen(text);
  step->text = ig_allocate_copy(text, step->length, err);
  return step->text ? IG_OK : IG_ERROR_MEMORY;
}

static ig_status read_text(ig_joining_step *step, ig_json_object from, const char *key,
                           const char *usual, ig_error *err) {
  const char *text;
  IG_TRY(ig_json_string(from, key, usual, &text, err));
  return keep_text(step, text, err);
}

static ig_status read_keys(ig_joining_step *step, ig_json_object from, ig_error *err) {
  const char *scheme;
  switch (step->kind) {
    case IG_JOINING_METASPACE:
      IG_TRY(ig_json_string(from, "prepend_scheme", "always", &scheme, err));
      step->keeps_prefix = strcmp(scheme, "never") == 0;
      return read_text(step, from, "replacement", "\xE2\x96\x81", err);
    case IG_JOINING_REPLACE:
      IG_TRY(ig_text_pattern_read(from.object, from.where, part, &step->pattern, err));
      return read_text(step, from, "content", "", err);
    case IG_JOINING_STRIP:
      IG_TRY(ig_json_int(from, "start", 0, &step->start, err));
      IG_TRY(ig_json_int(from, "stop", 0, &step->stop, err));
      return read_text(step, from, "content", " ", err);
    case IG_JOINING_WORD_PIECES:
      IG_TRY(ig_json_bool(from, "cleanup", true, &step->cleans, err));
      return read_text(step, from, "prefix", "##", err);
    default: return IG_OK;
  }
}

static ig_status append_step(ig_joining_steps *steps, ig_joining_kind kind, ig_joining_step **out,
                             ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&steps->list, &steps->capacity, steps->count + 1,
                          sizeof *steps->list, err));
  *out = &steps->list[steps->count++];
  **out = (ig_joining_step){.kind = kind};
  return IG_OK;
}

ig_status ig_joining_steps_add_word_pieces(ig_joining_steps *steps, const char *prefix,
                                           ig_error *err) {
  ig_joining_step *step;
  IG_TRY(append_step(steps, IG_JOINING_WORD_PIECES, &step, err));
  step->cleans = true;
  return keep_text(step, prefix, err);
}

static ig_status add_step(void *context, ig_json_object from, ig_error *err) {
  ig_joining_steps *steps = context;
  const char *type = ig_tokenizer_json_type(from.object);
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    if (strcmp(type, types[i].type) != 0) continue;
    ig_joining_step *step;
    IG_TRY(append_step(steps, types[i].kind, &step, err));
    return read_keys(step, from, err);
  }
  return ig_tokenizer_json_refuse(from.where, part, type, err);
}

ig_status ig_joining_steps_read(ig_joining_steps *steps, const json_t *step, const char *where,
                                ig_error *err) {
  return ig_tokenizer_json_each_step((ig_json_object){step, where}, "decoders", add_step, steps,
                                     err);
}

// ---- applying ---------------------------------------------------------------

// The tokens back to back, and where each one ends.
typedef struct joined_tokens {
  char *bytes;
  size_t *ends;
  size_t length, count, byte_capacity, end_capacity;
  size_t most;  // bytes; 0: no limit
} joined_tokens;

static ig_status add_bytes(joined_tokens *t, const char *bytes, size_t length, ig_error *err) {
  if (t->most > 0 && t->length + length > t->most)
    return ig_fail(err, IG_ERROR_FORMAT, "it makes the text longer than %zu bytes", t->most);
  IG_TRY(ig_allocate_more((void **)&t->bytes, &t->byte_capacity, t->length + length + 1, 1, err));
  if (length) memcpy(t->bytes + t->length, bytes, length);
  t->length += length;
  return IG_OK;
}

static ig_status end_token(joined_tokens *t, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&t->ends, &t->end_capacity, t->count + 1, sizeof *t->ends, err));
  t->ends[t->count++] = t->length;
  return IG_OK;
}

static ig_status add_token(joined_tokens *t, const char *bytes, size_t length, ig_error *err) {
  IG_TRY(add_bytes(t, bytes, length, err));
  return end_token(t, err);
}

static void free_tokens(joined_tokens *t) {
  free(t->bytes);
  free(t->ends);
}

static ig_status write_spaces(const ig_joining_step *step, const char *token, size_t length,
                              bool first, joined_tokens *out, ig_error *err) {
  for (size_t i = 0; i < length;) {
    const bool is_mark = step->length > 0 && length - i >= step->length &&
                         memcmp(token + i, step->text, step->length) == 0;
    if (!is_mark)
      IG_TRY(add_bytes(out, token + i, 1, err));
    else if (!first || step->keeps_prefix)
      IG_TRY(add_bytes(out, " ", 1, err));
    i += is_mark ? step->length : 1;
  }
  return end_token(out, err);
}

// A pattern is looked for in characters, and a token may be no UTF-8 any more.
static ig_status write_replaced(const ig_joining_step *step, const char *token, size_t length,
                                joined_tokens *out, ig_error *err) {
  const bool valid = ig_utf8_valid(token, length, NULL);
  for (size_t i = 0; i < length;) {
    const size_t found = valid ? ig_text_pattern_match(&step->pattern, token + i, length - i) : 0;
    const size_t size = found ? found : valid ? ig_utf8_step(token + i) : 1;
    IG_TRY(found ? add_bytes(out, step->text, step->length, err)
                 : add_bytes(out, token + i, size, err));
    i += size;
  }
  return end_token(out, err);
}

static ig_status write_stripped(const ig_joining_step *step, const char *token, size_t length,
                                joined_tokens *out, ig_error *err) {
  size_t begin = 0, size = step->length;
  for (int k = 0; k < step->start && size > 0 && length - begin >= size; k++) {
    if (memcmp(token + begin, step->text, size) != 0) break;
    begin += size;
  }
  for (int k = 0; k < step->stop && size > 0 && length - begin >= size; k++) {
    if (memcmp(token + length - size, step->text, size) != 0) break;
    length -= size;
  }
  return add_token(out, token + begin, length - begin, err);
}

// A prefix that begins the first token stays.
static ig_status write_word_piece(const ig_joining_step *step, const char *token, size_t length,
                                  bool first, joined_tokens *out, ig_error *err) {
  const size_t before = out->length;
  const bool goes_on = !first && length >= step->length &&
                       (step->length == 0 || memcmp(token, step->text, step->length) == 0);
  if (!first && !goes_on) IG_TRY(add_bytes(out, " ", 1, err));
  const size_t left_out = goes_on ? step->length : 0;
  IG_TRY(add_bytes(out, token + left_out, length - left_out, err));
  if (step->cleans && !memchr(out->bytes + before, '\0', out->length - before)) {
    out->bytes[out->length] = '\0';
    ig_tokenizer_cleaning_apply_to_token(out->bytes + before);
    out->length = before + strlen(out->bytes + before);
  }
  return end_token(out, err);
}

// The bytes that the token's characters are symbols of, or its own where one of them is no symbol.
static ig_status write_symbols(const char *token, size_t length, joined_tokens *out,
                               ig_error *err) {
  const size_t before = out->length;
  for (size_t i = 0, step; i < length; i += step) {
    const int byte = ig_byte_symbols_byte(ig_utf8_decode(token + i, &step));
    const char one = (char)byte;
    if (byte < 0) {
      out->length = before;
      return add_bytes(out, token, length, err);
    }
    IG_TRY(add_bytes(out, &one, 1, err));
  }
  return IG_OK;
}

// The byte of <0x41>; -1: another token.
static int fallback_byte(const char *token, size_t length) {
  unsigned byte;
  char hex[3] = "";
  if (length != 6 || memcmp(token, "<0x", 3) != 0 || token[5] != '>') return -1;
  memcpy(hex, token + 3, 2);
  if (strspn(hex, "0123456789abcdefABCDEF") != 2) return -1;
  return sscanf(hex, "%x", &byte) == 1 ? (int)byte : -1;
}

// A run of bytes is one token where it is UTF-8, else as many U+FFFD.
static ig_status end_run(const char *run, size_t length, joined_tokens *out, ig_error *err) {
  if (length == 0) return IG_OK;
  if (ig_utf8_valid(run, length, NULL)) return add_token(out, run, length, err);
  for (size_t i = 0; i < length; i++) IG_TRY(add_token(out, "\xEF\xBF\xBD", 3, err));
  return IG_OK;
}

static ig_status spell_bytes(const joined_tokens *in, joined_tokens *out, ig_error *err) {
  char *run = ig_allocate(in->count + 1, 1, err);
  if (!run) return IG_ERROR_MEMORY;
  size_t length = 0;
  ig_status status = IG_OK;
  for (size_t i = 0; status == IG_OK && i < in->count; i++) {
    const size_t begin = i ? in->ends[i - 1] : 0, size = in->ends[i] - begin;
    const int byte = fallback_byte(in->bytes + begin, size);
    if (byte >= 0) {
      run[length++] = (char)byte;
      continue;
    }
    status = end_run(run, length, out, err);
    length = 0;
    if (status == IG_OK) status = add_token(out, in->bytes + begin, size, err);
  }
  if (status == IG_OK) status = end_run(run, length, out, err);
  free(run);
  return status;
}

static ig_status repair(joined_tokens *t, ig_error *err) {
  ig_text_repair repair = {.where = ""};
  const char *line = t->bytes;
  size_t length = t->length;
  IG_TRY(add_bytes(t, "", 0, err));
  ig_status status = ig_text_repair_line(&repair, 1, &line, &length, err);
  if (status == IG_OK && line != t->bytes) {
    t->length = 0;
    status = add_bytes(t, line, length, err);
  }
  ig_text_repair_free(&repair);
  return status;
}

static ig_status apply_to_token(const ig_joining_step *step, const char *token, size_t length,
                                bool first, joined_tokens *out, ig_error *err) {
  switch (step->kind) {
    case IG_JOINING_METASPACE: return write_spaces(step, token, length, first, out, err);
    case IG_JOINING_REPLACE: return write_replaced(step, token, length, out, err);
    case IG_JOINING_STRIP: return write_stripped(step, token, length, out, err);
    case IG_JOINING_WORD_PIECES: return write_word_piece(step, token, length, first, out, err);
    case IG_JOINING_BYTE_LEVEL: return write_symbols(token, length, out, err);
    default: return add_bytes(out, token, length, err);
  }
}

static ig_status apply_step(const ig_joining_step *step, const joined_tokens *in,
                            joined_tokens *out, ig_error *err) {
  const bool joins = step->kind == IG_JOINING_FUSE || step->kind == IG_JOINING_BYTE_LEVEL;
  if (step->kind == IG_JOINING_BYTE_FALLBACK) return spell_bytes(in, out, err);
  for (size_t i = 0; i < in->count; i++) {
    const size_t begin = i ? in->ends[i - 1] : 0;
    IG_TRY(apply_to_token(step, in->bytes + begin, in->ends[i] - begin, i == 0, out, err));
  }
  if (step->kind == IG_JOINING_BYTE_LEVEL) IG_TRY(repair(out, err));
  return joins ? end_token(out, err) : IG_OK;
}

static ig_status join(const ig_joining_steps *steps, const char *const *tokens, size_t count,
                      joined_tokens *all, ig_error *err) {
  for (size_t i = 0; i < count; i++) {
    if (steps->count == 0 && i > 0) IG_TRY(add_bytes(all, " ", 1, err));
    IG_TRY(add_token(all, tokens[i], strlen(tokens[i]), err));
  }
  const size_t most = ig_text_growth_limit(all->length);
  for (size_t i = 0; i < steps->count; i++) {
    joined_tokens out = {.most = most};
    const ig_status status = add_bytes(&out, "", 0, err);
    const ig_status applied =
        status == IG_OK ? apply_step(&steps->list[i], all, &out, err) : status;
    free_tokens(all);
    *all = out;
    if (applied == IG_ERROR_FORMAT)
      return ig_fail_in(err, applied, "tokenizer.json: decoder: step %zu", i + 1);
    if (applied != IG_OK) return applied;
  }
  all->most = 0;
  return repair(all, err);
}

ig_status ig_joining_steps_apply(const ig_joining_steps *steps, const char *const *tokens,
                                 size_t count, char **out, ig_error *err) {
  joined_tokens all = {0};
  ig_status status = add_bytes(&all, "", 0, err);
  if (status == IG_OK) status = join(steps, tokens, count, &all, err);
  free(all.ends);
  *out = NULL;
  if (status != IG_OK) {
    free(all.bytes);
    return status;
  }
  all.bytes[all.length] = '\0';
  *out = all.bytes;
  return IG_OK;
}
