#include "io/zip.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/size.h"
#include "io/little_endian.h"

enum {
  END_BYTES = 22,
  END_SEARCH = END_BYTES + 65535,  // a comment may follow the end record
  LOCATOR_BYTES = 20,
  END64_BYTES = 56,
  CENTRAL_BYTES = 46,
  LOCAL_BYTES = 30,
  MOST_NAME = 1024,
  MOST_MEMBERS = 1000000,
  MOST_DIRECTORY = 128 << 20,
  PORTION = 1 << 16,
};

// Where the directory is.
typedef struct zip_directory {
  size_t begin, size, count;
} zip_directory;

typedef struct zip_reading {
  const ig_file *file;
  const char *path;
  ig_zip *zip;
  zip_directory directory;
} zip_reading;

// ---- the end records --------------------------------------------------------

// The zip64 end record, which holds what does not fit the plain one.
static ig_status read_end64(zip_reading *r, size_t end, zip_directory *out, ig_error *err) {
  unsigned char locator[LOCATOR_BYTES], record[END64_BYTES];
  if (end < LOCATOR_BYTES) return IG_OK;
  IG_TRY(ig_file_read(r->file, r->path, end - LOCATOR_BYTES, locator, sizeof locator, err));
  if (ig_little_endian_read(locator, 4) != 0x07064b50) return IG_OK;
  const uint64_t at = ig_little_endian_read(locator + 8, 8);
  if (end < END64_BYTES || at > end - END64_BYTES)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: zip: the zip64 end record lies outside the file",
                   r->path);
  IG_TRY(ig_file_read(r->file, r->path, (size_t)at, record, sizeof record, err));
  if (ig_little_endian_read(record, 4) != 0x06064b50)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: zip: byte %zu: expected a zip64 end record", r->path,
                   (size_t)at);
  *out = (zip_directory){.begin = (size_t)ig_little_endian_read(record + 48, 8),
                         .size = (size_t)ig_little_endian_read(record + 40, 8),
                         .count = (size_t)ig_little_endian_read(record + 32, 8)};
  return IG_OK;
}

// Stores where the end record begins.
static ig_status find_end(const zip_reading *r, size_t *at, unsigned char record[END_BYTES],
                          ig_error *err) {
  const size_t size = r->file->size, tail = ig_size_smaller(size, END_SEARCH);
  unsigned char *bytes = ig_allocate(tail, 1, err);
  if (!bytes) return IG_ERROR_MEMORY;
  ig_status status = ig_file_read(r->file, r->path, size - tail, bytes, tail, err);
  size_t i = tail < END_BYTES ? 0 : tail - END_BYTES + 1;
  while (status == IG_OK && i > 0 && ig_little_endian_read(bytes + i - 1, 4) != 0x06054b50) i--;
  if (status == IG_OK && i == 0)
    status = ig_fail(err, IG_ERROR_FORMAT,
                     "%s: zip: no end record: the file is cut short, or no zip file", r->path);
  if (status == IG_OK) {
    memcpy(record, bytes + i - 1, END_BYTES);
    *at = size - tail + i - 1;
  }
  free(bytes);
  return status;
}

static ig_status read_end(zip_reading *r, ig_error *err) {
  unsigned char record[END_BYTES];
  size_t end;
  IG_TRY(find_end(r, &end, record, err));
  zip_directory d = {.begin = (size_t)ig_little_endian_read(record + 16, 4),
                     .size = (size_t)ig_little_endian_read(record + 12, 4),
                     .count = (size_t)ig_little_endian_read(record + 10, 2)};
  IG_TRY(read_end64(r, end, &d, err));
  if (d.begin > end || d.size > end - d.begin || d.count > d.size / CENTRAL_BYTES)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: zip: a directory of %zu members and %zu bytes at byte %zu does not fit a "
                   "file of %zu bytes",
                   r->path, d.count, d.size, d.begin, r->file->size);
  if (d.count > MOST_MEMBERS || d.size > MOST_DIRECTORY)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: zip: %zu members, at most %d are read", r->path,
                   d.count, MOST_MEMBERS);
  r->directory = d;
  return IG_OK;
}

