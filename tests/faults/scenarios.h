// Small whole tasks of the library, each in a directory of its own, on which both kinds of faults
// are tried. A task that succeeds verifies what it made, so that a fault is either reported or
// harmless.
#ifndef IG_TESTS_FAULTS_SCENARIOS_H
#define IG_TESTS_FAULTS_SCENARIOS_H
#define _XOPEN_SOURCE 700  // nftw
#include "base/listing.h"
#include "base/path.h"
#include "train_fixture.h"

#include <ftw.h>

#include "faults.h"
#include "io/safetensors.h"
#include "model/arch/marian_tokenizers.h"
#include "text/ids.h"
#include "text/tokenizer.h"

typedef struct scenario {
  const char *name;
  ig_status (*run)(ig_error *err);
  void (*prepare)(void);  // before each run; NULL: nothing
  void (*check)(void);    // after each run, without faults; NULL: nothing
  // Of calls that come from one place by the same way the first three fail, and no more: for what
  // adds to a scenario whose every call fails.
  bool leaves_repeats_out;
} scenario;

// Directories of the repository; both models have the same target vocabulary.
static const char *golden_tokenizer, *golden_model, *golden_other;

static inline void find_golden(void) {
  static char paths[3][512];
  const char *source = getenv("INGOT_SOURCE");
  assert_non_null(source);
  snprintf(paths[0], sizeof paths[0], "%s/tests/golden/marian_tokenizer", source);
  snprintf(paths[1], sizeof paths[1], "%s/tests/golden/marian_tiny", source);
  snprintf(paths[2], sizeof paths[2], "%s/tests/golden/ensemble/other", source);
  golden_tokenizer = paths[0];
  golden_model = paths[1];
  golden_other = paths[2];
}

// ---- a run of training ------------------------------------------------------

#define TINY                                                                              \
  "train.output=tiny", "data.train.source=f.src", "data.train.target=f.trg",              \
      "data.valid.source=f.src", "data.valid.target=f.trg", "model.encoder_layers=0",     \
      "model.decoder_ffn_dim=8", "model.d_model=8", "train.log_every=1",                  \
      "train.freeze=decoder.layers.0", "train.weight_decay=0.1", "train.layer_decay=0.9", \
      "train.no_decay=[biases, norms]"

static inline void write_tiny_corpus(void) { write_pairs("f.src", "f.trg", 3, 24); }

// One kept checkpoint and the last one; then, resumed, the best one and the last one.
static inline ig_status train_tiny(ig_error *err) {
  return TRAIN(1, false, err, TINY, "train.updates=1", "train.save_every=1", "train.keep=1",
               "data.valid=~");
}
static inline ig_status train_more(ig_error *err) {
  return TRAIN(1, false, err, TINY, "train.updates=2");
}

// A directory that transformers and Ingot can load.
static inline bool complete(const char *path) {
  ig_model *model = NULL;
  ig_tokenizer *tokenizer = NULL;
  ig_error err = {0};
  const bool fine = ig_model_load(path, &model, &err) == IG_OK &&
                    ig_tokenizer_load(path, ig_marian_tokenizers, &tokenizer, &err) == IG_OK;
  ig_model_free(model);
  ig_tokenizer_free(tokenizer);
  return fine;
}

