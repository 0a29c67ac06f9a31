// NULL for what a public function needs is IG_ERROR_ARGUMENT; where a function has no status it
// gives nothing, and freeing NULL is fine. The table below is compared with the headers, so that no
// function is left out.
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "answer_fixture.h"
#include "ingot.h"
#include "ingot_cluster.h"
#include "ingot_embed.h"
#include "ingot_measure.h"
#include "ingot_optimize.h"
#include "ingot_score.h"
#include "ingot_texts.h"

static ig_config *config;
static ig_model *model;
static ig_trainer *trainer;
static ig_engine *engine;
static ig_translator *translator;
static ig_answerer *answerer;
static char directory[] = "/tmp/ingot-null-XXXXXX";
static ig_error err;

static void done(ig_status status) {
  if (status != IG_OK) fail_msg("%s", err.message);
}

static int open_all(void **state) {
  (void)state;
  ig_torch_options torch = ig_torch_options_default();
  torch.vocab_size = 10;
  torch.d_model = torch.dim_feedforward = 8;
  torch.nhead = 2;
  torch.num_encoder_layers = torch.num_decoder_layers = 1;
  ig_engine_options ids = ig_engine_options_default();
  ig_translator_options lines = ig_translator_options_default();
  ids.ids_only = lines.ids_in = lines.ids_out = true;
  ids.threads = 1;
  lines.max_length = 4;
  if (!mkdtemp(directory)) return -1;
  const ig_ensemble_member member = {.directory = directory};
  const ig_ensemble one = {.members = &member, .count = 1};
  done(ig_config_torch(&torch, &config, &err));
  done(ig_model_create(config, 1, &model, &err));
  done(ig_model_save(model, directory, "float32", &err));
  done(ig_trainer_create(model, NULL, &trainer, &err));
  done(ig_engine_open(&one, &ids, &engine, &err));
  done(ig_translator_open_on(engine, &lines, &translator, &err));
  done(save_answer_model(directory, 2, &err));
  done(open_answerer(directory, NULL, &answerer, &err));
  return 0;
}

static int close_all(void **state) {
  (void)state;
  ig_answerer_free(answerer);
  ig_translator_free(translator);
  ig_engine_free(engine);
  ig_trainer_free(trainer);
  ig_model_free(model);
  ig_config_free(config);
  char command[64];
  snprintf(command, sizeof command, "rm -r %s", directory);
  return system(command);
}

