// Every allocation failed once: a message, no crash, nothing left over, and files whole.
#include "scenarios.h"

#include "base/fail.h"
#include "ingot_answer.h"
#include "ingot_score.h"
#include "ingot_texts.h"
#include "io/yaml.h"

static ig_status tokenize(ig_error *err) {
  static const char text[] = ">>deu<< Hello world. <unk> 12";
  static ig_ids expected;
  ig_tokenizer *tokenizer = NULL;
  ig_ids ids = {0};
  char *back = NULL;
  ig_status status = ig_tokenizer_load(golden_tokenizer, ig_marian_tokenizers, &tokenizer, err);
  if (status == IG_OK)
    status = ig_tokenizer_encode_source(tokenizer, text, strlen(text), &ids, err);
  if (status == IG_OK) status = ig_tokenizer_decode(tokenizer, ids.ids, ids.count, &back, err);
  if (status == IG_OK && !expected.count)
    for (size_t i = 0; i < ids.count; i++)
      assert_int_equal(ig_ids_append(&expected, ids.ids[i], NULL), IG_OK);
  if (status == IG_OK) {
    assert_int_equal(ids.count, expected.count);
    assert_memory_equal(ids.ids, expected.ids, ids.count * sizeof *ids.ids);
  }
  ig_tokenizer_free(tokenizer);
  ig_ids_free(&ids);
  free(back);
  return status;
}

// A translator reads lines of ids and writes lines of ids: the same ones whenever it succeeds.
typedef struct streams {
  int sources, targets;  // read
  char out[4096];
  size_t used;
} streams;

static ig_status next(const char *text, int *at, const char **line, size_t *length) {
  *line = (*at)++ < 3 ? text : NULL;
  *length = *line ? strlen(*line) : 0;
  return IG_OK;
}

static ig_status read_source(void *context, const char **line, size_t *length, ig_error *err) {
  (void)err;
  streams *s = context;
  return next(s->sources == 1 ? "10 51 0" : "34 8 11 0", &s->sources, line, length);
}

static ig_status read_target(void *context, const char **line, size_t *length, ig_error *err) {
  (void)err;
  return next("5 6 7 0", &((streams *)context)->targets, line, length);
}

static ig_status write_line(void *context, const char *line, size_t length, ig_error *err) {
  (void)err;
  streams *s = context;
  assert_true(s->used + length + 2 < sizeof s->out);
  memcpy(s->out + s->used, line, length);
  s->used += length;
  s->out[s->used++] = '\n';
  return IG_OK;
}

typedef enum company { COMPANY_ALONE, COMPANY_TOGETHER } company;

static ig_status run_lines(company with, int threads, bool scoring, char *expected, ig_error *err) {
  ig_translator_options options = ig_translator_options_default();
  options.ids_in = options.ids_out = true;
  options.beam_size = 2;
  options.n_best = scoring ? 1 : 2;
  options.max_length = 8;
  options.threads = options.workers = threads;
  ig_translator *translator = NULL;
  streams s = {0};
  const ig_line_stream stream = {.read = read_source, .write = write_line, .context = &s};
  const ig_ensemble_member members[] = {{golden_model, 1}, {golden_other, 2}, {golden_other, 0}};
  ig_status status =
      with == COMPANY_TOGETHER
          ? ig_translator_open_ensemble(&(ig_ensemble){members, 3, IG_MEAN_ARITHMETIC}, &options,
                                        &translator, err)
          : ig_translator_open(golden_model, &options, &translator, err);
  if (status == IG_OK)
    status = scoring ? ig_score_targets(translator, &stream, read_target, NULL, err)
                     : ig_translate_lines(translator, &stream, NULL, err);
  ig_translator_free(translator);
  if (status != IG_OK) return status;
  if (!*expected) strcpy(expected, s.out);
  assert_string_equal(s.out, expected);
  return IG_OK;
}

static ig_status translate(ig_error *err) {
  static char expected[4096];
  return run_lines(COMPANY_ALONE, 1, false, expected, err);
}
static ig_status translate_in_parallel(ig_error *err) {
  static char expected[4096];
  return run_lines(COMPANY_ALONE, 3, false, expected, err);
}
static ig_status score_targets(ig_error *err) {
  static char expected[4096];
  return run_lines(COMPANY_ALONE, 1, true, expected, err);
}