// Whatever happened, each checkpoint that exists is whole.
static inline void training_is_whole(void) {
  static const char *const names[] = {"tiny/latest", "tiny/best", "tiny/update-1"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (ig_file_exists(names[i]) && !complete(names[i]))
      fail_msg("%s is not whole (%s)", names[i], faults_where());
}

static inline int remove_entry(const char *path, const struct stat *status, int kind,
                               struct FTW *place) {
  (void)status, (void)kind, (void)place;
  return remove(path);
}
static inline void remove_directory(const char *path) {
  nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void copy_checkpoint(const char *from, const char *to) {
  DIR *folder = opendir(from);
  assert_non_null(folder);
  assert_int_equal(ig_path_make_directories(to, NULL), IG_OK);
  char paths[2][512];
  for (struct dirent *entry; (entry = readdir(folder));) {
    if (entry->d_name[0] == '.') continue;
    snprintf(paths[0], sizeof paths[0], "%s/%s", from, entry->d_name);
    snprintf(paths[1], sizeof paths[1], "%s/%s", to, entry->d_name);
    assert_int_equal(ig_file_copy(paths[0], paths[1], NULL), IG_OK);
  }
  closedir(folder);
}

static inline void remove_tiny(void) { remove_directory("tiny"); }

// Puts a checkpoint of one update in place, from which train_more goes on.
static inline void more_from_tiny(void) {
  if (!ig_file_exists("kept")) {
    ig_error err = {0};
    remove_tiny();
    ok(train_tiny(&err), &err);
    copy_checkpoint("tiny/latest", "kept");
  }
  remove_tiny();
  copy_checkpoint("kept", "tiny/latest");
  assert_int_equal(ig_file_write("tiny/latest/notes.md", "mine", 4, NULL), IG_OK);
}

// Learning from what train_tiny makes, twice over.
static inline void with_teacher(void) {
  if (!ig_file_exists("teacher")) {
    ig_error err = {0};
    remove_tiny();
    ok(train_tiny(&err), &err);
    copy_checkpoint("tiny/latest", "teacher");
  }
  remove_tiny();
}
static inline ig_status train_taught(ig_error *err) {
  return TRAIN(1, false, err, TINY, "train.updates=1", "data.valid=~", "train.teacher_top_k=3",
               "train.teacher=[teacher, {model: teacher, weight: 2}]");
}

// Learning from several corpora, whose ids go to a file.
static inline void write_corpora(void) {
  static const char tsv[] = "1 2\t3\n2\t4 5\none field\n",
                    tmx[] =
                        "<tmx><body><tu><tuv xml:lang='a'><seg>3 1</seg></tuv>"
                        "<tuv xml:lang='b'><seg>2</seg></tuv></tu></body></tmx>";
  assert_int_equal(ig_file_write("f.tsv", tsv, sizeof tsv - 1, NULL), IG_OK);
  assert_int_equal(ig_file_write("f.tmx", tmx, sizeof tmx - 1, NULL), IG_OK);
  remove_tiny();
}
static inline ig_status train_stored(ig_error *err) {
  return TRAIN(1, false, err, TINY, "train.updates=1", "data.valid=~", "data.storage=file",
               "data.filters={duplicates: drop, max_ratio: 9, script: {source: Latin}}",
               "data.train=[{source: f.src, target: f.trg, weight: 1.5, tag: t}, {tsv: f.tsv}, "
               "{tmx: f.tmx, source_language: a, target_language: b}]");
}

// Whatever happened, each checkpoint that exists is whole, the same command goes on from it to the
// same weights, and a file that somebody had put into the checkpoint is kept.
static inline void training_goes_on(void) {
  training_is_whole();
  ig_error err = {0};
  ok(train_more(&err), &err);
  if (!ig_file_exists("end.safetensors"))
    assert_int_equal(ig_file_copy("tiny/latest/model.safetensors", "end.safetensors", NULL), IG_OK);
  assert_true(same_file("tiny/latest/model.safetensors", "end.safetensors"));
  if (!ig_file_exists("tiny/latest/notes.md"))
    fail_msg("what was in latest/ besides is lost (%s)", faults_where());
  if (ig_file_exists("tiny/latest.tmp")) fail_msg("latest.tmp/ is left (%s)", faults_where());
}

// ---- a fusion ---------------------------------------------------------------

// A recipe of two stages: the golden model scaled, and TIES of both, with what each kind of pass
// needs.
static inline void write_recipe(void) {
  char text[2048];
  const int length = snprintf(text, sizeof text,
                              "name: scaled\nmerge_method: passthrough\nmodels: [{model: %s, "
                              "parameters: {scale: 0.9}}]\n---\n"
                              "merge_method: dare_ties\nbase_model: %s\nmodels: [{model: scaled, "
                              "parameters: {weight: 0.5, density: 0.5}}]\n",
                              golden_model, golden_model);
  assert_int_equal(ig_file_write("fuse.yml", text, (size_t)length, NULL), IG_OK);
}

static inline void tell_problem(void *context, ig_level level, const char *message) {
  (void)context;
  if (level == IG_LEVEL_WARNING) print_message("%s\n", message);
}

static inline ig_status fuse_stages(ig_error *err) {
  const ig_fuse_options options = {.threads = 1, .reporter = {.message = tell_problem}};
  return ig_fuse("fuse.yml", "fused", &options, err);
}

static inline void remove_fused(void) {
  static const char *const names[] = {"fused", "fused.partial", "fused.stages"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) remove_directory(names[i]);
}

// Fails if a file of directory `a` is missing in `b`, or differs there.
static inline void expect_same_files(const char *a, const char *b) {
  ig_listing listing;
  char paths[2][512];
  assert_int_equal(ig_listing_read(a, &listing, NULL), IG_OK);
  for (size_t i = 0; i < listing.count; i++) {
    snprintf(paths[0], sizeof paths[0], "%s/%s", a, listing.names[i]);
    snprintf(paths[1], sizeof paths[1], "%s/%s", b, listing.names[i]);
    if (!ig_file_exists(paths[1]) || !same_file(paths[0], paths[1]))
      fail_msg("%s is not %s, as it is without faults (%s)", paths[0], paths[1], faults_where());
  }
  ig_listing_free(&listing);
}

// Whatever happened, the output is either the whole model, with all that goes along with it, or
// does not exist.
static inline void fusion_is_whole(void) {
  if (!ig_file_exists("fused")) return;
  if (!ig_file_exists("fused-first")) copy_checkpoint("fused", "fused-first");
  expect_same_files("fused", "fused-first");
  expect_same_files("fused-first", "fused");
}

// The same command then makes it, with the same bytes, and removes what an attempt had left.
static inline void fusion_goes_on(void) {
  ig_error err = {0};
  if (!ig_file_exists("fused")) ok(fuse_stages(&err), &err);
  fusion_is_whole();
  if (ig_file_exists("fused.partial") || ig_file_exists("fused.stages"))
    fail_msg("something is left beside the model (%s)", faults_where());
}

// ---- running it -------------------------------------------------------------

// Whether sanitizers leave out calls that repeat others: they look at what is done with memory on
// the way out of a failure, and that way is the same. Without them every call fails.
#ifdef INGOT_SANITIZED
static const bool repeats_are_left_out = true;
#else
static const bool repeats_are_left_out = false;
#endif

// Runs the scenario with the first, the second, ... call failing until none is left. Returns the
// number of calls.
static inline long every_fault(const scenario *s, fault_kind kind) {
  ig_error err = {0};
  // Two runs first: libraries allocate some things once and keep them.
  for (int warm = 0; warm < 2; warm++) {
    if (s->prepare) s->prepare();
    ok(s->run(&err), &err);
    if (s->check) s->check();
  }
  const bool leaves_repeats_out = repeats_are_left_out || s->leaves_repeats_out;
  if (leaves_repeats_out) {
    if (s->prepare) s->prepare();
    faults_remember_stacks(true);
    faults_arm(kind, 0);
    ok(s->run(&err), &err);
    faults_disarm();
    faults_remember_stacks(false);
    if (s->check) s->check();
  }
  long nth = 1, left_out = 0;
  for (;; nth++) {
    if (leaves_repeats_out && !faults_is_telling(nth)) {
      left_out++;
      continue;
    }
    if (s->prepare) s->prepare();
    const long before = faults_live();
    err = (ig_error){0};
    faults_arm(kind, nth);
    const ig_status status = s->run(&err);
    faults_disarm();
    const long left = faults_live() - before;
    if (left)
      fail_msg("%s: %ld left behind after %s number %ld failed (%s)", s->name, left, faults_where(),
               nth, err.message);
    if (!faults_fired()) {
      ok(status, &err);
      break;
    }
    if (status != IG_OK && (!*err.message || err.status != status))
      fail_msg("%s: status %s, but '%s' of %s, after %s number %ld failed", s->name,
               ig_status_name(status), err.message, ig_status_name(err.status), faults_where(),
               nth);
    if (kind == FAULT_MEMORY && status != IG_OK && status != IG_ERROR_MEMORY &&
        status != IG_ERROR_IO)
      fail_msg("%s: %s ('%s') for want of memory (%s number %ld)", s->name, ig_status_name(status),
               err.message, faults_where(), nth);
    if (s->check) s->check();
  }
  print_message("%s: %ld calls, %ld of them left out\n", s->name, nth - 1, left_out);
  return nth - 1;
}
#endif