// Fails with a message, also where nobody wants it.
#define REFUSED(...)                                                                              \
  do {                                                                                            \
    err = (ig_error){.message = ""};                                                              \
    const ig_status refused_status = (__VA_ARGS__);                                               \
    if (refused_status != IG_ERROR_ARGUMENT || err.status != IG_ERROR_ARGUMENT ||                 \
        err.message[0] == '\0')                                                                   \
      fail_msg("%s: status %s, '%s'", #__VA_ARGS__, ig_status_name(refused_status), err.message); \
  } while (0)

static void configs(void) {
  ig_config *made;
  char *text;
  const ig_torch_options torch = ig_torch_options_default();
  REFUSED(ig_config_create("torch", NULL, &made, &err));
  REFUSED(ig_config_create("torch", "{}", NULL, &err));
  REFUSED(ig_config_load(NULL, &made, &err));
  REFUSED(ig_config_load(directory, NULL, &err));
  REFUSED(ig_config_json(NULL, &text, &err));
  REFUSED(ig_config_json(config, NULL, &err));
  REFUSED(ig_config_torch(NULL, &made, &err));
  REFUSED(ig_config_torch(&torch, NULL, &err));
  assert_null(ig_config_family(NULL));
  const ig_vocabulary_facts facts = ig_config_vocabulary(NULL);
  assert_true(facts.source_size == 0 && facts.target_size == 0 && facts.eos_id == -1);
  ig_config_free(NULL);
}

static void models(void) {
  ig_model *made;
  ig_tensor_view view;
  REFUSED(ig_model_create(NULL, 1, &made, &err));
  REFUSED(ig_model_create(config, 1, NULL, &err));
  REFUSED(ig_model_load(NULL, &made, &err));
  REFUSED(ig_model_load(directory, NULL, &err));
  REFUSED(ig_model_save(NULL, directory, "float32", &err));
  REFUSED(ig_model_save(model, NULL, "float32", &err));
  REFUSED(ig_model_save(model, directory, NULL, &err));
  REFUSED(ig_model_tensor(NULL, 0, &view, &err));
  REFUSED(ig_model_tensor(model, 0, NULL, &err));
  REFUSED(ig_model_tensor(model, SIZE_MAX, &view, &err));
  REFUSED(ig_model_find(NULL, "x", &view, &err));
  REFUSED(ig_model_find(model, NULL, &view, &err));
  REFUSED(ig_model_find(model, "x", NULL, &err));
  assert_null(ig_model_config(NULL));
  assert_null(ig_model_stored_type(NULL));
  assert_int_equal(ig_model_parameters(NULL), 0);
  assert_int_equal(ig_model_tensors(NULL), 0);
  assert_true(ig_model_name_split(NULL, NULL) == 0 && ig_model_name_split("a+b", NULL) == 1);
  char *found;
  REFUSED(ig_model_name_find(NULL, &found, NULL, &err));
  REFUSED(ig_model_name_find("a+b", NULL, NULL, &err));
  ig_model_free(NULL);
}

static void trainers(void) {
  static const int ids[] = {3, 4, 2}, offsets[] = {0, 3};
  const ig_batch whole = {.sequences = 1,
                          .source = ids,
                          .source_offsets = offsets,
                          .target_input = ids,
                          .target_output = ids,
                          .target_offsets = offsets};
  ig_trainer *made;
  ig_loss loss;
  REFUSED(ig_trainer_create(NULL, NULL, &made, &err));
  REFUSED(ig_trainer_create(model, NULL, NULL, &err));
  REFUSED(ig_trainer_forward(NULL, &whole, NULL, &loss, &err));
  REFUSED(ig_trainer_forward(trainer, NULL, NULL, &loss, &err));
  REFUSED(ig_trainer_accumulate(NULL, &whole, 0, &loss, &err));
  REFUSED(ig_trainer_accumulate(trainer, NULL, 0, &loss, &err));
  for (int member = 0; member < 5; member++) {
    ig_batch batch = whole;
    if (member == 0) batch.source = NULL;
    if (member == 1) batch.source_offsets = NULL;
    if (member == 2) batch.target_input = NULL;
    if (member == 3) batch.target_output = NULL;
    if (member == 4) batch.target_offsets = NULL;
    if (member != 3) REFUSED(ig_trainer_forward(trainer, &batch, NULL, &loss, &err));
    REFUSED(ig_trainer_accumulate(trainer, &batch, 0, &loss, &err));
  }
  done(ig_trainer_forward(trainer, &whole, NULL, NULL, &err));
  done(ig_trainer_accumulate(trainer, &whole, 0, NULL, &err));
  REFUSED(ig_trainer_update(NULL, 0.1f, NULL, &err));
  done(ig_trainer_update(trainer, 0.1f, NULL, &err));
  ig_trainer_zero_gradients(NULL);
  ig_trainer_free(NULL);
}

static void trainings(void) {
  ig_train_options options = {.set_count = 1};
  const char *const set[] = {NULL}, *const name = directory;
  REFUSED(ig_train(NULL, NULL, &err));
  REFUSED(ig_train("none.yml", &options, &err));
  options.set = set;
  REFUSED(ig_train("none.yml", &options, &err));
  REFUSED(ig_train_draw(NULL, 1, "page.html", NULL, &err));
  REFUSED(ig_train_draw(set, 1, "page.html", NULL, &err));
  REFUSED(ig_train_draw(&name, 1, NULL, NULL, &err));
  REFUSED(ig_train_draw(&name, 0, "page.html", NULL, &err));
}

static ig_status read_end(void *context, const char **line, size_t *length, ig_error *e) {
  (void)context, (void)e;
  *line = NULL;
  *length = 0;
  return IG_OK;
}

static ig_status write_nothing(void *context, const char *line, size_t length, ig_error *e) {
  (void)context, (void)line, (void)length, (void)e;
  return IG_OK;
}

static void translators(void) {
  const ig_line_stream stream = {.read = read_end, .write = write_nothing};
  const ig_line_stream no_read = {.write = write_nothing}, no_write = {.read = read_end};
  ig_translator *made;
  char *text;
  REFUSED(ig_translator_open(NULL, NULL, &made, &err));
  REFUSED(ig_translator_open(directory, NULL, NULL, &err));
  REFUSED(ig_translator_open_on(NULL, NULL, &made, &err));
  REFUSED(ig_translator_open_on(engine, NULL, NULL, &err));
  REFUSED(ig_translate(NULL, "3", &text, &err));
  REFUSED(ig_translate(translator, NULL, &text, &err));
  REFUSED(ig_translate(translator, "3", NULL, &err));
  REFUSED(ig_translate_lines(NULL, &stream, NULL, &err));
  REFUSED(ig_translate_lines(translator, NULL, NULL, &err));
  REFUSED(ig_translate_lines(translator, &no_read, NULL, &err));
  REFUSED(ig_translate_lines(translator, &no_write, NULL, &err));
  REFUSED(ig_score_targets(NULL, &stream, read_end, NULL, &err));
  REFUSED(ig_score_targets(translator, NULL, read_end, NULL, &err));
  REFUSED(ig_score_targets(translator, &no_read, read_end, NULL, &err));
  REFUSED(ig_score_targets(translator, &no_write, read_end, NULL, &err));
  REFUSED(ig_score_targets(translator, &stream, NULL, NULL, &err));
  assert_int_equal(ig_translator_stats(NULL).sentences, 0);
  ig_translator_free(NULL);
}

static void embedders(void) {
  const char *texts[] = {"a b"}, *none[] = {NULL};
  float *vectors;
  ig_embedder *embedder;
  done(ig_embedder_open(directory, NULL, &embedder, &err));
  assert_true(ig_embedder_size(embedder) > 0);
  vectors = calloc((size_t)ig_embedder_size(embedder), sizeof *vectors);
  assert_non_null(vectors);
  ig_embedder_free(embedder);
  REFUSED(ig_embedder_open(NULL, NULL, &embedder, &err));
  REFUSED(ig_embedder_open(directory, NULL, NULL, &err));
  done(ig_embedder_open(directory, NULL, &embedder, &err));
  REFUSED(ig_embedder_run(NULL, texts, 1, vectors, &err));
  REFUSED(ig_embedder_run(embedder, NULL, 1, vectors, &err));
  REFUSED(ig_embedder_run(embedder, texts, 1, NULL, &err));
  REFUSED(ig_embedder_run(embedder, none, 1, vectors, &err));
  assert_int_equal(ig_embedder_size(NULL), 0);
  assert_int_equal(ig_embedder_stats(NULL).texts, 0);
  ig_embedder_free(embedder);
  ig_embedder_free(NULL);
  free(vectors);
}

static void held_out_questions(void) {
  ig_held_out_questions *made;
  double score;
  REFUSED(ig_held_out_questions_open(NULL, NULL, &made, &err));
  REFUSED(ig_held_out_questions_open("none.json", NULL, NULL, &err));
  assert_int_equal(ig_held_out_questions_open("none.json", NULL, &made, &err), IG_ERROR_IO);
  assert_null(made);
  REFUSED(ig_score_held_out_questions(NULL, directory, &score, &err));
  ig_held_out_questions_free(NULL);
}

static void held_out_commands(void) {
  ig_held_out_command_options options = ig_held_out_command_options_default();
  double score;
  REFUSED(ig_score_held_out_command(NULL, directory, &score, &err));
  REFUSED(ig_score_held_out_command(&options, directory, &score, &err));
  options.command = "echo 1;:";
  REFUSED(ig_score_held_out_command(&options, NULL, &score, &err));
  REFUSED(ig_score_held_out_command(&options, directory, NULL, &err));
}

static void answerers(void) {
  const ig_line_stream stream = {.read = read_end, .write = write_nothing};
  const ig_line_stream no_read = {.write = write_nothing}, no_write = {.read = read_end};
  const ig_ensemble_member member = {.directory = directory}, nameless = {.directory = NULL};
  const ig_ensemble one = {.members = &member, .count = 1}, of_none = {.members = &member},
                    without = {.count = 1}, unnamed = {.members = &nameless, .count = 1};
  const ig_question question = {"who ?", "a b"};
  const ig_answer_files files = {.questions = "none.json", .predictions = "out.json"};
  ig_answer_files lacking = files;
  ig_answerer *made;
  ig_answers found;
  REFUSED(ig_answerer_open(NULL, NULL, &made, &err));
  REFUSED(ig_answerer_open(&one, NULL, NULL, &err));
  REFUSED(ig_answerer_open(&of_none, NULL, &made, &err));
  REFUSED(ig_answerer_open(&without, NULL, &made, &err));
  REFUSED(ig_answerer_open(&unnamed, NULL, &made, &err));
  REFUSED(ig_answerer_run(NULL, &question, 1, &found, &err));
  REFUSED(ig_answerer_run(answerer, NULL, 1, &found, &err));
  REFUSED(ig_answerer_run(answerer, &question, 1, NULL, &err));
  // A question without a text is a problem of its own.
  done(ig_answerer_run(answerer, &(ig_question){.context = "a"}, 1, &found, &err));
  assert_non_null(found.problem);
  ig_answers_free(&found);
  done(ig_answerer_run(answerer, &(ig_question){.question = "a"}, 1, &found, &err));
  assert_non_null(found.problem);
  ig_answers_free(&found);
  REFUSED(ig_answer_squad(NULL, &files, &err));
  REFUSED(ig_answer_squad(answerer, NULL, &err));
  lacking.questions = NULL;
  REFUSED(ig_answer_squad(answerer, &lacking, &err));
  lacking = files;
  lacking.predictions = NULL;
  REFUSED(ig_answer_squad(answerer, &lacking, &err));
  REFUSED(ig_answer_lines(NULL, &stream, NULL, &err));
  REFUSED(ig_answer_lines(answerer, NULL, NULL, &err));
  REFUSED(ig_answer_lines(answerer, &no_read, NULL, &err));
  REFUSED(ig_answer_lines(answerer, &no_write, NULL, &err));
  assert_int_equal(ig_answerer_stats(NULL).questions, 0);
  assert_false(ig_answerer_generates(NULL));
  assert_false(ig_answerer_generates(answerer));
  ig_answers_free(NULL);
  ig_answerer_free(NULL);
}

static void ensembles(void) {
  const ig_ensemble_member nobody = {0}, member = {.directory = directory};
  const ig_ensemble unlisted = {.count = 1}, unnamed = {.members = &nobody, .count = 1},
                    empty = {.members = &member}, one = {.members = &member, .count = 1};
  const ig_ensemble *const wrong[] = {NULL, &unlisted, &unnamed, &empty};
  ig_translator *made;
  ig_engine *opened;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    REFUSED(ig_translator_open_ensemble(wrong[i], NULL, &made, &err));
    REFUSED(ig_engine_open(wrong[i], NULL, &opened, &err));
  }
  REFUSED(ig_translator_open_ensemble(&one, NULL, NULL, &err));
  REFUSED(ig_engine_open(&one, NULL, NULL, &err));
  ig_engine_free(NULL);
}