static ig_status translate_together(ig_error *err) {
  static char expected[4096];
  return run_lines(COMPANY_TOGETHER, 2, false, expected, err);
}
static ig_status score_together(ig_error *err) {
  static char expected[4096];
  return run_lines(COMPANY_TOGETHER, 1, true, expected, err);
}

// By a future, with all that may be asked for; a text that is refused is no failure of the others.
static ig_status translate_texts(ig_error *err) {
  static const char *const texts[] = {"34 8 11 0", "10 x", "10 51 0"};
  ig_translator_options options = ig_translator_options_default();
  options.ids_in = options.ids_out = true;
  options.beam_size = options.n_best = 2;
  options.max_length = 8;
  options.threads = 1;
  ig_translator *translator = NULL;
  ig_future *future = NULL;
  ig_translations *found = NULL;
  ig_status status = ig_translator_open(golden_model, &options, &translator, err);
  if (status == IG_OK)
    status =
        ig_submit_texts(translator, texts, 3,
                        &(ig_texts_options){.log_probs = true, .alignments = true}, &future, err);
  if (status == IG_OK) status = ig_future_wait(future, &found, err);
  if (status == IG_OK) {
    assert_int_equal(found->texts[1].status, IG_ERROR_FORMAT);
    assert_non_null(found->texts[0].translations[1].log_probs);
    assert_non_null(found->texts[2].translations[0].alignment);
  }
  ig_translations_free(found);
  ig_future_free(future);
  ig_translator_free(translator);
  return status;
}

// A new model, one update, a greedy translation, saved as bfloat16 and loaded.
static ig_status step(ig_error *err) {
  static const int ids[] = {3, 4, 5, 2}, start[] = {1, 5, 4, 3}, output[] = {5, 4, 3, 2},
                   offsets[] = {0, 4};
  const ig_batch batch = {1, ids, offsets, start, output, offsets, NULL};
  const ig_torch_options torch = {11, 8, 2, 1, 1, 16, 0.1f, false, NULL};
  const ig_trainer_options options = {
      .optimizer = {.beta1 = 0.9f, .beta2 = 0.98f, .eps = 1e-9f}, .seed = 1, .threads = 1};
  ig_model *model = NULL, *again = NULL;
  ig_trainer *trainer = NULL;
  ig_loss loss;
  int out[8], length;
  ig_config *config = NULL;
  ig_status status = ig_config_torch(&torch, &config, err);
  if (status == IG_OK) status = ig_model_create(config, 1, &model, err);
  ig_config_free(config);
  if (status == IG_OK) status = ig_trainer_create(model, &options, &trainer, err);
  if (status == IG_OK) status = ig_trainer_accumulate(trainer, &batch, 0, &loss, err);
  if (status == IG_OK) status = ig_trainer_update(trainer, 0.01f, NULL, err);
  if (status == IG_OK) status = ig_trainer_forward(trainer, &batch, NULL, &loss, err);
  ig_trainer_free(trainer);
  const ig_generate_args generate = {ids, 4, 8};
  if (status == IG_OK) status = ig_generate(model, &generate, out, &length, err);
  if (status == IG_OK) status = ig_model_save(model, "torch", "bfloat16", err);
  if (status == IG_OK) status = ig_model_load("torch", &again, err);
  ig_model_free(model);
  ig_model_free(again);
  return status;
}

static void remove_torch(void) { remove_directory("torch"); }

// Weights are written last: a directory that has them is complete.
static void torch_is_whole(void) {
  if (!ig_file_exists("torch/model.safetensors")) return;
  ig_error err = {0};
  ig_model *model = NULL;
  ok(ig_model_load("torch", &model, &err), &err);
  ig_model_free(model);
  if (!ig_file_exists("torch.json"))
    assert_int_equal(ig_file_copy("torch/generation_config.json", "torch.json", NULL), IG_OK);
  assert_true(same_file("torch/generation_config.json", "torch.json"));
}

static ig_status inspect_as(bool json, char *expected, ig_error *err) {
  char *text = NULL;
  ig_inspect_options options = ig_inspect_options_default();
  options.json = json;
  const ig_status status = ig_inspect(golden_model, &options, &text, err);
  if (status == IG_OK && !*expected) strcpy(expected, text);
  if (status == IG_OK) assert_string_equal(text, expected);
  free(text);
  return status;
}

