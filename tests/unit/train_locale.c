// Training, translating and scoring give the same in every locale.
#include "comma_locale.h"
#include "train_fixture.h"

#include "ingot_score.h"
#include "text/sentencepiece.h"

typedef struct outcome {
  char *translated;
  char score[IG_METRIC_ROUGE_LSUM + 1][512];
  char note[128];
  char learning_rate[512];
} outcome;

static void keep_note(void *context, const ig_progress *p) {
  outcome *o = context;
  snprintf(o->note, sizeof o->note, "%s", p->note);
}

static void keep_rate(void *context, ig_level level, const char *text) {
  outcome *o = context;
  (void)level;
  const char *begin = strstr(text, "loss"), *end = strstr(text, ", gradient norm");
  if (begin && end)
    snprintf(o->learning_rate, sizeof o->learning_rate, "%.*s", (int)(end - begin), begin);
}

static void train_a_model(outcome *o) {
  ig_error err = {0};
  const char *set[] = {"train.clip_norm=0.75", "model.init_std=0.05",
                       "train.adam_betas=[0.9, 0.97]"};
  const ig_train_options options = {.set = set,
                                    .set_count = 3,
                                    .threads = 1,
                                    .reporter = {keep_rate, keep_note, o},
                                    .stats_path = "stats.json"};
  ok(ig_train("c.yml", &options, &err), &err);
  ok(ig_train("c.yml", &options, &err), &err);  // resumes, and so reads what it wrote
}

static void train_a_tokenizer(const char *path) {
  ig_error err = {0};
  const char *files[] = {"t.src"};
  ig_sentencepiece_training t = ig_sentencepiece_training_default();
  t.files = files;
  t.file_count = 1;
  t.vocab_size = 20;
  t.character_coverage = 0.995;
  t.soft_vocab_limit = true;
  ok(ig_sentencepiece_train(&t, path, NULL, &err), &err);
}

static void translate_a_line(outcome *o) {
  ig_error err = {0};
  ig_translator_options options = ig_translator_options_default();
  options.beam_size = options.n_best = 2;
  ig_translator *t;
  ok(ig_translator_open("run/latest", &options, &t, &err), &err);
  ok(ig_translate(t, "1 2 3 4", &o->translated, &err), &err);
  ig_translator_free(t);
}

static void do_everything(const char *name, outcome *o) {
  ig_error err = {0};
  char kept[64], tokenizer[64];
  snprintf(tokenizer, sizeof tokenizer, "%s.model", name);
  train_a_model(o);
  train_a_tokenizer(tokenizer);
  translate_a_line(o);
  for (int metric = IG_METRIC_BLEU; metric <= IG_METRIC_ROUGE_LSUM; metric++) {
    const char *hypothesis = "the cat sat on a mat .", *reference = "the cat sat on the mat .";
    ig_score score;
    ok(ig_score_lines(&(ig_score_options){.metric = (ig_metric)metric}, &hypothesis, &reference, 1,
                      &score, &err),
       &err);
    memcpy(o->score[metric], score.line, sizeof score.line);
  }
  snprintf(kept, sizeof kept, "%s.run", name);
  assert_int_equal(rename("run", kept), 0);
}

static void same_in_every_locale(void **state) {
  (void)state;
  static const char *const locales[] = {"de_DE", "ps_AF"};
  outcome expected = {0};
  do_everything("C", &expected);
  for (size_t l = 0; l < 2; l++) {
    char left[64], right[64];
    outcome found = {0};
    assert_true(use_locale(locales[l]));
    do_everything(locales[l], &found);
    setlocale(LC_ALL, "C");
    static const char *const files[] = {"latest/model.safetensors", "latest/training.safetensors",
                                        "latest/config.json"};
    for (size_t f = 0; f < 3; f++) {
      snprintf(left, sizeof left, "C.run/%s", files[f]);
      snprintf(right, sizeof right, "%s.run/%s", locales[l], files[f]);
      if (!same_file(left, right)) fail_msg("%s: %s differs", locales[l], files[f]);
    }
    snprintf(right, sizeof right, "%s.model", locales[l]);
    assert_true(same_file("C.model", right));
    assert_string_equal(found.translated, expected.translated);
    for (int m = 0; m <= IG_METRIC_ROUGE_LSUM; m++)
      assert_string_equal(found.score[m], expected.score[m]);
    assert_string_equal(found.learning_rate, expected.learning_rate);
    if (*found.note && (!strchr(found.note, '.') || strchr(found.note, ',')))
      fail_msg("%s: '%s'", locales[l], found.note);  // which of them depends on timing
    free(found.translated);
  }
  free(expected.translated);
}

int main(void) {
  if (!use_locale("de_DE") || !use_locale("ps_AF") || !setlocale(LC_ALL, "C")) {
    puts("skipped: no localedef, or no sources of the locales de_DE and ps_AF");
    return 77;
  }
  const struct CMUnitTest tests[] = {cmocka_unit_test(same_in_every_locale)};
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
