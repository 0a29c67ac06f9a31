// Byte-pair encoding with the pieces of a model, beside what the SentencePiece library makes of the
// same words: the same pieces and ids, of words that were seen in training and of others.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "text/piece_merges.h"
#include "text/sentencepiece.h"

static char directory[] = "/tmp/ingot-merges-XXXXXX";
static const char *const syllables[] = {"ba", "na", "ck",  "er", "ing",
                                        "st", "ä",  "ion", "o",  "über"};

typedef struct cut_word {
  char text[256];  // the pieces, each after a '|'
  int ids[128];
  size_t count;
} cut_word;

static void append_piece(cut_word *w, const char *piece, size_t length, int id) {
  const size_t used = strlen(w->text);
  assert_true(used + length + 2 < sizeof w->text && w->count < 128);
  snprintf(w->text + used, sizeof w->text - used, "|%.*s", (int)length, piece);
  w->ids[w->count++] = id;
}

static ig_status take_piece(void *context, const char *piece, size_t length, int id,
                            ig_error *err) {
  (void)err;
  append_piece(context, piece, length, id);
  return IG_OK;
}

// A word of up to six syllables, told by a number.
static void make_word(unsigned number, char *out) {
  *out = '\0';
  unsigned mixed = number * 2654435761u;
  for (unsigned left = 1 + number % 6; left > 0; left--, mixed /= 10)
    strcat(out, syllables[mixed % 10]);
}

static ig_sentencepiece *train(void) {
  FILE *file = fopen("text", "wb");
  assert_non_null(file);
  char word[64];
  for (unsigned i = 0; i < 4000; i++) {
    make_word(i * i % 997, word);
    fprintf(file, "%s%c", word, i % 8 ? ' ' : '\n');
  }
  fclose(file);
  static const char *const files[] = {"text"};
  ig_sentencepiece_training t = ig_sentencepiece_training_default();
  t.files = files;
  t.file_count = 1;
  t.model_type = "bpe";
  t.vocab_size = 150;
  t.soft_vocab_limit = true;
  ig_sentencepiece_trained ignored;
  ig_sentencepiece *model = NULL;
  ig_error err = {0};
  if (ig_sentencepiece_train(&t, "model", &ignored, &err) != IG_OK ||
      ig_sentencepiece_load("model", &model, &err) != IG_OK)
    fail_msg("%s", err.message);
  return model;
}

typedef struct fixture {
  ig_sentencepiece *model;
  ig_vocabulary vocabulary;
  ig_merges merges;
  ig_piece_merging work;
  ig_unigram_parts parts;
} fixture;

static void open_fixture(fixture *f) {
  *f = (fixture){.model = train()};
  for (int id = 0; id < ig_sentencepiece_size(f->model); id++) {
    const char *piece = ig_sentencepiece_piece(f->model, id);
    assert_int_equal(ig_vocabulary_add(&f->vocabulary, piece, strlen(piece), id, NULL), IG_OK);
  }
  assert_int_equal(ig_piece_merges_make(&f->merges, &f->vocabulary, NULL), IG_OK);
}

static void close_fixture(fixture *f) {
  free(f->parts.list);
  ig_piece_merges_free_work(&f->work);
  ig_merges_free(&f->merges);
  ig_vocabulary_free(&f->vocabulary);
  ig_sentencepiece_free(f->model);
}

static void cut_by_merges(fixture *f, const char *word, cut_word *out) {
  char text[96];
  snprintf(text, sizeof text, "\xE2\x96\x81%s", word);  // the library, too, puts a space before
  const ig_piece_merges by = {.merges = &f->merges,
                              .vocabulary = &f->vocabulary,
                              .unknown_id = ig_sentencepiece_unk_id(f->model)};
  assert_int_equal(ig_piece_merges_encode(&by, &f->work, text, strlen(text), &f->parts, NULL),
                   IG_OK);
  *out = (cut_word){.count = 0};
  for (size_t i = 0; i < f->parts.count; i++) {
    const ig_unigram_part *p = &f->parts.list[i];
    append_piece(out, text + p->begin, p->end - p->begin, p->id);
  }
}

static void cut_by_library(const fixture *f, const char *word, cut_word *out) {
  *out = (cut_word){.count = 0};
  const ig_piece_sink sink = {.piece = take_piece, .context = out};
  assert_int_equal(ig_sentencepiece_encode(f->model, word, strlen(word), &sink, NULL), IG_OK);
}

static void as_the_library(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f);
  static const char *const others[] = {"x", "xyz", "banxyzna", "qübera", "stst", "aaaaaaa"};
  char word[64];
  cut_word ours, theirs;
  size_t long_pieces = 0;
  for (unsigned i = 0; i < 3000 + sizeof others / sizeof *others; i++) {
    if (i < 3000)
      make_word(i, word);
    else
      snprintf(word, sizeof word, "%s", others[i - 3000]);
    cut_by_merges(&f, word, &ours);
    cut_by_library(&f, word, &theirs);
    assert_string_equal(ours.text, theirs.text);
    assert_int_equal(ours.count, theirs.count);
    assert_memory_equal(ours.ids, theirs.ids, ours.count * sizeof *ours.ids);
    long_pieces += ours.count < strlen(word);
  }
  assert_true(long_pieces > 2000);  // merges were made, not characters listed
  close_fixture(&f);
}

// Without the last merges the pieces are others: the comparison sees it.
static void fewer_merges_differ(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f);
  f.merges.count -= 20;
  free(f.merges.slots);
  assert_int_equal(ig_merges_index(&f.merges, NULL), IG_OK);
  char word[64];
  cut_word ours, theirs;
  size_t different = 0;
  for (unsigned i = 0; i < 1000; i++) {
    make_word(i, word);
    cut_by_merges(&f, word, &ours);
    cut_by_library(&f, word, &theirs);
    different += strcmp(ours.text, theirs.text) != 0;
  }
  assert_true(different > 0);
  close_fixture(&f);
}

static int set_up(void **state) {
  (void)state;
  return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  unlink("text");
  unlink("model");
  return chdir("/") || rmdir(directory) ? -1 : 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(as_the_library),
      cmocka_unit_test(fewer_merges_differ),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
