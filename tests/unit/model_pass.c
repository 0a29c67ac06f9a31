// Passes: the same bits for any number of threads and any company in the batch; accumulation equals
// one batch; stepwise decoding equals a whole pass.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "model/create/create.h"
#include "model/run/pack.h"
#include "model/run/inference.h"
#include "model/run/pass.h"
#include "model_fixture.h"

enum { VOCABULARY = 31, SEQUENCES = 5, MOST_ROWS = 64 };

typedef struct example {
  int source[MOST_ROWS], input[MOST_ROWS], output[MOST_ROWS];
  int source_offsets[SEQUENCES + 1], target_offsets[SEQUENCES + 1];
  ig_batch batch;
} example;

static void fill_example(example *e) {
  static const int source_lengths[SEQUENCES] = {3, 9, 1, 6, 4},
                   target_lengths[SEQUENCES] = {5, 2, 7, 1, 8};
  int source = 0, target = 0;
  for (int s = 0; s < SEQUENCES; s++) {
    e->source_offsets[s] = source;
    e->target_offsets[s] = target;
    for (int i = 0; i < source_lengths[s]; i++, source++)
      e->source[source] = 3 + (int)(ig_random_u32(1, 1, (uint64_t)source) % (VOCABULARY - 3));
    for (int i = 0; i < target_lengths[s]; i++, target++) {
      e->output[target] = 3 + (int)(ig_random_u32(1, 2, (uint64_t)target) % (VOCABULARY - 3));
      e->input[target] = i ? e->output[target - 1] : 1;
    }
  }
  e->source_offsets[SEQUENCES] = source;
  e->target_offsets[SEQUENCES] = target;
  e->batch = (ig_batch){SEQUENCES,         e->source, e->source_offsets, e->input, e->output,
                        e->target_offsets, NULL};
}

// Sequences first .. first+count-1 of e as a batch of their own.
static ig_batch part(const example *e, int first, int count, int source_offsets[],
                     int target_offsets[]) {
  for (int s = 0; s <= count; s++) {
    source_offsets[s] = e->source_offsets[first + s] - e->source_offsets[first];
    target_offsets[s] = e->target_offsets[first + s] - e->target_offsets[first];
  }
  const int from = e->source_offsets[first], to = e->target_offsets[first];
  return (ig_batch){
      count, e->source + from, source_offsets, e->input + to, e->output + to, target_offsets, NULL};
}

static ig_model *make_model(bool pre_norm, float dropout) {
  ig_config config =
      torch_config((ig_torch_options){VOCABULARY, 24, 3, 2, 2, 40, dropout, pre_norm, "gelu"});
  ig_model *model = NULL;
  ig_error err;
  assert_int_equal(ig_model_create(&config, 7, &model, &err), IG_OK);
  assert_int_equal(ig_create_gradients(model, NULL, &err), IG_OK);
  return model;
}

static void run(ig_model *model, int threads, const ig_pass_args *args) {
  ig_error err;
  ig_pool *pool = NULL;
  ig_pass *pass = NULL;
  ig_loss_sums sums;
  assert_int_equal(ig_pool_create(threads, &pool, &err), IG_OK);
  assert_int_equal(ig_pass_create(model, pool, &pass, &err), IG_OK);
  assert_int_equal(ig_pass_run(pass, args, &sums, &err), IG_OK);
  ig_pass_free(pass);
  ig_pool_free(pool);
}

static void threads_do_not_change_bits(void **state) {
  (void)state;
  example e;
  fill_example(&e);
  for (int pre = 0; pre < 2; pre++) {
    ig_model *model = make_model(pre, 0.2f);
    const size_t bytes = model->trained_count * sizeof(float);
    float *first = malloc(bytes);
    for (int threads = 1; threads <= 4; threads++) {
      memset(model->gradients, 0, bytes);
      run(model, threads,
          &(ig_pass_args){.batch = &e.batch,
                          .backward = true,
                          .normalizer = 23,
                          .label_smoothing = 0.1f,
                          .seed = 3,
                          .update = 9});
      if (threads == 1) memcpy(first, model->gradients, bytes);
      assert_memory_equal(first, model->gradients, bytes);
    }
    free(first);
    ig_model_free(model);
  }
}

