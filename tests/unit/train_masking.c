// Plain text as sequences, and their masks: nothing is lost, what is chosen depends on seed, epoch
// and place alone, and the shares are those that were asked for.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "data/masking.h"
#include "data/text_corpus.h"
#include "model/arch/encoder_tokenizers.h"

#define FILE_NAME "train_masking.text"
enum { LINES = 3000, LENGTH = 9 };  // LENGTH: of a sequence, at most

static ig_tokenizer *open_tokenizer(const char *name) {
  char path[512];
  ig_tokenizer *t;
  ig_error err;
  const char *root = getenv("INGOT_SOURCE");
  snprintf(path, sizeof path, "%s/tests/golden/%s", root ? root : ".", name);
  if (ig_tokenizer_load(path, ig_encoder_tokenizers_word_pieces, &t, &err) != IG_OK)
    fail_msg("%s", err.message);
  return t;
}

// Words of one token each; every line has another number of them, one line none, and one <unk>.
static void write_text(void) {
  static const char *const words[] = {"the", "cat", "letter", "new", "york", "hello", "world"};
  FILE *file = fopen(FILE_NAME, "w");
  assert_non_null(file);
  for (int i = 0; i < LINES; i++) {
    for (int k = 0; k < i % 23; k++) fprintf(file, "%s ", words[(i * 3 + k * 5) % 7]);
    fprintf(file, i == 1 ? "\xE2\x98\x83\n" : "\n");
  }
  fclose(file);
}

typedef struct fixture {
  ig_tokenizer *tokenizer;
  ig_corpus corpus;
  ig_text_corpus_counts counts;
} fixture;

static void load(fixture *f, ig_pool *pool) {
  static const char *const paths[] = {FILE_NAME};
  ig_error err;
  const ig_corpus_options options = {
      .tokenizer = f->tokenizer, .pool = pool, .max_length = LENGTH, .strict = true};
  if (ig_text_corpus_load(&(ig_text_files){paths, 1}, &options, &f->corpus, &f->counts, &err) !=
      IG_OK)
    fail_msg("%s", err.message);
}

static int set_up(void **state) {
  static fixture f;
  write_text();
  f.tokenizer = open_tokenizer("word_pieces/uncased");
  load(&f, NULL);
  *state = &f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  ig_corpus_free(&f->corpus);
  ig_tokenizer_free(f->tokenizer);
  unlink(FILE_NAME);
  return 0;
}

// The sequences of a line have its tokens in their order, each between the class token and the
// separator, in lengths that differ by one at most.
static void lines_become_sequences(void **state) {
  const fixture *f = *state;
  size_t pair = 0, cut = 0;
  for (int i = 0; i < LINES; i++) {
    ig_ids ids = {0};
    char line[512] = "";
    size_t at = 1, shortest = LENGTH, longest = 0, sequences = 0;
    static const char *const words[] = {"the", "cat", "letter", "new", "york", "hello", "world"};
    for (int k = 0; k < i % 23; k++)
      snprintf(line + strlen(line), sizeof line - strlen(line), "%s ", words[(i * 3 + k * 5) % 7]);
    if (i == 1) strcat(line, "\xE2\x98\x83");
    assert_int_equal(ig_tokenizer_encode_source(f->tokenizer, line, strlen(line), &ids, NULL),
                     IG_OK);
    for (; at + 1 < ids.count; pair++, sequences++) {
      const size_t begin = f->corpus.offsets[0][pair], end = f->corpus.offsets[0][pair + 1];
      assert_int_equal(f->corpus.ids[0][begin], ids.ids[0]);
      assert_int_equal(f->corpus.ids[0][end - 1], ids.ids[ids.count - 1]);
      for (size_t k = begin + 1; k + 1 < end; k++)
        assert_int_equal(f->corpus.ids[0][k], ids.ids[at++]);
      if (end - begin < shortest) shortest = end - begin;
      if (end - begin > longest) longest = end - begin;
    }
    assert_true(longest <= LENGTH && (sequences == 0 || longest - shortest <= 1));
    cut += sequences > 1;
    ig_ids_free(&ids);
  }
  assert_int_equal(pair, f->corpus.pairs);
  assert_int_equal(cut, f->counts.cut);
  assert_int_equal(f->counts.empty, (LINES + 22) / 23);
  assert_int_equal(f->corpus.lines, LINES);
  assert_int_equal(f->corpus.unknown[0].tokens, 1);
  assert_string_equal(f->corpus.unknown[0].parts.texts.tokens[0], "\xE2\x98\x83");
}

static void threads_do_not_matter(void **state) {
  const fixture *f = *state;
  fixture other = {.tokenizer = f->tokenizer};
  ig_pool *pool;
  assert_int_equal(ig_pool_create(3, &pool, NULL), IG_OK);
  load(&other, pool);
  ig_pool_free(pool);
  assert_true(ig_corpus_fingerprint(&other.corpus) == ig_corpus_fingerprint(&f->corpus));
  assert_int_equal(other.counts.cut, f->counts.cut);
  ig_corpus_free(&other.corpus);
}

// ---- masks ------------------------------------------------------------------

static const ig_masking_options usual = {0.15, 0.8, 0.1, 7};

// Of all sequences, in the corpus's order: what stands in each place, and what is asked there.
typedef struct masked_corpus {
  int *source, *target;
} masked_corpus;

