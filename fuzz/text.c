// What happens to a text before a model sees it: lines, repair, sentences, clauses, added tokens,
// codes of languages.
// The input's first byte chooses one of them, the second its option. No byte may get lost.
#include "input.h"

#include <limits.h>

#include "base/text_repair.h"
#include "io/json.h"
#include "io/lines.h"
#include "model/arch/marian_tokenizers.h"
#include "text/added_tokens.h"
#include "text/clauses.h"
#include "text/sentences.h"
#include "text/tokenizer_parts.h"
#include "text/utf8.h"

#define REQUIRE(condition)     \
  do {                         \
    if (!(condition)) abort(); \
  } while (0)

static void read_lines(uint8_t option, const char *text, size_t size) {
  const ig_lines_options options = {.bad_bytes = (ig_bad_bytes)(option % 3)};
  ig_lines *lines = NULL;
  ig_error err = {0};
  const char *line = NULL;
  size_t length, count = 0;
  REQUIRE(ig_lines_open(write_input(text, size), &options, &lines, &err) == IG_OK);
  while (ig_lines_next(lines, &line, &length, &err) == IG_OK && line) {
    count++;
    REQUIRE(line[length] == '\0' && ig_lines_number(lines) == count);
    REQUIRE(!memchr(line, '\n', length));
    if (options.bad_bytes != IG_BAD_BYTES_KEEP)
      REQUIRE(ig_text_repair_refuse(line, length, NULL) == IG_OK);
  }
  ig_lines_close(lines);
}

static bool is_white(const char *text, size_t begin, size_t end) {
  for (size_t i = begin; i < end; i++)
    if ((unsigned char)text[i] > 0x20 && (unsigned char)text[i] < 0x80) return false;
  return true;
}

// Sentences follow each other, and nothing but white space lies between them.
static void split_sentences(uint8_t option, const char *text, size_t size) {
  static const char *const languages[] = {NULL, "en", "de", "zh", "pt_BR", "xx"};
  ig_sentences *sentences = NULL;
  ig_error err = {0};
  REQUIRE(ig_sentences_create(languages[option % 6], &sentences, &err) == IG_OK);
  size_t before = 0;
  if (ig_sentences_begin(sentences, text, size, &err) == IG_OK) {
    for (bool last = false; !last;) {
      const ig_sentence_span span = ig_sentences_next(sentences);
      REQUIRE(before <= span.gap && span.gap <= span.begin && span.begin <= span.end);
      REQUIRE(span.end <= size && is_white(text, before, span.begin));
      REQUIRE(span.prefix_begin <= span.prefix_end && span.prefix_end <= size);
      before = span.end;
      last = span.last;
    }
    REQUIRE(is_white(text, before, size));
  }
  ig_sentences_free(sentences);
}

static void divide_clauses(uint8_t option, const char *text, size_t size) {
  const size_t most = option % 40 + 1u;
  ig_utf8_strip(&text, &size);
  while (size > most) {
    const ig_clause clause = ig_clauses_first(text, size, most);
    REQUIRE(clause.end > 0 && clause.end <= clause.next && clause.next <= size);
    REQUIRE(is_white(text, clause.end, clause.next));
    REQUIRE(ig_text_repair_refuse(text, clause.end, NULL) == IG_OK);
    text += clause.next;
    size -= clause.next;
  }
}

// The text after a NUL, with the tokens of the configuration before it.
static void cut_tokens(uint8_t option, const char *text, size_t size) {
  ig_added_tokens tokens = {.limit = option % 2 ? INT_MAX : option, .is_space = ig_utf8_is_space};
  ig_vocabulary vocabulary = {0};
  ig_error err = {0};
  json_t *config = NULL;
  const char *nul = size ? memchr(text, '\0', size) : NULL;
  const size_t length = nul ? (size_t)(nul - text) : size, rest = nul ? length + 1 : size;
  if (ig_json_parse(text, length, "config", &config, &err) == IG_OK && json_is_object(config) &&
      ig_added_tokens_read(&tokens, (ig_json_object){config, "config"},
                           (ig_json_object){option % 3 ? NULL : config, "file"}, &err) == IG_OK &&
      ig_added_tokens_number(&tokens, &vocabulary, &err) == IG_OK) {
    ig_added_part *parts = NULL;
    size_t count = 0, before = 0;
    REQUIRE(ig_added_tokens_cut(&tokens, text + rest, size - rest, &parts, &count, &err) == IG_OK);
    for (size_t i = 0; i < count; i++) {
      REQUIRE(parts[i].begin <= parts[i].end && parts[i].end <= size - rest);
      REQUIRE(is_white(text + rest, before, parts[i].begin));
      before = parts[i].end;
    }
    REQUIRE(is_white(text + rest, before, size - rest));
    free(parts);
  }
  json_decref(config);
  ig_vocabulary_free(&vocabulary);
  ig_added_tokens_free(&tokens);
}

// A code is found in anything.
static void find_code(uint8_t option, const char *text, size_t size) {
  const ig_tokenizer tokenizer = {.description = ig_marian_tokenizers[option % 2]};
  const char *code = NULL;
  const size_t found = ig_tokenizer_late_code(&tokenizer, text, size, &code);
  if (found == 0) return;
  REQUIRE(code > text && found <= size - (size_t)(code - text) && found <= IG_LATE_CODE);
  REQUIRE(is_white(text, 0, (size_t)(code - text)) && memcmp(code, ">>", 2) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static void (*const uses[])(uint8_t, const char *, size_t) = {
      read_lines, split_sentences, split_sentences, divide_clauses, cut_tokens, find_code};
  if (size < 2) return 0;
  const size_t chosen = data[0] % (sizeof uses / sizeof *uses);
  const char *text = (const char *)data + 2;
  size_t length = size - 2;
  ig_text_repair repair = {.where = "line "};
  ig_error err = {0};
  // Sentences are found in anything, clauses in UTF-8.
  if (chosen == 2 || chosen == 3)
    REQUIRE(ig_text_repair_line(&repair, 1, &text, &length, &err) == IG_OK);
  uses[chosen](data[1], text, length);
  ig_text_repair_free(&repair);
  return 0;
}