static void texts(void) {
  static const char *const two[] = {"3 4", NULL};
  ig_translations *found;
  REFUSED(ig_translate_texts(NULL, two, 1, NULL, &found, &err));
  REFUSED(ig_translate_texts(translator, NULL, 1, NULL, &found, &err));
  REFUSED(ig_translate_texts(translator, two, 2, NULL, &found, &err));
  REFUSED(ig_translate_texts(translator, two, 1, NULL, NULL, &err));
  ig_translations_free(NULL);
}

static void futures(void) {
  static const char *const two[] = {"3 4", NULL};
  ig_translations *found;
  ig_future *future;
  REFUSED(ig_submit_texts(NULL, two, 1, NULL, &future, &err));
  REFUSED(ig_submit_texts(translator, NULL, 1, NULL, &future, &err));
  REFUSED(ig_submit_texts(translator, two, 2, NULL, &future, &err));
  REFUSED(ig_submit_texts(translator, two, 1, NULL, NULL, &err));
  REFUSED(ig_future_wait(NULL, &found, &err));
  done(ig_submit_texts(translator, two, 1, NULL, &future, &err));
  REFUSED(ig_future_wait(future, NULL, &err));
  ig_future_free(future);
  assert_true(ig_future_ready(NULL));
  ig_future_free(NULL);
}

