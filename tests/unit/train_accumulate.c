// Accumulated batches give what the one batch gives that they make up. So does dropout, because
// masks are keyed by the row within the update.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "base/random.h"
#include "ingot.h"
#include "model_fixture.h"

enum { SEQUENCES = 6, LONGEST = 60, VOCAB = 23, UPDATES = 4 };

// Ragged sequences; each update has ids of its own.
typedef struct pairs {
  int source[SEQUENCES * LONGEST], input[SEQUENCES * LONGEST], output[SEQUENCES * LONGEST];
  int source_offsets[SEQUENCES + 1], target_offsets[SEQUENCES + 1];
} pairs;

static void fill(pairs *p, uint64_t update) {
  for (int s = 0; s < SEQUENCES; s++) {
    p->source_offsets[s + 1] =
        p->source_offsets[s] + 2 + (int)(ig_random_u32(1, update, (uint64_t)s) % (LONGEST - 1));
    p->target_offsets[s + 1] =
        p->target_offsets[s] + 2 + (int)(ig_random_u32(2, update, (uint64_t)s) % (LONGEST - 1));
  }
  for (int i = 0; i < SEQUENCES * LONGEST; i++) {
    p->source[i] = 3 + (int)(ig_random_u32(3, update, (uint64_t)i) % (VOCAB - 3));
    p->output[i] = 3 + (int)(ig_random_u32(4, update, (uint64_t)i) % (VOCAB - 3));
    p->input[i] = 3 + (int)(ig_random_u32(5, update, (uint64_t)i) % (VOCAB - 3));
  }
}

// Adds the gradients of sequences first .. last-1, as a batch of their own, to those of the update.
static void accumulate(ig_trainer *trainer, const pairs *p, int first, int last) {
  int source_offsets[SEQUENCES + 1], target_offsets[SEQUENCES + 1];
  for (int s = first; s <= last; s++) {
    source_offsets[s - first] = p->source_offsets[s] - p->source_offsets[first];
    target_offsets[s - first] = p->target_offsets[s] - p->target_offsets[first];
  }
  const ig_batch batch = {.sequences = last - first,
                          .source = p->source + p->source_offsets[first],
                          .source_offsets = source_offsets,
                          .target_input = p->input + p->target_offsets[first],
                          .target_output = p->output + p->target_offsets[first],
                          .target_offsets = target_offsets};
  ig_error err = {0};
  if (ig_trainer_accumulate(trainer, &batch, (double)p->target_offsets[SEQUENCES], NULL, &err) !=
      IG_OK)
    fail_msg("%s", err.message);
}

typedef struct run {
  float dropout;
  int threads;
  const int *cuts;  // bounds of the batches, from 0 to SEQUENCES
  int updates;      // before the last step, whose gradients are looked at
  int d_model;      // 0: 16
} run;

// Gradients of the last update, then weights after it; for the caller to free().
static double *result(const run *r, size_t *count) {
  const int d_model = r->d_model ? r->d_model : 16;
  ig_config config = torch_config(
      (ig_torch_options){VOCAB, d_model, 2, 2, 2, 2 * d_model, r->dropout, false, NULL});
  ig_model *model;
  ig_trainer *trainer;
  ig_error err = {0};
  assert_int_equal(ig_model_create(&config, 7, &model, &err), IG_OK);
  ig_trainer_options options = ig_trainer_options_default();
  options.threads = r->threads;
  options.optimizer.eps = 1e-3f;  // reduces the influence of rounding
  options.optimizer.clip_norm = 1;
  assert_int_equal(ig_trainer_create(model, &options, &trainer, &err), IG_OK);
  double *out = calloc(2 * ig_model_parameters(model), sizeof *out);
  *count = 0;
  for (int u = 0; u < r->updates; u++) {
    pairs p = {0};
    fill(&p, (uint64_t)u);
    for (const int *cut = r->cuts; *cut < SEQUENCES; cut++) accumulate(trainer, &p, cut[0], cut[1]);
    for (int gradients = 1; gradients >= 0; gradients--) {
      if (!gradients) assert_int_equal(ig_trainer_update(trainer, 0.01f, NULL, &err), IG_OK);
      for (size_t t = 0; u == r->updates - 1 && t < ig_model_tensors(model); t++) {
        ig_tensor_view view;
        assert_int_equal(ig_model_tensor(model, t, &view, &err), IG_OK);
        if (!view.gradient) continue;
        const size_t size = view.shape[0] * (view.rank > 1 ? view.shape[1] : 1);
        for (size_t i = 0; i < size; i++)
          out[(*count)++] = (double)(gradients ? view.gradient : view.values)[i];
      }
    }
  }
  ig_trainer_free(trainer);
  ig_model_free(model);
  return out;
}

