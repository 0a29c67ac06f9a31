// Reads by descriptor, and decompresses by zlib's inflate. gzread will not do: it waits until its
// buffer is full, and a writer who waits for an answer would wait for ever.
#include "io/byte_source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/interrupt.h"

#define CHUNK 65536
#define GZIP_WINDOW (15 + 16)  // of inflateInit2: the largest window, and gzip's header

struct ig_byte_source {
  int descriptor;
  const ig_interrupter *interrupter;  // NULL: nothing ends the waiting for a pipe
  unsigned char *chunk;               // CHUNK bytes as they are in the file
  size_t begin, end;                  // of what has not been used
  bool ended;                         // nothing comes after the chunk
  bool begun;                         // the first bytes were looked at
  bool compressed;
  bool in_member;  // between the beginning of a gzip member and its end
  z_stream stream;
};

// With an interrupter a pipe that has no writer yet is opened at once, and waited for afterwards.
ig_status ig_byte_source_open(const char *path, const ig_interrupter *interrupter,
                              ig_byte_source **out, ig_error *err) {
  *out = NULL;
  const int flags = O_RDONLY | O_CLOEXEC | (interrupter ? O_NONBLOCK : 0);
  const int descriptor = path ? open(path, flags) : STDIN_FILENO;
  if (descriptor < 0)
    return ig_fail(err, errno == ENOMEM ? IG_ERROR_MEMORY : IG_ERROR_IO, "%s: %s", path,
                   strerror(errno));
  ig_byte_source *s = ig_allocate(1, sizeof *s, err);
  unsigned char *chunk = s ? ig_allocate(CHUNK, 1, err) : NULL;
  if (!chunk) {
    free(s);
    if (path) close(descriptor);
    return IG_ERROR_MEMORY;
  }
  s->descriptor = descriptor;
  s->interrupter = interrupter;
  s->chunk = chunk;
  *out = s;
  return IG_OK;
}

void ig_byte_source_close(ig_byte_source *s) {
  if (!s) return;
  if (s->compressed) inflateEnd(&s->stream);
  if (s->descriptor != STDIN_FILENO) close(s->descriptor);
  free(s->chunk);
  free(s);
}

// Appends to the chunk what one read gives. There must be room.
static ig_status read_chunk(ig_byte_source *s, ig_error *err) {
  if (s->begin == s->end) s->begin = s->end = 0;
  ssize_t got;
  do {
    if (s->interrupter) IG_TRY(ig_interrupt_wait_to_read(s->interrupter, s->descriptor, err));
    got = read(s->descriptor, s->chunk + s->end, CHUNK - s->end);
  } while (got < 0 && (errno == EINTR || (s->interrupter && errno == EAGAIN)));
  if (got < 0) return ig_fail(err, IG_ERROR_IO, "%s", strerror(errno));
  s->end += (size_t)got;
  s->ended = got == 0;
  return IG_OK;
}

static bool begins_member(const ig_byte_source *s) {
  return s->end - s->begin >= 2 && s->chunk[s->begin] == 0x1F && s->chunk[s->begin + 1] == 0x8B;
}

// Reads until it is known whether a gzip member begins here.
static ig_status look_for_member(ig_byte_source *s, ig_error *err) {
  while (!s->ended &&
         (s->begin == s->end || (s->end - s->begin == 1 && s->chunk[s->begin] == 0x1F)))
    IG_TRY(read_chunk(s, err));
  return IG_OK;
}

static ig_status begin_source(ig_byte_source *s, ig_error *err) {
  IG_TRY(look_for_member(s, err));
  s->begun = true;
  if (!begins_member(s)) return IG_OK;
  if (inflateInit2(&s->stream, GZIP_WINDOW) != Z_OK)
    return ig_fail(err, IG_ERROR_MEMORY, "zlib could not start");
  s->compressed = true;
  s->in_member = true;
  return IG_OK;
}

static ig_status fail_damaged(const ig_byte_source *s, ig_error *err) {
  return ig_fail(err, IG_ERROR_FORMAT, "damaged gzip data: %s",
                 s->stream.msg ? s->stream.msg : "it cannot be decompressed");
}

// After the end of a member: another one begins, or the file ends, perhaps with zeros (tapes and
// tar pad so). s->begin == s->end then.
static ig_status begin_next_member(ig_byte_source *s, ig_error *err) {
  for (;;) {
    IG_TRY(look_for_member(s, err));
    if (s->begin == s->end) return IG_OK;
    if (s->chunk[s->begin] != 0) break;
    s->begin++;
  }
  if (!begins_member(s))
    return ig_fail(err, IG_ERROR_FORMAT,
                   "damaged gzip data: after its end come bytes that are not gzip's");
  inflateReset(&s->stream);
  s->in_member = true;
  return IG_OK;
}

// One step of inflate; *got may be 0 without the end.
static ig_status inflate_step(ig_byte_source *s, void *to, size_t size, size_t *got,
                              ig_error *err) {
  if (s->begin == s->end && !s->ended) IG_TRY(read_chunk(s, err));
  s->stream.next_in = s->chunk + s->begin;
  s->stream.avail_in = (uInt)(s->end - s->begin);
  s->stream.next_out = to;
  s->stream.avail_out = (uInt)(size < CHUNK ? size : CHUNK);
  const uInt room = s->stream.avail_out;
  const int code = inflate(&s->stream, Z_NO_FLUSH);
  *got = room - s->stream.avail_out;
  s->begin = s->end - s->stream.avail_in;
  if (code == Z_STREAM_END) s->in_member = false;
  if (code == Z_OK || code == Z_STREAM_END) return IG_OK;
  if (code != Z_BUF_ERROR) return fail_damaged(s, err);
  if (*got == 0 && s->ended)
    return ig_fail(err, IG_ERROR_FORMAT, "damaged gzip data: it ends in the middle");
  return IG_OK;
}

static ig_status read_compressed(ig_byte_source *s, void *to, size_t size, size_t *got,
                                 ig_error *err) {
  while (*got == 0) {
    if (!s->in_member) IG_TRY(begin_next_member(s, err));
    if (!s->in_member) return IG_OK;
    IG_TRY(inflate_step(s, to, size, got, err));
  }
  return IG_OK;
}

ig_status ig_byte_source_read(ig_byte_source *s, void *to, size_t size, size_t *got,
                              ig_error *err) {
  *got = 0;
  if (!s->begun) IG_TRY(begin_source(s, err));
  if (s->compressed) return read_compressed(s, to, size, got, err);
  if (s->begin == s->end && !s->ended) IG_TRY(read_chunk(s, err));
  *got = s->end - s->begin < size ? s->end - s->begin : size;
  memcpy(to, s->chunk + s->begin, *got);
  s->begin += *got;
  return IG_OK;
}

bool ig_byte_source_ready(const ig_byte_source *s, int milliseconds) {
  if (s->begin < s->end || s->ended) return true;
  struct pollfd wanted = {.fd = s->descriptor, .events = POLLIN};
  return poll(&wanted, 1, milliseconds) != 0;  // what poll cannot tell, read will
}
