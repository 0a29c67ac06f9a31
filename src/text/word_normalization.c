#include "text/word_normalization.h"

#include "base/fail.h"
#include "text/byte_words.h"
#include "text/character_ranges.h"
#include "text/lower_case.h"
#include "text/normal_forms.h"
#include "text/utf8.h"

enum { FIRST_ACCENT = 0x300, ASCII_END = 0x80 };

// Han characters but for 2B820..2B91F, which the original leaves out.
static bool is_ideograph(uint32_t code) {
  return (code >= 0x4E00 && code <= 0x9FFF) || (code >= 0x3400 && code <= 0x4DBF) ||
         (code >= 0x20000 && code <= 0x2A6DF) || (code >= 0x2A700 && code <= 0x2B73F) ||
         (code >= 0x2B740 && code <= 0x2B81F) || (code >= 0x2B920 && code <= 0x2CEAF) ||
         (code >= 0xF900 && code <= 0xFAFF) || (code >= 0x2F800 && code <= 0x2FA1F);
}

static bool is_ascii_control(uint32_t code) {
  return (code < ' ' && code != '\t' && code != '\n' && code != '\r') || code == 0x7F;
}

static bool is_control(uint32_t code) {
  return code < ASCII_END ? is_ascii_control(code)
                          : ig_character_ranges_hold(&ig_character_ranges_controls, code);
}

static bool is_space(uint32_t code) {
  return code < ASCII_END ? code == ' ' || (code >= '\t' && code <= '\r')
                          : ig_byte_words_is_space(code);
}

static bool is_accent(uint32_t code) {
  return code >= FIRST_ACCENT && ig_character_ranges_hold(&ig_character_ranges_accents, code);
}

bool ig_word_normalization_is_sign(uint32_t code) {
  const uint32_t lower = code | 0x20;
  if (code < ASCII_END)
    return code > ' ' && code < 0x7F && !(lower >= 'a' && lower <= 'z') &&
           !(code >= '0' && code <= '9');
  return ig_character_ranges_hold(&ig_character_ranges_punctuation, code);
}

bool ig_word_normalization_is_word(uint32_t code) {
  return is_ideograph(code) || ig_word_normalization_is_sign(code);
}

static ig_status append_space(ig_mapped_text *out, ig_source_range source, ig_error *err) {
  return ig_mapped_text_append(out, " ", 1, source, err);
}

// One character of the text, cleaned and set apart.
static ig_status clean_character(const ig_word_normalization *how, const ig_mapped_text *in,
                                 size_t at, ig_mapped_text *out, ig_error *err) {
  size_t step;
  const uint32_t code = ig_utf8_decode(in->bytes + at, &step);
  const bool apart = how->sets_apart && is_ideograph(code);
  if (how->cleans && is_control(code)) return IG_OK;
  if (how->cleans && is_space(code)) return append_space(out, in->sources[at], err);
  if (apart) IG_TRY(append_space(out, in->sources[at], err));
  IG_TRY(ig_mapped_text_append(out, in->bytes + at, step, in->sources[at], err));
  return apart ? append_space(out, in->sources[at], err) : IG_OK;
}

// U+0130 becomes two characters, i and U+0307.
static ig_status append_lower(uint32_t code, ig_source_range source, ig_mapped_text *out,
                              ig_error *err) {
  char bytes[IG_UTF8_MAX];
  const size_t length = ig_utf8_encode(ig_lower_case_of(code), bytes);
  IG_TRY(ig_mapped_text_append(out, bytes, length, source, err));
  return code == 0x130 ? ig_mapped_text_append(out, "\xCC\x87", 2, source, err) : IG_OK;
}

static ig_status finish_character(const ig_word_normalization *how, const ig_mapped_text *in,
                                  size_t at, ig_mapped_text *out, ig_error *err) {
  size_t step;
  const uint32_t code = ig_utf8_decode(in->bytes + at, &step);
  if (how->strips_accents && is_accent(code)) return IG_OK;
  if (how->lowers) return append_lower(code, in->sources[at], out, err);
  return ig_mapped_text_append(out, in->bytes + at, step, in->sources[at], err);
}

static ig_status finish_text(const ig_word_normalization *how, const ig_mapped_text *in,
                             ig_mapped_text *out, ig_error *err) {
  for (size_t i = 0; i < in->length; i += ig_utf8_step(in->bytes + i))
    IG_TRY(finish_character(how, in, i, out, err));
  return IG_OK;
}

// Decomposing concerns no ASCII character and no character beside one.
static ig_status decompose(const ig_mapped_text *in, ig_mapped_text *out, ig_error *err) {
  const ig_normal_form canonical = {.compatible = false, .composed = false};
  for (size_t i = 0, end; i < in->length; i = end) {
    const bool ascii = (unsigned char)in->bytes[i] < ASCII_END;
    for (end = i + 1; end < in->length; end++)
      if (((unsigned char)in->bytes[end] < ASCII_END) != ascii) break;
    const ig_mapped_text run = {
        .bytes = in->bytes + i, .sources = in->sources + i, .length = end - i};
    IG_TRY(ascii ? ig_mapped_text_append_slice(out, in, i, end - i, err)
                 : ig_normal_forms_apply(canonical, &run, out, err));
  }
  return IG_OK;
}

static ig_status strip_and_lower(const ig_word_normalization *how, const ig_mapped_text *in,
                                 ig_mapped_text *out, ig_error *err) {
  ig_mapped_text apart = {0};
  if (!how->strips_accents) return finish_text(how, in, out, err);
  ig_status status = decompose(in, &apart, err);
  if (status == IG_OK) status = finish_text(how, &apart, out, err);
  ig_mapped_text_free(&apart);
  return status;
}

ig_status ig_word_normalization_apply(const ig_word_normalization *how, const ig_mapped_text *in,
                                      ig_mapped_text *out, ig_error *err) {
  ig_mapped_text clean = {0};
  ig_status status = IG_OK;
  for (size_t i = 0; status == IG_OK && i < in->length; i += ig_utf8_step(in->bytes + i))
    status = clean_character(how, in, i, &clean, err);
  if (status == IG_OK) status = strip_and_lower(how, &clean, out, err);
  ig_mapped_text_free(&clean);
  return status;
}
