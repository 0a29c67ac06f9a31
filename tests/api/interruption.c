// What may happen to a run from outside: it is interrupted, and no other is; the process is forked.
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "answer_fixture.h"
#include "ingot.h"

enum { LINES = 1500 };
static char directory[] = "/tmp/ingot-interruption-XXXXXX";
static ig_model *model;
static ig_error err;

static void done(ig_status status) {
  if (status != IG_OK) fail_msg("%s", err.message);
}

static int make_model(void **state) {
  (void)state;
  ig_torch_options torch = ig_torch_options_default();
  ig_config *config;
  torch.vocab_size = 300;
  torch.d_model = torch.dim_feedforward = 64;
  torch.nhead = 4;
  torch.num_encoder_layers = torch.num_decoder_layers = 2;
  if (!mkdtemp(directory)) return -1;
  done(ig_config_torch(&torch, &config, &err));
  done(ig_model_create(config, 1, &model, &err));
  done(ig_model_save(model, directory, "float32", &err));
  ig_config_free(config);
  return 0;
}

static int remove_model(void **state) {
  (void)state;
  char command[64];
  ig_model_free(model);
  snprintf(command, sizeof command, "rm -r %s", directory);
  return system(command);
}

static ig_translator *open_translator(int threads, int max_length, ig_interrupter *interrupter) {
  ig_translator *translator;
  ig_translator_options options = ig_translator_options_default();
  options.ids_in = options.ids_out = true;
  options.threads = threads;
  options.beam_size = 4;
  options.min_length = options.max_length = max_length;
  options.interrupter = interrupter;
  done(ig_translator_open(directory, &options, &translator, &err));
  return translator;
}

typedef struct lines {
  size_t count, read, written;
  atomic_bool all_read;
  double total, done;  // of the last report
} lines;

static ig_status read_line(void *context, const char **line, size_t *length, ig_error *e) {
  (void)e;
  lines *l = context;
  *line = l->read == l->count ? NULL : "5 6 7 8 2";
  *length = *line ? strlen(*line) : 0;
  l->read += *line != NULL;
  if (!*line) atomic_store(&l->all_read, true);
  return IG_OK;
}

static ig_status write_line(void *context, const char *line, size_t length, ig_error *e) {
  (void)line, (void)length, (void)e;
  ((lines *)context)->written++;
  return IG_OK;
}

static void keep_progress(void *context, const ig_progress *progress) {
  lines *l = context;
  assert_true(progress->done >= l->done);
  l->done = progress->done;
  l->total = progress->total;
}

static ig_status translate(ig_translator *translator, lines *l, size_t total) {
  const ig_line_stream stream = {
      .read = read_line, .write = write_line, .context = l, .total = total};
  const ig_reporter reporter = {.progress = keep_progress, .context = l};
  return ig_translate_lines(translator, &stream, &reporter, &err);
}

typedef struct stopping {
  lines *lines;
  ig_interrupter *interrupter;
  int microseconds;  // before it, of stop_soon
} stopping;

// The whole text is in a window when it is interrupted.
static void *stop_when_read(void *context) {
  const stopping *s = context;
  while (!atomic_load(&s->lines->all_read)) usleep(1000);
  usleep(30000);
  ig_interrupt(s->interrupter);
  return NULL;
}

// Translating it all would take minutes.
static void a_window_is_interrupted(void **state) {
  (void)state;
  ig_interrupter *one, *other;
  done(ig_interrupter_create(&one, &err));
  done(ig_interrupter_create(&other, &err));
  for (int threads = 1; threads <= 2; threads++) {
    ig_translator *translator = open_translator(threads, 1000, one);
    lines l = {.count = LINES};
    pthread_t thread;
    stopping s = {.lines = &l, .interrupter = one};
    ig_interrupt(other);  // is not meant for this one
    assert_int_equal(pthread_create(&thread, NULL, stop_when_read, &s), 0);
    assert_int_equal(translate(translator, &l, 0), IG_INTERRUPTED);
    pthread_join(thread, NULL);
    assert_int_equal(err.status, IG_INTERRUPTED);
    assert_true(l.written < l.count);
    // It is usable again.
    lines again = {.count = 0};
    assert_int_equal(translate(translator, &again, 0), IG_INTERRUPTED);
    ig_interrupter_reset(one);
    done(translate(translator, &again, 0));
    ig_translator_free(translator);
  }
  ig_interrupter_free(one);
  ig_interrupter_free(other);
}

static void scoring_is_interrupted(void **state) {
  (void)state;
  ig_interrupter *interrupter;
  done(ig_interrupter_create(&interrupter, &err));
  ig_translator *translator = open_translator(1, 4, interrupter);
  lines l = {.count = 10};
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = &l};
  ig_interrupt(interrupter);
  assert_int_equal(ig_score_targets(translator, &stream, read_line, NULL, &err), IG_INTERRUPTED);
  ig_translator_free(translator);
  ig_interrupter_free(interrupter);
}

