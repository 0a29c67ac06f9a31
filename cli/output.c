#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ending.h"
#include "error.h"
#include "paths.h"

static ig_status fail_write(cli_output *o, ig_error *err) {
  o->broken = true;
  return cli_error(err, IG_ERROR_IO, "%s: %s", o->name, strerror(errno != 0 ? errno : EIO));
}

// Makes room for one more element.
static ig_status grow_list(void **list, size_t *capacity, size_t count, size_t size,
                           ig_error *err) {
  if (count < *capacity) return IG_OK;
  const size_t more = 2 * *capacity + 256;
  void *grown = realloc(*list, more * size);
  if (grown == NULL) return cli_error_memory(err);
  *list = grown;
  *capacity = more;
  return IG_OK;
}

static ig_status open_regular(cli_output *o, const cli_output_options *options, ig_error *err) {
  char *identity;
  ig_status status = options->identity(options->context, &identity, err);
  if (status != IG_OK) return status;
  const cli_partial_options partial = {
      .path = options->path, .identity = identity, .resume = options->resume};
  ig_error why = {0};
  // The model was hashed before, which may take long: that may be stopped at once.
  cli_ending_hold();
  status = cli_partial_open(&o->partial, &partial, &why);
  free(identity);
  if (status != IG_OK) return cli_error(err, status, "%s: %.900s", o->name, why.message);
  o->regular = true;
  o->file = o->partial.file;
  o->written = o->partial.mark;
  o->flushed_lines = o->written.lines * o->lines_each;
  return IG_OK;
}

ig_status cli_output_open(cli_output *o, const cli_output_options *options, ig_error *err) {
  *o = (cli_output){.file = stdout,
                    .name = "standard output",
                    .lines_each = options->lines_each,
                    .partial = {.state_descriptor = -1}};
  const bool standard = cli_is_standard(options->path);
  if (!standard) o->name = options->path;
  errno = 0;
  if (!standard && !cli_is_direct(options->path)) {
    const ig_status status = open_regular(o, options, err);
    if (status != IG_OK) return status;
  } else if (!standard) {
    o->file = cli_open_direct(options->path);
    if (o->file == NULL) return fail_write(o, err);
  }
  cli_ending_begin(&(cli_ending){
      .partial = o->partial.partial, .state = o->partial.state, .json = options->json});
  cli_ending_count(o->flushed_lines);
  return IG_OK;
}

// ---- the input --------------------------------------------------------------

ig_status cli_output_read(cli_output *o, const char *line, size_t length, bool more,
                          ig_error *err) {
  if (!o->regular) return IG_OK;
  cli_output_hashes *h = &o->hashes;
  if (!more && h->count == 0 && h->first < o->partial.mark.lines) {
    h->first++;  // the line is done already: no mark will be made before it
  } else if (!more) {
    const ig_status status =
        grow_list((void **)&h->list, &h->capacity, h->count, sizeof *h->list, err);
    if (status != IG_OK) return status;
    h->list[h->count++] = h->last;
  }
  h->last = cli_partial_chain(h->last, line, length);
  return IG_OK;
}

// The hash after so many lines of the input. Those before it are forgotten.
static uint64_t take_hash(cli_output *o, size_t lines) {
  cli_output_hashes *h = &o->hashes;
  const size_t passed = lines - h->first;
  if (passed >= h->count) {
    h->first += h->count;
    h->count = 0;
    return h->last;
  }
  memmove(h->list, h->list + passed, (h->count - passed) * sizeof *h->list);
  h->first = lines;
  h->count -= passed;
  return h->list[0];
}

bool cli_output_agrees(const cli_output *o) {
  return o->hashes.first + o->hashes.count == o->partial.mark.lines &&
         o->hashes.last == o->partial.mark.input;
}

// ---- lines ------------------------------------------------------------------

static ig_status keep_mark(cli_output *o, ig_error *err) {
  cli_output_marks *m = &o->marks;
  const ig_status status =
      grow_list((void **)&m->list, &m->capacity, m->count, sizeof *m->list, err);
  if (status == IG_OK) m->list[m->count++] = o->written;
  return status;
}

ig_status cli_output_line(cli_output *o, const char *line, size_t length, ig_error *err) {
  errno = 0;
  if (fwrite(line, 1, length, o->file) != length || fputc('\n', o->file) == EOF)
    return fail_write(o, err);
  o->written.bytes += length + 1;
  if (o->regular) o->written.output = cli_partial_chain(o->written.output, line, length);
  if (++o->pending < o->lines_each) return IG_OK;
  o->pending = 0;
  o->written.lines++;
  return o->regular ? keep_mark(o, err) : IG_OK;
}

static ig_status record_mark(cli_output *o, cli_mark mark, ig_error *err) {
  mark.input = take_hash(o, mark.lines);
  const ig_status status = cli_partial_record(&o->partial, &mark, err);
  if (status != IG_OK) return status;
  o->marks.count = 0;
  o->flushed_lines = mark.lines * o->lines_each;
  cli_ending_count(o->flushed_lines);
  return IG_OK;
}

ig_status cli_output_flush(cli_output *o, ig_error *err) {
  errno = 0;
  if (fflush(o->file) != 0) return fail_write(o, err);
  if (o->regular)
    return o->marks.count > 0 ? record_mark(o, o->marks.list[o->marks.count - 1], err) : IG_OK;
  o->flushed_lines = o->written.lines * o->lines_each + o->pending;
  cli_ending_count(o->flushed_lines);
  return IG_OK;
}

// ---- the end ----------------------------------------------------------------

ig_status cli_output_commit(cli_output *o, ig_error *err) {
  ig_status status = cli_output_flush(o, err);
  if (status != IG_OK) return status;
  if (o->regular) {
    cli_ending_hold();
    char kept[600];
    ig_error why = {0};
    cli_ending_text(kept, sizeof kept, o->flushed_lines, o->partial.partial);
    status = cli_partial_commit(&o->partial, &why);
    o->file = NULL;
    if (status != IG_OK) cli_error(err, status, "%.400s%s", why.message, kept);
  }
  cli_output_close(o);
  return status;
}

// A disk may have taken some of the lines that it was given last: those are finished, too.
static void mark_what_is_there(cli_output *o) {
  struct stat info;
  if (fstat(fileno(o->file), &info) != 0) return;
  size_t count = o->marks.count;
  while (count > 0 && o->marks.list[count - 1].bytes > (size_t)info.st_size) count--;
  ig_error ignored;
  if (count > 0) (void)record_mark(o, o->marks.list[count - 1], &ignored);
}

void cli_output_stop(cli_output *o, char *text, size_t size) {
  ig_error ignored;
  text[0] = '\0';
  if (o->file == NULL) return;
  if (!o->broken) (void)cli_output_flush(o, &ignored);
  if (o->broken && o->regular) mark_what_is_there(o);
  cli_ending_text(text, size, o->flushed_lines, o->partial.partial);
  cli_output_close(o);
}

void cli_output_close(cli_output *o) {
  // Whoever is stopped while files are renamed or removed finds that done.
  if (o->regular) {
    cli_ending_hold();
    cli_partial_stop(&o->partial);
  } else if (o->file != NULL && o->file != stdout) {
    fclose(o->file);
  }
  free(o->hashes.list);
  free(o->marks.list);
  *o = (cli_output){.partial = {.state_descriptor = -1}};
  cli_ending_end();
}
