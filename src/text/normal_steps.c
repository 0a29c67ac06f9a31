#include "text/normal_steps.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/byte_words.h"
#include "text/character_ranges.h"
#include "text/lower_case.h"
#include "text/tokenizer_json.h"
#include "text/utf8.h"

void ig_normal_steps_free(ig_normal_steps *steps) {
  for (size_t i = 0; i < steps->count; i++) {
    ig_text_pattern_free(&steps->list[i].pattern);
    ig_charsmap_free(&steps->list[i].charsmap);
    free(steps->list[i].text);
  }
  free(steps->list);
  *steps = (ig_normal_steps){0};
}

// ---- reading ----------------------------------------------------------------

static const char part[] = "normalizer";

static const struct {
  const char *type;
  ig_normal_kind kind;
  ig_normal_form form;
} types[] = {
    {"NFC", IG_NORMAL_FORM, {false, true}},
    {"NFD", IG_NORMAL_FORM, {false, false}},
    {"NFKC", IG_NORMAL_FORM, {true, true}},
    {"NFKD", IG_NORMAL_FORM, {true, false}},
    {"Lowercase", IG_NORMAL_LOWERCASE, {false, false}},
    {"Strip", IG_NORMAL_STRIP, {false, false}},
    {"StripAccents", IG_NORMAL_STRIP_ACCENTS, {false, false}},
    {"Replace", IG_NORMAL_REPLACE, {false, false}},
    {"Prepend", IG_NORMAL_PREPEND, {false, false}},
    {"Precompiled", IG_NORMAL_PRECOMPILED, {false, false}},
    {"Nmt", IG_NORMAL_NMT, {false, false}},
    {"BertNormalizer", IG_NORMAL_WORDS, {false, false}},
};

static ig_status read_text(ig_normal_step *step, ig_json_object from, const char *key,
                           ig_error *err) {
  const char *text;
  IG_TRY(ig_json_string(from, key, "", &text, err));
  step->length = strlen(text);
  step->text = ig_allocate_copy(text, step->length, err);
  return step->text ? IG_OK : IG_ERROR_MEMORY;
}

// Without a word on accents, they go where the case goes.
static ig_status read_words(ig_word_normalization *words, ig_json_object from, ig_error *err) {
  IG_TRY(ig_json_bool(from, "clean_text", true, &words->cleans, err));
  IG_TRY(ig_json_bool(from, "handle_chinese_chars", true, &words->sets_apart, err));
  IG_TRY(ig_json_bool(from, "lowercase", true, &words->lowers, err));
  return ig_json_bool(from, "strip_accents", words->lowers, &words->strips_accents, err);
}

static ig_status read_keys(ig_normal_step *step, ig_json_object from, ig_error *err) {
  switch (step->kind) {
    case IG_NORMAL_STRIP:
      IG_TRY(ig_json_bool(from, "strip_left", true, &step->left, err));
      return ig_json_bool(from, "strip_right", true, &step->right, err);
    case IG_NORMAL_REPLACE:
      IG_TRY(ig_text_pattern_read(from.object, from.where, part, &step->pattern, err));
      return read_text(step, from, "content", err);
    case IG_NORMAL_PREPEND: return read_text(step, from, "prepend", err);
    case IG_NORMAL_PRECOMPILED:
      return ig_tokenizer_json_read_charsmap(from.object, from.where, &step->charsmap, err);
    case IG_NORMAL_WORDS: return read_words(&step->words, from, err);
    default: return IG_OK;
  }
}

static ig_status append_step(ig_normal_steps *steps, ig_normal_kind kind, ig_normal_step **out,
                             ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&steps->list, &steps->capacity, steps->count + 1,
                          sizeof *steps->list, err));
  *out = &steps->list[steps->count++];
  **out = (ig_normal_step){.kind = kind};
  return IG_OK;
}

ig_status ig_normal_steps_add_words(ig_normal_steps *steps, const ig_word_normalization *words,
                                    ig_error *err) {
  ig_normal_step *step;
  IG_TRY(append_step(steps, IG_NORMAL_WORDS, &step, err));
  step->words = *words;
  return IG_OK;
}

static ig_status add_step(void *context, ig_json_object from, ig_error *err) {
  ig_normal_steps *steps = context;
  const char *type = ig_tokenizer_json_type(from.object);
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    if (strcmp(type, types[i].type) != 0) continue;
    ig_normal_step *step;
    IG_TRY(append_step(steps, types[i].kind, &step, err));
    step->form = types[i].form;
    return read_keys(step, from, err);
  }
  return ig_tokenizer_json_refuse(from.where, part, type, err);
}

ig_status ig_normal_steps_read(ig_normal_steps *steps, const json_t *normalizer, const char *where,
                               ig_error *err) {
  return ig_tokenizer_json_each_step((ig_json_object){normalizer, where}, "normalizers", add_step,
                                     steps, err);
}

// ---- applying ---------------------------------------------------------------

static ig_status copy_character(const ig_mapped_text *in, size_t at, size_t step,
                                ig_mapped_text *out, ig_error *err) {
  return ig_mapped_text_append(out, in->bytes + at, step, in->sources[at], err);
}

static ig_status append_code(ig_mapped_text *out, uint32_t code, ig_source_range source,
                             ig_error *err) {
  char bytes[IG_UTF8_MAX];
  return ig_mapped_text_append(out, bytes, ig_utf8_encode(code, bytes), source, err);
}

