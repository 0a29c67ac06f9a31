// The Transformer of every PyTorch tutorial (nn.Embedding, PositionalEncoding, nn.Transformer,
// nn.Linear), built, trained and used from C: it learns to reverse a row of digits.
//   cc torch_transformer.c $(pkg-config --cflags --libs ingot)
#include <ingot.h>
#include <stdio.h>

enum {
  DIGITS = 10,
  FIRST = 3,
  PAD = 0,
  BOS = 1,
  EOS = 2,
  LENGTH = 5,
  SEQUENCES = 32,
  UPDATES = 400
};

// A random row of digits; the target is the same row reversed. The generator is Marsaglia's
// xorshift.
static void draw(int *source, int *reversed) {
  static unsigned state = 2463534242u;
  for (int i = 0; i < LENGTH; i++) {
    state ^= state << 13, state ^= state >> 17, state ^= state << 5;
    source[i] = reversed[LENGTH - 1 - i] = FIRST + (int)(state >> 8) % DIGITS;
  }
}

static int source[SEQUENCES * LENGTH], target_input[SEQUENCES * (LENGTH + 1)],
    target_output[SEQUENCES * (LENGTH + 1)];
static int source_offsets[SEQUENCES + 1], target_offsets[SEQUENCES + 1];

// Rows of all sequences back to back: no padding, no masks. The decoder reads <bos> r1 … rn and
// predicts r1 … rn <eos>.
static ig_batch next_batch(void) {
  for (int s = 0; s < SEQUENCES; s++) {
    int reversed[LENGTH], *in = target_input + s * (LENGTH + 1),
                          *out = target_output + s * (LENGTH + 1);
    draw(source + s * LENGTH, reversed);
    in[0] = BOS, out[LENGTH] = EOS;
    for (int i = 0; i < LENGTH; i++) in[i + 1] = out[i] = reversed[i];
    source_offsets[s + 1] = (s + 1) * LENGTH, target_offsets[s + 1] = (s + 1) * (LENGTH + 1);
  }
  return (ig_batch){.sequences = SEQUENCES,
                    .source = source,
                    .source_offsets = source_offsets,
                    .target_input = target_input,
                    .target_output = target_output,
                    .target_offsets = target_offsets};
}

static int failed(const ig_error *err) {
  fprintf(stderr, "torch_transformer: %s\n", err->message);
  return 1;
}

int main(void) {
  const ig_torch_options torch = {.vocab_size = FIRST + DIGITS,
                                  .d_model = 32,
                                  .nhead = 4,
                                  .num_encoder_layers = 1,
                                  .num_decoder_layers = 1,
                                  .dim_feedforward = 64};
  ig_config *config;
  ig_trainer_options options = ig_trainer_options_default();
  ig_model *model;
  ig_trainer *trainer;
  ig_error err;
  if (ig_config_torch(&torch, &config, &err) != IG_OK) return failed(&err);
  if (ig_model_create(config, 1, &model, &err) != IG_OK) return failed(&err);
  ig_config_free(config);
  if (ig_trainer_create(model, &options, &trainer, &err) != IG_OK) return failed(&err);

  for (int update = 1; update <= UPDATES; update++) {
    ig_batch batch = next_batch();
    ig_loss loss;
    if (ig_trainer_accumulate(trainer, &batch, 0, &loss, &err) != IG_OK) return failed(&err);
    float learning_rate =
        5e-3f * (update < 50 ? (float)update / 50 : (float)(UPDATES - update + 1) / (UPDATES - 49));
    if (ig_trainer_update(trainer, learning_rate, NULL, &err) != IG_OK) return failed(&err);
    if (update % 100 == 0) printf("update %d  loss %.4f\n", update, loss.loss);
  }

  int right = 0, tries = 50;
  for (int i = 0; i < tries; i++) {
    int digits[LENGTH], reversed[LENGTH], out[LENGTH + 4], length, same = 1;
    draw(digits, reversed);
    const ig_generate_args args = {digits, LENGTH, LENGTH + 4};
    if (ig_generate(model, &args, out, &length, &err) != IG_OK) return failed(&err);
    for (int j = 0; j < LENGTH; j++) same = same && length == LENGTH + 1 && out[j] == reversed[j];
    right += same;
  }
  printf("%d of %d rows reversed\n", right, tries);
  ig_trainer_free(trainer);
  ig_model_free(model);
  return right >= tries * 9 / 10 ? 0 : 1;
}