// ---- members ----------------------------------------------------------------

// Takes from the zip64 extra field what the plain fields leave out, in its fixed order.
static bool read_extra64(const unsigned char *extra, size_t length, uint64_t *fields[3]) {
  for (size_t at = 0; at + 4 <= length;) {
    const size_t id = (size_t)ig_little_endian_read(extra + at, 2),
                 size = (size_t)ig_little_endian_read(extra + at + 2, 2);
    at += 4;
    if (size > length - at) return false;
    if (id != 1) {
      at += size;
      continue;
    }
    size_t used = 0;
    for (int i = 0; i < 3; i++) {
      if (*fields[i] != 0xFFFFFFFF) continue;
      if (size - used < 8) return false;
      *fields[i] = ig_little_endian_read(extra + at + used, 8);
      used += 8;
    }
    return true;
  }
  return true;
}

static ig_status fail_member(const zip_reading *r, const char *name, ig_status status,
                             const char *what, ig_error *err) {
  return ig_fail(err, status, "%s: zip: member %s: %s", r->path, name, what);
}

// The local header tells where the bytes begin: its extra field differs from the directory's.
static ig_status find_bytes(const zip_reading *r, ig_zip_member *m, uint64_t local, ig_error *err) {
  static const char outside[] = "its bytes lie outside the file";
  unsigned char header[LOCAL_BYTES];
  const size_t end = r->directory.begin;
  if (local > end || end - local < LOCAL_BYTES)
    return fail_member(r, m->name, IG_ERROR_FORMAT, outside, err);
  IG_TRY(ig_file_read(r->file, r->path, (size_t)local, header, sizeof header, err));
  if (ig_little_endian_read(header, 4) != 0x04034b50)
    return fail_member(r, m->name, IG_ERROR_FORMAT, "no local header where it should be", err);
  m->begin = (size_t)(local + LOCAL_BYTES + ig_little_endian_read(header + 26, 2) +
                      ig_little_endian_read(header + 28, 2));
  if (m->begin > end || m->packed > end - m->begin)
    return fail_member(r, m->name, IG_ERROR_FORMAT, outside, err);
  return IG_OK;
}

static ig_status check_method(const zip_reading *r, ig_zip_member *m, const unsigned char *record,
                              ig_error *err) {
  const uint64_t method = ig_little_endian_read(record + 10, 2);
  if (ig_little_endian_read(record + 8, 2) & 1)
    return fail_member(r, m->name, IG_ERROR_UNSUPPORTED, "is encrypted", err);
  if (method != 0 && method != 8)
    return fail_member(r, m->name, IG_ERROR_UNSUPPORTED,
                       "compressed by a method that is not read: store it, or deflate it", err);
  m->deflated = method == 8;
  if (!m->deflated && m->packed != m->size)
    return fail_member(r, m->name, IG_ERROR_FORMAT, "stored, with two different sizes", err);
  // Deflate cannot make more than 1032 bytes of one.
  if (m->deflated && m->size / 1032 > m->packed)
    return fail_member(r, m->name, IG_ERROR_FORMAT, "more bytes than its packed ones can hold",
                       err);
  return IG_OK;
}