static void company_does_not_change_bits(void **state) {
  (void)state;
  example e;
  fill_example(&e);
  ig_model *model = make_model(false, 0);
  const int rows = e.target_offsets[SEQUENCES];
  float *together = malloc((size_t)rows * VOCABULARY * sizeof(float)),
        *alone = malloc((size_t)rows * VOCABULARY * sizeof(float));
  run(model, 1, &(ig_pass_args){.batch = &e.batch, .logits = together});
  for (int s = 0; s < SEQUENCES; s++) {
    int source_offsets[2], target_offsets[2];
    const ig_batch batch = part(&e, s, 1, source_offsets, target_offsets);
    run(model, 1, &(ig_pass_args){.batch = &batch, .logits = alone});
    assert_memory_equal(alone, together + (size_t)e.target_offsets[s] * VOCABULARY,
                        (size_t)target_offsets[1] * VOCABULARY * sizeof(float));
  }
  free(together);
  free(alone);
  ig_model_free(model);
}

// Dropout included: its keys count the rows of the whole update.
static void accumulation_equals_one_batch(void **state) {
  (void)state;
  example e;
  fill_example(&e);
  ig_model *model = make_model(true, 0.3f);
  const size_t count = model->trained_count;
  float *whole = malloc(count * sizeof(float));
  const double tokens = e.target_offsets[SEQUENCES];
  run(model, 1,
      &(ig_pass_args){.batch = &e.batch, .backward = true, .normalizer = tokens, .seed = 3});
  memcpy(whole, model->gradients, count * sizeof(float));
  memset(model->gradients, 0, count * sizeof(float));
  for (int first = 0; first < SEQUENCES; first += 2) {
    int source_offsets[3], target_offsets[3];
    const ig_batch batch =
        part(&e, first, first + 2 <= SEQUENCES ? 2 : 1, source_offsets, target_offsets);
    run(model, 1,
        &(ig_pass_args){.batch = &batch,
                        .backward = true,
                        .normalizer = tokens,
                        .seed = 3,
                        .first_source_row = (uint32_t)e.source_offsets[first],
                        .first_target_row = (uint32_t)e.target_offsets[first]});
  }
  double difference = 0, size = 0;
  for (size_t i = 0; i < count; i++) {
    difference += pow((double)whole[i] - (double)model->gradients[i], 2);
    size += pow((double)whole[i], 2);
  }
  assert_true(sqrt(difference / size) < 1e-6);
  free(whole);
  ig_model_free(model);
}

static void steps_equal_a_pass(void **state) {
  (void)state;
  example e;
  fill_example(&e);
  ig_error err;
  for (int pre = 0; pre < 2; pre++) {
    ig_model *model = make_model(pre, 0);
    const int rows = e.target_offsets[SEQUENCES];
    float *whole = malloc((size_t)rows * VOCABULARY * sizeof(float));
    run(model, 1, &(ig_pass_args){.batch = &e.batch, .logits = whole});
    assert_int_equal(ig_pack_model(model, &err), IG_OK);
    ig_inference *inference = NULL;
    const ig_inference_size size = {.sentences = SEQUENCES,
                                    .source_rows = e.source_offsets[SEQUENCES],
                                    .memory_rows = e.source_offsets[SEQUENCES],
                                    .longest = 9,
                                    .slots = SEQUENCES,
                                    .max_length = 8};
    assert_int_equal(ig_inference_create(model, NULL, &size, &inference, &err), IG_OK);
    ig_inference_encode(inference, e.source, &(ig_ragged){SEQUENCES, e.source_offsets});
    int history[SEQUENCES * 8];
    for (int s = 0; s < SEQUENCES; s++)
      for (int t = 0; t < 8; t++) history[s * 8 + t] = s * 8 + t;
    for (int t = 0; t < 8; t++) {
      int ids[SEQUENCES], position[SEQUENCES], sentence[SEQUENCES], rows_history[SEQUENCES * 8],
          n = 0;
      for (int s = 0; s < SEQUENCES; s++) {
        if (e.target_offsets[s + 1] - e.target_offsets[s] <= t) continue;
        ids[n] = e.input[e.target_offsets[s] + t];
        position[n] = t;
        sentence[n] = s;
        memcpy(rows_history + n * 8, history + s * 8, 8 * sizeof(int));
        n++;
      }
      const float *logits = ig_decoder_run_step(
          inference->decoder, &(ig_decoder_step){n, ids, position, sentence, rows_history});
      for (int r = 0; r < n; r++)
        for (int v = 0; v < VOCABULARY; v++)
          assert_true(fabsf(logits[r * VOCABULARY + v] -
                            whole[(e.target_offsets[sentence[r]] + t) * VOCABULARY + v]) < 2e-5f);
    }
    ig_inference_free(inference);
    free(whole);
    ig_model_free(model);
  }
}