static double distance(const run *left, const run *right) {
  size_t count[2];
  double *a = result(left, &count[0]), *b = result(right, &count[1]), most = 0;
  assert_int_equal(count[0], count[1]);
  assert_true(count[0] > 0);
  for (size_t i = 0; i < count[0]; i++) most = fmax(most, fabs(a[i] - b[i]));
  free(a);
  free(b);
  return most;
}

static const int whole[] = {0, 6}, halves[] = {0, 3, 6}, uneven[] = {0, 1, 5, 6},
                 single[] = {0, 1, 2, 3, 4, 5, 6};

static void with_and_without_dropout(void **state) {
  (void)state;
  static const int *const cuts[] = {halves, uneven, single};
  static const float dropouts[] = {0, 0.3f};
  for (int d = 0; d < 2; d++) {
    const run large = {dropouts[d], 1, whole, UPDATES, 0};
    for (int c = 0; c < 3; c++) {
      const run small = {dropouts[d], 1 + c, cuts[c], UPDATES, 0};
      const double most = distance(&large, &small);
      if (most > 1e-5) fail_msg("dropout %g, cut %d: %g", (double)dropouts[d], c, most);
    }
  }
}

static void negative_control(void **state) {
  (void)state;
  static const int missing[] = {0, 5, 6};
  const run large = {0.3f, 1, whole, UPDATES, 0}, less = {0.3f, 1, missing, UPDATES - 1, 0},
            other = {0.31f, 1, whole, UPDATES, 0};
  assert_true(distance(&large, &less) > 1e-3);
  assert_true(distance(&large, &other) > 1e-3);
}

// The number of threads changes no bit, not even in sizes for which every layer and the optimizer
// divide their work among them.
static void threads(void **state) {
  (void)state;
  static const int sizes[] = {16, 256};
  for (int s = 0; s < 2; s++) {
    const run one = {0.3f, 1, halves, UPDATES, sizes[s]};
    for (int t = 2; t <= 5; t++) {
      const run many = {0.3f, t, halves, UPDATES, sizes[s]};
      assert_true(distance(&one, &many) == 0);
    }
  }
}

// A rate or normalizer that would ruin the weights changes nothing: an update with right ones after
// it is as if they had not been tried.
static void wrong_numbers_are_refused(void **state) {
  (void)state;
  static const float rates[] = {NAN, INFINITY, -0.01f};
  static const double normalizers[] = {NAN, INFINITY, -1};
  const ig_config config = torch_config((ig_torch_options){VOCAB, 8, 2, 1, 1, 16, 0, false, NULL});
  ig_trainer_options options = ig_trainer_options_default();
  options.threads = 1;
  pairs p = {0};
  fill(&p, 0);
  const ig_batch batch = {1, p.source, p.source_offsets, p.input, p.output, p.target_offsets, NULL};
  float *values[2];
  ig_model *models[2];
  size_t count = 0;
  for (int wrong = 0; wrong < 2; wrong++) {
    ig_error err = {0};
    ig_trainer *trainer;
    assert_int_equal(ig_model_create(&config, 7, &models[wrong], &err), IG_OK);
    assert_int_equal(ig_trainer_create(models[wrong], &options, &trainer, &err), IG_OK);
    for (int i = 0; wrong && i < 3; i++) {
      assert_int_equal(ig_trainer_accumulate(trainer, &batch, normalizers[i], NULL, &err),
                       IG_ERROR_ARGUMENT);
      assert_non_null(strstr(err.message, "normalizer"));
    }
    assert_int_equal(ig_trainer_accumulate(trainer, &batch, 0, NULL, &err), IG_OK);
    for (int i = 0; wrong && i < 3; i++) {
      assert_int_equal(ig_trainer_update(trainer, rates[i], NULL, &err), IG_ERROR_ARGUMENT);
      assert_non_null(strstr(err.message, "learning_rate"));
    }
    assert_int_equal(ig_trainer_update(trainer, 0.01f, NULL, &err), IG_OK);
    ig_tensor_view view;
    assert_int_equal(ig_model_tensor(models[wrong], 0, &view, &err), IG_OK);
    values[wrong] = view.values;
    count = view.shape[0] * view.shape[1];
    ig_trainer_free(trainer);
  }
  assert_memory_equal(values[0], values[1], count * sizeof(float));
  for (int wrong = 0; wrong < 2; wrong++) ig_model_free(models[wrong]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(wrong_numbers_are_refused),
                                     cmocka_unit_test(with_and_without_dropout),
                                     cmocka_unit_test(negative_control), cmocka_unit_test(threads)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