static void generations(void) {
  static const int ids[] = {3, 4, 2};
  const ig_generate_args args = {.source = ids, .source_length = 3, .max_length = 4},
                         no_source = {.source_length = 3, .max_length = 4};
  int out[4], length;
  REFUSED(ig_generate(NULL, &args, out, &length, &err));
  REFUSED(ig_generate(model, NULL, out, &length, &err));
  REFUSED(ig_generate(model, &no_source, out, &length, &err));
  REFUSED(ig_generate(model, &args, NULL, &length, &err));
  REFUSED(ig_generate(model, &args, out, NULL, &err));
}

static void scores(void) {
  const char *const lines[] = {"a", "b"}, *const holed[] = {"a", NULL};
  ig_held_out_options held_out = ig_held_out_options_default(), no_lines = held_out;
  held_out.sources = held_out.references = lines;
  held_out.count = no_lines.count = 2;
  ig_score score;
  double value;
  for (int metric = IG_METRIC_BLEU; metric <= IG_METRIC_ROUGE_LSUM; metric++) {
    const ig_score_options options = {.metric = (ig_metric)metric};
    REFUSED(ig_score_lines(&options, NULL, lines, 2, &score, &err));
    REFUSED(ig_score_lines(&options, lines, NULL, 2, &score, &err));
    REFUSED(ig_score_lines(&options, lines, lines, 2, NULL, &err));
    REFUSED(ig_score_lines(&options, holed, lines, 2, &score, &err));
    REFUSED(ig_score_lines(&options, lines, holed, 2, &score, &err));
  }
  ig_squad_score answers;
  ig_resampled resampled;
  const ig_resampled_lines whole = {lines, lines, lines, 2};
  REFUSED(ig_score_resampled(NULL, NULL, NULL, &resampled, &err));
  REFUSED(ig_score_resampled(NULL, NULL, &whole, NULL, &err));
  REFUSED(ig_score_resampled(NULL, NULL, &(ig_resampled_lines){NULL, lines, lines, 2}, &resampled,
                             &err));
  REFUSED(ig_score_resampled(NULL, NULL, &(ig_resampled_lines){lines, holed, lines, 2}, &resampled,
                             &err));
  REFUSED(ig_score_resampled(NULL, NULL, &(ig_resampled_lines){lines, NULL, NULL, 2}, &resampled,
                             &err));
  REFUSED(ig_score_squad(NULL, NULL, directory, &answers, &err));
  REFUSED(ig_score_squad(NULL, directory, NULL, &answers, &err));
  REFUSED(ig_score_squad(NULL, directory, directory, NULL, &err));
  REFUSED(ig_score_held_out(NULL, directory, &value, &err));
  REFUSED(ig_score_held_out(&held_out, NULL, &value, &err));
  REFUSED(ig_score_held_out(&held_out, directory, NULL, &err));
  REFUSED(ig_score_held_out(&no_lines, directory, &value, &err));
  held_out.sources = holed;
  REFUSED(ig_score_held_out(&held_out, directory, &value, &err));
}

