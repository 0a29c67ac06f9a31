// A SentencePiece model: loaded, looked through, made to encode, to sample and to decode.
#include "input.h"

#include "model/arch/marian_tokenizers.h"
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
  const ig_piece_sink sink = {count_piece, &sum};
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  ig_sentencepiece *model = NULL;
  ig_error err = {0};
  if (ig_sentencepiece_load_memory(data, size, "fuzzed.model", &model, &err) == IG_OK) use(model);
  ig_sentencepiece_free(model);
  ig_tokenizer *tokenizer = NULL;
  if (size && ig_tokenizer_from_sentencepiece(ig_marian_tokenizers[0], write_input(data, size),
                                              NULL, &tokenizer, &err) == IG_OK)
    ig_tokenizer_free(tokenizer);
  return 0;
}