// The first step of the sentence at `place`: logits of its start token.
static void first_logits(ig_inference *inference, int place, int slot, int start, float *out) {
  const int position = 0;
  const float *logits = ig_decoder_run_step(
      inference->decoder, &(ig_decoder_step){1, &start, &position, &place, &slot});
  memcpy(out, logits, VOCABULARY * sizeof *out);
}

// A sentence sees the same memory wherever it is put, and whoever came and went beside it.
static void sentences_come_and_go(void **state) {
  (void)state;
  example e;
  fill_example(&e);
  ig_error err;
  ig_model *model = make_model(1, 0);
  ig_inference *inference = NULL;
  int longest = 0;
  for (int s = 0; s < SEQUENCES; s++)
    if (e.source_offsets[s + 1] - e.source_offsets[s] > longest)
      longest = e.source_offsets[s + 1] - e.source_offsets[s];
  const int rows = e.source_offsets[SEQUENCES];
  const ig_inference_size size = {.sentences = SEQUENCES,
                                  .source_rows = rows,
                                  .memory_rows = rows,
                                  .longest = longest,
                                  .slots = 1,
                                  .max_length = 1};
  assert_int_equal(ig_inference_create(model, NULL, &size, &inference, &err), IG_OK);
  assert_int_equal(ig_decoder_run_free_rows(inference->decoder), rows);
  ig_inference_encode(inference, e.source, &(ig_ragged){SEQUENCES, e.source_offsets});
  assert_int_equal(ig_decoder_run_free_rows(inference->decoder), 0);
  float expected[SEQUENCES][VOCABULARY], found[VOCABULARY];
  for (int s = 0; s < SEQUENCES; s++) first_logits(inference, s, 0, 1, expected[s]);
  assert_memory_not_equal(expected[0], expected[1], sizeof expected[0]);
  for (int s = 0; s < SEQUENCES; s++) {  // each leaves and comes back alone, into the gap it left
    const int length = e.source_offsets[s + 1] - e.source_offsets[s];
    ig_decoder_run_leave(inference->decoder, s);
    assert_int_equal(ig_decoder_run_free_rows(inference->decoder), length);
    ig_inference_join(inference, &s, e.source + e.source_offsets[s],
                      &(ig_ragged){1, (const int[]){0, length}});
    for (int other = 0; other < SEQUENCES; other++) {
      first_logits(inference, other, 0, 1, found);
      assert_memory_equal(found, expected[other], sizeof found);
    }
  }
  ig_decoder_run_leave(inference->decoder, 0);
  ig_decoder_run_leave(inference->decoder, 1);  // neighbours: one gap for both, in either's place
  const int both[] = {1, 0}, last = e.source_offsets[2];
  assert_int_equal(ig_decoder_run_free_rows(inference->decoder), last);
  ig_inference_join(inference, both, e.source, &(ig_ragged){2, e.source_offsets});
  first_logits(inference, 1, 0, 1, found);
  assert_memory_equal(found, expected[0], sizeof found);
  ig_decoder_run_leave_all(inference->decoder);
  assert_int_equal(ig_decoder_run_free_rows(inference->decoder), rows);
  ig_inference_free(inference);
  ig_model_free(model);
}

static void bad_batches_are_refused(void **state) {
  (void)state;
  example e;
  fill_example(&e);
  ig_model *model = make_model(false, 0);
  ig_error err;
  ig_pass *pass = NULL;
  assert_int_equal(ig_pass_create(model, NULL, &pass, &err), IG_OK);
  e.source[4] = VOCABULARY;
  assert_int_equal(ig_pass_run(pass, &(ig_pass_args){.batch = &e.batch}, NULL, &err),
                   IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "row 4"));
  e.source[4] = 3;
  const ig_masks masks = {.tgt_is_causal = true};
  e.batch.masks = &masks;
  assert_int_equal(ig_pass_run(pass, &(ig_pass_args){.batch = &e.batch}, NULL, &err),
                   IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "one length"));
  e.batch.masks = NULL;
  e.source_offsets[2] = 1;  // below its neighbour
  assert_int_equal(ig_pass_run(pass, &(ig_pass_args){.batch = &e.batch}, NULL, &err),
                   IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "source_offsets[2]"));
  ig_pass_free(pass);
  ig_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(threads_do_not_change_bits),
      cmocka_unit_test(company_does_not_change_bits),
      cmocka_unit_test(accumulation_equals_one_batch),
      cmocka_unit_test(steps_equal_a_pass),
      cmocka_unit_test(sentences_come_and_go),
      cmocka_unit_test(bad_batches_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
