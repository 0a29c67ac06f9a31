// The Transformer of every PyTorch tutorial (nn.Embedding, PositionalEncoding, nn.Transformer,
// nn.Linear), built, trained and used from C: it learns to reverse a row of digits.
//   cc torch_transformer.c $(pkg-config --cflags --libs ingot)
#include <ingot.h>
#include <stdio.h>

enum { BOS = 1, EOS = 2, FIRST = 3, DIGITS = 10 };
enum { LENGTH = 5, SEQUENCES = 32, UPDATES = 400 };

// A random row of digits and the same row reversed. The generator is Marsaglia's xorshift.
static void draw(int *row, int *reversed) {
  static unsigned state = 2463534242u;
  for (int i = 0; i < LENGTH; i++) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    row[i] = reversed[LENGTH - 1 - i] = FIRST + (int)(state >> 8) % DIGITS;
  }
}

static int source[SEQUENCES][LENGTH], source_offsets[SEQUENCES + 1];
static int target_input[SEQUENCES][LENGTH + 1], target_output[SEQUENCES][LENGTH + 1];
static int target_offsets[SEQUENCES + 1];

// Sequences lie back to back. The decoder reads <bos> r1 … rn and predicts r1 … rn <eos>.
static ig_batch next_batch(void) {
  for (int s = 0; s < SEQUENCES; s++) {
    draw(source[s], target_output[s]);
    target_output[s][LENGTH] = EOS;
    target_input[s][0] = BOS;
    for (int i = 0; i < LENGTH; i++) target_input[s][i + 1] = target_output[s][i];
    source_offsets[s + 1] = (s + 1) * LENGTH;
    target_offsets[s + 1] = (s + 1) * (LENGTH + 1);
  }
  return (ig_batch){SEQUENCES,      source[0], source_offsets, target_input[0], target_output[0],
                    target_offsets, NULL};
}

static int failed(const ig_error *err) {
  fprintf(stderr, "torch_transformer: %s\n", err->message);
  return 1;
}

int main(void) {
  // One layer each of 32 columns, 4 heads and 64 inner columns, without dropout.
  const ig_torch_options sizes = {FIRST + DIGITS, 32, 4, 1, 1, 64, 0.0f, false, NULL};
  const ig_trainer_options options = ig_trainer_options_default();
  ig_error err;
  ig_config *config;
  ig_model *model;
  ig_trainer *trainer;
  if (ig_config_torch(&sizes, &config, &err) || ig_model_create(config, 1, &model, &err))
    return failed(&err);
  ig_config_free(config);
  if (ig_trainer_create(model, &options, &trainer, &err) != IG_OK) return failed(&err);
  for (int update = 1; update <= UPDATES; update++) {
    ig_batch batch = next_batch();
    ig_loss loss;
    if (ig_trainer_accumulate(trainer, &batch, 0, &loss, &err) != IG_OK) return failed(&err);
    const float rising = (float)update / 50, falling = (float)(UPDATES - update + 1) / 350;
    const float rate = 5e-3f * (rising < falling ? rising : falling);
    if (ig_trainer_update(trainer, rate, NULL, &err) != IG_OK) return failed(&err);
    if (update % 100 == 0) printf("update %d  loss %.4f\n", update, loss.loss);
  }

  int right = 0, tries = 50, length;
  for (int i = 0; i < tries; i++) {
    int digits[LENGTH], reversed[LENGTH], out[LENGTH + 4], same = 1;
    draw(digits, reversed);
    const ig_generate_args from = {digits, LENGTH, LENGTH + 4};
    if (ig_generate(model, &from, out, &length, &err) != IG_OK) return failed(&err);
    for (int j = 0; j < LENGTH; j++) same = same && length == LENGTH + 1 && out[j] == reversed[j];
    right += same;
  }
  printf("%d of %d rows reversed\n", right, tries);
  ig_trainer_free(trainer);
  ig_model_free(model);
  return right >= tries * 9 / 10 ? 0 : 1;
}
