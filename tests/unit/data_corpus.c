// Loading parallel text: ids, pairs that are left out, and errors that tell file and line.
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "data/batcher.h"
#include "data/corpus_load.h"

static char directory[] = "/tmp/ingot-corpus-XXXXXX";
static char source[64], target[64], zipped[64];

static void write_text(const char *path, const char *text) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
  fclose(file);
}

static ig_tokenizer *tokenizer(void) {
  static const char *const tokens[] = {"a", "b", "c"};
  const ig_token_list list = {tokens, 3};
  ig_tokenizer *out;
  ig_error err;
  assert_int_equal(ig_tokenizer_from_tokens(&list, NULL, &out, &err), IG_OK);
  return out;
}

static ig_status load(const char *source_path, const char *target_path, ig_corpus_options options,
                      ig_corpus *out, ig_error *err) {
  const ig_corpus_files files = {.source = &source_path, .target = &target_path, .count = 1};
  ig_tokenizer *t = tokenizer();
  options.tokenizer = t;
  const ig_status status = ig_corpus_load(&files, &options, out, err);
  ig_tokenizer_free(t);
  return status;
}

static void ids_and_left_out_pairs(void **state) {
  (void)state;
  write_text(source, "a b\n\nc\nb b b b\na\n");
  write_text(target, "c\na\nb a\na\n\n");
  ig_corpus c;
  ig_error err = {0};
  assert_int_equal(
      load(source, target, (ig_corpus_options){.max_length = 4, .keep_text = true}, &c, &err),
      IG_OK);
  assert_int_equal(c.pairs, 2);
  assert_int_equal(c.lines, 5);
  assert_int_equal(c.empty, 2);
  assert_int_equal(c.too_long, 1);  // four tokens and the end
  assert_int_equal(ig_corpus_length(&c, IG_SIDE_SOURCE, 0), 3);
  assert_int_equal(ig_corpus_length(&c, IG_SIDE_TARGET, 1), 3);
  ig_tokenizer *t = tokenizer();
  const char *expected[] = {"a", "b", "</s>"};
  for (int i = 0; i < 3; i++)
    assert_string_equal(ig_tokenizer_piece(t, IG_SIDE_SOURCE, c.ids[IG_SIDE_SOURCE][i]),
                        expected[i]);
  ig_tokenizer_free(t);
  assert_string_equal(c.text[IG_SIDE_SOURCE][3], "b b b b");
  assert_string_equal(c.text[IG_SIDE_TARGET][4], "");
  ig_corpus_free(&c);
}

static void compressed_and_parallel_give_the_same(void **state) {
  (void)state;
  static char text[200000];
  size_t size = 0;
  for (int i = 0; i < 40000; i++) {  // more than one block
    text[size++] = (char)('a' + i * 7 % 3);
    text[size++] = i % 5 ? '\n' : ' ';
    if (i % 5 == 0) {
      text[size++] = 'b';
      text[size++] = '\n';
    }
  }
  text[size] = '\0';
  write_text(source, text);
  write_text(target, text);
  gzFile file = gzopen(zipped, "wb");
  assert_int_equal(gzwrite(file, text, (unsigned)size), size);
  gzclose(file);
  ig_corpus plain, other;
  ig_error err = {0};
  ig_pool *pool;
  assert_int_equal(ig_pool_create(3, &pool, &err), IG_OK);
  assert_int_equal(load(source, target, (ig_corpus_options){0}, &plain, &err), IG_OK);
  assert_int_equal(load(zipped, target, (ig_corpus_options){.pool = pool}, &other, &err), IG_OK);
  ig_pool_free(pool);
  assert_int_equal(plain.pairs, 40000);
  assert_int_equal(ig_corpus_fingerprint(&plain), ig_corpus_fingerprint(&other));
  other.ids[IG_SIDE_TARGET][39999] ^= 1;
  assert_int_not_equal(ig_corpus_fingerprint(&plain), ig_corpus_fingerprint(&other));
  ig_corpus_free(&plain);
  ig_corpus_free(&other);
}

// 40,000 pairs of 1 to 9 tokens.
static void write_many(void) {
  FILE *files[] = {fopen(source, "wb"), fopen(target, "wb")};
  for (int side = 0; side < 2; side++) {
    for (int i = 0; i < 40000; i++)
      for (int n = (i * (7 + side) + i / 11) % 9; n >= 0; n--)
        fprintf(files[side], "%c%c", 'a' + (i + n * side) % 3, n ? ' ' : '\n');
    fclose(files[side]);
  }
}

