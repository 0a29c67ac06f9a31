#include "fuse/run/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/listing.h"
#include "base/path.h"
#include "base/writer.h"
#include "fuse/run/made_directory.h"
#include "io/model_directory.h"

static const char *const journal_name = "fusion.journal";

// Names the directories: OUTPUT without slashes at its end, and OUTPUT.partial with its journal.
static ig_status name_directories(const char *output, ig_staging *s, ig_error *err) {
  s->output = ig_path_with_suffix(output, "", err);
  s->directory = ig_path_with_suffix(output, ".partial", err);
  if (!s->output || !s->directory) return IG_ERROR_MEMORY;
  s->journal_path = ig_path_join(s->directory, journal_name, err);
  return s->journal_path ? IG_OK : IG_ERROR_MEMORY;
}

static ig_status is_empty(const char *directory, bool *out, ig_error *err) {
  ig_listing listing;
  const ig_status status = ig_listing_read(directory, &listing, err);
  *out = listing.count == 0;
  ig_listing_free(&listing);
  return status;
}

// Whether the directory is that of an unfinished fusion: it is empty, or has a journal or
// fusion.json. The journal is the first file that is written; once it is gone the fusion is
// complete, and fusion.json exists.
static ig_status is_unfinished(const ig_staging *s, bool *out, ig_error *err) {
  char *last = ig_path_join(s->directory, "fusion.json", err);
  if (!last) return IG_ERROR_MEMORY;
  *out = ig_file_exists(s->journal_path) || ig_file_exists(last);
  free(last);
  return *out ? IG_OK : is_empty(s->directory, out, err);
}

// What a link at the directory's name leads to is not ours to write to, nor to remove from.
static ig_status check_own(const char *directory, const struct stat *status, ig_error *err) {
  if (S_ISDIR(status->st_mode)) return IG_OK;
  return ig_fail(err, IG_ERROR_IO,
                 "%s: expected a directory that a fusion made, found %s; move it away", directory,
                 S_ISLNK(status->st_mode) ? "a symbolic link" : "something else");
}

static ig_status check_directories(const ig_staging *s, ig_error *err) {
  struct stat status;
  if (lstat(s->output, &status) == 0)
    return ig_fail(err, IG_ERROR_IO, "%s: exists already; move it away, or choose another output",
                   s->output);
  if (lstat(s->directory, &status)) return IG_OK;
  IG_TRY(check_own(s->directory, &status, err));
  bool unfinished;
  IG_TRY(is_unfinished(s, &unfinished, err));
  return unfinished ? IG_OK
                    : ig_fail(err, IG_ERROR_IO,
                              "%s: exists already, and is not an unfinished fusion", s->directory);
}

ig_status ig_staging_check(const char *output, ig_error *err) {
  ig_staging staging = {0};
  ig_status status = name_directories(output, &staging, err);
  if (status == IG_OK) status = check_directories(&staging, err);
  ig_staging_close(&staging);
  return status;
}

// ---- held against other fusions ----------------------------------------------

// Makes the directory if it does not exist, and opens it. A link is not followed.
static ig_status open_directory(const char *directory, int *descriptor, ig_error *err) {
  *descriptor = -1;
  IG_TRY(ig_path_make_parent(directory, err));
  if (mkdir(directory, 0777) && errno != EEXIST) return ig_fail_system(err, directory, "make");
  *descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  return *descriptor >= 0 ? IG_OK : ig_fail_system(err, directory, "open");
}

