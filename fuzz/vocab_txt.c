// A vocab.txt, with the tokenizer of WordPiece that it makes: texts become ids whose places lie
// within them, whose words do not go back, and which a slow search for the longest piece gives,
// too. What is written is read again as it was.
#include "input.h"

#include <sys/stat.h>

#include "model/arch/encoder_tokenizers.h"
#include "text/tokenizer_pairs.h"
#include "text/utf8.h"
#include "text/vocabulary.h"
#include "text/word_pieces.h"

static const char *const texts[] = {
    "",
    " ",
    "Hello world, don't [MASK]x [UNK]",
    "  \xEF\xAC\x81 A\xCC\x81\t##s\r\n \xE1\x84\x80\xE1\x85\xA1 \xEA\xB0\x80 a\xE3\x80\x80 ",
    "\x01\xF0\x9F\x98\x80\xE2\x80\x8D\xC4\xB0 \xE4\xBD\xA0\xE5\xA5\xBD",
    "aab \xCC\x81 abcabcabc"};
enum { TEXTS = sizeof texts / sizeof *texts, PATH = SCRATCH + 40, WORD = 40 };

static char scratch[SCRATCH];
static void remove_directory(void) { remove_scratch(scratch); }

static void make_path(char path[PATH], const char *name) {
  snprintf(path, PATH, "%s/%s", scratch, name);
}

static void write_whole(const char *name, const void *data, size_t size) {
  char path[PATH];
  make_path(path, name);
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0) abort();
}

static void check_tokens(const ig_tokenizer *t, const ig_text_tokens *tokens, size_t length) {
  const size_t count = tokens->ids.count;
  if (tokens->places.count != count || tokens->words.count != count) abort();
  for (size_t i = 0; i < count; i++) {
    const ig_source_range place = tokens->places.list[i];
    if (tokens->ids.ids[i] < 0 || tokens->ids.ids[i] >= ig_tokenizer_source_size(t)) abort();
    if (place.begin > place.end || place.end > length) abort();
    if (i > 0 && tokens->words.ids[i] < tokens->words.ids[i - 1]) abort();
  }
}

static void use_texts(const ig_tokenizer *t) {
  ig_text_tokens tokens = {0};
  ig_error err = {0};
  for (size_t i = 0; i < TEXTS; i++) {
    char *decoded = NULL;
    const size_t length = strlen(texts[i]);
    if (ig_tokenizer_pairs_encode(t, texts[i], length, &tokens, &err) != IG_OK) abort();
    check_tokens(t, &tokens, length);
    if (ig_tokenizer_decode(t, tokens.ids.ids, tokens.ids.count, &decoded, &err) != IG_OK) abort();
    if (!ig_utf8_valid(decoded, strlen(decoded), NULL)) abort();
    free(decoded);
  }
  ig_tokenizer_pairs_free_tokens(&tokens);
}

// The longest token of the vocabulary that begins the word from here on; -1: none does.
static int find_slowly(const ig_vocabulary *v, const char *word, size_t length, size_t at,
                       size_t *size) {
  for (*size = length - at; *size > 0; --*size) {
    char text[WORD + 2] = "##";
    const size_t prefix = at > 0 ? 2 : 0;
    memcpy(text + prefix, word + at, *size);
    const int id = ig_vocabulary_find(v, text, prefix + *size);
    if (id >= 0) return id;
  }
  return -1;
}

// The words are made of the input's bytes.
static void compare_word(const ig_vocabulary *v, const uint8_t *data, size_t size) {
  static const char *const letters[] = {"a", "b", "\xC3\xA9", "#"};
  char word[WORD] = "";
  ig_word_pieces pieces = {.unknown_id = v->size, .longest = 100};
  ig_unigram_parts parts = {0};
  ig_error err = {0};
  size_t step, i = 0;
  for (size_t k = 0; k < size && k < 12; k++) strcat(word, letters[data[k] % 4]);
  const size_t length = strlen(word);
  if (length == 0) return;
  if (ig_word_pieces_make(&pieces, v, "##", &err) != IG_OK ||
      ig_word_pieces_encode(&pieces, word, length, &parts, &err) != IG_OK)
    abort();
  bool known = true;
  for (size_t at = 0; known && at < length; at += step, i++) {
    const int id = find_slowly(v, word, length, at, &step);
    known = id >= 0;
    if (known && parts.list[0].id != v->size && (i >= parts.count || parts.list[i].id != id))
      abort();
  }
  if (known != (parts.list[0].id != v->size) || parts.list[parts.count - 1].end != length) abort();
  free(parts.list);
  ig_word_pieces_free(&pieces);
}

static void save_and_load(const ig_vocabulary *v) {
  ig_vocabulary again = {0};
  ig_error err = {0};
  char path[PATH];
  make_path(path, "copy");
  if (ig_vocabulary_save_lines(v, path, &err) != IG_OK) abort();
  if (ig_vocabulary_load_lines(&again, path, &err) != IG_OK || again.count != v->count) abort();
  for (int id = 0; id < v->size; id++) {
    const char *one = ig_vocabulary_token(v, id), *two = ig_vocabulary_token(&again, id);
    if (!one != !two || (one && strcmp(one, two) != 0)) abort();
  }
  ig_vocabulary_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  ig_vocabulary vocabulary = {0};
  ig_tokenizer *t = NULL;
  ig_error err = {0};
  char path[PATH];
  if (!*scratch) {
    make_scratch(scratch);
    atexit(remove_directory);
  }
  write_whole("vocab.txt", data, size);
  make_path(path, "vocab.txt");
  if (ig_vocabulary_load_lines(&vocabulary, path, &err) == IG_OK) {
    compare_word(&vocabulary, data, size);
    save_and_load(&vocabulary);
  }
  ig_vocabulary_free(&vocabulary);
  if (ig_tokenizer_load(scratch, ig_encoder_tokenizers_word_pieces, &t, &err) == IG_OK)
    use_texts(t);
  ig_tokenizer_free(t);
  return 0;
}
