// Lines of JSON with questions, answered by lines of JSON.
#include <stdlib.h>
#include <string.h>

#include "answer/answer_json.h"
#include "base/allocate.h"
#include "base/fail.h"
#include "base/report.h"
#include "io/json.h"

// Lines a run of the answerer, and bytes of them: windows are made for all of them.
enum { TOGETHER = 256, BYTES_TOGETHER = 1 << 20 };
enum { TOLD = 10 };  // problems that are told

// Of one line; a line that is no question has a problem.
typedef struct line_question {
  json_t *json;  // holds the texts
  char *problem;
} line_question;

typedef struct lines_answering {
  ig_answerer *answerer;
  const ig_line_stream *stream;
  const ig_reporter *reporter;
  line_question lines[TOGETHER];
  size_t count;   // of them
  size_t before;  // lines before them
  size_t problems;
  bool ended;
} lines_answering;

static void free_lines(lines_answering *s) {
  for (size_t i = 0; i < s->count; i++) {
    json_decref(s->lines[i].json);
    free(s->lines[i].problem);
  }
  s->before += s->count;
  s->count = 0;
}

static ig_status read_question(const char *text, size_t length, line_question *out, ig_error *err) {
  IG_TRY(ig_json_parse_line(text, length, &out->json, err));
  if (!json_is_object(out->json))
    return ig_fail(err, IG_ERROR_FORMAT, "expected an object, found %s",
                   ig_json_type_name(out->json));
  static const char *const needed[] = {"question", "context"};
  for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
    const json_t *value = json_object_get(out->json, needed[i]);
    if (!value || json_is_null(value))
      return ig_fail(err, IG_ERROR_FORMAT, "\"%s\" is missing", needed[i]);
    if (!json_is_string(value))
      return ig_fail(err, IG_ERROR_FORMAT, "%s: expected a string, found %s", needed[i],
                     ig_json_type_name(value));
  }
  return IG_OK;
}

static ig_status take_line(lines_answering *s, const char *text, size_t length, ig_error *err) {
  ig_error found = {0};
  line_question *line = &s->lines[s->count++];
  *line = (line_question){0};
  const ig_status status = read_question(text, length, line, &found);
  if (status == IG_OK) return IG_OK;
  if (status == IG_ERROR_MEMORY) return ig_fail_memory(err);
  line->problem = ig_allocate_copy(found.message, strlen(found.message), err);
  return line->problem ? IG_OK : IG_ERROR_MEMORY;
}

// Reads lines until there are enough, or none without waiting.
static ig_status read_lines(lines_answering *s, ig_error *err) {
  const ig_line_stream *stream = s->stream;
  size_t length;
  for (size_t bytes = 0; s->count < TOGETHER && bytes < BYTES_TOGETHER; bytes += length) {
    const char *text;
    if (s->count > 0 && stream->ready && !stream->ready(stream->context)) return IG_OK;
    const ig_status status = stream->read(stream->context, &text, &length, err);
    if (status != IG_OK) return ig_fail_of_caller(status, "read", err);
    s->ended = text == NULL;
    if (s->ended) return IG_OK;
    IG_TRY(take_line(s, text, length, err));
  }
  return IG_OK;
}

static ig_status write_line(lines_answering *s, const json_t *id, json_t *object, ig_error *err) {
  json_t *whole = json_object();
  int failed = !whole || !object;
  if (!failed && id) failed |= json_object_set(whole, "id", (json_t *)id);
  if (!failed) failed |= json_object_update(whole, object);
  char *text = failed ? NULL : ig_json_text(whole, JSON_COMPACT | JSON_REAL_PRECISION(9));
  json_decref(whole);
  json_decref(object);
  if (!text) return ig_fail_memory(err);
  const ig_status status = s->stream->write(s->stream->context, text, strlen(text), err);
  free(text);
  return status == IG_OK ? IG_OK : ig_fail_of_caller(status, "write", err);
}

static void tell_problem(lines_answering *s, size_t line, const char *problem) {
  const size_t number = s->stream->lines_before + s->before + line + 1;
  if (++s->problems > TOLD) return;
  if (s->stream->name)
    ig_report(s->reporter, IG_LEVEL_WARNING, "%s:%zu: not asked: %s", s->stream->name, number,
              problem);
  else
    ig_report(s->reporter, IG_LEVEL_WARNING, "line %zu: not asked: %s", number, problem);
}

// answers NULL: the line is no question.
static ig_status write_answer(lines_answering *s, size_t line, const ig_answers *answers,
                              ig_error *err) {
  const line_question *l = &s->lines[line];
  const char *problem = answers ? answers->problem : l->problem;
  const json_t *id = json_object_get(l->json, "id");
  if (problem) {
    tell_problem(s, line, problem);
    return write_line(s, id, json_pack("{s:s}", "error", problem), err);
  }
  json_t *object = ig_answer_json_object(answers);
  if (object && answers->count > 1 &&
      json_object_set_new(object, "n_best", ig_answer_json_list(answers)) != 0) {
    json_decref(object);
    object = NULL;
  }
  return write_line(s, id, object, err);
}

static ig_status answer_lines(lines_answering *s, ig_error *err) {
  ig_question questions[TOGETHER];
  ig_answers answers[TOGETHER];
  size_t asked = 0, next = 0;
  for (size_t i = 0; i < s->count; i++)
    if (!s->lines[i].problem)
      questions[asked++] =
          (ig_question){json_string_value(json_object_get(s->lines[i].json, "question")),
                        json_string_value(json_object_get(s->lines[i].json, "context"))};
  IG_TRY(ig_answerer_run(s->answerer, questions, asked, answers, err));
  ig_status status = IG_OK;
  for (size_t i = 0; status == IG_OK && i < s->count; i++)
    status = write_answer(s, i, s->lines[i].problem ? NULL : &answers[next++], err);
  for (size_t i = 0; i < asked; i++) ig_answers_free(&answers[i]);
  return status;
}

static ig_status run_lines(lines_answering *s, ig_error *err) {
  while (!s->ended) {
    IG_TRY(read_lines(s, err));
    if (s->count > 0) IG_TRY(answer_lines(s, err));
    free_lines(s);
    ig_report_progress(s->reporter, &(ig_progress){.what = "answering",
                                                   .unit = "questions",
                                                   .done = (double)s->before,
                                                   .total = (double)s->stream->total});
  }
  if (s->problems > TOLD)
    ig_report(s->reporter, IG_LEVEL_WARNING, "%zu lines were not asked", s->problems);
  return IG_OK;
}

ig_status ig_answer_lines(ig_answerer *answerer, const ig_line_stream *stream,
                          const ig_reporter *reporter, ig_error *err) {
  IG_TRY(ig_fail_if_null(answerer, "answerer", err));
  IG_TRY(ig_fail_if_null(stream, "stream", err));
  IG_TRY(ig_fail_if_missing(!stream->read, "stream: read", err));
  IG_TRY(ig_fail_if_missing(!stream->write, "stream: write", err));
  lines_answering *s = ig_allocate(1, sizeof *s, err);
  if (!s) return IG_ERROR_MEMORY;
  s->answerer = answerer;
  s->stream = stream;
  s->reporter = reporter;
  const ig_status status = run_lines(s, err);
  free_lines(s);
  free(s);
  return status;
}
