// Shortlists: the lists that probabilities give, the list of a sentence, and files of them, against
// those that tests/golden/shortlist/make_goldens.py wrote, and hostile ones.
#define GOLDEN "shortlist"
#define WRITTEN_FILES "written.bin", "damaged.bin"
#include "../tokenizer_directory.h"

#include <string.h>

#include "base/file.h"
#include "io/shortlist_file.h"

static void check_list(const ig_shortlist *s, size_t word, const int *ids, size_t count) {
  assert_int_equal(s->offsets[word + 1] - s->offsets[word], count);
  if (count) assert_memory_equal(s->ids + s->offsets[word], ids, count * sizeof *ids);
}

static void reads_and_writes(void **state) {
  (void)state;
  ig_shortlist *s;
  ig_error err = {0};
  char *golden_bytes, *own_bytes;
  size_t golden_size, own_size;
  for (int odd = 0; odd < 2; odd++) {
    const char *path = golden(odd ? "odd.bin" : "lists.bin");
    check(ig_shortlist_file_read(path, &s, &err), &err);
    check(ig_shortlist_file_write(s, in_directory("written.bin"), &err), &err);
    check(ig_file_load(path, &golden_bytes, &golden_size, &err), &err);
    check(ig_file_load(in_directory("written.bin"), &own_bytes, &own_size, &err), &err);
    assert_int_equal(own_size, golden_size);
    assert_memory_equal(own_bytes, golden_bytes, own_size);
    free(golden_bytes);
    free(own_bytes);
    ig_shortlist_free(s);
  }
  check(ig_shortlist_file_read(golden("lists.bin"), &s, &err), &err);
  assert_int_equal(s->first, 2);
  assert_int_equal(s->best, 3);
  assert_int_equal(s->words, 4);
  check_list(s, 0, NULL, 0);
  check_list(s, 1, (const int[]){4, 7, 9}, 3);
  check_list(s, 2, (const int[]){3, 4}, 2);
  check_list(s, 3, (const int[]){0}, 1);
  check(ig_shortlist_check(s, "lists", 4, 10, &err), &err);
  assert_int_equal(ig_shortlist_check(s, "lists", 3, 10, &err), IG_ERROR_FORMAT);
  assert_string_equal(
      err.message,
      "lists: it has lists for 4 source tokens, the model's vocabulary has 3: it was "
      "made for another model");
  assert_int_equal(ig_shortlist_check(s, "lists", 5, 9, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "source token 1 has target token 9"));
  ig_shortlist_free(s);
}

static void check_refused(const char *path, const char *why) {
  ig_shortlist *s;
  ig_error err = {0};
  assert_int_equal(ig_shortlist_file_read(path, &s, &err), IG_ERROR_FORMAT);
  assert_null(s);
  if (!strstr(err.message, why)) fail_msg("expected \"%s\" in: %s", why, err.message);
}

static void refuses_wrong_content(void **state) {
  (void)state;
  check_refused(golden("backwards.bin"), "offset 2 of 4 is 2 after 3");
  check_refused(golden("unfinished.bin"), "offset 4 of 4 is 5 after 5");
  check_refused(golden("beyond.bin"), "offset 3 of 4 is 7 after 3");
  check_refused(golden("late.bin"), "offset 0 of 4 is 1");
  check_refused(golden("without-offsets.bin"), "it has no offsets");
  check_refused(golden("no-id.bin"), "target token 0 is 4294967295, which is no id");
}

// Writes the sound file with one byte changed (size: all of it) or cut to a size.
static const char *damage(size_t at, size_t size) {
  ig_error err = {0};
  char *bytes;
  size_t whole;
  check(ig_file_load(golden("lists.bin"), &bytes, &whole, &err), &err);
  if (at < whole) bytes[at] ^= 1;
  check(ig_file_write(in_directory("damaged.bin"), bytes, size < whole ? size : whole, &err), &err);
  free(bytes);
  return in_directory("damaged.bin");
}