static void *stop_soon(void *context) {
  const stopping *s = context;
  usleep((useconds_t)s->microseconds);
  ig_interrupt(s->interrupter);
  return NULL;
}

// Whenever it comes, there are the answers or none: never those of a batch that was not finished.
static void answers_are_whole_or_none(void **state) {
  (void)state;
  enum { TOKENS = 3000, TIMES = 30 };
  static char context[2 * TOKENS + 1], other[2 * TOKENS + 1];
  char path[64];
  ig_answerer *answerer;
  ig_answerer_options options = ig_answerer_options_default();
  ig_answers expected, found;
  for (int i = 0; i < TOKENS; i++) {
    memcpy(context + 2 * i, (char[]){(char)('a' + i * i % 5), ' '}, 2);
    memcpy(other + 2 * i, (char[]){(char)('a' + i * i % 3), ' '}, 2);
  }
  const ig_question question = {"who ?", context}, different = {"what ?", other};
  snprintf(path, sizeof path, "%s/answers", directory);
  assert_int_equal(mkdir(path, 0700), 0);
  done(save_answer_model(path, 2, &err));
  options.threads = 1;
  options.batch_tokens = 1 << 20;
  done(ig_interrupter_create(&options.interrupter, &err));
  done(open_answerer(path, &options, &answerer, &err));
  done(ig_answerer_run(answerer, &question, 1, &expected, &err));
  const int whole = (int)(ig_answerer_stats(answerer).seconds * 1e6);
  for (int i = 0; i < TIMES; i++) {
    pthread_t thread;
    // Its rows are what is left in memory.
    done(ig_answerer_run(answerer, &different, 1, &found, &err));
    ig_answers_free(&found);
    stopping s = {.interrupter = options.interrupter, .microseconds = i * whole / TIMES};
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, &s), 0);
    const ig_status status = ig_answerer_run(answerer, &question, 1, &found, &err);
    pthread_join(thread, NULL);
    ig_interrupter_reset(options.interrupter);
    if (status == IG_INTERRUPTED) continue;
    done(status);
    assert_int_equal(found.count, expected.count);
    assert_memory_equal(&found.list[0].score, &expected.list[0].score, sizeof(double));
    ig_answers_free(&found);
  }
  ig_answers_free(&expected);
  ig_answerer_free(answerer);
  ig_interrupter_free(options.interrupter);
}

// All of a short text is read before it is translated; of a long one the caller may know.
static void progress_has_a_total(void **state) {
  (void)state;
  ig_translator *translator = open_translator(1, 2, NULL);
  lines l = {.count = 40};
  done(translate(translator, &l, 0));
  assert_true(l.done == 40 && l.total == 40);
  lines long_one = {.count = 40};
  done(translate(translator, &long_one, 40));
  assert_true(long_one.done == 40 && long_one.total == 40);
  ig_translator_free(translator);
}

static int in_child(ig_translator *translator, ig_trainer *trainer, float expected) {
  static const int ids[] = {3, 4, 2}, offsets[] = {0, 3};
  const ig_batch batch = {1, ids, offsets, ids, ids, offsets, NULL};
  ig_loss loss;
  char *text;
  alarm(60);  // a child that hangs is a failure
  if (ig_translate(translator, "5 6 2", &text, &err) != IG_ERROR_UNSUPPORTED) return 1;
  if (ig_trainer_forward(trainer, &batch, NULL, &loss, &err) != IG_OK) return 2;
  if ((float)loss.loss != expected) return 3;
  ig_translator *own;
  ig_translator_options options = ig_translator_options_default();
  options.ids_in = options.ids_out = true;
  options.threads = 2;
  if (ig_translator_open(directory, &options, &own, &err) != IG_OK) return 4;
  if (ig_translate(own, "5 6 2", &text, &err) != IG_OK) return 5;
  free(text);
  ig_translator_free(own);
  ig_translator_free(translator);
  ig_trainer_free(trainer);
  return 0;
}

static void a_fork_never_hangs(void **state) {
  (void)state;
  static const int ids[] = {3, 4, 2}, offsets[] = {0, 3};
  const ig_batch batch = {1, ids, offsets, ids, ids, offsets, NULL};
  ig_trainer_options options = ig_trainer_options_default();
  ig_trainer *trainer;
  ig_loss loss;
  options.threads = 4;
  done(ig_trainer_create(model, &options, &trainer, &err));
  ig_translator *translator = open_translator(4, 8, NULL);
  done(ig_trainer_forward(trainer, &batch, NULL, &loss, &err));
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) _exit(in_child(translator, trainer, (float)loss.loss));
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
  // The parent is as it was.
  lines l = {.count = 20};
  done(translate(translator, &l, 0));
  assert_int_equal(l.written, 20);
  ig_translator_free(translator);
  ig_trainer_free(trainer);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_window_is_interrupted), cmocka_unit_test(scoring_is_interrupted),
      cmocka_unit_test(answers_are_whole_or_none), cmocka_unit_test(progress_has_a_total),
      cmocka_unit_test(a_fork_never_hangs)};
  return cmocka_run_group_tests(tests, make_model, remove_model);
}
