// A SentencePiece model: loaded, looked through, made to encode, to sample and to decode, by the
// library and by tokenizers of ours that read its pieces and its table of normalizations.
#include "input.h"

#include "model/arch/marian_tokenizers.h"
#include "model/arch/t5_tokenizers.h"
#include "text/sentencepiece.h"
#include "text/tokenizer.h"

static const char *const lines[] = {"", "a", "Hello world, 12 \xC3\xA4\xE2\x96\x81 x",
                                    "\xE4\xBD\xA0\xE5\xA5\xBD </s>\t<unk>  end "};

static ig_status count_piece(void *context, const char *piece, size_t length, int id,
                             ig_error *err) {
  (void)id, (void)err;
  *(size_t *)context +=
      length ? (unsigned char)piece[length - 1] : 0;  // so that the bytes are read
  return IG_OK;
}

static void use(const ig_sentencepiece *model) {
  size_t sum = 0, length;
  ig_error err = {0};
  const ig_piece_sink sink = {.piece = count_piece, .context = &sum};
  const ig_sentencepiece_sampling sampling = {.n_best = 4, .alpha = 0.5f, .seed = 1};
  const char *pieces[4];
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    ig_sentencepiece_encode(model, lines[i], strlen(lines[i]), &sink, &err);
    ig_sentencepiece_sample(model, lines[i], strlen(lines[i]), &sampling, &sink, &err);
  }
  size_t count = 0;
  for (int id = 0; id < ig_sentencepiece_size(model) && count < 4; id++)
    pieces[count++] = ig_sentencepiece_piece(model, id);
  char *text = NULL;
  if (ig_sentencepiece_decode(model, pieces, count, &text, &length, &err) == IG_OK &&
      strlen(text) > length)
    abort();
  free(text);
}

static void use_tokenizer(const ig_tokenizer_description *description, const char *path) {
  ig_tokenizer *tokenizer = NULL;
  ig_error err = {0};
  if (ig_tokenizer_from_sentencepiece(description, path, NULL, &tokenizer, &err) != IG_OK) return;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    ig_ids ids = {0};
    char *text = NULL;
    if (ig_tokenizer_encode_target(tokenizer, lines[i], strlen(lines[i]), &ids, &err) == IG_OK)
      ig_tokenizer_decode(tokenizer, ids.ids, ids.count, &text, &err);
    free(text);
    ig_ids_free(&ids);
  }
  ig_tokenizer_free(tokenizer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  ig_sentencepiece *model = NULL;
  ig_error err = {0};
  if (ig_sentencepiece_load_memory(data, size, "fuzzed.model", &model, &err) == IG_OK) use(model);
  ig_sentencepiece_free(model);
  if (size == 0) return 0;
  const char *path = write_input(data, size);
  use_tokenizer(ig_marian_tokenizers[0], path);
  use_tokenizer(ig_t5_tokenizers[0], path);
  return 0;
}