static void fusions(void) {
  char *text;
  bool intact;
  REFUSED(ig_fuse(NULL, "out", NULL, &err));
  REFUSED(ig_fuse("recipe.yml", NULL, NULL, &err));
  REFUSED(ig_fuse_describe(NULL, NULL, NULL, &text, &err));
  REFUSED(ig_fuse_describe("recipe.yml", NULL, NULL, NULL, &err));
  REFUSED(ig_fuse_verify(NULL, false, 1, &text, &intact, &err));
  REFUSED(ig_fuse_verify(directory, false, 1, NULL, &intact, &err));
  REFUSED(ig_fuse_verify(directory, false, 1, &text, NULL, &err));
  REFUSED(ig_fuse_draw(NULL, "page.html", &err));
  REFUSED(ig_fuse_draw(directory, NULL, &err));
}

static void conversions(void) {
  REFUSED(ig_convert(NULL, "out", NULL, &err));
  REFUSED(ig_convert(directory, NULL, NULL, &err));
}

static void optimizations(void) {
  REFUSED(ig_optimize(NULL, "out", NULL, NULL, &err));
  REFUSED(ig_optimize(directory, NULL, NULL, NULL, &err));
  const ig_shortlist_options no_source = {.target = "target"}, no_target = {.source = "source"};
  ig_optimize_options options = ig_optimize_options_default();
  options.shortlist = &no_source;
  REFUSED(ig_optimize(directory, "out", &options, NULL, &err));
  options.shortlist = &no_target;
  REFUSED(ig_optimize(directory, "out", &options, NULL, &err));
}