// True if the name still means the directory that is open: its fusion may have renamed or removed
// it before we locked it.
static bool is_at(const char *directory, int descriptor) {
  struct stat held, named;
  return fstat(descriptor, &held) == 0 && lstat(directory, &named) == 0 &&
         held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

// *descriptor -1: try again. A file system that has no locks is written to without.
static ig_status try_lock(const char *directory, int *descriptor, ig_error *err) {
  IG_TRY(open_directory(directory, descriptor, err));
  const bool held = flock(*descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  if (!held && is_at(directory, *descriptor)) return IG_OK;
  close(*descriptor);
  *descriptor = -1;
  return held ? ig_fail(err, IG_ERROR_IO, "%s: another fusion is writing it; wait until it ends",
                        directory)
              : IG_OK;
}

ig_status ig_staging_lock(const char *output, ig_staging_hold *hold, ig_error *err) {
  ig_staging s = {0};
  *hold = (ig_staging_hold){.descriptor = -1};
  ig_status status = name_directories(output, &s, err);
  if (status == IG_OK) status = check_directories(&s, err);
  while (status == IG_OK && hold->descriptor < 0)
    status = try_lock(s.directory, &hold->descriptor, err);
  hold->directory = s.directory;
  s.directory = NULL;
  // Whatever was true before the lock may have changed.
  if (status == IG_OK) {
    s.directory = hold->directory;
    status = check_directories(&s, err);
    s.directory = NULL;
  }
  ig_staging_close(&s);
  if (status != IG_OK) ig_staging_unlock(hold);
  return status;
}

void ig_staging_unlock(ig_staging_hold *hold) {
  // Only a directory in which nothing was written yet is empty.
  if (hold->descriptor >= 0 && is_at(hold->directory, hold->descriptor)) rmdir(hold->directory);
  if (hold->descriptor >= 0) close(hold->descriptor);
  free(hold->directory);
  *hold = (ig_staging_hold){.descriptor = -1};
}

// ---- the journal -------------------------------------------------------------

// The first line is the fingerprint. Each other one is the number of a tensor that is done, or '+'
// and the name of a file that the fusion wrote besides weights. Each line is whole only with its
// newline: what follows the last one was cut short, and is cut off.
typedef struct journal_text {
  char *bytes;
  size_t size;    // of the whole lines
  size_t header;  // of the first of them; 0: it is not that of this fusion
} journal_text;

static ig_status fail_foreign(const char *path, ig_error *err) {
  return ig_fail(err, IG_ERROR_IO,
                 "%s: expected a regular file that a fusion wrote, found a link or something else; "
                 "move it away",
                 path);
}

// Opens the journal for reading and appending, and makes it if it does not exist. Links are not
// followed, and a file that has another name elsewhere is not ours.
static ig_status open_journal(ig_staging *s, ig_error *err) {
  const int flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  const int descriptor = open(s->journal_path, flags, 0666);
  struct stat status;
  if (descriptor < 0 && errno == ELOOP) return fail_foreign(s->journal_path, err);
  if (descriptor < 0) return ig_fail_system(err, s->journal_path, "write");
  const bool ours =
      fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1;
  s->journal = ours ? fdopen(descriptor, "a+") : NULL;
  if (s->journal) return IG_OK;
  const int reason = errno;
  close(descriptor);
  errno = reason;
  return ours ? ig_fail_system(err, s->journal_path, "write") : fail_foreign(s->journal_path, err);
}

enum { MOST_JOURNAL = 1 << 28 };

static ig_status read_journal(const ig_staging *s, const char *fingerprint, journal_text *out,
                              ig_error *err) {
  struct stat status;
  const int descriptor = fileno(s->journal);
  *out = (journal_text){0};
  if (fstat(descriptor, &status)) return ig_fail_system(err, s->journal_path, "look at");
  if (status.st_size > MOST_JOURNAL)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: too large; remove %s", s->journal_path, s->directory);
  out->bytes = ig_allocate((size_t)status.st_size + 1, 1, err);
  if (!out->bytes) return IG_ERROR_MEMORY;
  const ig_file file = {.open = true, .handle = descriptor, .size = (size_t)status.st_size};
  IG_TRY(ig_file_read(&file, s->journal_path, 0, out->bytes, file.size, err));
  for (size_t i = 0; i < file.size; i++)
    if (out->bytes[i] == '\n') out->size = i + 1;
  const size_t length = strlen(fingerprint);
  if (out->size > length && memcmp(out->bytes, fingerprint, length) == 0 &&
      out->bytes[length] == '\n')
    out->header = length + 1;
  return IG_OK;
}

// Calls `visit` with each whole line, whose newline is replaced by a NUL.
static void for_lines(ig_staging *s, journal_text *text, void (*visit)(ig_staging *, char *line)) {
  for (char *line = text->bytes, *end; line < text->bytes + text->size; line = end + 1) {
    end = memchr(line, '\n', (size_t)(text->bytes + text->size - line));
    *end = '\0';
    visit(s, line);
  }
}

static void note_done(ig_staging *s, char *line) {
  const size_t digits = strspn(line, "0123456789");
  if (digits == 0 || digits > 18 || line[digits] != '\0') return;
  const unsigned long long index = strtoull(line, NULL, 10);
  if (index < s->tensors) s->done[index] = true;
}

// A file of another fusion that is not in the table of model directories. That it does not exist is
// fine.
static void remove_claimed(ig_staging *s, char *line) {
  if (line[0] == '+')
    (void)ig_made_directory_remove_file(s->descriptor, s->directory, line + 1, NULL);
}

static ig_status truncate_journal(ig_staging *s, size_t size, ig_error *err) {
  if (ftruncate(fileno(s->journal), (off_t)size) || fsync(fileno(s->journal)))
    return ig_fail_system(err, s->journal_path, "write");
  return IG_OK;
}

static ig_status begin_journal(ig_staging *s, const char *fingerprint, ig_error *err) {
  IG_TRY(truncate_journal(s, 0, err));
  if (fprintf(s->journal, "%s\n", fingerprint) < 0 || fflush(s->journal))
    return ig_fail_system(err, s->journal_path, "write");
  return IG_OK;
}

static ig_status note_written(ig_staging *s, const char *name, ig_error *err) {
  for (size_t i = 0; i < s->written_count; i++)
    if (strcmp(s->written[i], name) == 0) return IG_OK;
  IG_TRY(ig_allocate_more((void **)&s->written, &s->written_capacity, s->written_count + 1,
                          sizeof *s->written, err));
  s->written[s->written_count] = ig_allocate_copy(name, strlen(name), err);
  if (!s->written[s->written_count]) return IG_ERROR_MEMORY;
  s->written_count++;
  return IG_OK;
}

ig_status ig_staging_claim(ig_staging *s, const char *name, ig_error *err) {
  if (strchr(name, '\n')) return ig_fail(err, IG_ERROR_FORMAT, "%s: a newline in a name", name);
  IG_TRY(note_written(s, name, err));
  if (fprintf(s->journal, "+%s\n", name) < 0 || fflush(s->journal))
    return ig_fail_system(err, s->journal_path, "write");
  return IG_OK;
}

// No tensor is done: what the journal says of them is not true of the files. That must be on the
// disk before those are made anew.
static ig_status forget_tensors(ig_staging *s, ig_error *err) {
  s->resumed = false;
  if (s->tensors) memset(s->done, 0, s->tensors * sizeof *s->done);
  return truncate_journal(s, s->header, err);
}

static ig_status begin_weights_at(ig_staging *s, const char *path,
                                  const ig_safetensors_output *tensors, size_t count,
                                  ig_safetensors_shard **out, ig_error *err) {
  bool go_on = s->resumed;
  IG_TRY(ig_safetensors_begin(path, tensors, count, &go_on, out, err));
  if (go_on == s->resumed) return IG_OK;
  ig_safetensors_end(*out);
  *out = NULL;
  IG_TRY(forget_tensors(s, err));
  return ig_safetensors_begin(path, tensors, count, &go_on, out, err);
}

ig_status ig_staging_begin_weights(ig_staging *s, const char *name,
                                   const ig_safetensors_output *tensors, size_t count,
                                   ig_safetensors_shard **out, ig_error *err) {
  *out = NULL;
  IG_TRY(note_written(s, name, err));
  char *path = ig_path_join(s->directory, name, err);
  if (!path) return IG_ERROR_MEMORY;
  const ig_status status = begin_weights_at(s, path, tensors, count, out, err);
  free(path);
  return status;
}

// ---- its files ---------------------------------------------------------------

// True for model-00001-of-00002.safetensors: five digits or more, twice.
static bool is_shard(const char *name) {
  static const char *const before[] = {"model-", "-of-"};
  for (size_t i = 0; i < 2; i++) {
    const size_t length = strlen(before[i]);
    if (strncmp(name, before[i], length) != 0) return false;
    const size_t digits = strspn(name + length, "0123456789");
    if (digits < 5) return false;
    name += length + digits;
  }
  return strcmp(name, ".safetensors") == 0;
}

// Names of weights: of one file, of shards and the index of them, and of an adapter.
static bool is_weights(const char *name) {
  return strcmp(name, "model.safetensors") == 0 || is_shard(name) ||
         strcmp(name, "model.safetensors.index.json") == 0 ||
         strcmp(name, "adapter_model.safetensors") == 0;
}

// True for the name of a file that a fusion writes. fusion.json is not among them: it is removed
// last.
static bool is_ours(const char *name) {
  size_t at = 0;
  for (const char *file; (file = ig_model_directory_next(~0u, &at)) != NULL;)
    if (strcmp(name, file) == 0) return true;
  return is_weights(name) || strcmp(name, "adapter_config.json") == 0 ||
         ig_writer_is_temporary(name);
}

// A file that is written to must be a regular one that has no other name: who could put a link
// there could have any file overwritten.
static ig_status check_entry(const ig_staging *s, const char *name, ig_error *err) {
  struct stat status;
  if (fstatat(s->descriptor, name, &status, AT_SYMLINK_NOFOLLOW))
    return ig_fail_system(err, s->directory, "look at");
  const bool ours = S_ISREG(status.st_mode) && status.st_nlink == 1;
  if (ours || S_ISDIR(status.st_mode)) return IG_OK;
  char *path = ig_path_join(s->directory, name, err);
  if (!path) return IG_ERROR_MEMORY;
  const ig_status failed = fail_foreign(path, err);
  free(path);
  return failed;
}

typedef ig_status entry_action(const ig_staging *s, const char *name, ig_error *err);

// Does `act` with each entry of the directory, until one fails.
static ig_status for_entries(const ig_staging *s, entry_action *act, ig_error *err) {
  ig_listing listing;
  ig_status status = ig_listing_read_open(s->descriptor, s->directory, &listing, err);
  for (size_t i = 0; status == IG_OK && i < listing.count; i++)
    status = act(s, listing.names[i], err);
  ig_listing_free(&listing);
  return status;
}

static ig_status fail_to_remove(const ig_staging *s, ig_error *err) {
  return ig_fail_system(err, s->directory, "remove");
}

static ig_status remove_file(const ig_staging *s, const char *name, ig_error *err) {
  return unlinkat(s->descriptor, name, 0) && errno != ENOENT ? fail_to_remove(s, err) : IG_OK;
}

static ig_status remove_temporary(const ig_staging *s, const char *name, ig_error *err) {
  return ig_writer_is_temporary(name) ? remove_file(s, name, err) : IG_OK;
}

static ig_status remove_ours(const ig_staging *s, const char *name, ig_error *err) {
  return is_ours(name) ? remove_file(s, name, err) : IG_OK;
}

// fusion.json, by which the directory is known, is removed last: what is half removed can be
// removed again.
static ig_status remove_with_note(const ig_staging *s, ig_error *err) {
  IG_TRY(ig_made_directory_remove_named(s->descriptor, s->directory, err));
  IG_TRY(for_entries(s, remove_ours, err));
  return remove_file(s, "fusion.json", err);
}

static ig_status open_own(ig_staging *s, ig_error *err) {
  IG_TRY(open_directory(s->directory, &s->descriptor, err));
  s->is_open = true;
  return IG_OK;
}

// Goes on after what the journal of this fusion says, or begins anew: then the files of another
// fusion are removed. Files that no fusion wrote stay.
static ig_status begin_or_go_on(ig_staging *s, const char *fingerprint, journal_text *text,
                                ig_error *err) {
  s->header = strlen(fingerprint) + 1;
  s->resumed = text->header > 0;
  if (s->resumed) {
    for_lines(s, text, note_done);
    // What was being written when it was killed.
    IG_TRY(for_entries(s, remove_temporary, err));
    return truncate_journal(s, text->size, err);
  }
  for_lines(s, text, remove_claimed);
  IG_TRY(remove_with_note(s, err));
  return begin_journal(s, fingerprint, err);
}

ig_status ig_staging_open(const char *output, const char *fingerprint, size_t tensors,
                          ig_staging *out, ig_error *err) {
  *out = (ig_staging){.tensors = tensors};
  IG_TRY(name_directories(output, out, err));
  IG_TRY(check_directories(out, err));
  out->done = ig_allocate(tensors, sizeof *out->done, err);
  if (!out->done) return IG_ERROR_MEMORY;
  IG_TRY(open_own(out, err));
  IG_TRY(for_entries(out, check_entry, err));
  IG_TRY(open_journal(out, err));
  journal_text text;
  ig_status status = read_journal(out, fingerprint, &text, err);
  if (status == IG_OK) status = begin_or_go_on(out, fingerprint, &text, err);
  free(text.bytes);
  return status;
}

ig_status ig_staging_mark_done(ig_staging *s, size_t index, ig_error *err) {
  s->done[index] = true;
  return fprintf(s->journal, "%zu\n", index) < 0 ? ig_fail_system(err, s->journal_path, "write")
                                                 : IG_OK;
}

ig_status ig_staging_flush(ig_staging *s, ig_error *err) {
  return fflush(s->journal) ? ig_fail_system(err, s->journal_path, "write") : IG_OK;
}

ig_status ig_staging_commit(ig_staging *s, ig_error *err) {
  fclose(s->journal);
  s->journal = NULL;
  IG_TRY(ig_path_sync(s->directory, err));
  if (unlink(s->journal_path)) return ig_fail_system(err, s->journal_path, "remove");
  if (rename(s->directory, s->output)) return ig_fail_system(err, s->output, "rename to it");
  return ig_path_sync_parent(s->output, err);
}

void ig_staging_discard(ig_staging *s) {
  if (remove_with_note(s, NULL) == IG_OK && unlinkat(s->descriptor, journal_name, 0) == 0)
    rmdir(s->directory);
}

void ig_staging_close(ig_staging *s) {
  if (s->journal) fclose(s->journal);
  if (s->is_open) close(s->descriptor);
  free(s->output);
  free(s->directory);
  free(s->journal_path);
  free(s->done);
  for (size_t i = 0; i < s->written_count; i++) free(s->written[i]);
  free(s->written);
  *s = (ig_staging){0};
}