static masked_corpus mask(const fixture *f, const ig_masking_options *options, uint64_t epoch,
                          int batch_tokens) {
  const size_t tokens = f->corpus.offsets[0][f->corpus.pairs];
  masked_corpus out = {calloc(tokens, sizeof(int)), calloc(tokens, sizeof(int))};
  const ig_batcher_options batching = {
      .batch_tokens = batch_tokens, .pool_batches = 3, .seed = epoch, .shuffle = true};
  ig_masking masking;
  ig_batcher *batcher;
  ig_batch_buffer buffer = {0};
  size_t batches, count;
  assert_non_null(out.source);
  assert_non_null(out.target);
  assert_int_equal(ig_masking_make(f->tokenizer, options, &masking, NULL), IG_OK);
  assert_int_equal(ig_batcher_create(&f->corpus, &batching, &batcher, NULL), IG_OK);
  assert_int_equal(ig_batcher_epoch(batcher, epoch, &batches, NULL), IG_OK);
  for (size_t b = 0; b < batches; b++) {
    assert_int_equal(ig_batcher_get(batcher, b, &buffer, NULL), IG_OK);
    const uint32_t *pairs = ig_batcher_pairs(batcher, b, &count);
    assert_int_equal(count, buffer.batch.sequences);
    ig_masking_apply(&masking, &f->corpus, epoch, pairs, &buffer);
    for (size_t s = 0; s < count; s++)
      for (int r = buffer.source_offsets[s]; r < buffer.source_offsets[s + 1]; r++) {
        const size_t at = f->corpus.offsets[0][pairs[s]] + (size_t)(r - buffer.source_offsets[s]);
        out.source[at] = buffer.source[r];
        out.target[at] = buffer.target_output[r];
      }
  }
  ig_batcher_buffer_free(&buffer);
  ig_batcher_free(batcher);
  ig_masking_free(&masking);
  return out;
}

static void free_masked(masked_corpus *m) {
  free(m->source);
  free(m->target);
}

static bool equal(const fixture *f, const masked_corpus *a, const masked_corpus *b) {
  const size_t bytes = f->corpus.offsets[0][f->corpus.pairs] * sizeof(int);
  return memcmp(a->source, b->source, bytes) == 0 && memcmp(a->target, b->target, bytes) == 0;
}

// Within five standard deviations of a share of so many.
static void check_share(double found, double of, double share) {
  const double distance = found - of * share;
  if (!(distance * distance <= 25 * of * share * (1 - share)))
    fail_msg("%g of %g: expected a share of %g", found, of, share);
}

static void shares_are_those_asked_for(void **state) {
  const fixture *f = *state;
  const int mask_id = ig_tokenizer_mask_id(f->tokenizer),
            unknown = ig_tokenizer_unk_id(f->tokenizer, IG_SIDE_SOURCE);
  double tokens = 0, asked = 0, masks = 0, kept = 0;
  masked_corpus m = mask(f, &usual, 0, 300);
  for (size_t i = 0; i < f->corpus.offsets[0][f->corpus.pairs]; i++) {
    const int id = f->corpus.ids[0][i];
    const bool special = id == unknown || ig_tokenizer_is_special(f->tokenizer, IG_SIDE_SOURCE, id);
    if (special || m.target[i] < 0) {
      assert_int_equal(m.target[i], -1);
      assert_int_equal(m.source[i], id);
    } else {
      assert_int_equal(m.target[i], id);
      masks += m.source[i] == mask_id;
      kept += m.source[i] == id;
    }
    tokens += !special;
    asked += m.target[i] >= 0;
  }
  // A token that is drawn may be the mask or what stood there.
  const double any = 0.1 / ig_tokenizer_source_size(f->tokenizer);
  check_share(asked, tokens, 0.15);
  check_share(masks, asked, 0.8 + any);
  check_share(kept, asked, 0.1 + any);
  free_masked(&m);
}

static void seed_epoch_and_place_decide(void **state) {
  const fixture *f = *state;
  const ig_masking_options seeded = {0.15, 0.8, 0.1, 8};
  masked_corpus m = mask(f, &usual, 3, 300), again = mask(f, &usual, 3, 47),
                later = mask(f, &usual, 4, 300), other = mask(f, &seeded, 3, 300);
  assert_true(equal(f, &m, &again));
  assert_false(equal(f, &m, &later));
  assert_false(equal(f, &m, &other));
  free_masked(&m);
  free_masked(&again);
  free_masked(&later);
  free_masked(&other);
}

static void all_may_be_asked_for(void **state) {
  const fixture *f = *state;
  const ig_masking_options all = {1, 0, 0, 1};
  masked_corpus m = mask(f, &all, 0, 300);
  for (size_t i = 0; i < f->corpus.offsets[0][f->corpus.pairs]; i++)
    assert_int_equal(m.source[i], f->corpus.ids[0][i]);
  free_masked(&m);
}

static void every_encoder_has_a_mask(void **state) {
  (void)state;
  static const char *const names[][2] = {{"word_pieces/uncased", "[MASK]"},
                                         {"encoder_tokenizers/albert", "[MASK]"},
                                         {"encoder_tokenizers/camembert", "<mask>"},
                                         {"encoder_tokenizers/roberta", "<mask>"},
                                         {"encoder_tokenizers/xlm_roberta", "<mask>"}};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    ig_tokenizer *t = open_tokenizer(names[i][0]);
    const int id = ig_tokenizer_mask_id(t);
    assert_true(id >= 0 && id < ig_tokenizer_source_size(t));
    assert_string_equal(ig_tokenizer_piece(t, IG_SIDE_SOURCE, id), names[i][1]);
    ig_tokenizer_free(t);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_become_sequences),     cmocka_unit_test(threads_do_not_matter),
      cmocka_unit_test(shares_are_those_asked_for), cmocka_unit_test(seed_epoch_and_place_decide),
      cmocka_unit_test(all_may_be_asked_for),       cmocka_unit_test(every_encoder_has_a_mask),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