// Every byte of a file is held by its magic number, its header or its checksum.
static void refuses_damage(void **state) {
  (void)state;
  bool is;
  ig_error err = {0};
  check_refused(damage(0, SIZE_MAX), "byte 0: expected the number of a shortlist");
  check_refused(damage(8, SIZE_MAX), "its checksum is");
  check_refused(damage(16, SIZE_MAX), "its checksum is");
  check_refused(damage(32, SIZE_MAX), "which the file of 112 bytes does not hold");
  check_refused(damage(47, SIZE_MAX), "which the file of 112 bytes does not hold");
  check_refused(damage(SIZE_MAX, 47), "cut short: a shortlist begins with 48 bytes");
  for (size_t at = 0; at < 112; at++) check_refused(damage(at, SIZE_MAX), ": ");
  for (size_t size = 48; size < 112; size++) check_refused(damage(SIZE_MAX, size), "does not hold");
  check(ig_shortlist_file_is(damage(SIZE_MAX, SIZE_MAX), &is, &err), &err);
  assert_true(is);
  check(ig_shortlist_file_is(damage(3, SIZE_MAX), &is, &err), &err);
  assert_false(is);
  check(ig_shortlist_file_is(damage(SIZE_MAX, 7), &is, &err), &err);
  assert_false(is);
}

// The best of each word, of equal ones the lower ids; a pair that is there twice counts once.
static void keeps_the_best(void **state) {
  (void)state;
  ig_shortlist_entry entries[] = {{2, 8, 0.5f}, {0, 5, 0.2f}, {0, 9, 0.9f}, {0, 7, 0.2f},
                                  {0, 6, 0.2f}, {2, 8, 0.7f}, {0, 5, 0.1f}, {2, 1, 0.6f}};
  const ig_shortlist_plan plan = {.first = 4,
                                  .best = 2,
                                  .words = 4,
                                  .entries = entries,
                                  .count = sizeof entries / sizeof *entries};
  ig_shortlist *s;
  ig_error err = {0};
  check(ig_shortlist_make(&plan, &s, &err), &err);
  check_list(s, 0, (const int[]){5, 9}, 2);
  check_list(s, 1, NULL, 0);
  check_list(s, 2, (const int[]){1, 8}, 2);
  check_list(s, 3, NULL, 0);
  assert_int_equal(ig_shortlist_size(s), 4);
  ig_shortlist_free(s);
}

static void check_sentence(const ig_shortlist *s, const ig_shortlist_sentence *sentence,
                           const int *ids, int count) {
  uint64_t marks[2] = {0};
  int found[100];
  ig_shortlist_mark_sentence(s, sentence, 100, marks);
  assert_int_equal(ig_shortlist_take(marks, 100, found), count);
  assert_memory_equal(found, ids, (size_t)count * sizeof *ids);
  assert_true(marks[0] == 0 && marks[1] == 0);
}

static void gives_the_list_of_a_sentence(void **state) {
  (void)state;
  ig_shortlist *s;
  ig_error err = {0};
  check(ig_shortlist_file_read(golden("lists.bin"), &s, &err), &err);
  const int source[] = {2, 1, 2, 77};
  check_sentence(s, &(ig_shortlist_sentence){source, 4, false}, (const int[]){0, 1, 3, 4, 7, 9}, 6);
  check_sentence(s, &(ig_shortlist_sentence){source, 4, true},
                 (const int[]){0, 1, 2, 3, 4, 7, 9, 77}, 8);
  check_sentence(s, &(ig_shortlist_sentence){source, 0, true}, (const int[]){0, 1}, 2);
  ig_shortlist_free(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_and_writes),
      cmocka_unit_test(refuses_wrong_content),
      cmocka_unit_test(refuses_damage),
      cmocka_unit_test(keeps_the_best),
      cmocka_unit_test(gives_the_list_of_a_sentence),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