static void inspections(void) {
  char *text;
  REFUSED(ig_inspect(NULL, NULL, &text, &err));
  REFUSED(ig_inspect(directory, NULL, NULL, &err));
}

static void line_files(void) {
  ig_lines *lines;
  const char *line;
  size_t length;
  REFUSED(ig_lines_open("none", NULL, NULL, &err));
  REFUSED(ig_lines_next(NULL, &line, &length, &err));
  done(ig_lines_open("/dev/null", NULL, &lines, &err));
  REFUSED(ig_lines_next(lines, NULL, &length, &err));
  REFUSED(ig_lines_next(lines, &line, NULL, &err));
  ig_lines_close(lines);
  assert_true(ig_lines_ready(NULL));
  assert_int_equal(ig_lines_number(NULL) + ig_lines_repaired(NULL), 0);
  ig_lines_close(NULL);
}

static void count_timing(void *context, const ig_timing *timing) { (void)context, (void)timing; }

static void machines(void) {
  const char *name;
  ig_bandwidth bandwidth;
  (void)bandwidth;
  REFUSED(ig_isa_name(NULL, &err));
  REFUSED(ig_machine_peak(NULL, IG_PEAK_INFERENCE, 1, NULL, &err));
  REFUSED(ig_machine_bandwidth(1, NULL, &err));
  REFUSED(ig_time_model(NULL, NULL, count_timing, NULL, &err));
  REFUSED(ig_time_model(config, NULL, NULL, NULL, &err));
  assert_true(ig_translation_operations(NULL, 10, 1) == 0);
  done(ig_isa_name(&name, &err));
  ig_cpu_name(NULL);
}

static void clusters(void) {
  const ig_error failure = {IG_ERROR_IO, "a reason"};
  ig_cluster *cluster = NULL;
  REFUSED(ig_cluster_join(NULL, &err));
  done(ig_cluster_join(&cluster, &err));  // nobody else was started
  assert_null(cluster);
  assert_int_equal(ig_cluster_processes(), 1);
  assert_int_equal(ig_cluster_rank(NULL), 0);
  assert_int_equal(ig_cluster_size(NULL), 1);
  done(ig_cluster_leave(NULL, NULL, &err));
  assert_int_equal(ig_cluster_leave(NULL, &failure, NULL), IG_ERROR_IO);
}

// Functions that take no pointer.
static void nothing_to_refuse(void) {
  assert_non_null(ig_version());
  assert_non_null(ig_status_name(IG_OK));
  assert_true(ig_cpu_count() > 0);
  assert_non_null(ig_isa_supported(0));
  ig_clean_text(NULL, true);
  REFUSED(ig_interrupter_create(NULL, &err));
  ig_interrupt(NULL);
  ig_interrupter_reset(NULL);
  ig_interrupter_free(NULL);
}

