// Pairs are records one after the other; where one is, is counted from the known place before it.
#include "data/ids_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/path.h"
#include "base/size.h"

enum { BUFFER_BYTES = 1 << 20 };  // written at once

// The file has a name for a moment only.
static ig_status open_unnamed(const char *directory, int *handle, ig_error *err) {
  char *path = ig_path_join(directory, "ids.tmp-XXXXXX", err);
  if (!path) return IG_ERROR_MEMORY;
  *handle = mkstemp(path);
  const ig_status status =
      *handle < 0 ? ig_fail_system(err, directory, "make a file in this directory") : IG_OK;
  if (status == IG_OK) unlink(path);
  free(path);
  return status;
}

static ig_status open_stream(ig_ids_file *f, ig_error *err) {
  int handle;
  IG_TRY(open_unnamed(f->directory, &handle, err));
  (void)fcntl(handle, F_SETFD, FD_CLOEXEC);
  // Batches are read here and there: what lies beside a pair is not wanted.
  (void)posix_fadvise(handle, 0, 0, POSIX_FADV_RANDOM);
  f->stream = fdopen(handle, "w+");
  if (!f->stream) {
    const ig_status status = ig_fail_system(err, f->directory, "make a file in this directory");
    close(handle);
    return status;
  }
  setvbuf(f->stream, NULL, _IOFBF, BUFFER_BYTES);
  return IG_OK;
}

ig_status ig_ids_file_create(const char *directory, ig_ids_file **out, ig_error *err) {
  *out = NULL;
  ig_ids_file *f = ig_allocate(1, sizeof *f, err);
  if (!f) return IG_ERROR_MEMORY;
  f->directory = ig_allocate_copy(directory, strlen(directory), err);
  const ig_status status = f->directory ? open_stream(f, err) : IG_ERROR_MEMORY;
  if (status != IG_OK)
    ig_ids_file_free(f);
  else
    *out = f;
  return status;
}

void ig_ids_file_free(ig_ids_file *f) {
  if (!f) return;
  if (f->stream) fclose(f->stream);
  free(f->directory);
  free(f->lengths);
  free(f->places);
  free(f);
}

static ig_status fail_write(const ig_ids_file *f, ig_error *err) {
  const ig_status status = ig_fail_system(err, f->directory, "write");
  return ig_fail_in(err, status,
                    "the ids of the corpus, %.1f MB so far, which data.storage: file keeps in "
                    "data.storage_directory",
                    (double)ig_ids_file_bytes(f) / 1e6);
}

ig_status ig_ids_file_append(ig_ids_file *f, const int *const ids[2], const size_t count[2],
                             ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&f->lengths, &f->length_capacity, 2 * f->pairs + 2,
                          sizeof *f->lengths, err));
  if (f->pairs % IG_IDS_FILE_STEP == 0) {
    const size_t place = f->pairs / IG_IDS_FILE_STEP;
    IG_TRY(ig_allocate_more((void **)&f->places, &f->place_capacity, place + 1, sizeof *f->places,
                            err));
    f->places[place] = f->tokens[0] + f->tokens[1];
  }
  for (int side = 0; side < 2; side++) {
    if (fwrite(ids[side], sizeof *ids[side], count[side], f->stream) != count[side])
      return fail_write(f, err);
    f->lengths[2 * f->pairs + (size_t)side] = (uint32_t)count[side];
    f->tokens[side] += count[side];
  }
  f->pairs++;
  return IG_OK;
}

ig_status ig_ids_file_finish(ig_ids_file *f, ig_error *err) {
  return fflush(f->stream) == 0 ? IG_OK : fail_write(f, err);
}

size_t ig_ids_file_bytes(const ig_ids_file *f) {
  return (f->tokens[0] + f->tokens[1]) * sizeof(int32_t);
}

size_t ig_ids_file_memory(const ig_ids_file *f) {
  return 2 * f->pairs * sizeof *f->lengths + (f->pairs / IG_IDS_FILE_STEP + 1) * sizeof *f->places;
}

static size_t length_of(const ig_ids_file *f, size_t pair) {
  return (size_t)f->lengths[2 * pair] + f->lengths[2 * pair + 1];
}

static uint64_t place_of(const ig_ids_file *f, size_t pair) {
  uint64_t at = f->places[pair / IG_IDS_FILE_STEP];
  for (size_t p = pair - pair % IG_IDS_FILE_STEP; p < pair; p++) at += length_of(f, p);
  return at * sizeof(int32_t);
}

ig_status ig_ids_file_read(const ig_ids_file *f, size_t pair, size_t count, int32_t *to,
                           ig_error *err) {
  size_t size = 0;
  for (size_t p = pair; p < pair + count; p++) size += length_of(f, p) * sizeof *to;
  const uint64_t place = place_of(f, pair);
  for (size_t done = 0; done < size;) {
    const ssize_t got =
        pread(fileno(f->stream), (char *)to + done, size - done, (off_t)(place + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return ig_fail_system(err, f->directory,
                            "read the file of the ids of the corpus in this directory");
    if (got == 0)
      return ig_fail(err, IG_ERROR_IO, "%s: the file of the corpus's ids ends at byte %" PRIu64,
                     f->directory, place + done);
    done += (size_t)got;
  }
  return IG_OK;
}

void ig_ids_file_expect(const ig_ids_file *f, size_t pair) {
  (void)posix_fadvise(fileno(f->stream), (off_t)place_of(f, pair),
                      (off_t)(length_of(f, pair) * sizeof(int32_t)), POSIX_FADV_WILLNEED);
}
