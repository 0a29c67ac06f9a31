// A tokenizer.json: as the steps of a tokenizer, and as the file of four classes that take parts of
// it. What is opened encodes and decodes a few texts; places lie within them.
#include "input.h"

#include <sys/stat.h>

#include "model/arch/bart_tokenizers.h"
#include "model/arch/encoder_tokenizers.h"
#include "model/arch/t5_tokenizers.h"
#include "text/tokenizer.h"
#include "text/utf8.h"

static const char *const texts[] = {
    "", " ", "Hello world, it's 12 \xC3\xA4\xE2\x96\x81 x",
    "  \xEF\xAC\x81 A\xCC\x81\t<unk>\r\n \xE1\x84\x80\xE1\x85\xA1 </s>  end <x>\xE3\x80\x80 ",
    "\x01\xF0\x9F\x98\x80\xE2\x80\x8D\xF0\x9F\x98\x80\xC4\xB0 \xE4\xBD\xA0\xE5\xA5\xBD aaab <s>"};

static const struct {
  const char *name, *config;
  const ig_tokenizer_description *const *offered;
} kinds[] = {
    {"steps", "{\"tokenizer_class\": \"PreTrainedTokenizerFast\"}", ig_t5_tokenizers},
    {"scores", "{\"tokenizer_class\": \"T5Tokenizer\"}", ig_t5_tokenizers},
    {"bytes", "{\"tokenizer_class\": \"BartTokenizer\"}", ig_bart_tokenizers},
    {"words", "{\"tokenizer_class\": \"BertTokenizer\"}", ig_encoder_tokenizers_word_pieces},
    {"folded", "{\"tokenizer_class\": \"AlbertTokenizer\"}", ig_encoder_tokenizers_albert},
};
enum { KINDS = sizeof kinds / sizeof *kinds, PATH = SCRATCH + 40 };

static char scratch[SCRATCH];
static void remove_directories(void) { remove_scratch(scratch); }

static void write_whole(const char *path, const void *data, size_t size) {
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0) abort();
}

// A directory for each kind, with its configuration and a link to the input.
static void make_directories(void) {
  char path[PATH];
  make_scratch(scratch);
  atexit(remove_directories);
  for (size_t k = 0; k < KINDS; k++) {
    snprintf(path, sizeof path, "%s/%s", scratch, kinds[k].name);
    if (mkdir(path, 0700) != 0) abort();
    snprintf(path, sizeof path, "%s/%s/tokenizer_config.json", scratch, kinds[k].name);
    write_whole(path, kinds[k].config, strlen(kinds[k].config));
    snprintf(path, sizeof path, "%s/%s/tokenizer.json", scratch, kinds[k].name);
    if (symlink("../input", path) != 0) abort();
  }
}

static void check_places(const ig_tokenizer *t, const ig_ids *ids, const ig_source_ranges *places,
                         size_t length) {
  if (ids->count != places->count) abort();
  for (size_t i = 0; i < ids->count; i++) {
    if (ids->ids[i] < 0 || ids->ids[i] >= ig_tokenizer_source_size(t)) abort();
    if (places->list[i].begin > places->list[i].end || places->list[i].end > length) abort();
  }
}

static void use_text(const ig_tokenizer *t, const char *text) {
  const ig_side_text side_text = {IG_SIDE_SOURCE, text, strlen(text), 0};
  ig_ids ids = {0}, again = {0};
  ig_source_ranges places = {0};
  ig_error err = {0};
  char *decoded = NULL;
  if (ig_tokenizer_encode_placed(t, &side_text, &ids, &places, &err) == IG_OK &&
      ig_tokenizer_encode_source(t, text, strlen(text), &again, &err) == IG_OK) {
    check_places(t, &ids, &places, strlen(text));
    if (again.count != ids.count) abort();
    for (size_t i = 0; i < ids.count; i++)
      if (ids.ids[i] != again.ids[i]) abort();
    if (ig_tokenizer_decode(t, ids.ids, ids.count, &decoded, &err) == IG_OK &&
        !ig_utf8_valid(decoded, strlen(decoded), NULL))
      abort();
  }
  free(decoded);
  ig_source_ranges_free(&places);
  ig_ids_free(&again);
  ig_ids_free(&ids);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char path[PATH];
  if (!*scratch) make_directories();
  snprintf(path, sizeof path, "%s/input", scratch);
  write_whole(path, data, size);
  for (size_t k = 0; k < KINDS; k++) {
    ig_tokenizer *t = NULL;
    ig_error err = {0};
    snprintf(path, sizeof path, "%s/%s", scratch, kinds[k].name);
    if (ig_tokenizer_load(path, kinds[k].offered, &t, &err) != IG_OK) continue;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) use_text(t, texts[i]);
    ig_tokenizer_free(t);
  }
  return 0;
}