static ig_status read_member(zip_reading *r, const unsigned char *record, size_t left, size_t *used,
                             ig_error *err) {
  if (left < CENTRAL_BYTES || ig_little_endian_read(record, 4) != 0x02014b50)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: zip: the directory is damaged at member %zu", r->path,
                   r->zip->count + 1);
  const size_t name = (size_t)ig_little_endian_read(record + 28, 2),
               extra = (size_t)ig_little_endian_read(record + 30, 2);
  *used = CENTRAL_BYTES + name + extra + (size_t)ig_little_endian_read(record + 32, 2);
  const unsigned char *text = record + CENTRAL_BYTES;
  if (*used > left || name == 0 || name > MOST_NAME || memchr(text, 0, name))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: zip: member %zu has no proper name", r->path,
                   r->zip->count + 1);
  uint64_t size = ig_little_endian_read(record + 24, 4),
           packed = ig_little_endian_read(record + 20, 4),
           local = ig_little_endian_read(record + 42, 4);
  IG_TRY(ig_allocate_more((void **)&r->zip->members, &r->zip->capacity, r->zip->count + 1,
                          sizeof *r->zip->members, err));
  ig_zip_member *m = &r->zip->members[r->zip->count];
  *m = (ig_zip_member){.name = ig_allocate_copy((const char *)text, name, err)};
  if (!m->name) return IG_ERROR_MEMORY;
  r->zip->count++;
  if (!read_extra64(text + name, extra, (uint64_t *[3]){&size, &packed, &local}))
    return fail_member(r, m->name, IG_ERROR_FORMAT, "its extra field is damaged", err);
  m->size = (size_t)size;
  m->packed = (size_t)packed;
  IG_TRY(check_method(r, m, record, err));
  return find_bytes(r, m, local, err);
}

static ig_status read_members(zip_reading *r, ig_error *err) {
  unsigned char *bytes = ig_allocate(r->directory.size, 1, err);
  if (!bytes) return IG_ERROR_MEMORY;
  ig_status status =
      ig_file_read(r->file, r->path, r->directory.begin, bytes, r->directory.size, err);
  size_t used = 0;
  for (size_t at = 0; status == IG_OK && r->zip->count < r->directory.count; at += used)
    status = read_member(r, bytes + at, r->directory.size - at, &used, err);
  free(bytes);
  return status;
}

// ---- the whole --------------------------------------------------------------

static int compare_places(const void *a, const void *b) {
  const ig_zip_member *x = a, *y = b;
  if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
  return (x->packed > y->packed) - (x->packed < y->packed);
}

static int compare_member_names(const void *a, const void *b) {
  return strcmp(((const ig_zip_member *)a)->name, ((const ig_zip_member *)b)->name);
}

// Two members over the same bytes would be two readings of one file.
static ig_status check_members(const zip_reading *r, ig_error *err) {
  ig_zip *zip = r->zip;
  if (zip->count == 0) return IG_OK;
  qsort(zip->members, zip->count, sizeof *zip->members, compare_places);
  for (size_t i = 1; i < zip->count; i++)
    if (zip->members[i].begin - zip->members[i - 1].begin < zip->members[i - 1].packed)
      return fail_member(r, zip->members[i].name, IG_ERROR_FORMAT, "overlaps another member", err);
  qsort(zip->members, zip->count, sizeof *zip->members, compare_member_names);
  for (size_t i = 1; i < zip->count; i++)
    if (strcmp(zip->members[i].name, zip->members[i - 1].name) == 0)
      return fail_member(r, zip->members[i].name, IG_ERROR_FORMAT, "is there twice", err);
  return IG_OK;
}

ig_status ig_zip_open(const ig_file *file, const char *path, ig_zip *out, ig_error *err) {
  *out = (ig_zip){0};
  zip_reading r = {.file = file, .path = path, .zip = out};
  ig_status status = read_end(&r, err);
  if (status == IG_OK) status = read_members(&r, err);
  if (status == IG_OK) status = check_members(&r, err);
  if (status != IG_OK) ig_zip_close(out);
  return status;
}

void ig_zip_close(ig_zip *zip) {
  for (size_t i = 0; i < zip->count; i++) free(zip->members[i].name);
  free(zip->members);
  *zip = (ig_zip){0};
}

const ig_zip_member *ig_zip_find(const ig_zip *zip, const char *name) {
  const ig_zip_member key = {.name = (char *)name};
  return zip->count ? bsearch(&key, zip->members, zip->count, sizeof key, compare_member_names)
                    : NULL;
}

