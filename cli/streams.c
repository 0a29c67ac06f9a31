#include "streams.h"

#include "count_lines.h"
#include "error.h"
#include "input.h"
#include "paths.h"

static bool ready(void *context) {
  cli_streams *s = context;
  return ig_lines_ready(s->source) && (s->target == NULL || ig_lines_ready(s->target));
}

// Whoever waits for the answers to what he wrote gets them before this command waits for him, and
// what is finished is safe before the next lines are worked on.
static ig_status flush_written(cli_streams *s, ig_error *err) {
  if (!s->unflushed) return IG_OK;
  s->unflushed = false;
  return cli_output_flush(&s->output, err);
}

static ig_status read_line(cli_streams *s, bool is_target, const char **line, size_t *length,
                           ig_error *err) {
  ig_status status = ig_lines_next(is_target ? s->target : s->source, line, length, err);
  if (status == IG_OK && *line != NULL)
    status = cli_output_read(&s->output, *line, *length, is_target, err);
  s->own_error |= status != IG_OK;
  return status;
}

static ig_status read_source(void *context, const char **line, size_t *length, ig_error *err) {
  cli_streams *s = context;
  const ig_status status = flush_written(s, err);
  s->own_error |= status != IG_OK;
  return status == IG_OK ? read_line(s, false, line, length, err) : status;
}

ig_status cli_streams_read_target(void *context, const char **line, size_t *length, ig_error *err) {
  return read_line(context, true, line, length, err);
}

static ig_status write_line(void *context, const char *line, size_t length, ig_error *err) {
  cli_streams *s = context;
  s->unflushed = true;
  const ig_status status = cli_output_line(&s->output, line, length, err);
  s->own_error |= status != IG_OK;
  return status;
}

ig_line_stream cli_streams_lines(cli_streams *s) {
  return (ig_line_stream){.read = read_source,
                          .write = write_line,
                          .context = s,
                          .ready = ready,
                          .lines_before = s->output.written.lines,
                          .total = s->total,
                          .name = s->source_name};
}

// Reads the lines that are done.
static ig_status skip_lines(cli_streams *s, ig_error *err) {
  const size_t count = s->output.written.lines;
  const char *line = "";
  size_t length;
  for (size_t i = 0; i < count && line != NULL; i++) {
    ig_status status = read_line(s, false, &line, &length, err);
    if (status == IG_OK && line != NULL && s->target != NULL)
      status = read_line(s, true, &line, &length, err);
    if (status != IG_OK) return status;
  }
  if (line == NULL)
    return cli_error(
        err, IG_ERROR_FORMAT,
        "%.300s: cannot go on from %.300s: that has the translations of %zu lines, but "
        "the input is shorter now; remove that file to begin anew",
        s->source_name, s->output.partial.partial, count);
  if (cli_output_agrees(&s->output)) return IG_OK;
  return cli_error(err, IG_ERROR_FORMAT,
                   "%.300s: cannot go on from %.300s: its first %zu lines%s have changed since; "
                   "remove that file to begin anew",
                   s->source_name, s->output.partial.partial, count,
                   s->target != NULL ? ", or the targets," : "");
}

ig_status cli_streams_open(cli_streams *s, const cli_streams_options *options, ig_error *err) {
  // The translator says what becomes of bad bytes: it knows whether lines are text or ids.
  const ig_lines_options as_they_are = {.bad_bytes = IG_BAD_BYTES_KEEP};
  *s = (cli_streams){
      .source_name = cli_is_standard(options->source) ? "standard input" : options->source,
      .output = {.partial = {.state_descriptor = -1}}};
  if (options->count_lines) s->total = cli_count_lines(options->source);
  ig_status status = cli_lines_open(options->source, &as_they_are, &s->source, err);
  if (status == IG_OK && options->target != NULL)
    status = cli_lines_open(options->target, &as_they_are, &s->target, err);
  if (status == IG_OK) status = cli_output_open(&s->output, &options->output, err);
  return status == IG_OK ? skip_lines(s, err) : status;
}

void cli_streams_close(cli_streams *s) {
  cli_output_close(&s->output);
  ig_lines_close(s->source);
  ig_lines_close(s->target);
  *s = (cli_streams){0};
}
