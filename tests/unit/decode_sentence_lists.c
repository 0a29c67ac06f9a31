// Searching with shortlists. A list of every token gives what the whole vocabulary gives, bit for
// bit; a sentence's tokens are of its own list whatever the lists beside it are, with the same bits
// in any company, also where the lists of all are more than half of the vocabulary; named tokens
// can always come.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../decode_fixture.h"
#include "decode/sentence_lists.h"
#include "model/run/inference.h"
#include "model/run/pack.h"

enum { VOCABULARY = 800, PAD = 799, EOS = 0, SENTENCES = 5, SOURCE = 3, MOST = 20 };

typedef struct lists_case {
  ig_model *model;
  ig_shortlist *shortlist;
  ig_decode_options options;
} lists_case;

// Lists of every third token, beginning with another one for each source id, or of all.
static ig_shortlist *make_shortlist(int step) {
  ig_shortlist *s;
  ig_error err = {0};
  const size_t each = (size_t)(VOCABULARY / step);
  if (ig_shortlist_create(SENTENCES, SENTENCES * each, &s, &err) != IG_OK)
    fail_msg("%s", err.message);
  for (size_t word = 0; word < SENTENCES; word++) {
    for (size_t i = 0; i < each; i++)
      s->ids[word * each + i] = (int)(i * (size_t)step + word % (size_t)step);
    s->offsets[word + 1] = (word + 1) * each;
  }
  return s;
}

static lists_case make_case(int beam, int step) {
  ig_error err = {0};
  lists_case c = {.model = small_model(VOCABULARY, PAD),
                  .shortlist = make_shortlist(step),
                  .options = plain_options(beam, VOCABULARY, PAD, EOS)};
  c.options.score_greedy = true;
  if (ig_pack_model(c.model, &err) != IG_OK) fail_msg("%s", err.message);
  return c;
}

static void drop_case(lists_case *c) {
  ig_shortlist_free(c->shortlist);
  ig_model_free(c->model);
}

typedef struct found_text {
  int ids[MOST], length;
  float score;
} found_text;

// Searches for the sentences `first` and those after it together; sentence s has the source s s s.
static void search(const lists_case *c, bool listed, int threads, int first, int count,
                   found_text *out) {
  const ig_inference_size size = {.sentences = count,
                                  .source_rows = SENTENCES * SOURCE,
                                  .memory_rows = SENTENCES * SOURCE,
                                  .longest = SOURCE,
                                  .slots = count * c->options.beam_size,
                                  .max_length = MOST};
  const ig_sentence_lists_source source = {.shortlist = c->shortlist, .unk_id = -1};
  ig_error err = {0};
  ig_pool *pool;
  ig_inference *inference;
  ig_sentence_lists *lists;
  ig_search *s;
  const ig_kernels *kernels;
  const ig_hypothesis *found;
  int ids[SENTENCES * SOURCE], offsets[SENTENCES + 1] = {0};
  assert_int_equal(ig_kernels_select(&kernels, &err), IG_OK);
  assert_int_equal(ig_pool_create(threads, &pool, &err), IG_OK);
  assert_int_equal(ig_inference_create(c->model, pool, &size, &inference, &err), IG_OK);
  assert_int_equal(ig_sentence_lists_create(inference->decoder, c->model, count,
                                            count * c->options.beam_size, &lists, &err),
                   IG_OK);
  assert_int_equal(ig_search_create(&c->options, kernels, pool, count, &s, &err), IG_OK);
  ig_sentence_lists_begin(lists, &source, &c->options);
  for (int i = 0; i < count; i++) {
    for (int t = 0; t < SOURCE; t++) ids[i * SOURCE + t] = first + i;
    offsets[i + 1] = (i + 1) * SOURCE;
    assert_int_equal(
        ig_sentence_lists_join(lists, i, ids + i * SOURCE, SOURCE, &c->options.sentence, &err),
        IG_OK);
  }
  ig_inference_encode(inference, ids, &(ig_ragged){count, offsets});
  const ig_stepper whole = ig_search_stepper_of(inference->decoder),
                   few = ig_sentence_lists_stepper(lists);
  assert_int_equal(ig_search_run(s, listed ? &few : &whole, count, &found, &err), IG_OK);
  for (int i = 0; i < count; i++) {
    out[i] = (found_text){.length = found[i].length, .score = found[i].score};
    memcpy(out[i].ids, found[i].ids, (size_t)found[i].length * sizeof(int));
  }
  ig_search_free(s);
  ig_sentence_lists_free(lists);
  ig_inference_free(inference);
  ig_pool_free(pool);
}

static bool same(const found_text *a, const found_text *b) {
  return a->length == b->length && memcmp(a->ids, b->ids, (size_t)a->length * sizeof(int)) == 0 &&
         memcmp(&a->score, &b->score, sizeof a->score) == 0;
}

static void all_tokens(int beam) {
  lists_case c = make_case(beam, 1);
  found_text whole[SENTENCES], listed[SENTENCES];
  search(&c, false, 1, 0, SENTENCES, whole);
  search(&c, true, 1, 0, SENTENCES, listed);
  for (int i = 0; i < SENTENCES; i++) assert_true(same(&whole[i], &listed[i]));
  drop_case(&c);
}

static void with_all_tokens_nothing_changes(void **state) {
  (void)state;
  all_tokens(1);
  all_tokens(4);
}

// Every third token: five sentences have more than half of the vocabulary together, one has not.
static void any_company(int beam, bool sampling) {
  lists_case c = make_case(beam, 3);
  if (sampling) c.options.sampling = (ig_sampling){.on = true, .temperature = 1, .top_p = 1};
  found_text together[SENTENCES], alone, whole[SENTENCES];
  int changed = 0;
  search(&c, true, 3, 0, SENTENCES, together);
  search(&c, false, 1, 0, SENTENCES, whole);
  for (int i = 0; i < SENTENCES; i++) {
    search(&c, true, 1, i, 1, &alone);
    assert_true(same(&together[i], &alone));
    for (int t = 0; t < alone.length; t++)
      assert_true(alone.ids[t] == EOS || alone.ids[t] % 3 == i % 3);
    changed += !same(&together[i], &whole[i]);
  }
  assert_true(changed > 0);  // the lists lack what the model would have chosen
  drop_case(&c);
}

static void company_changes_nothing(void **state) {
  (void)state;
  any_company(1, false);
  any_company(4, false);
  any_company(1, true);
}

// Tokens of the prefix and forced ones are in no list.
static void named_tokens_come(void **state) {
  (void)state;
  static const int prefix[] = {4, 8, 5};
  lists_case c = make_case(4, 3);
  found_text found;
  c.options.sentence.prefix = prefix;
  c.options.sentence.prefix_length = 3;
  c.options.sentence.forced_eos = EOS;
  c.options.sentence.max_length = 6;
  search(&c, true, 1, 0, 1, &found);
  assert_memory_equal(found.ids, prefix, sizeof prefix);
  assert_int_equal(found.ids[found.length - 1], EOS);
  drop_case(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(with_all_tokens_nothing_changes),
      cmocka_unit_test(company_changes_nothing),
      cmocka_unit_test(named_tokens_come),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