// U+0130 becomes two characters, i and U+0307.
static ig_status lower(const ig_mapped_text *in, ig_mapped_text *out, ig_error *err) {
  for (size_t i = 0, step; i < in->length; i += step) {
    const uint32_t code = ig_utf8_decode(in->bytes + i, &step);
    IG_TRY(append_code(out, ig_lower_case_of(code), in->sources[i], err));
    if (code == 0x130) IG_TRY(append_code(out, 0x307, in->sources[i], err));
  }
  return IG_OK;
}

static ig_status strip(const ig_normal_step *how, const ig_mapped_text *in, ig_mapped_text *out,
                       ig_error *err) {
  size_t begin = 0, end = in->length, step;
  while (how->left && begin < end &&
         ig_byte_words_is_space(ig_utf8_decode(in->bytes + begin, &step)))
    begin += step;
  while (how->right && begin < end) {
    const size_t last = ig_utf8_before(in->bytes, end);
    if (!ig_byte_words_is_space(ig_utf8_decode(in->bytes + last, &step))) break;
    end = last;
  }
  for (size_t i = begin; i < end; i += step) {
    step = ig_utf8_step(in->bytes + i);
    IG_TRY(copy_character(in, i, step, out, err));
  }
  return IG_OK;
}

static ig_status strip_accents(const ig_mapped_text *in, ig_mapped_text *out, ig_error *err) {
  for (size_t i = 0, step; i < in->length; i += step) {
    const uint32_t code = ig_utf8_decode(in->bytes + i, &step);
    if (!ig_character_ranges_hold(&ig_character_ranges_marks, code))
      IG_TRY(copy_character(in, i, step, out, err));
  }
  return IG_OK;
}

// All characters of a replacement have the source of the last one that matched.
static ig_status replace(const ig_normal_step *how, const ig_mapped_text *in, ig_mapped_text *out,
                         ig_error *err) {
  for (size_t i = 0; i < in->length;) {
    const size_t found = ig_text_pattern_match(&how->pattern, in->bytes + i, in->length - i);
    const size_t step = found ? found : ig_utf8_step(in->bytes + i);
    if (found)
      IG_TRY(ig_mapped_text_append(out, how->text, how->length, in->sources[i + found - 1], err));
    else
      IG_TRY(copy_character(in, i, step, out, err));
    i += step;
  }
  return IG_OK;
}

static ig_status prepend(const ig_normal_step *how, const ig_mapped_text *in, ig_mapped_text *out,
                         ig_error *err) {
  if (in->length > 0)
    IG_TRY(ig_mapped_text_append(out, how->text, how->length, in->sources[0], err));
  for (size_t i = 0, step; i < in->length; i += step) {
    step = ig_utf8_step(in->bytes + i);
    IG_TRY(copy_character(in, i, step, out, err));
  }
  return IG_OK;
}

static bool is_nmt_control(uint32_t code) {
  return (code >= 0x01 && code <= 0x08) || code == 0x0B || (code >= 0x0E && code <= 0x1F) ||
         code == 0x7F || code == 0x8F || code == 0x9F;
}

static bool is_nmt_space(uint32_t code) {
  static const uint32_t single[] = {0x09,   0x0A,   0x0C,   0x0D,   0x1680,
                                    0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD};
  for (size_t i = 0; i < sizeof single / sizeof *single; i++)
    if (code == single[i]) return true;
  return code >= 0x200B && code <= 0x200F;
}

static ig_status clean(const ig_mapped_text *in, ig_mapped_text *out, ig_error *err) {
  for (size_t i = 0, step; i < in->length; i += step) {
    const uint32_t code = ig_utf8_decode(in->bytes + i, &step);
    if (is_nmt_space(code))
      IG_TRY(ig_mapped_text_append(out, " ", 1, in->sources[i], err));
    else if (!is_nmt_control(code))
      IG_TRY(copy_character(in, i, step, out, err));
  }
  return IG_OK;
}

static ig_status apply_step(const ig_normal_step *step, const ig_mapped_text *in,
                            ig_mapped_text *out, ig_error *err) {
  switch (step->kind) {
    case IG_NORMAL_FORM: return ig_normal_forms_apply(step->form, in, out, err);
    case IG_NORMAL_LOWERCASE: return lower(in, out, err);
    case IG_NORMAL_STRIP: return strip(step, in, out, err);
    case IG_NORMAL_STRIP_ACCENTS: return strip_accents(in, out, err);
    case IG_NORMAL_REPLACE: return replace(step, in, out, err);
    case IG_NORMAL_PREPEND: return prepend(step, in, out, err);
    case IG_NORMAL_PRECOMPILED: return ig_charsmap_apply(&step->charsmap, in, out, err);
    case IG_NORMAL_NMT: return clean(in, out, err);
    case IG_NORMAL_WORDS: return ig_word_normalization_apply(&step->words, in, out, err);
  }
  return IG_OK;
}

static ig_status fail_in_step(const ig_normal_steps *steps, size_t index, ig_status status,
                              ig_error *err) {
  const char *name = "";
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (types[i].kind == steps->list[index].kind) name = types[i].type;
  return ig_fail_in(err, status, "tokenizer.json: normalizer: step %zu (%s)", index + 1, name);
}

ig_status ig_normal_steps_apply(const ig_normal_steps *steps, ig_mapped_text *text, ig_error *err) {
  const size_t most = ig_text_growth_limit(text->length);
  ig_status status = IG_OK;
  for (size_t i = 0; status == IG_OK && i < steps->count; i++) {
    ig_mapped_text out = {.most = most};
    status = apply_step(&steps->list[i], text, &out, err);
    ig_mapped_text_free(text);
    *text = out;
    if (status == IG_ERROR_FORMAT) status = fail_in_step(steps, i, status, err);
  }
  text->most = 0;
  return status;
}
