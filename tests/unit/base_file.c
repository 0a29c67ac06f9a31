// Files: atomic writes, reads at a place and of a whole file, directories, stamps.
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/path.h"
#include "base/writer.h"

static char directory[64];

static int enter(void **state) {
  (void)state;
  strcpy(directory, "/tmp/ingot-base-file-XXXXXX");
  return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

static int entries(const char *path) {
  int count = 0;
  DIR *handle = opendir(path);
  for (struct dirent *entry; (entry = readdir(handle)) != NULL;) count += entry->d_name[0] != '.';
  closedir(handle);
  return count;
}

static void remove_all(const char *path) {
  DIR *handle = opendir(path);
  if (!handle) {
    unlink(path);
    return;
  }
  for (struct dirent *entry; (entry = readdir(handle)) != NULL;) {
    char name[1024];
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
    remove_all(name);
  }
  closedir(handle);
  rmdir(path);
}

static int leave(void **state) {
  (void)state;
  if (chdir("/") != 0) return -1;
  remove_all(directory);
  return 0;
}

static void check_content(const char *path, const char *expected) {
  char *text;
  size_t size;
  assert_int_equal(ig_file_load(path, &text, &size, NULL), IG_OK);
  assert_int_equal(size, strlen(expected));
  assert_string_equal(text, expected);
  free(text);
}

static void commit_replaces_and_leaves_no_temporary(void **state) {
  (void)state;
  assert_int_equal(ig_file_write("file", "old", 3, NULL), IG_OK);
  ig_writer writer;
  assert_int_equal(ig_writer_open(&writer, "file", NULL), IG_OK);
  assert_int_equal(ig_writer_write(&writer, "new ", 4, NULL), IG_OK);
  assert_int_equal(ig_writer_write(&writer, "text", 4, NULL), IG_OK);
  fflush(writer.file);
  check_content("file", "old");
  assert_int_equal(ig_writer_commit(&writer, NULL), IG_OK);
  ig_writer_abandon(&writer);
  check_content("file", "new text");
  assert_int_equal(entries("."), 1);
}

static void abandoning_keeps_the_old_file(void **state) {
  (void)state;
  assert_int_equal(ig_file_write("file", "old", 3, NULL), IG_OK);
  ig_writer writer;
  assert_int_equal(ig_writer_open(&writer, "file", NULL), IG_OK);
  assert_int_equal(ig_writer_write(&writer, "half a fi", 9, NULL), IG_OK);
  ig_writer_abandon(&writer);
  check_content("file", "old");
  assert_int_equal(ig_writer_open(&writer, "other", NULL), IG_OK);
  ig_writer_abandon(&writer);
  assert_false(ig_file_exists("other"));
  assert_int_equal(entries("."), 1);
}

static void a_failed_write_is_reported(void **state) {
  (void)state;
  ig_error err = {0};
  ig_writer writer;
  assert_int_equal(ig_writer_open(&writer, "no/such/place", &err), IG_ERROR_IO);
  assert_non_null(strstr(err.message, "no/such/place"));
  assert_int_equal(ig_file_write(".", "x", 1, &err), IG_ERROR_IO);
  assert_non_null(strstr(err.message, "directory"));
  if (ig_file_exists("/dev/full")) {
    assert_int_equal(ig_file_write("/dev/full", "x", 1, &err), IG_ERROR_IO);
    assert_non_null(strstr(err.message, "/dev/full"));
  }
}

// A device and a link stay what they are.
static void special_files_are_not_replaced(void **state) {
  (void)state;
  struct stat status;
  ig_writer writer;
  assert_int_equal(ig_writer_open_named(&writer, "/dev/null", NULL), IG_OK);
  assert_int_equal(ig_writer_write(&writer, "x", 1, NULL), IG_OK);
  assert_int_equal(ig_writer_commit(&writer, NULL), IG_OK);
  // A device that nobody named is not written to.
  assert_int_equal(ig_file_write("/dev/null", "x", 1, NULL), IG_ERROR_IO);
  assert_int_equal(stat("/dev/null", &status), 0);
  assert_true(S_ISCHR(status.st_mode));
  assert_int_equal(ig_file_write("target", "old", 3, NULL), IG_OK);
  assert_int_equal(symlink("target", "link"), 0);
  assert_int_equal(ig_file_write("link", "new", 3, NULL), IG_OK);
  assert_int_equal(lstat("link", &status), 0);
  assert_true(S_ISLNK(status.st_mode));
  check_content("target", "new");
}

static void permissions_are_kept(void **state) {
  (void)state;
  struct stat status;
  mode_t mask = umask(027);
  assert_int_equal(ig_file_write("file", "1", 1, NULL), IG_OK);
  umask(mask);
  assert_int_equal(stat("file", &status), 0);
  assert_int_equal(status.st_mode & 0777, 0640);
  assert_int_equal(chmod("file", 0604), 0);
  assert_int_equal(ig_file_write("file", "2", 1, NULL), IG_OK);
  assert_int_equal(stat("file", &status), 0);
  assert_int_equal(status.st_mode & 0777, 0604);
}

// Makes "file" with this content, and opens it.
static ig_file open_file(const char *content) {
  ig_file file;
  assert_int_equal(ig_file_write("file", content, strlen(content), NULL), IG_OK);
  assert_int_equal(ig_file_open(&file, "file", NULL), IG_OK);
  return file;
}

static void reads_at_a_place(void **state) {
  (void)state;
  ig_error err = {0};
  ig_file file = open_file("content");
  char bytes[8];
  assert_int_equal(file.size, 7);
  assert_int_equal(ig_file_read(&file, "file", 3, bytes, 4, &err), IG_OK);
  assert_memory_equal(bytes, "tent", 4);
  assert_int_equal(unlink("file"), 0);  // a deleted file can still be read to its end
  assert_int_equal(ig_file_read(&file, "file", 0, bytes, 7, &err), IG_OK);
  assert_memory_equal(bytes, "content", 7);
  ig_file_close(&file);
  assert_int_equal(ig_file_write("empty", "", 0, NULL), IG_OK);
  assert_int_equal(ig_file_open(&file, "empty", &err), IG_OK);
  assert_int_equal(file.size, 0);
  assert_int_equal(ig_file_read(&file, "empty", 0, bytes, 0, &err), IG_OK);
  ig_file_close(&file);
  assert_int_equal(ig_file_open(&file, "missing", &err), IG_ERROR_IO);
  assert_non_null(strstr(err.message, "missing"));
  assert_int_equal(ig_file_open(&file, ".", &err), IG_ERROR_IO);
  assert_non_null(strstr(err.message, "directory"));
}

static void a_file_cut_short_is_an_error(void **state) {
  (void)state;
  ig_error err = {0};
  ig_file file = open_file("content");
  char bytes[8];
  assert_int_equal(truncate("file", 2), 0);
  assert_int_equal(ig_file_read(&file, "file", 0, bytes, 7, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "file: ends at byte 2, expected 7"));
  ig_file_close(&file);
}

static void large_files_are_read_whole(void **state) {
  (void)state;
  enum { SIZE = 300001 };
  char *bytes = malloc(SIZE), *back;
  size_t size;
  for (int i = 0; i < SIZE; i++) bytes[i] = (char)(i * 31);
  assert_int_equal(ig_file_write("large", bytes, SIZE, NULL), IG_OK);
  assert_int_equal(ig_file_copy("large", "copy", NULL), IG_OK);
  assert_int_equal(ig_file_load("copy", &back, &size, NULL), IG_OK);
  assert_int_equal(size, SIZE);
  assert_memory_equal(back, bytes, SIZE);
  assert_int_equal(back[SIZE], 0);
  free(back);
  free(bytes);
  ig_error err = {0};
  assert_int_equal(ig_file_load(".", &back, &size, &err), IG_ERROR_IO);
  assert_null(back);
  assert_int_equal(ig_file_copy("missing", "copy", &err), IG_ERROR_IO);
  assert_true(ig_file_exists("copy"));
}

static void load_fails(const char *path, ig_status expected, const char *part) {
  ig_error err = {0};
  char *text;
  size_t size;
  assert_int_equal(ig_file_load(path, &text, &size, &err), expected);
  assert_null(text);
  assert_int_equal(size, 0);
  if (!strstr(err.message, part)) fail_msg("'%s' is not in '%s'", part, err.message);
}

// Nobody waits for a pipe without a writer, and nothing is read for ever.
static void what_is_not_a_regular_file_is_refused(void **state) {
  (void)state;
  ig_error err = {0};
  ig_file file;
  assert_int_equal(mkfifo("fifo", 0666), 0);
  load_fails("fifo", IG_ERROR_IO, "fifo: expected a regular file, found a pipe");
  load_fails("/dev/zero", IG_ERROR_IO, "expected a regular file, found a device");
  assert_int_equal(ig_file_open(&file, "fifo", &err), IG_ERROR_IO);
  assert_int_equal(ig_file_copy("fifo", "copied", &err), IG_ERROR_IO);
  FILE *appended;
  assert_int_equal(ig_file_open_to_append("fifo", &appended, &err), IG_ERROR_IO);
  assert_non_null(strstr(err.message, "fifo: expected a regular file, found a pipe"));
  assert_int_equal(ig_file_open_to_append("/dev/null", &appended, &err), IG_ERROR_IO);
  assert_non_null(strstr(err.message, "/dev/null: expected a regular file, found a device"));
  assert_int_equal(ig_file_write("fifo", "x", 1, &err), IG_ERROR_IO);
  assert_non_null(strstr(err.message, "fifo: cannot write: expected a regular file, found a pipe"));
  assert_int_equal(ig_writer_check_named("fifo", &err), IG_OK);
  assert_false(ig_file_exists("copied"));
  const int sparse = open("sparse", O_WRONLY | O_CREAT, 0666);
  assert_int_equal(ftruncate(sparse, (off_t)IG_FILE_MOST_BYTES + 1), 0);
  close(sparse);
  load_fails("sparse", IG_ERROR_FORMAT, "sparse: more than");
  assert_int_equal(unlink("sparse"), 0);
}

static void streams_have_a_bound(void **state) {
  (void)state;
  ig_error err = {0};
  char *text;
  size_t size;
  assert_int_equal(ig_file_load_stream("/dev/zero", NULL, 1 << 20, &text, &size, &err),
                   IG_ERROR_FORMAT);
  assert_null(text);
  assert_non_null(strstr(err.message, "/dev/zero: more than 1048576 bytes"));
  assert_int_equal(ig_file_write("three", "abc", 3, &err), IG_OK);
  assert_int_equal(ig_file_load_stream("three", NULL, 2, &text, &size, &err), IG_ERROR_FORMAT);
  assert_int_equal(ig_file_load_stream("three", NULL, 3, &text, &size, &err), IG_OK);
  assert_string_equal(text, "abc");
  free(text);
}

static void directories(void **state) {
  (void)state;
  ig_error err = {0};
  assert_int_equal(ig_path_make_directories("a/b//c/", &err), IG_OK);
  assert_int_equal(ig_path_make_directories("a/b/c", &err), IG_OK);
  assert_true(ig_file_exists("a/b/c"));
  assert_int_equal(ig_file_write("a/file", "x", 1, NULL), IG_OK);
  assert_int_equal(ig_path_make_directories("a/file/d", &err), IG_ERROR_IO);
  assert_non_null(strstr(err.message, "a/file"));
  assert_int_equal(ig_path_make_directories("", &err), IG_ERROR_ARGUMENT);
  static const char *const joined[][3] = {
      {"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"", "b", "b"}, {"/", "b", "/b"}};
  for (size_t i = 0; i < sizeof joined / sizeof *joined; i++) {
    char *path = ig_path_join(joined[i][0], joined[i][1], NULL);
    assert_string_equal(path, joined[i][2]);
    free(path);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

// The stamp changes with another file, and with other content of the same size and age; without a
// change it stays the same.
static void a_stamp_tells_of_a_change(void **state) {
  (void)state;
  char first[IG_STAMP_TEXT], second[IG_STAMP_TEXT];
  size_t bytes;
  ig_error err;
  struct stat before;
  assert_int_equal(ig_file_write("stamped", "one", 3, NULL), IG_OK);
  assert_int_equal(ig_file_stamp("stamped", first, &bytes, &err), IG_OK);
  assert_int_equal(bytes, 3);
  assert_int_equal(ig_file_stamp("stamped", second, &bytes, &err), IG_OK);
  assert_string_equal(first, second);
  assert_int_equal(ig_file_write("other", "one", 3, NULL), IG_OK);
  assert_int_equal(ig_file_stamp("other", second, &bytes, &err), IG_OK);
  assert_string_not_equal(first, second);

  assert_int_equal(stat("stamped", &before), 0);
  usleep(20000);  // longer than a tick of the file system's clock
  FILE *file = fopen("stamped", "r+");
  assert_non_null(file);
  assert_int_equal(fputs("two", file) < 0 || fclose(file), 0);
  assert_int_equal(
      utimensat(AT_FDCWD, "stamped", (const struct timespec[]){before.st_atim, before.st_mtim}, 0),
      0);
  assert_int_equal(ig_file_stamp("stamped", second, &bytes, &err), IG_OK);
  assert_string_not_equal(first, second);

  assert_int_equal(ig_file_stamp("missing", first, &bytes, &err), IG_ERROR_IO);
  assert_non_null(strstr(err.message, "missing: cannot look at"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(commit_replaces_and_leaves_no_temporary),
      TEST(abandoning_keeps_the_old_file),
      TEST(a_failed_write_is_reported),
      TEST(special_files_are_not_replaced),
      TEST(permissions_are_kept),
      TEST(reads_at_a_place),
      TEST(a_file_cut_short_is_an_error),
      TEST(large_files_are_read_whole),
      TEST(what_is_not_a_regular_file_is_refused),
      TEST(streams_have_a_bound),
      TEST(directories),
      TEST(a_stamp_tells_of_a_change),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
