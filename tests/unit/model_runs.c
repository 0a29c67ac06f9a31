// An encoder and a decoder that run by themselves compute what they do together; seats of sentences
// come and go.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/run/inference.h"
#include "model/run/seats.h"
#include "model_fixture.h"

enum { VOCABULARY = 31, D_MODEL = 24, SENTENCES = 3, ROWS = 12, LONGEST = 6, MAX_LENGTH = 4 };

static const int ids[ROWS] = {5, 9, 2, 7, 8, 3, 4, 11, 30, 6, 12, 2};
static const int offsets[SENTENCES + 1] = {0, 4, 6, 12};

static ig_model *make_model(void) {
  const ig_config config =
      torch_config((ig_torch_options){VOCABULARY, D_MODEL, 3, 2, 2, 40, 0, false, NULL});
  ig_model *model;
  assert_int_equal(ig_model_create(&config, 7, &model, NULL), IG_OK);
  return model;
}

// Logits of the first step of each sentence.
static void step_once(ig_decoder_run *decoder, float *out) {
  int start[SENTENCES], position[SENTENCES] = {0}, seat[SENTENCES],
                        history[SENTENCES * MAX_LENGTH] = {0};
  for (int s = 0; s < SENTENCES; s++) {
    start[s] = 1;
    seat[s] = s;
    history[s * MAX_LENGTH] = s * MAX_LENGTH;
  }
  const ig_decoder_step step = {SENTENCES, start, position, seat, history};
  memcpy(out, ig_decoder_run_step(decoder, &step), SENTENCES * VOCABULARY * sizeof *out);
}

static void apart_as_together(void **state) {
  (void)state;
  ig_model *model = make_model();
  const ig_ragged sentences = {SENTENCES, offsets};
  const ig_inference_size size = {.sentences = SENTENCES,
                                  .source_rows = ROWS,
                                  .memory_rows = ROWS,
                                  .longest = LONGEST,
                                  .slots = SENTENCES,
                                  .max_length = MAX_LENGTH};
  ig_inference *together;
  float expected[SENTENCES * VOCABULARY], found[SENTENCES * VOCABULARY];
  assert_int_equal(ig_inference_create(model, NULL, &size, &together, NULL), IG_OK);
  ig_inference_encode(together, ids, &sentences);
  step_once(together->decoder, expected);

  ig_run_context encoding, decoding;
  ig_encoder_run *encoder;
  ig_decoder_run *decoder;
  const ig_decoder_run_size decoder_size = {.seats = SENTENCES,
                                            .joining_rows = ROWS,
                                            .memory_rows = ROWS,
                                            .longest = LONGEST,
                                            .slots = SENTENCES,
                                            .max_length = MAX_LENGTH};
  assert_int_equal(ig_run_context_create(model, NULL, &encoding, NULL), IG_OK);
  assert_int_equal(ig_run_context_create(model, NULL, &decoding, NULL), IG_OK);
  assert_int_equal(
      ig_encoder_run_create(&encoding, &(ig_encoder_run_size){.rows = ROWS, .longest = LONGEST},
                            &encoder, NULL),
      IG_OK);
  assert_int_equal(ig_decoder_run_create(&decoding, &decoder_size, &decoder, NULL), IG_OK);
  float *memory = malloc(ROWS * D_MODEL * sizeof *memory);
  memcpy(memory, ig_encoder_run_forward(encoder, ids, &sentences), ROWS * D_MODEL * sizeof *memory);
  ig_decoder_run_join(decoder, NULL, memory, &sentences);
  step_once(decoder, found);
  assert_memory_equal(found, expected, sizeof found);

  memory[ROWS * D_MODEL - 1] += 1;  // a memory that differs is seen
  ig_decoder_run_leave_all(decoder);
  ig_decoder_run_join(decoder, NULL, memory, &sentences);
  step_once(decoder, found);
  assert_memory_not_equal(found, expected, sizeof found);
  free(memory);
  ig_encoder_run_free(encoder);
  ig_decoder_run_free(decoder);
  ig_run_context_free(&encoding);
  ig_run_context_free(&decoding);
  ig_inference_free(together);
  ig_model_free(model);
}

static void encoder_alone_or_in_company(void **state) {
  (void)state;
  ig_model *model = make_model();
  ig_run_context context;
  ig_encoder_run *encoder;
  float together[ROWS * D_MODEL];
  assert_int_equal(ig_run_context_create(model, NULL, &context, NULL), IG_OK);
  assert_int_equal(
      ig_encoder_run_create(&context, &(ig_encoder_run_size){.rows = ROWS, .longest = LONGEST},
                            &encoder, NULL),
      IG_OK);
  memcpy(together, ig_encoder_run_forward(encoder, ids, &(ig_ragged){SENTENCES, offsets}),
         sizeof together);
  for (int s = 0; s < SENTENCES; s++) {
    const int length = offsets[s + 1] - offsets[s];
    const ig_ragged one = {1, (const int[]){0, length}};
    assert_memory_equal(ig_encoder_run_forward(encoder, ids + offsets[s], &one),
                        together + offsets[s] * D_MODEL,
                        (size_t)length * D_MODEL * sizeof *together);
  }
  ig_encoder_run_free(encoder);
  ig_run_context_free(&context);
  ig_model_free(model);
}

// The example of seats.h.
static void gaps_are_filled(void **state) {
  (void)state;
  ig_seats seats;
  ig_arena arena = ig_arena_measure();
  ig_seats_carve(&seats, &arena, 4, 10);
  assert_int_equal(ig_arena_create(&arena, arena.peak, NULL), IG_OK);
  ig_seats_carve(&seats, &arena, 4, 10);
  assert_int_equal(ig_seats_largest_gap(&seats), 10);
  assert_int_equal(ig_seats_take(&seats, NULL, &(ig_ragged){3, (const int[]){0, 3, 7, 9}}), 0);
  assert_int_equal(ig_seats_largest_gap(&seats), 1);
  ig_seats_leave(&seats, 1);
  assert_int_equal(ig_seats_largest_gap(&seats), 4);
  const int last = 3, second = 1;
  assert_int_equal(ig_seats_take(&seats, &last, &(ig_ragged){1, (const int[]){0, 4}}), 3);
  assert_int_equal(ig_seats_take(&seats, &second, &(ig_ragged){1, (const int[]){0, 1}}), 9);
  assert_int_equal(ig_seats_largest_gap(&seats), 0);
  ig_seats_leave_all(&seats);
  assert_int_equal(ig_seats_largest_gap(&seats), 10);
  ig_arena_free(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(apart_as_together),
      cmocka_unit_test(encoder_alone_or_in_company),
      cmocka_unit_test(gaps_are_filled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
