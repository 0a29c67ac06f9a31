// A decoder with recurrent units: gradients through the whole model, the same bits when forwards
// are run again, and masks that it cannot follow.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ingot.h"

static ig_error err;

static void done(ig_status status) {
  if (status != IG_OK) fail_msg("%s", err.message);
}

static const int source[] = {3, 4, 5, 0, 6, 0}, source_offsets[] = {0, 4, 6};
static const int input[] = {12, 7, 8, 12, 9}, output[] = {7, 8, 0, 9, 0}, offsets[] = {0, 3, 5};
static const ig_batch batch = {.sequences = 2,
                               .source = source,
                               .source_offsets = source_offsets,
                               .target_input = input,
                               .target_output = output,
                               .target_offsets = offsets};

static ig_model *make_model(void) {
  static const char text[] =
      "{\"vocab_size\": 13, \"decoder_vocab_size\": 13, \"d_model\": 8, \"encoder_layers\": 1, "
      "\"decoder_layers\": 2, \"encoder_attention_heads\": 2, \"decoder_attention_heads\": 2, "
      "\"encoder_ffn_dim\": 12, \"decoder_ffn_dim\": 12, \"activation_function\": \"swish\", "
      "\"max_position_embeddings\": 16, \"scale_embedding\": true, \"pad_token_id\": 12, "
      "\"decoder_start_token_id\": 12, \"dropout\": 0}";
  ig_config *config;
  ig_model *model;
  done(ig_config_create("marian_ssru", text, &config, &err));
  done(ig_model_create(config, 3, &model, &err));
  ig_config_free(config);
  return model;
}

static double loss_of(ig_trainer *trainer) {
  ig_loss loss;
  done(ig_trainer_forward(trainer, &batch, NULL, &loss, &err));
  return loss.loss;
}

// The loss's slope along a tensor's gradient is the length of the gradient.
static void expect_slope(ig_trainer *trainer, const ig_tensor_view *t, size_t count) {
  double square = 0;
  for (size_t i = 0; i < count; i++) square += (double)t->gradient[i] * (double)t->gradient[i];
  const double length = sqrt(square), step = 0.01;
  assert_true(length > 1e-4);
  float *kept = malloc(count * sizeof *kept);
  memcpy(kept, t->values, count * sizeof *kept);
  double sides[2];
  for (int side = 0; side < 2; side++) {
    const double by = (side ? step : -step) / length;
    for (size_t i = 0; i < count; i++)
      t->values[i] = (float)((double)kept[i] + by * (double)t->gradient[i]);
    sides[side] = loss_of(trainer);
  }
  memcpy(t->values, kept, count * sizeof *kept);
  free(kept);
  const double slope = (sides[1] - sides[0]) / (2 * step);
  if (fabs(slope - length) > 5e-3 * length)
    fail_msg("%s: slope %.7g, expected %.7g", t->name, slope, length);
}

static void gradients_are_slopes(void **state) {
  (void)state;
  static const char *const names[] = {
      "model.encoder.layers.0.self_attn.q_proj.weight",
      "model.decoder.layers.0.cell.candidate.weight", "model.decoder.layers.0.cell.forget.weight",
      "model.decoder.layers.1.cell.forget.bias", "model.decoder.layers.1.cell_layer_norm.weight"};
  ig_model *model = make_model();
  ig_trainer *trainer;
  ig_loss loss;
  done(ig_trainer_create(model, NULL, &trainer, &err));
  done(ig_trainer_accumulate(trainer, &batch, 0, &loss, &err));
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    ig_tensor_view t;
    done(ig_model_find(model, names[i], &t, &err));
    expect_slope(trainer, &t, t.shape[0] * (t.rank == 2 ? t.shape[1] : 1));
  }
  ig_tensor_view none;
  assert_int_not_equal(
      ig_model_find(model, "model.decoder.layers.0.self_attn.q_proj.weight", &none, &err), IG_OK);
  ig_trainer_free(trainer);
  ig_model_free(model);
}

static void recomputing_keeps_the_bits(void **state) {
  (void)state;
  static const char name[] = "model.decoder.layers.0.cell.candidate.weight";
  float gradients[2][64];
  for (int i = 0; i < 2; i++) {
    ig_model *model = make_model();
    ig_trainer_options options = ig_trainer_options_default();
    ig_trainer *trainer;
    ig_loss loss;
    ig_tensor_view t;
    options.recompute = i == 1;
    options.threads = i + 1;
    done(ig_trainer_create(model, &options, &trainer, &err));
    done(ig_trainer_accumulate(trainer, &batch, 0, &loss, &err));
    done(ig_model_find(model, name, &t, &err));
    memcpy(gradients[i], t.gradient, sizeof gradients[i]);
    ig_trainer_free(trainer);
    ig_model_free(model);
  }
  assert_memory_equal(gradients[0], gradients[1], sizeof gradients[0]);
}

static void masks_of_the_target_are_refused(void **state) {
  (void)state;
  static const uint8_t none[9] = {0};
  static const int equal_source[] = {0, 3, 6}, equal_target[] = {0, 2, 4};
  const ig_masks cases[] = {{.tgt_is_causal = false},
                            {.tgt_is_causal = true, .tgt = {.boolean = none}},
                            {.tgt_is_causal = true, .tgt_key_padding = {.boolean = none}}};
  const ig_masks fine = {.tgt_is_causal = true, .memory_key_padding = {.boolean = none}};
  ig_model *model = make_model();
  ig_trainer *trainer;
  ig_loss loss;
  done(ig_trainer_create(model, NULL, &trainer, &err));
  ig_batch masked = batch;
  masked.source_offsets = equal_source;
  masked.target_offsets = equal_target;
  for (size_t i = 0; i < 3; i++) {
    masked.masks = &cases[i];
    assert_int_equal(ig_trainer_forward(trainer, &masked, NULL, &loss, &err), IG_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "recurrent"));
  }
  masked.masks = &fine;
  done(ig_trainer_forward(trainer, &masked, NULL, &loss, &err));
  ig_trainer_free(trainer);
  ig_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gradients_are_slopes),
      cmocka_unit_test(recomputing_keeps_the_bits),
      cmocka_unit_test(masks_of_the_target_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