static ig_status inspect(ig_error *err) {
  static char expected[8192];
  return inspect_as(false, expected, err);
}
static ig_status inspect_json(ig_error *err) {
  static char expected[65536];
  return inspect_as(true, expected, err);
}

static ig_status read_yaml(ig_error *err) {
  static const char text[] = "a: {b: [1, 2, &x {c: d}, *x], e: 'f'}\ng: ~\n";
  ig_yaml *yaml = NULL;
  json_t *json = NULL;
  const char **strings = NULL;
  size_t count;
  ig_status status = ig_yaml_parse(text, sizeof text - 1, "t.yml", &yaml, err);
  if (status == IG_OK) status = ig_yaml_set(yaml, "a.h.i=[3, four]", err);
  if (status == IG_OK)
    status = ig_yaml_strings(ig_yaml_find(ig_yaml_root(yaml), "a.h"), "i", &strings, &count, err);
  if (status == IG_OK) {
    json = ig_yaml_to_json(ig_yaml_root(yaml));
    if (!json) status = ig_fail(err, IG_ERROR_MEMORY, "no JSON");
  }
  if (json) assert_int_equal(json_array_size(json_object_get(json_object_get(json, "a"), "b")), 4);
  json_decref(json);
  free(strings);
  ig_yaml_free(yaml);
  return status;
}

static ig_status score_lines(ig_error *err) {
  static const char *const hypotheses[] = {"the cat sat on the mat", "Ein Satz \xC3\x84 1,000."},
                           *const references[] = {"a cat sat on a mat",
                                                  "Ein \xC3\xA4hnlicher Satz 1,000."};
  for (int metric = IG_METRIC_BLEU; metric <= IG_METRIC_ROUGE_LSUM; metric++) {
    const ig_score_options options = {.metric = (ig_metric)metric,
                                      .tokenize = metric == IG_METRIC_BLEU ? "intl" : NULL,
                                      .lowercase = true,
                                      .rouge_stemmer = true,
                                      .rouge_sentence_end = "sat"};
    ig_score score;
    IG_TRY(ig_score_lines(&options, hypotheses, references, 2, &score, err));
    assert_true(score.value > 0);
  }
  return IG_OK;
}

// Three references of each line, one of them empty, and all metrics.
static ig_status score_with_references(ig_error *err) {
  static const char *const hypotheses[] = {"the cat sat on the mat", "Ein Satz \xC3\x84 1,000."},
                           *const references[] = {"a cat sat on a mat",
                                                  "the cat lay on the mat",
                                                  "",
                                                  "Ein \xC3\xA4hnlicher Satz 1,000.",
                                                  "Ein Satz \xC3\x84 1000.",
                                                  "Satz."};
  static double expected[IG_METRIC_ROUGE_LSUM + 1];
  for (int metric = IG_METRIC_BLEU; metric <= IG_METRIC_ROUGE_LSUM; metric++) {
    const ig_score_options options = {.metric = (ig_metric)metric,
                                      .reference_count = 3,
                                      .chrf_word_order = metric == IG_METRIC_CHRF ? 2 : 0};
    ig_score score;
    IG_TRY(ig_score_lines(&options, hypotheses, references, 2, &score, err));
    if (expected[metric] == 0) expected[metric] = score.value;
    assert_true(score.value > 0 && score.value == expected[metric]);
  }
  return IG_OK;
}

static ig_status plan_stages(ig_error *err) {
  static char expected[8192];
  char *text = NULL;
  const ig_status status = ig_fuse_describe("fuse.yml", "planned", NULL, &text, err);
  char *disk = text ? strstr(text, "\ndisk") : NULL;
  if (disk) *disk = '\0';  // the room that is left on the disk changes
  if (status == IG_OK && !*expected) strcpy(expected, text);
  if (status == IG_OK) assert_string_equal(text, expected);
  free(text);
  return status;
}

static ig_status verify_fused(ig_error *err) {
  char *text = NULL;
  bool intact;
  const ig_status status = ig_fuse_verify("fused", false, 1, &text, &intact, err);
  if (status == IG_OK) assert_true(intact && strstr(text, "0 changed, 0 gone"));
  free(text);
  return status;
}

