// What the head of an encoder gives for token ids, for bench/parity/real_encoders.py.
//
//   bench_head MODEL < ids
//
// Each line of the input has the ids of one sequence, with spaces between them. The output has for
// each two 32-bit integers, rows and columns, and as many floats: the head's outputs, or where
// there is none the encoder's.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingot.h"
#include "model/files/load.h"
#include "model/model.h"
#include "model/run/head_run.h"

static void stop_on_error(ig_status status, const ig_error *err) {
  if (status == IG_OK) return;
  fprintf(stderr, "%s\n", err->message);
  exit(1);
}

// Returns how many; false at the end of the input.
static bool read_ids(const ig_model *model, int *ids, int most, int *count) {
  char *line = NULL;
  size_t capacity = 0;
  if (getline(&line, &capacity, stdin) < 0) {
    free(line);
    return false;
  }
  *count = 0;
  for (char *at = line, *end; *count < most; at = end) {
    const long id = strtol(at, &end, 10);
    if (end == at) break;
    if (id < 0 || id >= model->config.vocab_size) {
      fprintf(stderr, "the id %ld is none of %d\n", id, model->config.vocab_size);
      exit(1);
    }
    ids[(*count)++] = (int)id;
  }
  free(line);
  return true;
}

static void write_sequence(ig_head_run *head, const int *ids, int count) {
  const int offsets[] = {0, count};
  const ig_ragged rows = {1, offsets};
  const ig_head_run_result found =
      ig_head_run_forward(head, &(ig_head_run_batch){.ids = ids, .rows = &rows});
  const int32_t sizes[] = {found.outputs && found.of_sequences ? 1 : count,
                           found.outputs ? found.columns : found.hidden_columns};
  const size_t numbers = (size_t)sizes[0] * (size_t)sizes[1];
  fwrite(sizes, sizeof *sizes, 2, stdout);
  fwrite(found.outputs ? found.outputs : found.hidden, sizeof(float), numbers, stdout);
}

int main(int argc, char **argv) {
  ig_error err = {0};
  ig_model *model;
  ig_head_run *head;
  if (argc != 2) {
    fprintf(stderr, "usage: bench_head MODEL < ids\n");
    return 2;
  }
  stop_on_error(ig_load_packed(argv[1], IG_WEIGHT_TYPE_FP32, NULL, &model, &err), &err);
  const int most = model->config.positions.count ? model->config.positions.count : 4096;
  const ig_encoder_run_size size = {.rows = most, .longest = most};
  stop_on_error(ig_head_run_create(model, NULL, &size, &head, &err), &err);
  int *ids = malloc((size_t)most * sizeof *ids), count;
  while (ids && read_ids(model, ids, most, &count))
    if (count > 0) write_sequence(head, ids, count);
  free(ids);
  ig_head_run_free(head);
  ig_model_free(model);
  return ids && fflush(stdout) == 0 ? 0 : 1;
}