static const struct {
  const char *functions;  // that are tried, with spaces between them
  void (*try)(void);
} table[] = {
    {"ig_config_create ig_config_load ig_config_json ig_config_torch ig_config_family "
     "ig_config_vocabulary ig_config_free",
     configs},
    {"ig_model_create ig_model_load ig_model_save ig_model_tensor ig_model_find ig_model_config "
     "ig_model_stored_type ig_model_parameters ig_model_tensors ig_model_name_split "
     "ig_model_name_find ig_model_free",
     models},
    {"ig_trainer_create ig_trainer_forward ig_trainer_accumulate ig_trainer_update "
     "ig_trainer_zero_gradients ig_trainer_free",
     trainers},
    {"ig_train ig_train_draw", trainings},
    {"ig_translator_open ig_translator_open_on ig_translate ig_translate_lines ig_score_targets "
     "ig_translator_stats ig_translator_free",
     translators},
    {"ig_embedder_options_default ig_embedder_open ig_embedder_run ig_embedder_size "
     "ig_embedder_stats ig_embedder_free",
     embedders},
    {"ig_answerer_open ig_answerer_run ig_answer_squad ig_answer_lines ig_answerer_stats "
     "ig_answerer_generates ig_answerer_free ig_answers_free",
     answerers},
    {"ig_held_out_questions_open ig_held_out_questions_free ig_score_held_out_questions",
     held_out_questions},
    {"ig_score_held_out_command", held_out_commands},
    {"ig_translator_open_ensemble ig_engine_open ig_engine_free", ensembles},
    {"ig_translate_texts ig_translations_free", texts},
    {"ig_submit_texts ig_future_ready ig_future_wait ig_future_free", futures},
    {"ig_generate", generations},
    {"ig_score_lines ig_score_resampled ig_score_squad ig_score_held_out", scores},
    {"ig_fuse ig_fuse_describe ig_fuse_verify ig_fuse_draw", fusions},
    {"ig_convert", conversions},
    {"ig_optimize", optimizations},
    {"ig_inspect", inspections},
    {"ig_lines_open ig_lines_next ig_lines_ready ig_lines_number ig_lines_repaired "
     "ig_lines_close",
     line_files},
    {"ig_isa_name ig_machine_peak ig_machine_bandwidth ig_time_model ig_translation_operations "
     "ig_cpu_name",
     machines},
    {"ig_cluster_processes ig_cluster_join ig_cluster_rank ig_cluster_size ig_cluster_leave",
     clusters},
    {"ig_version ig_status_name ig_cpu_count ig_peak_memory ig_isa_supported ig_clean_text "
     "ig_interrupt "
     "ig_interrupter_create ig_interrupter_reset ig_interrupter_free "
     "ig_torch_options_default ig_trainer_options_default ig_translator_options_default "
     "ig_answerer_options_default ig_engine_options_default ig_held_out_options_default "
     "ig_held_out_questions_options_default ig_held_out_command_options_default "
     "ig_fuse_options_default "
     "ig_inspect_options_default ig_convert_options_default ig_optimize_options_default "
     "ig_timing_options_default",
     nothing_to_refuse},
};
enum { ROWS = sizeof table / sizeof *table };

static void null_is_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < ROWS; i++) table[i].try();
}

static bool is_listed(const char *name, size_t length) {
  for (size_t i = 0; i < ROWS; i++)
    for (const char *at = table[i].functions; (at = strstr(at, name)) != NULL; at += length)
      if ((at == table[i].functions || at[-1] == ' ') && strchr(" ", at[length])) return true;
  return false;
}

// Of a line that begins a declaration: "ig_status ig_inspect(const char *directory, …". NULL: of
// another line.
static char *declared_function(char *line) {
  if (line[0] < 'a' || line[0] > 'z' || strncmp(line, "typedef", 7) == 0) return NULL;
  char *end = strchr(line, '('), *begin = end;
  while (begin && begin > line && begin[-1] != ' ' && begin[-1] != '*') begin--;
  if (!begin || strncmp(begin, "ig_", 3) != 0) return NULL;
  *end = '\0';
  return begin;
}

static size_t check_header(const char *path) {
  FILE *file = fopen(path, "r");
  char line[256];
  size_t functions = 0;
  assert_non_null(file);
  while (fgets(line, sizeof line, file)) {
    const char *name = declared_function(line);
    if (!name) continue;
    functions++;
    if (!is_listed(name, strlen(name))) fail_msg("%s: %s is not in the table", path, name);
  }
  fclose(file);
  return functions;
}

static void no_function_is_left_out(void **state) {
  (void)state;
  static const char *const folders[] = {"include", "include/ingot"};
  const char *source = getenv("INGOT_SOURCE");
  size_t functions = 0;
  if (!source) skip();
  for (size_t i = 0; i < 2; i++) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", source, folders[i]);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
      if (!strstr(entry->d_name, ".h")) continue;
      snprintf(path, sizeof path, "%s/%s/%s", source, folders[i], entry->d_name);
      functions += check_header(path);
    }
    closedir(folder);
  }
  assert_true(functions > 60);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(null_is_refused),
                                     cmocka_unit_test(no_function_is_left_out)};
  return cmocka_run_group_tests(tests, open_all, close_all);
}