static void fused_there(void) {
  ig_error err = {0};
  if (!ig_file_exists("fused")) ok(fuse_stages(&err), &err);
}

// ---- answers --------------------------------------------------------------------------

static void write_small_file(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

static void write_answers(void) {
  write_small_file("squad.json",
                   "{\"data\": [{\"paragraphs\": [{\"context\": \"one two\", \"qas\": ["
                   "{\"id\": 1, \"question\": \"?\", \"answers\": [{\"text\": \"one, can't\", "
                   "\"answer_start\": 0}, {\"text\": \"two \u5e74\", \"answer_start\": 4}]}, "
                   "{\"id\": \"b\", \"question\": \"?\", \"answers\": [{\"text\": \"two\", "
                   "\"answer_start\": 4}]}]}]}]}");
  write_small_file("predictions.json", "{\"1\": \"one can't \u5e74\", \"b\": \"two\"}");
  write_small_file("baseline.json", "{\"1\": null, \"c\": \"two\"}");
  write_small_file("odds.json", "{\"1\": 0.5, \"b\": -1, \"c\": 2}");
}

// By the rules of 2.0 with odds, and by those of MLQA and CMRC; the difference is tested.
static ig_status score_answers(ig_error *err) {
  static double expected[IG_SQUAD_RULES_CMRC + 1];
  static const char *const baselines[] = {"baseline.json", "predictions.json"};
  ig_resampled exact[2], f1[2];
  const ig_resampling resampling = {
      .resamples = 20, .trials = 20, .test = IG_PAIRED_TEST_RANDOMISATION, .interval = true};
  for (int rules = IG_SQUAD_RULES_V2; rules <= IG_SQUAD_RULES_CMRC; rules++) {
    const ig_squad_options options = {.rules = (ig_squad_rules)rules,
                                      .language = rules == IG_SQUAD_RULES_MLQA ? "zh" : NULL,
                                      .null_odds = rules == IG_SQUAD_RULES_V2 ? "odds.json" : NULL,
                                      .resampling = &resampling,
                                      .baselines = baselines,
                                      .baseline_count = 2,
                                      .resampled_exact = exact,
                                      .resampled_f1 = f1};
    ig_squad_score score;
    IG_TRY(ig_score_squad(&options, "squad.json", "predictions.json", &score, err));
    if (expected[rules] == 0) expected[rules] = score.all.f1;
    assert_true(score.all.f1 > 0 && score.all.f1 == expected[rules]);
    assert_true(f1[0].has_interval && f1[0].p_value > 0 && f1[1].equal);
  }
  return IG_OK;
}

// Lines of two systems.
static ig_status score_resampled(ig_error *err) {
  static const char *const system[] = {"the cat sat on the mat", "a b c d e"}, *const baseline[] = {
                                                                                   "the cat",
                                                                                   "a b c d"};
  for (int metric = IG_METRIC_BLEU; metric <= IG_METRIC_ROUGE_1; metric++) {
    const ig_score_options options = {.metric = (ig_metric)metric};
    const ig_resampling resampling = {.test = IG_PAIRED_TEST_BOOTSTRAP, .resamples = 20};
    const ig_resampled_lines lines = {system, baseline, system, 2};
    ig_resampled out;
    IG_TRY(ig_score_resampled(&options, &resampling, &lines, &out, err));
    assert_true(out.has_interval && !out.equal);
  }
  return IG_OK;
}

static ig_status open_answerer(ig_post_processing kind, ig_answerer **out, ig_error *err) {
  static char path[512];
  snprintf(path, sizeof path, "%s/tests/golden/answers", getenv("INGOT_SOURCE"));
  const ig_ensemble_member members[] = {{path, 1}, {path, 2}};
  ig_answerer_options options = ig_answerer_options_default();
  options.threads = options.workers = 1;
  options.max_length = 20;
  options.stride = 4;
  options.n_best = 3;
  options.no_answer = true;
  options.post_processing = kind;
  return ig_answerer_open(&(ig_ensemble){.members = members, .count = 2}, &options, out, err);
}

static void write_questions(void) {
  write_small_file("questions.json",
                   "{\"data\": [{\"paragraphs\": [{\"context\": \"The city of Lyon is near the old "
                   "bridge in Lyon, and the river flows south.\", \"qas\": ["
                   "{\"id\": 1, \"question\": \"Where is it?\", \"answers\": []},"
                   "{\"id\": \"b\", \"question\": \"?\", \"answers\": []}]},"
                   "{\"context\": \" \", \"qas\": ["
                   "{\"id\": \"c\", \"question\": \"?\", \"answers\": []}]}]}]}");
}

static const char *const best_files[] = {"best-pipeline.json", "best-run_qa.json"};

// Two members answer a file.
static ig_status answer_squad(ig_error *err) {
  for (int kind = IG_POST_PROCESSING_PIPELINE; kind <= IG_POST_PROCESSING_RUN_QA; kind++) {
    const ig_answer_files files = {.questions = "questions.json",
                                   .predictions = "answers.json",
                                   .n_best = best_files[kind],
                                   .null_odds = kind ? "null.json" : NULL};
    ig_answerer *answerer;
    IG_TRY(open_answerer((ig_post_processing)kind, &answerer, err));
    const ig_status status = ig_answer_squad(answerer, &files, err);
    ig_answerer_free(answerer);
    IG_TRY(status);
  }
  return IG_OK;
}

// Whatever happened, each file that exists is what it is without faults.
static void answers_are_whole(void) {
  for (int kind = 0; kind < 2; kind++) {
    char first[64];
    snprintf(first, sizeof first, "first-%s", best_files[kind]);
    if (!ig_file_exists(best_files[kind])) continue;
    if (!ig_file_exists(first))
      assert_int_equal(ig_file_copy(best_files[kind], first, NULL), IG_OK);
    assert_true(same_file(best_files[kind], first));
    assert_int_equal(remove(best_files[kind]), 0);
  }
}

static ig_status read_question(void *context, const char **line, size_t *length, ig_error *err) {
  (void)err;
  static const char *const lines[] = {
      "{\"id\": 1, \"question\": \"Where is it?\", \"context\": \"The city of Lyon.\"}", "no JSON",
      "{\"question\": \"Where?\", \"context\": \"\"}"};
  streams *s = context;
  *line = s->sources < 3 ? lines[s->sources++] : NULL;
  *length = *line ? strlen(*line) : 0;
  return IG_OK;
}

static ig_status answer_lines(ig_error *err) {
  ig_answerer *answerer;
  streams s = {0};
  const ig_line_stream stream = {.read = read_question, .write = write_line, .context = &s};
  IG_TRY(open_answerer(IG_POST_PROCESSING_PIPELINE, &answerer, err));
  const ig_status status = ig_answer_lines(answerer, &stream, NULL, err);
  ig_answerer_free(answerer);
  if (status == IG_OK) assert_non_null(strstr(s.out, "\"error\":\"the context has no tokens\""));
  return status;
}

static ig_status open_generator(ig_answerer **out, ig_error *err) {
  static char path[512];
  snprintf(path, sizeof path, "%s/tests/golden/generated_answers/bart", getenv("INGOT_SOURCE"));
  const ig_ensemble_member member = {path, 1};
  ig_answerer_options options = ig_answerer_options_default();
  options.threads = options.workers = 1;
  options.max_length = 48;
  options.stride = 4;
  options.beam_size = options.n_best = 2;
  options.max_answer_length = 4;
  options.passages = true;
  return ig_answerer_open(&(ig_ensemble){.members = &member, .count = 1}, &options, out, err);
}

static ig_status generate_answers(ig_error *err) {
  ig_answerer *answerer;
  streams s = {0};
  const ig_line_stream stream = {.read = read_question, .write = write_line, .context = &s};
  IG_TRY(open_generator(&answerer, err));
  const ig_status status = ig_answer_lines(answerer, &stream, NULL, err);
  ig_answerer_free(answerer);
  if (status == IG_OK) assert_non_null(strstr(s.out, "\"error\":\"the context has no tokens\""));
  return status;
}

// A model that answers a file of questions that are known.
static ig_status score_held_out(ig_error *err) {
  char path[512];
  ig_held_out_questions *questions;
  double score;
  snprintf(path, sizeof path, "%s/tests/golden/answers", getenv("INGOT_SOURCE"));
  ig_held_out_questions_options options = ig_held_out_questions_options_default();
  options.answering.threads = options.answering.workers = 1;
  IG_TRY(ig_held_out_questions_open("questions.json", &options, &questions, err));
  const ig_status status = ig_score_held_out_questions(questions, path, &score, err);
  ig_held_out_questions_free(questions);
  return status;
}

// ---- learned fusion ---------------------------------------------------------------------

static void remove_learned(void) {
  static const char *const names[] = {"learned", "learned.partial", "learned.stages"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) remove_directory(names[i]);
}

// One step, of a model that teaches itself where answers are.
static void write_learning(void) {
  char recipe[2048];
  remove_learned();
  write_small_file("right.json",
                   "{\"data\": [{\"paragraphs\": [{\"context\": \"The city of Lyon is near the "
                   "old bridge in Lyon, and the river flows south.\", \"qas\": [{\"id\": \"a\", "
                   "\"question\": \"Where is it?\", \"answers\": [{\"text\": \"Lyon\", "
                   "\"answer_start\": 12}]}, {\"id\": \"b\", \"question\": \"what?\", "
                   "\"answers\": [{\"text\": \"old bridge\", \"answer_start\": 29}]}]}]}]}");
  snprintf(recipe, sizeof recipe,
           "merge_method: learned\nmodels: [{model: %s/tests/golden/answers}]\n"
           "learn: {max_length: 24, stride: 6, steps: 1, valid_share: 0.5, granularity: model,\n"
           "        loss: teachers, data: {questions: right.json}}\n",
           getenv("INGOT_SOURCE"));
  write_small_file("learned.yml", recipe);
}

static ig_status learn_from_questions(ig_error *err) {
  const ig_fuse_options options = {.threads = 1};
  return ig_fuse("learned.yml", "learned", &options, err);
}

static void learned_is_whole(void) {
  if (!ig_file_exists("learned")) return;
  if (!ig_file_exists("learned-first")) copy_checkpoint("learned", "learned-first");
  expect_same_files("learned", "learned-first");
  expect_same_files("learned-first", "learned");
}

static const scenario scenarios[] = {
    {"tokenizer", tokenize, NULL, NULL, false},
    {"translate", translate, NULL, NULL, false},
    {"translate in parallel", translate_in_parallel, NULL, NULL, false},
    {"score targets", score_targets, NULL, NULL, false},
    {"translate with an ensemble", translate_together, NULL, NULL, false},
    {"score targets with an ensemble", score_together, NULL, NULL, false},
    {"translate texts", translate_texts, NULL, NULL, false},
    {"step, save and load", step, remove_torch, torch_is_whole, false},
    {"inspect", inspect, NULL, NULL, false},
    {"inspect as JSON", inspect_json, NULL, NULL, false},
    {"YAML", read_yaml, NULL, NULL, false},
    {"score", score_lines, NULL, NULL, false},
    {"score against several references", score_with_references, NULL, NULL, false},
    {"score answers", score_answers, write_answers, NULL, false},
    {"answer a file of questions", answer_squad, write_questions, answers_are_whole, false},
    {"answer lines", answer_lines, NULL, NULL, false},
    {"generate answers", generate_answers, NULL, NULL, false},
    {"score held-out questions", score_held_out, write_questions, NULL, false},
    {"score resampled lines", score_resampled, NULL, NULL, false},
    {"fuse", fuse_stages, remove_fused, fusion_is_whole, false},
    {"plan a fusion", plan_stages, NULL, NULL, false},
    {"verify a fusion", verify_fused, fused_there, NULL, false},
    {"learn from questions", learn_from_questions, write_learning, learned_is_whole, true},
    {"train", train_tiny, remove_tiny, training_is_whole, false},
    {"resume", train_more, more_from_tiny, training_goes_on, false},
    {"train from corpora in a file", train_stored, write_corpora, training_is_whole, true},
    {"train with teachers", train_taught, with_teacher, training_is_whole, true},
};

// INGOT_SCENARIO=NAME tries this one alone.
static void allocations(void **state) {
  (void)state;
  const char *wanted = getenv("INGOT_SCENARIO");
  size_t tried = 0;
  find_golden();
  write_tiny_corpus();
  write_recipe();
  for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
    if (wanted && strcmp(wanted, scenarios[i].name) != 0) continue;
    assert_true(every_fault(&scenarios[i], FAULT_MEMORY) > 10);
    tried++;
  }
  assert_true(tried > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(allocations)};
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