// ---- the bytes of a member --------------------------------------------------

typedef struct inflating {
  const ig_file *file;
  const char *path;
  const ig_zip_member *member;
  size_t wanted;  // bytes of the member: once there are so many, the rest stays as it is
  z_stream stream;
  unsigned char *out;
  size_t capacity, size;  // of out
  size_t taken;           // of the packed bytes
  unsigned char packed[PORTION];
} inflating;

// Inflates as much as one portion of packed bytes gives. *ended: the stream says that it is over.
static ig_status inflate_portion(inflating *f, bool *ended, ig_error *err) {
  const ig_zip_member *m = f->member;
  if (f->stream.avail_in == 0 && f->taken < m->packed) {
    const size_t n = ig_size_smaller(m->packed - f->taken, PORTION);
    IG_TRY(ig_file_read(f->file, f->path, m->begin + f->taken, f->packed, n, err));
    f->taken += n;
    f->stream.next_in = f->packed;
    f->stream.avail_in = (uInt)n;
  }
  // One byte beyond the size lets a member that is longer than it says show.
  const size_t room = ig_size_smaller(PORTION, m->size + 1 - f->size);
  IG_TRY(ig_allocate_more((void **)&f->out, &f->capacity, f->size + room, 1, err));
  f->stream.next_out = f->out + f->size;
  f->stream.avail_out = (uInt)room;
  const int result = inflate(&f->stream, Z_NO_FLUSH);
  f->size += room - f->stream.avail_out;
  *ended = result == Z_STREAM_END;
  if (result == Z_MEM_ERROR) return ig_fail_memory_in(f->path, err);
  if ((result != Z_OK && !*ended) || f->size > m->size || (*ended && f->size != m->size))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: zip: member %s: its compressed bytes are damaged",
                   f->path, m->name);
  return IG_OK;
}

static ig_status inflate_member(inflating *f, ig_error *err) {
  if (inflateInit2(&f->stream, -MAX_WBITS) != Z_OK) return ig_fail_memory_in(f->path, err);
  ig_status status = IG_OK;
  for (bool ended = false; status == IG_OK && !ended && f->size < f->wanted;)
    status = inflate_portion(f, &ended, err);
  inflateEnd(&f->stream);
  return status;
}

ig_status ig_zip_load(const ig_file *file, const char *path, const ig_zip_member *member,
                      unsigned char **out, ig_error *err) {
  *out = NULL;
  if (!member->deflated) {
    *out = ig_allocate(member->size, 1, err);
    if (!*out) return IG_ERROR_MEMORY;
    const ig_status status = ig_file_read(file, path, member->begin, *out, member->size, err);
    if (status == IG_OK) return IG_OK;
    free(*out);
    *out = NULL;
    return status;
  }
  inflating *f = ig_allocate(1, sizeof *f, err);
  if (!f) return IG_ERROR_MEMORY;
  *f = (inflating){.file = file, .path = path, .member = member, .wanted = SIZE_MAX};
  const ig_status status = inflate_member(f, err);
  if (status == IG_OK)
    *out = f->out;
  else
    free(f->out);
  free(f);
  return status;
}

ig_status ig_zip_read_start(const ig_file *file, const char *path, const ig_zip_member *member,
                            void *to, size_t size, ig_error *err) {
  if (size == 0) return IG_OK;
  if (!member->deflated) return ig_file_read(file, path, member->begin, to, size, err);
  inflating *f = ig_allocate(1, sizeof *f, err);
  if (!f) return IG_ERROR_MEMORY;
  *f = (inflating){.file = file, .path = path, .member = member, .wanted = size};
  const ig_status status = inflate_member(f, err);
  if (status == IG_OK) memcpy(to, f->out, size);
  free(f->out);
  free(f);
  return status;
}