// A hash of all batches of an epoch.
static uint64_t hash_batches(const ig_corpus *c) {
  const ig_batcher_options options = {
      .batch_tokens = 500, .pool_batches = 7, .seed = 3, .shuffle = true};
  ig_batcher *b;
  ig_batch_buffer buffer = {0};
  size_t count;
  uint64_t hash = 1;
  assert_int_equal(ig_batcher_create(c, &options, &b, NULL), IG_OK);
  assert_int_equal(ig_batcher_epoch(b, 1, &count, NULL), IG_OK);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(ig_batcher_get(b, i, &buffer, NULL), IG_OK);
    for (size_t k = 0; k < buffer.source_tokens; k++) hash = hash * 31 + (uint64_t)buffer.source[k];
    for (size_t k = 0; k < buffer.target_tokens; k++)
      hash = hash * 31 + (uint64_t)buffer.target_output[k];
  }
  ig_batcher_buffer_free(&buffer);
  ig_batcher_free(b);
  return hash;
}

static void in_a_file_are_the_same_batches(void **state) {
  (void)state;
  ig_corpus memory, file;
  ig_error err = {0};
  write_many();
  assert_int_equal(load(source, target, (ig_corpus_options){.max_length = 8}, &memory, &err),
                   IG_OK);
  assert_int_equal(
      load(source, target, (ig_corpus_options){.max_length = 8, .ids_directory = directory}, &file,
           &err),
      IG_OK);
  assert_null(file.ids[0]);
  assert_true(memory.pairs > 20000 && memory.too_long > 0);
  assert_int_equal(file.pairs, memory.pairs);
  assert_int_equal(file.too_long, memory.too_long);
  assert_int_equal(ig_corpus_token_count(&file, IG_SIDE_TARGET),
                   ig_corpus_token_count(&memory, IG_SIDE_TARGET));
  assert_true(ig_ids_file_memory(file.ids_file) < 9 * file.pairs);
  assert_int_equal(ig_corpus_fingerprint(&file), ig_corpus_fingerprint(&memory));
  assert_int_equal(hash_batches(&file), hash_batches(&memory));
  // The control: the batches come from the file, and each of its ids counts.
  const int32_t other = 1000;
  assert_int_equal(pwrite(fileno(file.ids_file->stream), &other, sizeof other,
                          (off_t)ig_ids_file_bytes(file.ids_file) / 2 / 4 * 4),
                   sizeof other);
  assert_int_not_equal(hash_batches(&file), hash_batches(&memory));
  assert_int_equal(ftruncate(fileno(file.ids_file->stream), 0), 0);
  int32_t id[16];
  assert_int_equal(ig_ids_file_read(file.ids_file, 5, 1, id, &err), IG_ERROR_IO);
  assert_non_null(strstr(err.message, directory));
  ig_corpus_free(&memory);
  ig_corpus_free(&file);
}

static void full_disk(void **state) {
  (void)state;
  struct rlimit before;
  ig_corpus c;
  ig_error err = {0};
  write_many();
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, before.rlim_max}), 0);
  const ig_status status =
      load(source, target, (ig_corpus_options){.ids_directory = directory}, &c, &err);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  assert_int_equal(status, IG_ERROR_IO);
  assert_non_null(strstr(err.message, directory));
  assert_non_null(strstr(err.message, "data.storage_directory"));
}

static void unequal_lines(void **state) {
  (void)state;
  write_text(source, "a\nb\nc\n");
  write_text(target, "a\nb\nc\na\nb\n");
  ig_corpus c;
  ig_error err = {0};
  assert_int_equal(load(source, target, (ig_corpus_options){0}, &c, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, source));
  assert_non_null(strstr(err.message, "has 3 lines"));
  assert_non_null(strstr(err.message, "has 5"));
  assert_int_equal(load(target, source, (ig_corpus_options){0}, &c, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "has 5 lines"));
}

// What became <unk> is counted in the pairs that are kept: tokens, and the words that they were.
static void unknown_tokens(void **state) {
  (void)state;
  write_text(source, "a q q\nb\nz z z z z\n");
  write_text(target, "q r\nb\na\n");
  ig_corpus c;
  ig_error err = {0};
  assert_int_equal(load(source, target, (ig_corpus_options){.max_length = 4}, &c, &err), IG_OK);
  assert_int_equal(c.unknown[IG_SIDE_SOURCE].tokens, 2);
  assert_int_equal(c.unknown[IG_SIDE_TARGET].tokens, 2);
  assert_int_equal(c.unknown[IG_SIDE_SOURCE].parts.texts.size, 1);  // z is in a pair left out
  assert_string_equal(c.unknown[IG_SIDE_SOURCE].parts.texts.tokens[0], "q");
  assert_int_equal(c.unknown[IG_SIDE_SOURCE].parts.counts[0], 2);
  assert_int_equal(c.unknown[IG_SIDE_TARGET].parts.texts.size, 2);
  ig_corpus_free(&c);
}

