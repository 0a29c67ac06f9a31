// A training configuration: options read from YAML, with every key checked.
#ifndef IG_TRAIN_TRAIN_CONFIG_H
#define IG_TRAIN_TRAIN_CONFIG_H
#include <jansson.h>
#include "data/corpus.h"
#include "data/masking.h"
#include "data/text_corpus.h"
#include "ingot.h"
#include "io/yaml.h"
#include "model/arch/family.h"
#include "text/sentencepiece.h"
#include "text/word_piece_training.h"
#include "train/schedule.h"

// Where ids come from.
typedef enum ig_vocabulary_kind {
  IG_VOCABULARY_TRAINED,      // SentencePiece, trained on the corpus
  IG_VOCABULARY_MODEL,        // SentencePiece model files
  IG_VOCABULARY_WHITESPACE,   // the data are tokens already
  IG_VOCABULARY_WORD_PIECES,  // WordPiece, trained on plain text
  IG_VOCABULARY_INIT,         // the tokenizer of the model that training starts from
} ig_vocabulary_kind;

// Where the ids of data.train are. It changes nothing of what is learned.
typedef enum ig_storage {
  IG_STORAGE_AUTO,  // in a file if the text is large
  IG_STORAGE_MEMORY,
  IG_STORAGE_FILE,
} ig_storage;

typedef enum ig_best_metric {
  IG_BEST_METRIC_LOSS,
  IG_BEST_METRIC_BLEU,
  IG_BEST_METRIC_CHRF,
  IG_BEST_METRIC_F1,    // of answers to questions
  IG_BEST_METRIC_EXACT  // and how many of them are exactly right
} ig_best_metric;

// One of the corpora of data.train.
typedef struct ig_train_corpus {
  size_t first, count;  // of the files of data.train
  double weight;        // how often an epoch has each pair
  const char *tag;      // before each source text; NULL: nothing
  const ig_yaml_node *node;
} ig_train_corpus;

typedef struct ig_train_data {
  ig_corpus_files train, valid;  // valid.count 0: no validation
  ig_train_corpus *corpora;      // (corpus_count) of the files of train, in their order
  size_t corpus_count;
  ig_pair_filters filters;  // of train
  // Questions in the JSON of SQuAD instead: then train.count and valid.count are 0. NULL: pairs of
  // texts; valid_questions NULL: no validation.
  const char *train_questions, *valid_questions;
  // Plain text instead, whose masked tokens are learnt: then all of the above are empty.
  ig_text_files train_text, valid_text;
  int stride;  // tokens that two windows of a question's context share
  ig_vocabulary_kind vocabulary;
  const char *source_model, *target_model;  // IG_VOCABULARY_MODEL; target NULL: one for both sides
  ig_sentencepiece_training sentencepiece;  // IG_VOCABULARY_TRAINED; files unset
  ig_word_piece_training word_pieces;       // IG_VOCABULARY_WORD_PIECES; files unset
  bool joint;                               // one vocabulary for both sides
  int min_frequency, max_tokens;            // IG_VOCABULARY_WHITESPACE
  int sampling_nbest;                       // segmentations to draw from; 0: no sampling
  float sampling_alpha;
  // Tokens of a side, end of sentence included; 0: 256, or what the model's positions allow.
  int max_length;
  bool strict;  // lines that are no text are errors; false: they are repaired and told
  ig_storage storage;
  const char *storage_directory;  // NULL: the run's output
  // Tokens that the tokenizer of init gets: a list, or a file with one a line.
  const char **new_tokens;  // (new_token_count), owned; NULL: no list
  size_t new_token_count;
  const char *new_tokens_file;  // NULL: no file
  const char *languages[2];     // codes of source and target; NULL: those of the tokenizer, if any
} ig_train_data;

// Models whose distributions of the next token are learned; count 0: none. Their names are the
// document's.
typedef struct ig_train_teachers {
  const char **models;  // (count)
  double *weights;      // (count): from 0 on, not all 0
  size_t count;
} ig_train_teachers;

// A low-rank adapter that is trained in place of the model.
typedef struct ig_train_adapter {
  bool wanted;
  const char *from;  // a directory in PEFT's form whose adapter goes on; NULL: a new one
  // Of a new one:
  bool has_magnitudes;  // DoRA; else LoRA
  int rank;
  double alpha;
  const char *const *targets;  // (target_count), owned
  size_t target_count;
  bool dropout_given;  // as 0, the only value there is
} ig_train_adapter;

typedef struct ig_train_config {
  ig_yaml *yaml;  // owns the strings
  const char *path;
  ig_train_data data;
  const char *init;         // a model directory to start from, or NULL
  const ig_family *family;  // NULL with init
  json_t *model;  // the model's keys as in its config.json; with init: those that differ from it
  const char *output;
  uint64_t seed;
  int batch_sequences;  // pairs or windows of a batch, at most; 0: any number
  int batch_tokens, accumulate, pool_batches;
  int updates, epochs;  // 0: no such limit
  double max_seconds;   // of this process, whatever it does; 0: no limit
  ig_optimizer_options optimizer;
  ig_group_options groups;  // owns the arrays of names
  ig_train_adapter adapter;
  ig_schedule schedule;
  double label_smoothing;
  const char *const *resume;  // (resume_count), owned: keys that may change where the run goes on
  size_t resume_count;
  double r_drop;  // weight of the divergence of two passes; 0: there is one pass
  double ema;     // decay of the average of the weights; 0: none is kept
  ig_train_teachers teachers;
  double teacher_share, teacher_temperature;
  int teacher_top_k;
  ig_masking_options masking;  // of plain text; seed unset
  int validate_every, valid_beam_size, patience;
  int valid_sentences;  // translated in a validation; 0: all
  int samples;          // of them that the log shows
  // What splits validation's lines into words for BLEU; NULL: chosen from the target's script.
  const char *valid_tokenize;
  ig_best_metric best_metric;
  bool best_metric_given;  // else the target's script may choose another one
  int save_every, keep, log_every;
  double save_minutes;  // between saves of latest/, at most; 0: no such saves
  bool recompute;
  bool tensorboard;          // what metrics.jsonl is told, event files are, too
  const char *compute;       // "float32", "bfloat16"
  double divergence_factor;  // of ig_divergence_rule
  int divergence_updates;
  // Of the weights in best/ and update-N/. latest/ keeps float32, for training goes on from it.
  const char *dtype;
} ig_train_config;  // ig_train_config_free

// set: overrides, "key.path=value". path must outlive the configuration. Errors tell file, line and
// key, and for an unknown key the one that may be meant. The interrupter ends the waiting for a
// pipe; NULL: nothing does.
ig_status ig_train_config_load(const char *path, const ig_interrupter *interrupter,
                               const char *const *set, size_t set_count, ig_train_config *out,
                               ig_error *err);
void ig_train_config_free(ig_train_config *config);
// The type that products are computed in, where it is not float32; else NULL. Versions before 0.2
// knew only float32 and did not write it.
const char *ig_train_config_other_compute(const ig_train_config *config);
#endif
