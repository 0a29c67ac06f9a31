// Small files that claim to be large: a header, a size or an id says 2 GB or more. Each is refused
// for what it claims, within 512 MiB of address space above what the program has: an allocation by
// the claim would fail, and be told as memory that is out. Archives of arrays: io_npz.c.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "ingot.h"
#include "ingot/lines.h"
#include "io/safetensors.h"
#include "model/arch/family.h"
#include "text/tokenizer.h"

enum { ROOM = 512 << 20, MOST_BYTES = 1 << 16 };
#define GIGABYTES_10 "10000000000"

static char directory[] = "/tmp/ingot-claims-XXXXXX";
static char path[256];

// A file that is put together.
static struct {
  unsigned char bytes[MOST_BYTES];
  size_t size;
} made;

static int make_directory(void **state) {
  (void)state;
  return mkdtemp(directory) ? 0 : -1;
}

static const char *in_directory(const char *name) {
  snprintf(path, sizeof path, "%s/%s", directory, name);
  return path;
}

static void remove_files(void) {
  static const char *const names[] = {"config.json",
                                      "generation_config.json",
                                      "model.safetensors",
                                      "pytorch_model.bin",
                                      "tokenizer.json",
                                      "tokenizer_config.json",
                                      "spiece.model",
                                      "text.gz",
                                      "added_tokens.json",
                                      "vocab.json",
                                      "merges.txt",
                                      "source.spm",
                                      "target.spm",
                                      "model.bin",
                                      "model.npz",
                                      "sentencepiece.bpe.model",
                                      "special_tokens_map.json"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(in_directory(names[i]));
}

static int remove_directory(void **state) {
  (void)state;
  remove_files();
  return rmdir(directory);
}

static void add(const void *bytes, size_t size) {
  assert_true(made.size + size <= MOST_BYTES);
  memcpy(made.bytes + made.size, bytes, size);
  made.size += size;
}
#define ADD(literal) add(literal, sizeof literal - 1)

static void add_number(uint64_t number, int bytes) {
  for (int i = 0; i < bytes; i++) add(&(unsigned char){(unsigned char)(number >> (8 * i))}, 1);
}

static void write_made(const char *name) {
  assert_int_equal(ig_file_write(in_directory(name), made.bytes, made.size, NULL), IG_OK);
  made.size = 0;
}

static void write_text(const char *name, const char *text) {
  add(text, strlen(text));
  write_made(name);
}

static void read_golden(const char *name) {
  char full[1024];
  const char *root = getenv("INGOT_SOURCE");
  snprintf(full, sizeof full, "%s/tests/golden/%s", root ? root : ".", name);
  FILE *in = fopen(full, "rb");
  assert_non_null(in);
  made.size = fread(made.bytes, 1, MOST_BYTES, in);
  assert_true(made.size > 0 && feof(in));
  fclose(in);
}

// ---- what reads -------------------------------------------------------------

static ig_status open_weights(const char *name, ig_error *err) {
  ig_safetensors *file = NULL;
  const ig_status status = ig_safetensors_open_file(in_directory(name), &file, err);
  ig_safetensors_close(file);
  return status;
}

static ig_status open_safetensors(ig_error *err) { return open_weights("model.safetensors", err); }
static ig_status open_pickle(ig_error *err) { return open_weights("pytorch_model.bin", err); }

static ig_status open_model(ig_error *err) {
  ig_model *model = NULL;
  const ig_status status = ig_model_load(directory, &model, err);
  ig_model_free(model);
  return status;
}

static ig_status inspect_model(ig_error *err) {
  char *text = NULL;
  const ig_status status = ig_inspect(directory, NULL, &text, err);
  free(text);
  return status;
}

static ig_status open_tokenizer(ig_error *err) {
  ig_tokenizer *tokenizer = NULL;
  const ig_family *family = ig_family_find("t5");
  const ig_status status = ig_tokenizer_load(directory, family->tokenizers, &tokenizer, err);
  ig_tokenizer_free(tokenizer);
  return status;
}

static ig_status read_lines(ig_error *err) {
  ig_lines *lines = NULL;
  ig_status status = ig_lines_open(in_directory("text.gz"), NULL, &lines, err);
  const char *line = "";
  size_t length;
  while (status == IG_OK && line) status = ig_lines_next(lines, &line, &length, err);
  ig_lines_close(lines);
  return status;
}

// ---- what claims ------------------------------------------------------------

static void add_header(uint64_t length, const char *text) {
  add_number(length, 8);
  add(text, strlen(text));
  write_made("model.safetensors");
}

static void long_header(void) { add_header(10000000000, "{}"); }
static void longest_header(void) { add_header(UINT64_MAX, "{}"); }

static void far_tensor(void) {
  static const char text[] =
      "{\"w\":{\"dtype\":\"F32\",\"shape\":[50000,50000],\"data_offsets\":[0," GIGABYTES_10 "]}}";
  add_header(sizeof text - 1, text);
}

static void overflowing_tensor(void) {
  static const char text[] =
      "{\"w\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}";
  add_header(sizeof text - 1, text);
}

// In the directory at the end of a zip file, at this place of every entry.
static void change_entries(const char *name, size_t place) {
  size_t entries = 0;
  read_golden(name);
  for (size_t i = 0; i + 46 < made.size; i++)
    if (memcmp(made.bytes + i, "PK\1\2", 4) == 0) {
      memcpy(made.bytes + i + place, "\xf0\xff\xff\xff", 4);
      entries++;
    }
  assert_true(entries > 2);
  write_made("pytorch_model.bin");
}

static void zip_sizes(void) { change_entries("torch_files/plain.zip.bin", 24); }
static void zip_stored_sizes(void) { change_entries("torch_files/plain.zip.bin", 20); }
static void zip_inflated_sizes(void) { change_entries("torch_files/deflated.zip.bin", 24); }

// The old form, up to the state.
static void begin_old(void) {
  ADD("\x80\2\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\2M\xe9\3.\x80\2}.\x80\3");
}

static void end_old(void) {
  ADD("}.\x80\2].");
  write_made("pytorch_model.bin");
}

// An opcode, a number of 4 bytes that says how much follows, and three bytes.
static void pickle_claim(const char *opcode) {
  begin_old();
  add(opcode, 1);
  add_number(0x7ffffff0, 4);
  ADD("abc0");
  end_old();
}

static void pickled_unicode(void) { pickle_claim("X"); }
static void pickled_text(void) { pickle_claim("T"); }
static void pickled_bytes(void) { pickle_claim("B"); }
static void pickled_integer(void) { pickle_claim("\x8b"); }

static void pickled_memo(void) {
  begin_old();
  ADD("}r");
  add_number(0x7ffffff0, 4);
  ADD("0");
  end_old();
}

// The number of values before those of the only storage.
static void old_storage(void) {
  read_golden("torch_files/tensor.old.bin");
  size_t found = 0;
  for (size_t i = 0; i + 8 <= made.size; i++) {
    const uint64_t rest = (made.size - i - 8) / 4;
    uint64_t number = 0;
    for (int k = 7; k >= 0; k--) number = number << 8 | made.bytes[i + (size_t)k];
    if (number != rest || rest == 0) continue;
    const uint64_t claim = 2500000000;
    for (int k = 0; k < 8; k++) made.bytes[i + (size_t)k] = (unsigned char)(claim >> (8 * k));
    found++;
  }
  assert_int_equal(found, 1);
  write_made("pytorch_model.bin");
}

// A T5 of which the file has one tensor, of 36 values.
static void write_config(const char *sizes) {
  static const char header[] =
      "{\"shared.weight\":{\"dtype\":\"F32\",\"shape\":[9,4],\"data_offsets\":[0,144]}}";
  char text[512];
  snprintf(text, sizeof text, "{\"model_type\":\"t5\",\"decoder_start_token_id\":0,%s}", sizes);
  write_text("config.json", text);
  add_number(sizeof header - 1, 8);
  ADD(header);
  add((char[144]){0}, 144);
  write_made("model.safetensors");
}

static void many_words(void) { write_config("\"vocab_size\":16000000,\"d_model\":60000"); }
static void too_many_words(void) { write_config("\"vocab_size\":" GIGABYTES_10); }
static void many_layers(void) {
  write_config("\"vocab_size\":9,\"d_model\":4,\"d_ff\":1000000,\"num_layers\":1000");
}
static void wide_layers(void) {
  write_config("\"vocab_size\":9,\"d_model\":4,\"num_heads\":4096,\"d_kv\":4096");
}
static void many_buckets(void) {
  write_config(
      "\"vocab_size\":9,\"d_model\":4,\"relative_attention_max_distance\":1000000,\"num_heads\":"
      "4096,"
      "\"relative_attention_num_buckets\":65536");
}

// Sinusoids are computed, and in no file.
static void many_positions(void) {
  write_text("config.json",
             "{\"model_type\":\"marian\",\"d_model\":65536,\"max_position_embeddings\":1000000,"
             "\"vocab_size\":9,\"decoder_vocab_size\":9,\"encoder_layers\":1,"
             "\"decoder_layers\":1,\"pad_token_id\":8,\"decoder_start_token_id\":8}");
  static const char header[] =
      "{\"model.shared.weight\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
  add_number(sizeof header - 1, 8);
  ADD(header);
  add_number(0, 4);
  write_made("model.safetensors");
}

#define TOKENIZER(added, model)                                                            \
  "{\"version\":\"1.0\",\"added_tokens\":[" added                                          \
  "],\"normalizer\":null,\"pre_tokenizer\":null,\"post_processor\":null,\"decoder\":null," \
  "\"model\":"                                                                             \
  "{" model "}}"
#define ADDED(id)                                                                  \
  "{\"id\":" id                                                                    \
  ",\"content\":\"</s>\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false," \
  "\"normalized\":false,\"special\":true}"
#define UNIGRAM "\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"<unk>\",0.0],[\"a\",-1.0]]"
#define BPE(id) "\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":" id "},\"merges\":[]"

static void write_tokenizer(const char *text) {
  write_text("tokenizer_config.json",
             "{\"tokenizer_class\":\"PreTrainedTokenizerFast\",\"eos_token\":\"</s>\"}");
  write_text("tokenizer.json", text);
}

static void far_added_token(void) { write_tokenizer(TOKENIZER(ADDED("2147483646"), UNIGRAM)); }
static void farther_added_token(void) { write_tokenizer(TOKENIZER(ADDED(GIGABYTES_10), UNIGRAM)); }
static void far_word(void) { write_tokenizer(TOKENIZER(ADDED("1"), BPE("2147483646"))); }
static void farther_word(void) { write_tokenizer(TOKENIZER(ADDED("1"), BPE(GIGABYTES_10))); }
static void far_unknown(void) {
  write_tokenizer(
      TOKENIZER(ADDED("1"), "\"type\":\"Unigram\",\"unk_id\":2147483646,\"vocab\":[[\"a\",-1.0]]"));
}

// Beside a SentencePiece model that is well.
static void far_added_beside_pieces(void) {
  read_golden("t5_tokenizer/spiece.model");
  write_made("spiece.model");
  write_text("tokenizer_config.json", "{\"tokenizer_class\":\"T5Tokenizer\"}");
  write_text("added_tokens.json", "{\"<far>\":2147483646}");
}

static void many_sentinels(void) {
  read_golden("t5_tokenizer/spiece.model");
  write_made("spiece.model");
  write_text("tokenizer_config.json",
             "{\"tokenizer_class\":\"T5Tokenizer\",\"extra_ids\":2147483646}");
}

// The first piece, which is field 1, says how long it is, by a varint.
static void long_piece(void) {
  ADD("\x0a\x80\xc8\xaf\xa0\x25\x0a\x01");
  ADD("a");
  write_made("spiece.model");
  write_text("tokenizer_config.json", "{\"tokenizer_class\":\"T5Tokenizer\"}");
}

static void long_piece_of_json(void) {
  write_tokenizer("{\"added_tokens\":[],\"model\":{\"type\":\"Unigram\",\"vocab\":[[");
}

// Four bytes at the end say how much there is: 4 GB.
static void gzip_size(void) {
  static const unsigned char text[] = {0x1f, 0x8b, 8,    0,    0,    0,    0,    0,
                                       0,    3,    0x4b, 0xe4, 0x02, 0x00, 0x07, 0xa1,
                                       0xea, 0xdd, 0xf0, 0xff, 0xff, 0xff};
  add(text, sizeof text);
  write_made("text.gz");
}

// A field of the header says that 65,535 bytes follow.
static void gzip_field(void) {
  ADD("\x1f\x8b\x08\x04\0\0\0\0\0\3\xff\xff\1");
  write_made("text.gz");
}

// ---- each within its bounds -------------------------------------------------

static size_t address_space(void) {
  FILE *in = fopen("/proc/self/statm", "r");
  unsigned long pages = 0;
  if (!in) skip();
  assert_int_equal(fscanf(in, "%lu", &pages), 1);
  fclose(in);
  return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void bound_address_space(bool bounded) {
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
  limit.rlim_cur = bounded ? address_space() + ROOM : limit.rlim_max;
  assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
}

static const struct {
  const char *name;
  void (*make)(void);
  ig_status (*open)(ig_error *err);
  const char *part;  // of the message
} claims[] = {
    {"long header", long_header, open_safetensors, "a header of 10000000000 bytes"},
    {"longest header", longest_header, open_safetensors, "a header of 18446744073709551615 bytes"},
    {"far tensor", far_tensor, open_safetensors, "outside the 0 bytes of data"},
    {"overflowing tensor", overflowing_tensor, open_safetensors, "shape: too large"},
    {"zip sizes", zip_sizes, open_pickle, "two different sizes"},
    {"zip stored sizes", zip_stored_sizes, open_pickle, "two different sizes"},
    {"zip inflated sizes", zip_inflated_sizes, open_pickle,
     "more bytes than its packed ones can hold"},
    {"pickled text", pickled_text, open_pickle, "ends in the middle"},
    {"pickled unicode", pickled_unicode, open_pickle, "ends in the middle"},
    {"pickled bytes", pickled_bytes, open_pickle, "BINBYTES"},
    {"pickled memo", pickled_memo, open_pickle, "have gaps"},
    {"pickled integer", pickled_integer, open_pickle, "LONG4"},
    {"old storage", old_storage, open_pickle, "found 2500000000"},
    {"many words", many_words, open_model, "expected shape (16000000, 60000)"},
    {"many words, inspected", many_words, inspect_model, "expected shape (16000000, 60000)"},
    {"too many words", too_many_words, open_model, "vocab_size: 10000000000 is out of range"},
    {"many layers", many_layers, open_model, "is missing"},
    {"wide layers", wide_layers, open_model, "is missing"},
    {"many buckets", many_buckets, open_model, "is missing"},
    {"many positions", many_positions, open_model, "expected shape (9, 65536)"},
    {"far added token", far_added_token, open_tokenizer, "has the id 2147483646"},
    {"farther added token", farther_added_token, open_tokenizer, "id: 10000000000 is out of range"},
    {"far word", far_word, open_tokenizer, "expected an id from 0"},
    {"farther word", farther_word, open_tokenizer, "expected an id from 0"},
    {"far unknown", far_unknown, open_tokenizer, "unk_id: 2147483646"},
    {"far added token beside pieces", far_added_beside_pieces, open_tokenizer,
     "id 2147483646, expected 0 to"},
    {"many sentinels", many_sentinels, open_tokenizer, "extra_ids: expected 0 to"},
    {"long piece", long_piece, open_tokenizer, "damaged"},
    {"cut tokenizer.json", long_piece_of_json, open_tokenizer, "not valid JSON"},
    {"gzip size", gzip_size, read_lines, "incorrect length check"},
    {"gzip field", gzip_field, read_lines, "ends in the middle"},
};

static void claims_cost_no_memory(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
    ig_error err = {0};
    remove_files();
    claims[i].make();
    bound_address_space(true);
    const ig_status status = claims[i].open(&err);
    bound_address_space(false);
    if (status == IG_OK) fail_msg("%s: opened", claims[i].name);
    if (status == IG_ERROR_MEMORY || strstr(err.message, "memory"))
      fail_msg("%s: %s", claims[i].name, err.message);
    if (!strstr(err.message, claims[i].part))
      fail_msg("%s: '%s' does not say '%s'", claims[i].name, err.message, claims[i].part);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(claims_cost_no_memory)};
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