static void letters_of_the_target(void **state) {
  (void)state;
  static uint64_t letters[IG_CORPUS_LETTERS];
  write_text(source, "x\nx\n");
  write_text(target, "a\xC3\x9C \xF0\x9F\x98\x80\nbb\n");
  ig_corpus c;
  ig_error err = {0};
  assert_int_equal(load(source, target, (ig_corpus_options){.target_letters = letters}, &c, &err),
                   IG_OK);
  assert_int_equal(letters['a'], 1);
  assert_int_equal(letters['b'], 2);
  assert_int_equal(letters[0xDC], 1);
  assert_int_equal(letters[0x1F600], 1);
  assert_int_equal(letters['x'], 0);
  ig_corpus_free(&c);
}

static char message[256];  // the last one
static void keep_text(void *context, ig_level level, const char *text) {
  (void)context;
  (void)level;
  snprintf(message, sizeof message, "%s", text);
}

static void invalid_utf8(void **state) {
  (void)state;
  write_text(source, "a\nb\nc\n");
  write_text(target, "a\nb \xff\nc\n");
  ig_corpus c;
  ig_error err = {0};
  char place[160];
  snprintf(place, sizeof place, "%s:2: not UTF-8 at byte 3", target);
  const ig_corpus_options strict = {.strict = true},
                          told = {.keep_text = true,
                                  .reporter = &(ig_reporter){.message = keep_text}};
  assert_int_equal(load(source, target, strict, &c, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, place));
  assert_int_equal(load(source, target, told, &c, &err), IG_OK);
  assert_int_equal(c.pairs, 3);
  assert_int_equal(c.repaired, 1);
  assert_string_equal(c.text[IG_SIDE_TARGET][1], "b \xef\xbf\xbd");
  snprintf(place, sizeof place, "%s:2: byte 3 (0xFF) is not UTF-8: read as U+FFFD", target);
  assert_string_equal(message, place);
  ig_corpus_free(&c);
}

// A tag makes a source neither longer for the filters nor any text of what is none.
static void tag_is_no_text(void **state) {
  (void)state;
  const ig_pair_filters filters = {.max_ratio = 1.9, .identical = true, .duplicates = true};
  const char *from = source, *to = target, *tag = "c";
  const ig_corpus_files files = {.source = &from, .target = &to, .count = 1, .tags = &tag};
  write_text(source, "a\na b\n\xc2\x85\na b\na\n");
  write_text(target, "b b\nb b\na\nb b\na\n");
  ig_tokenizer *t = tokenizer();
  ig_corpus c;
  ig_error err = {0};
  const ig_corpus_options options = {.tokenizer = t, .filters = &filters, .keep_text = true};
  assert_int_equal(ig_corpus_load(&files, &options, &c, &err), IG_OK);
  assert_int_equal(c.pairs, 1);
  assert_int_equal(c.empty, 1);
  assert_int_equal(c.filtered[IG_PAIR_VERDICT_RATIO], 1);
  assert_int_equal(c.filtered[IG_PAIR_VERDICT_DUPLICATE], 1);
  assert_int_equal(c.filtered[IG_PAIR_VERDICT_IDENTICAL], 1);
  assert_int_equal(ig_corpus_length(&c, IG_SIDE_SOURCE, 0), 4);  // c a b </s>
  assert_string_equal(c.text[IG_SIDE_SOURCE][1], "c a b");
  assert_string_equal(c.text[IG_SIDE_SOURCE][2], "\xc2\x85");
  ig_corpus_free(&c);
  ig_tokenizer_free(t);
}

static void missing_file(void **state) {
  (void)state;
  ig_corpus c;
  ig_error err = {0};
  assert_int_equal(load("nowhere.txt", target, (ig_corpus_options){0}, &c, &err), IG_ERROR_IO);
  assert_non_null(strstr(err.message, "nowhere.txt"));
}

static int set_up(void **state) {
  (void)state;
  if (!mkdtemp(directory)) return -1;
  snprintf(source, sizeof source, "%s/source", directory);
  snprintf(target, sizeof target, "%s/target", directory);
  snprintf(zipped, sizeof zipped, "%s/source.gz", directory);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  unlink(source);
  unlink(target);
  unlink(zipped);
  return rmdir(directory);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ids_and_left_out_pairs),
      cmocka_unit_test(compressed_and_parallel_give_the_same),
      cmocka_unit_test(in_a_file_are_the_same_batches),
      cmocka_unit_test(full_disk),
      cmocka_unit_test(unequal_lines),
      cmocka_unit_test(unknown_tokens),
      cmocka_unit_test(letters_of_the_target),
      cmocka_unit_test(invalid_utf8),
      cmocka_unit_test(tag_is_no_text),
      cmocka_unit_test(missing_file),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
