/* Ingot: train, fuse and run encoder-decoder Transformers on CPUs. The public interface; scoring,
 * answering, embedding, optimizing and measuring have headers of their own (ingot_score.h …).
 *
 * Conventions. A function that can fail returns ig_status and fills *err (which may be NULL).
 * Handles are freed by the function named beside their constructor; freeing NULL is fine. What a
 * function puts out is NULL (numbers: 0) if it fails, so that one clean-up path can free
 * everything, whatever happened. Options may be NULL: the defaults. NULL for a path, a handle or an
 * array that is needed is IG_ERROR_ARGUMENT. Strings are UTF-8. Numbers are read and written with a
 * decimal point, whatever locale the program has set. The library never prints, exits or aborts on
 * what a user, a file or the operating system did. Each pointer to values says their shape,
 * row-major, by these letters: S sequences, T target rows, d = d_model, V = vocabulary.
 *
 * Threads. A handle is used by one thread at a time unless its comment says more; different handles
 * may be used at the same time. An ig_model that is only read may be shared by any number of
 * threads. Option structs are read during the call that gets them and not kept, nor are the strings
 * in them. Functions without a handle may be called from any thread.
 *
 * Stability. Until version 1.0 a release 0.N may change this interface; CHANGELOG.md then says how
 * a caller follows. Releases 0.N.x do not change it. The shared library's name carries 0.N, and so
 * do its symbols, but not on macOS. An option struct is made by its ..._default() function, or,
 * where none exists, zeroed, and changed member by member. New members are added only at its end,
 * and their defaults keep what programs did before. INGOT_VERSION_MAJOR, _MINOR and _PATCH are in
 * ingot/core.h. */
#ifndef INGOT_H
#define INGOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ingot/core.h"
#include "ingot/lines.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the machine and interruption ---------------------------------------- */

/* The instruction set in use: "reference", "avx2", "avx_vnni", "avx512", "avx512_vnni",
 * "avx512_bf16" or "amx". Fails if the environment variable IG_ISA asks for one that the CPU
 * lacks. */
ig_status ig_isa_name(const char **name, ig_error *err);
/* The instruction sets that this CPU runs, slowest first: index 0, 1, ...; NULL after the last. */
const char *ig_isa_supported(size_t index);
/* The cores that this process may use: what "threads 0" means in options. */
int ig_cpu_count(void);
/* The most memory that this process has had in RAM, in bytes; 0: the system does not say. */
size_t ig_peak_memory(void);
/* The CPU's own name, cut to 63 bytes; "unknown" if it has none. */
void ig_cpu_name(char name[64]);
/* An interrupter asks runs to stop: those, and only those, whose options name it.
 * ig_interrupter_free, after the runs. */
ig_status ig_interrupter_create(ig_interrupter **out, ig_error *err);
void ig_interrupter_free(ig_interrupter *interrupter);
/* A run that has the interrupter saves its state and returns IG_INTERRUPTED; so does one that is
 * started later, until ig_interrupter_reset. Async-signal-safe, and may be called from any thread.
 * NULL is fine. */
void ig_interrupt(ig_interrupter *interrupter);
void ig_interrupter_reset(ig_interrupter *interrupter);

/* ---- the model's options ------------------------------------------------- */

/* A model is configured by a family's name and the keys of that family's config.json, as Hugging
 * Face writes it. What keys a family has: docs/adding-a-family.md and its file in src/model/arch.
 */
typedef struct ig_config ig_config; /* ig_config_free */

/* From JSON text (an object). family: a family's name, as docs/adding-a-family.md explains; a name
 * that does not exist is an error that lists all. NULL: the one that model_type in the JSON names.
 * Keys left out have the family's defaults. Keys that the family does not know are passed over, for
 * a config.json has many that say nothing of the model: ig_config_json shows what was understood.
 */
ig_status ig_config_create(const char *family, const char *json, ig_config **out, ig_error *err);
/* What the config.json of a model directory says. */
ig_status ig_config_load(const char *directory, ig_config **out, ig_error *err);
void ig_config_free(ig_config *config);
/* The config.json of such a model: what ig_model_save writes. *out is a malloc'ed string for the
 * caller to free(). */
ig_status ig_config_json(const ig_config *config, char **out, ig_error *err);
const char *ig_config_family(const ig_config *config);

/* What the maker of batches needs, whatever the family calls it. An id of -1: the model has none.
 */
typedef struct ig_vocabulary_facts {
  int source_size, target_size;
  int pad_id, bos_id, eos_id, decoder_start_id;
} ig_vocabulary_facts;
ig_vocabulary_facts ig_config_vocabulary(const ig_config *config);

/* The module that PyTorch users write by hand, nn.Embedding, sinusoidal PositionalEncoding,
 * nn.Transformer and nn.Linear, with the arguments of nn.Transformer's constructor. Special ids:
 * pad 0, bos 1, eos 2. Whatever else the family knows goes through ig_config_create. */
typedef struct ig_torch_options {
  int vocab_size; /* of both sides */
  int d_model, nhead, num_encoder_layers, num_decoder_layers, dim_feedforward;
  float dropout;
  bool norm_first;
  const char *activation; /* "relu" or "gelu"; NULL: "relu" */
} ig_torch_options;
ig_torch_options ig_torch_options_default(void); /* nn.Transformer's; vocab_size is 0 */
ig_status ig_config_torch(const ig_torch_options *options, ig_config **out, ig_error *err);

/* ---- models -------------------------------------------------------------- */

typedef struct ig_model ig_model; /* ig_model_free */

/* A new model with the family's initial values, drawn from seed. */
ig_status ig_model_create(const ig_config *config, uint64_t seed, ig_model **out, ig_error *err);
/* A Hugging Face model directory. Missing, superfluous or misshapen tensors are errors that name
 * the tensor. "MODEL+ADAPTER" is a model with a LoRA adapter in PEFT's files, here and wherever a
 * model is opened to run: the weights are those of PEFT's merge_and_unload. Several adapters,
 * "MODEL+ADAPTER+ADAPTER", change the model one after the other. What Marian or
 * CTranslate2 wrote is opened as ig_convert would write it, here and wherever a model or its
 * configuration is read. */
ig_status ig_model_load(const char *directory, ig_model **out, ig_error *err);
/* Writes config.json, generation_config.json and model.safetensors; dtype "float32", "bfloat16" or
 * "float16". Atomic file by file. */
ig_status ig_model_save(const ig_model *model, const char *directory, const char *dtype,
                        ig_error *err);
void ig_model_free(ig_model *model);
/* Returns how many bytes of a model's name are its own directory; *adapters (may be NULL) is what
 * comes after it, a part of name, or NULL: it has no adapter. Of "ADAPTER+ADAPTER" the same
 * function gives the first one and the rest. A directory whose own name has a '+' is a model. */
size_t ig_model_name_split(const char *name, const char **adapters);
/* The same, and the directory, for the caller to free(): what the name begins with or, where there
 * is no such directory and it is a name of the Hugging Face hub, ORGANISATION/NAME[@REVISION], its
 * snapshot in the hub's local cache. IG_ERROR_IO: it has none, nor is ORGANISATION a directory
 * here; nothing is downloaded. */
ig_status ig_model_name_find(const char *name, char **directory, const char **adapters,
                             ig_error *err);

const ig_config *ig_model_config(const ig_model *model); /* the model's own: not to be freed */
/* What a translator holds the weights of its directory as, where no type is asked for: "int8" if it
 * stores weights in int8, else "fp32". */
const char *ig_model_stored_type(const ig_model *model);
size_t ig_model_parameters(const ig_model *model); /* trained values, tied ones counted once */
size_t ig_model_tensors(const ig_model *model);

typedef struct ig_tensor_view {
  const char *name; /* the family's state_dict name */
  int rank;
  size_t shape[4];
  float *values;   /* owned by the model */
  float *gradient; /* NULL before ig_trainer_create, and for what is not trained */
} ig_tensor_view;
ig_status ig_model_tensor(const ig_model *model, size_t index, ig_tensor_view *out, ig_error *err);
ig_status ig_model_find(const ig_model *model, const char *name, ig_tensor_view *out,
                        ig_error *err);

/* ---- batches and masks --------------------------------------------------- */

/* nn.Transformer's masks: at most one of the two forms. Several masks on the same scores add up. */
typedef struct ig_mask {
  const uint8_t *boolean; /* 1: may not attend */
  const float *additive;  /* added to the scaled scores */
  bool per_head;          /* (S*heads, rows, columns) instead of (rows, columns) */
} ig_mask;
/* Masks are for batches whose sources all have one length Ls, and whose targets one length Lt. A
 * row whose keys are all masked attends to nothing: its result is zeros, as PyTorch's SDPA gives.
 */
typedef struct ig_masks {
  ig_mask src, tgt, memory;                                     /* (Ls,Ls), (Lt,Lt), (Lt,Ls) */
  ig_mask src_key_padding, tgt_key_padding, memory_key_padding; /* (S,Ls), (S,Lt), (S,Ls) */
  /* adds the triangular mask; never weakens a given one */
  bool src_is_causal, tgt_is_causal, memory_is_causal;
} ig_masks;

/* The rows of all sequences back to back: sequence s owns rows offsets[s] .. offsets[s+1]-1. No
 * padding is needed; a padded batch is the case of equal lengths, with key-padding masks. masks
 * NULL: the decoder is causal, and everything else is seen. */
typedef struct ig_batch {
  int sequences;
  const int *source;         /* ids */
  const int *source_offsets; /* (S+1) */
  const int *target_input;   /* ids, shifted right: starts with decoder_start_id */
  /* ids to predict; negative: not counted. NULL: no loss is wanted. Of a model with a head for
   * spans three numbers a sequence: the rows where the answer begins and ends (0 and 0 where there
   * is none), and the first row of the second text. Of a model with a head for masked tokens one a
   * row of the source: what the token was, negative where it is not asked for. An encoder reads no
   * target_input. */
  const int *target_output;
  const int *target_offsets; /* (S+1) */
  const ig_masks *masks;
} ig_batch;

/* ---- training step by step (what ig_train does for you) ------------------ */

/* IG_OPTIMIZER_NONE: gradients alone are wanted, no memory is taken for moments, and
 * ig_trainer_update is IG_ERROR_ARGUMENT. */
typedef enum ig_optimizer { IG_OPTIMIZER_ADAM, IG_OPTIMIZER_ADAMW, IG_OPTIMIZER_NONE } ig_optimizer;
typedef struct ig_optimizer_options {
  ig_optimizer kind;
  float beta1, beta2, eps;
  float weight_decay; /* Adam adds it to the gradient; in AdamW it is decoupled */
  float clip_norm;    /* the longest gradient, in the Euclidean norm; 0: any */
} ig_optimizer_options;

/* What differs between the values of a model in an update: param_groups of torch.optim. Parts have
 * the same names in every family: embeddings, encoder, encoder.embeddings, encoder.layers (all),
 * encoder.layers.2, encoder.layers.0-3, encoder.norm (after the last layer), the same of decoder,
 * head, biases, norms. A tied tensor is in each part that uses it. */
typedef struct ig_group_options {
  /* Parts that keep their values: as with requires_grad = False they get no gradient, do not count
   * in its norm, and are not decayed. So it stays until another trainer is made for the model. */
  const char *const *freeze;
  size_t freeze_count;
  const char *const *no_decay; /* parts that weight_decay leaves alone */
  size_t no_decay_count;
  /* Lower layers learn slower: the rate is times layer_decay^(n + 2 - h) at height h of a stack of
   * n layers (embeddings 0, layer i: i + 1, norm n + 1), the head's times 1; a tensor of two stacks
   * has the lower rate. Default 0, as 1: all the same. Not of models whose layers share weights. */
  double layer_decay;
} ig_group_options;

typedef struct ig_trainer_options {
  ig_optimizer_options optimizer; /* default: Adam (0.9, 0.98, 1e-9), no decay, no clipping */
  float label_smoothing;          /* PyTorch's form: (1-e) nll + e mean over V; default 0 */
  uint64_t seed;                  /* of dropout; default 1 */
  int threads;                    /* default 0: all cores */
  bool recompute; /* the backward runs layers forward again: less memory, same bits; default no */
  ig_group_options groups; /* names are not needed after ig_trainer_create; default: none */
  /* What linear layers round the operands of their products to, forward and backward: "float32" or
   * "bfloat16" (docs/training.md); default NULL: float32 */
  const char *compute;
} ig_trainer_options;
ig_trainer_options ig_trainer_options_default(void);

typedef struct ig_loss {
  double loss; /* mean over counted targets, smoothing included */
  double nll;  /* mean negative log-likelihood: perplexity = exp(nll) */
  size_t tokens;
} ig_loss;

/* Holds gradients, the optimizer's state and activations; the model must outlive it. */
typedef struct ig_trainer ig_trainer; /* ig_trainer_free */
ig_status ig_trainer_create(ig_model *model, const ig_trainer_options *options, ig_trainer **out,
                            ig_error *err);
void ig_trainer_free(ig_trainer *trainer);
/* Forward only, without dropout. logits: (T, V), or NULL. */
ig_status ig_trainer_forward(ig_trainer *trainer, const ig_batch *batch, float *logits,
                             ig_loss *loss, ig_error *err);
/* Forward and backward with dropout: adds the gradient of sum(loss)/normalizer to the model's
 * gradients. normalizer 0: the batch's counted targets; below 0 or not finite: IG_ERROR_ARGUMENT,
 * and nothing is added. */
ig_status ig_trainer_accumulate(ig_trainer *trainer, const ig_batch *batch, double normalizer,
                                ig_loss *loss, ig_error *err);
/* Clips the gradient (grad_norm: its norm before; may be NULL), updates the weights and zeroes the
 * gradients. IG_ERROR_DIVERGED (a norm that is not finite) leaves the weights as they were,
 * IG_ERROR_ARGUMENT (a learning rate below 0 or not finite) the gradients too. */
ig_status ig_trainer_update(ig_trainer *trainer, float learning_rate, double *grad_norm,
                            ig_error *err);
void ig_trainer_zero_gradients(ig_trainer *trainer);

/* ---- training from a configuration file ---------------------------------- */

/* All zero: the defaults. */
typedef struct ig_train_options {
  const char *const *set; /* (set_count) "key.path=value": override the file's; default: none */
  size_t set_count;
  int threads;            /* default 0: all cores */
  const char *stats_path; /* statistics are written to this file as JSON; default NULL: nowhere */
  ig_reporter reporter;   /* default: nothing is reported */
  ig_interrupter *interrupter; /* stops the run; default NULL: nothing does */
  /* is told of each line of metrics.jsonl as it is written: JSON, borrowed until the return; on the
   * thread that called the library. Default NULL: nobody is */
  void (*metrics)(void *context, const char *line);
  void *metrics_context; /* handed to `metrics` */
  /* reports what would be done: data, vocabulary, sizes, memory, and the time that it takes, from a
   * few updates. Nothing is written to the output directory, and no statistics; default no */
  bool dry_run;
  /* the processes that share the micro-batches of each update, all of which call ig_train with the
   * same configuration; the first alone reports, writes and validates. Default NULL: this process
   * trains alone */
  ig_cluster *cluster;
} ig_train_options;
/* Trains as the YAML file says (docs/training.md). If the output directory holds a checkpoint of
 * the same run, it goes on from there. IG_INTERRUPTED after ig_interrupt, with the state saved. */
ig_status ig_train(const char *config_path, const ig_train_options *options, ig_error *err);

/* All zero: the defaults. */
typedef struct ig_train_draw_options {
  const char *title;    /* of the page; default NULL: "Training" */
  ig_reporter reporter; /* is told of lines that are left out; default: nothing is reported */
} ig_train_draw_options;
/* Writes a page of trainings, finished or going on: curves of their metrics.jsonl, the last and
 * best values, the settings in which they differ, samples of the last validations. runs: (count)
 * output directories of trainings, or files as metrics.jsonl; 1 to 8. The page is a file of HTML
 * that loads nothing; it may replace nothing but a page. options NULL: the defaults. */
ig_status ig_train_draw(const char *const *runs, size_t count, const char *path,
                        const ig_train_draw_options *options, ig_error *err);

/* ---- translating --------------------------------------------------------- */

/* Is a line, or a text, that is more than a sentence translated sentence by sentence? Models are
 * trained on single sentences, and of several they translate one or two. */
typedef enum ig_split_sentences {
  IG_SPLIT_SENTENCES_AUTO, /* yes, if text comes in and goes out, one translation of each line */
  IG_SPLIT_SENTENCES_OFF
} ig_split_sentences;

/* An option that a model's files decide where the caller leaves it. */
typedef enum ig_switch { IG_SWITCH_MODEL, IG_SWITCH_ON, IG_SWITCH_OFF } ig_switch;

/* What stands before each translation, with tabs between: its score, which is its log-probability
 * divided by its length to the power of length_penalty, and the log-probabilities of its tokens,
 * the end included, with spaces between (of forced ones 0). They are the model's own: penalties of
 * repetition and what sampling leaves out are not in those of tokens. */
typedef enum ig_score_columns {
  IG_SCORE_COLUMNS_AUTO,     /* the score, if n_best is above 1 */
  IG_SCORE_COLUMNS_SENTENCE, /* the score; a line is then one sentence */
  IG_SCORE_COLUMNS_TOKENS    /* both; a line is then one sentence */
} ig_score_columns;

/* Drawing each next token by its probability in place of searching for the best text: n_best texts
 * of each sentence, which are the same for any threads, workers and batch_tokens. What a token's
 * probability is: the logits are divided by temperature; the top_k likeliest tokens stay; of these
 * the fewest that have together a probability of top_p; of these those with at least min_p times
 * the probability of the likeliest. */
typedef struct ig_sampling_options {
  ig_switch on;      /* default IG_SWITCH_MODEL: its do_sample, unless beam_size is above 1 */
  float temperature; /* above 0; default NAN: the model's, else 1 */
  int top_k;         /* 0: all tokens; default -1: the model's, else 50 */
  float top_p;       /* above 0; 1: all; default NAN: the model's, else 1 */
  float min_p;       /* 0 to 1; default NAN: the model's, else 0 */
  uint64_t seed;     /* default 0 */
} ig_sampling_options;

/* What the tokens of a translation attend to in its source: the probabilities of one layer's
 * cross-attention, as transformers' cross_attentions. Row j is of the step that makes target token
 * j. Everything is borrowed until the call that hands it out returns. */
typedef struct ig_token_alignment {
  size_t line;    /* from 1 */
  int hypothesis; /* of n_best, from 0 */
  bool ends_line; /* a line of several sentences has an alignment for each of them */
  int source_count, target_count; /* tokens, special ones included; 0: there is nothing to align */
  const int *source_ids, *target_ids;
  const char *const *source_pieces, *const *target_pieces; /* NULL: no tokenizer is read */
  /* The place of each token in its line, from 0. Of text, tokens that stand for no text (ends,
   * languages, those of a prefix) have none, -1, and take none; of ids (ids_in, ids_out) they take
   * one. */
  const int *source_positions, *target_positions;
  const float *weights; /* (target_count, source_count); rows add up to 1 */
  /* (target_count): the source token with a place that has the greatest weight; -1: none, for the
   * target token has no place itself */
  const int *links;
} ig_token_alignment;
typedef struct ig_alignment_options {
  /* Called for each translation, n_best of a sentence, in the order of the output and before its
   * lines are written, on the thread that called the library; also for given targets
   * (ig_score_targets). Of an ensemble it is the first member that attends. Kept; default NULL:
   * nobody asks, which costs nothing. */
  ig_status (*write)(void *context, const ig_token_alignment *alignment, ig_error *err);
  void *context; /* kept */
  /* of the decoder, from 1, or from the last, which is -1; default 0: the one before the last, of
   * at most three layers the last */
  int layer;
  int head; /* from 1; default 0: the mean of all */
} ig_alignment_options;

/* A token of a translation that has just been chosen. Everything is borrowed until the return. */
typedef struct ig_token_event {
  size_t line;     /* from 1 */
  size_t sentence; /* of its line, among those that are translated together, from 0 */
  const int *ids;  /* (count): the tokens so far, the new one last */
  int count;
  const char *text; /* of these tokens; NULL with ids_out */
} ig_token_event;
typedef struct ig_token_options {
  /* Called for each token of greedy search and of single samples as it comes (beam_size and n_best
   * 1): of one sentence in order, of those that are translated together in turn, or on several
   * threads at the same time. An error ends the work. Kept; default NULL: nobody asks */
  ig_status (*write)(void *context, const ig_token_event *event, ig_error *err);
  void *context; /* kept */
} ig_token_options;

/* "The model's" is what its generation_config.json says, or where that file is missing, its
 * config.json. */
typedef struct ig_translator_options {
  int beam_size;        /* default 0: the model's num_beams, else 1 */
  int n_best;           /* translations of a sentence, at most beam_size; default 0: 1 */
  int min_length;       /* generated tokens, end of sentence included; default 0 */
  int max_length;       /* in the same tokens; default 0: the model's */
  float length_penalty; /* default NAN: the model's, else 1 */
  int no_repeat_ngram;  /* 0: off; default -1: the model's, else off */
  int threads;          /* default 0: all cores */
  int workers;          /* sentences at the same time, each on one thread; default 0: by the work */
  int batch_tokens;     /* source tokens a batch, target tokens too in scoring; default 0: 2048 */
  bool ids_in;          /* input lines are the ids of source tokens; default false: text */
  bool ids_out; /* output lines are the ids of target tokens, the end included; default: text */
  /* of weights in memory: "fp32", "bf16" or "int8"; default NULL: int8 if stored so, else fp32 */
  const char *type;
  /* true: a line with bytes that are no text (malformed UTF-8, NUL) is IG_ERROR_FORMAT; default
   * false: each malformed sequence is read as U+FFFD, each NUL as a space, and told */
  bool strict;
  /* default IG_SPLIT_SENTENCES_AUTO; scoring takes a line as one sentence */
  ig_split_sentences split_sentences;
  /* a code of the language of the source, as "en", whose abbreviations end no sentence; default
   * NULL: what the model's tokenizer_config.json says, else its directory's name ("en-de") */
  const char *source_language;
  /* of a multilingual model: the code of the language to translate into, as "de" (M2M-100) or
   * "de_DE" (mBART-50); source_language then is one of its codes too. ig_inspect lists them;
   * default NULL: what the model's files say */
  const char *target_language;
  /* Stops what the translator is doing, also within a step of decoding: lines that are finished are
   * written. Kept: it must outlive the translator. Default NULL: nothing does */
  ig_interrupter *interrupter;
  ig_sampling_options sampling; /* without it beam_size says how the best text is searched for */
  /* what the score of a token that the text has already is divided by, if it is positive, or
   * multiplied by; above 0; default 0: the model's, else 1 */
  float repetition_penalty;
  ig_alignment_options alignments;
  /* true: in the place of an unknown token that the model writes, its source is copied: of the
   * pieces that the source vocabulary lacks the one that the token attends to most, else the source
   * token; a source without any known piece is copied whole. Text alone; layer and head as in
   * alignments. Default false: unknown tokens are left out */
  bool keep_unknown;
  /* path of a file with lines "SOURCE<TAB>TARGET[<TAB>OTHER FORM ...]": of the forms of each source
   * term that a sentence has one must be in its translation (constrained beam search; beam_size 2
   * at least). Source terms are whole words; their small letters stand for capitals, too, and forms
   * may begin with a capital. A malformed line is IG_ERROR_FORMAT. Default NULL: none */
  const char *glossary;
  /* when a search whose n best are found may stop: "false" (as soon as the best running text cannot
   * become better by its score now), "true" (at once), "never" (only when it cannot by any length);
   * default NULL: the model's, else "false" */
  const char *early_stopping;
  /* no text is longer than this many times its source, in tokens; above 0; default 0: any */
  float max_length_factor;
  /* put before each sentence as it stands, white space at its end included, as T5's "translate
   * English to German: "; of text alone; default NULL: nothing */
  const char *prefix;
  /* path of a file with lines of text (with ids_out: of ids) whose target tokens no translation may
   * contain, besides those that the model's files name. Default NULL: none */
  const char *bad_words;
  ig_score_columns score_columns;
  /* what each translation begins with: text, as the target tokenizer makes tokens of it (with
   * ids_out: ids with spaces between); after the language's token, where there is one. It counts in
   * min_length and max_length, not in scores. Default NULL: nothing */
  const char *target_prefix;
  ig_token_options on_token;
  /* directory of a small model of the same vocabularies that guesses on for greedy search with one
   * model: the same output, sooner where few sentences run together; default NULL: none */
  const char *draft;
  int draft_tokens; /* that it guesses for a sentence in a step, at most 31; default 0: 5 */
  /* path of a shortlist (docs/shortlists.md) or of a directory with one: a translation has tokens
   * of its sentence's list alone; of one model, not for scoring; default NULL: all tokens */
  const char *shortlist;
  /* the likeliest tokens that may follow target_prefix (or begin the text), this many, each
   * completed by the search: in place of n_best translations, each with a score, that of the
   * likeliest token first. At least 2; a line is one sentence then. Not with n_best, sampling, a
   * glossary, a draft, on_token. Default 0: none */
  int alternatives;
} ig_translator_options;
ig_translator_options ig_translator_options_default(void);

typedef struct ig_translate_stats {
  size_t sentences;     /* without texts that ig_translate_texts refuses; they are `lines` */
  size_t source_tokens; /* an ensemble counts, of each sentence, the member with the most tokens */
  size_t target_tokens;
  size_t truncated; /* sentences that were cut to the longest that the model has positions for */
  double load_seconds;
  double seconds; /* translating, without loading */
  int threads, workers;
  size_t repaired; /* lines, targets to score included, that had bytes that are no text */
  size_t lines;
  /* Sentences. Each kind's first ten are told to the reporter with the number of the line, of the
   * others a count. */
  size_t unknown_codes;   /* with a >>code<< that the vocabulary lacks */
  size_t unknown_sources; /* translated, with pieces that the vocabulary lacks */
  size_t unknown_targets; /* scored, with targets of such pieces */
  size_t empty;           /* without a piece that it has: their translation is empty */
  size_t unfinished;      /* whose translation ran into max_length */
  size_t unknown_outputs; /* with unknown tokens in the translation, which its text leaves out */
  size_t divided;         /* longer than the model's positions, and translated in parts */
  size_t empty_outputs;   /* whose translation is empty, though the model can read them */
  size_t late_codes;      /* with white space before a >>code<<, which is therefore read as text */
  size_t kept_unknowns;   /* with copies in the places of unknown tokens (keep_unknown) */
  /* of the glossary: terms that sentences have, and those of them that are not in the translation,
   * which are told like the above */
  size_t glossary_terms, missing_terms;
  /* of the missing ones, those that bad words, suppressed tokens or repeated n-grams exclude */
  size_t excluded_terms;
  size_t drafted_tokens, accepted_tokens, draft_steps; /* of sentences that had a draft */
  /* that chose from a list of a shortlist; tokens of all their lists together */
  size_t listed_sentences, listed_tokens;
} ig_translate_stats;

/* One stream of text: its options, the order of its lines, and its statistics. */
typedef struct ig_translator ig_translator; /* ig_translator_free */
ig_status ig_translator_open(const char *directory, const ig_translator_options *options,
                             ig_translator **out, ig_error *err);

/* How the members of an ensemble, of weights w, join their probabilities p of the next token. */
typedef enum ig_mean {
  IG_MEAN_ARITHMETIC, /* log sum w p */
  IG_MEAN_GEOMETRIC   /* sum w log p, not normalised again */
} ig_mean;
typedef struct ig_ensemble_member {
  const char *directory;
  /* Divided by the sum of all weights. A member of weight 0 is ignored, unless all weights are 0:
   * then all members count the same. */
  double weight;
} ig_ensemble_member;
/* Several models that decide together, token by token. Their target vocabularies must be the same:
 * the same pieces with the same ids. Family, sizes, source vocabulary and tokenizer are each
 * model's own. Defaults that models have (generation_config.json) are the first member's. */
typedef struct ig_ensemble {
  const ig_ensemble_member *members; /* (count) */
  size_t count;
  ig_mean mean;
} ig_ensemble;
/* A translator of an ensemble: everything below works as with one model. With ids_in all members
 * read the same source ids. With ids_in and ids_out no tokenizer is read, and of the target
 * vocabularies only the sizes and the end tokens are compared. */
ig_status ig_translator_open_ensemble(const ig_ensemble *ensemble,
                                      const ig_translator_options *options, ig_translator **out,
                                      ig_error *err);

/* What many translators share, as those of a server do: the weights of one model or ensemble, its
 * tokenizers, and the threads that run it. Any number of threads may work with one engine at the
 * same time, each with a translator of its own. Large windows of lines use all its threads, in
 * turn; short texts that come together run side by side, one on each of the engine's `workers` at
 * most (that many, or else as many as it has threads). A translation does not depend on what else
 * the engine is doing. */
typedef struct ig_engine ig_engine; /* ig_engine_free */
typedef struct ig_engine_options {
  int threads, workers; /* as in ig_translator_options */
  const char *type;     /* as in ig_translator_options */
  bool ids_only;     /* no tokenizer is read: translators need ids_in and ids_out; default false */
  const char *draft; /* as in ig_translator_options: its translators use it wherever they can */
} ig_engine_options;
ig_engine_options ig_engine_options_default(void);
ig_status ig_engine_open(const ig_ensemble *ensemble, const ig_engine_options *options,
                         ig_engine **out, ig_error *err);
/* After the translators that are open on it. */
void ig_engine_free(ig_engine *engine);
/* A translator over an engine. threads, workers and type are the engine's: those of the options are
 * ignored. So is a draft: one that the options name is an error if the engine has none. */
ig_status ig_translator_open_on(ig_engine *engine, const ig_translator_options *options,
                                ig_translator **out, ig_error *err);
void ig_translator_free(ig_translator *translator);
/* Translates a text. *out is a malloc'ed string for the caller to free(): the line, or with
 * n_best > 1 the n_best lines, that ig_translate_lines would write, with newlines between them. A
 * text of several sentences may have lines of its own: each ends a sentence, and the translations
 * have the line breaks that the text has. A sentence of more tokens than the model has positions is
 * divided where clauses end and translated in parts; if sentences are not split, the rest is left
 * out. ig_translator_stats counts both. */
ig_status ig_translate(ig_translator *translator, const char *text, char **out, ig_error *err);
/* Lines from and to the caller. All functions are called on the thread that called the library. */
typedef struct ig_line_stream {
  /* Puts out the next line; NULL at the end. The line is borrowed until the next call of `read`;
   * earlier lines may be written before that. */
  ig_status (*read)(void *context, const char **line, size_t *length, ig_error *err);
  /* Gets one line, without newline; with n_best > 1 n_best of a sentence, each "score<TAB>text". */
  ig_status (*write)(void *context, const char *line, size_t length, ig_error *err);
  void *context;
  /* Would `read` give a line, or the end, without waiting? If not, what has been read is translated
   * and written before the next read. No line's translation depends on it. NULL: always. */
  bool (*ready)(void *context);
  /* Lines of the text that come before the first one that `read` gives: messages and progress count
   * from there; default 0. */
  size_t lines_before;
  size_t total; /* lines of the stream, for reports of progress; 0: not known */
  /* The file that lines are from, by which ig_answer_lines names them: "FILE:LINE: …"; default
   * NULL: "line LINE: …" */
  const char *name;
  /* the processes that share the lines: all call ig_translate_lines with the same model and
   * options; the first one reads, writes and reports, and the others' streams are empty. Of
   * ig_translate_lines alone; default NULL: this process translates alone */
  ig_cluster *cluster;
} ig_line_stream;
/* Translates a whole stream in bounded memory; the order of lines is kept. reporter may be NULL. */
ig_status ig_translate_lines(ig_translator *translator, const ig_line_stream *stream,
                             const ig_reporter *reporter, ig_error *err);
/* Writes the log-probability of each given target; read_target is like stream->read. With ids_in
 * the targets are ids (with an end of sentence only if they have one), and one value for each token
 * is written; else they are text, an end of sentence is appended, and the sum of the line is
 * written. */
ig_status ig_score_targets(ig_translator *translator, const ig_line_stream *stream,
                           ig_status (*read_target)(void *context, const char **line,
                                                    size_t *length, ig_error *err),
                           const ig_reporter *reporter, ig_error *err);
ig_translate_stats ig_translator_stats(const ig_translator *translator);

typedef struct ig_generate_args {
  const int *source; /* (source_length): ids, the end of sentence included */
  int source_length;
  int max_length; /* tokens to generate, at most, the end of sentence included */
} ig_generate_args;
/* Greedy generation by ids with a model in memory, also one that is being trained: out has room for
 * max_length ids; *length counts the end token too. Any number of threads may generate with one
 * model at the same time, but none during a call that trains it. */
ig_status ig_generate(ig_model *model, const ig_generate_args *args, int *out, int *length,
                      ig_error *err);

/* ---- fusing models ------------------------------------------------------- */

typedef struct ig_fuse_options {
  int threads; /* default 0: all cores; the result does not depend on it */
  /* true: fusion.json has SHA-256 of the inputs; default false: XXH3-128, which costs no more than
   * reading them */
  bool sha256;
  /* The weights are written as shards whose tensors have at most this many bytes together (a larger
   * tensor has a shard of its own), and an index of them; default 0: one file. */
  size_t shard_bytes;
  /* A page is written to this file, with the distances between the inputs, tensor by tensor, and,
   * by ig_fuse, what was learned or searched (ig_fuse_draw). It replaces no file that is no page,
   * and none that the fusion reads or writes. Default NULL: none. */
  const char *report_path;
  ig_reporter reporter; /* default: nothing is reported */
  /* Puts out the held-out score of the model in a directory, higher is better: greedy_soup chooses
   * by it, and a search without an objective of its own. ig_score_held_out is such a function.
   * Called on the thread that called the library. Default NULL: such a recipe is an error. */
  ig_status (*score)(void *context, const char *directory, double *score, ig_error *err);
  void *score_context;         /* handed to score */
  ig_interrupter *interrupter; /* stops the run; default NULL: nothing does */
  /* Statistics of models, which some methods gather on data first, are kept in this directory, and
   * used again for the same model and data; default NULL: they are gone with OUTPUT.stages. */
  const char *statistics_directory;
  /* What `score` scores by, in any words: a search that was stopped goes on with the scores that it
   * had if these words are the same; default NULL: always */
  const char *score_identity;
  /* A recipe may run commands of its own (search, objective: {command: ...}); default false: such a
   * recipe is an error, for who wrote it may not be who runs it. */
  bool allow_commands;
  /* (score_file_count) Files that `score` scores by: fusion.json has their hashes where a search
   * used it; default NULL, 0. */
  const char *const *score_files;
  size_t score_file_count;
} ig_fuse_options;
ig_fuse_options ig_fuse_options_default(void);
/* Carries out a recipe (a YAML file, docs/fusion.md) and writes the directory of a model, or of a
 * LoRA adapter, which must not exist yet. The directory grows as OUTPUT.partial; called again after
 * an interruption or a crash, ig_fuse goes on there and comes to the same bytes. If a recipe has
 * several documents, the models of the earlier ones are in OUTPUT.stages meanwhile. Everything that
 * can be known to go wrong is checked before any weight is read: each problem is a message of level
 * IG_LEVEL_WARNING to the reporter, and together they are the error: it tells their number, and
 * without a reporter as many of them as fit. */
ig_status ig_fuse(const char *recipe, const char *output, const ig_fuse_options *options,
                  ig_error *err);
/* Makes the same checks and puts out, as text, what ig_fuse would do: inputs, output, passes,
 * bytes, memory, disk. Writes no model. output NULL: the disk is not looked at. *out is a malloc'ed
 * string for the caller to free(). */
ig_status ig_fuse_describe(const char *recipe, const char *output, const ig_fuse_options *options,
                           char **out, ig_error *err);
/* Compares a fused model with the hashes in its fusion.json: its own weights, and the input files
 * (relative to the current directory) that still exist. *out is a malloc'ed string for the caller
 * to free(): a line for each file, "same", "changed", "gone", or "unnamed" for weights in the
 * directory that fusion.json does not name; with json one JSON object instead. *intact: nothing has
 * changed, and the model's own weights exist and are all named. threads 0: all cores. */
ig_status ig_fuse_verify(const char *directory, bool json, int threads, char **out, bool *intact,
                         ig_error *err);
/* Writes a page of what a finished fusion found, from its fusion.json: learned coefficients with
 * the losses on the way to them, and what a search tried. Nothing else is read. The page is a file
 * of HTML that loads nothing; it may replace nothing but a page, and no file of the directory.
 * IG_ERROR_ARGUMENT: nothing was learned or searched. */
ig_status ig_fuse_draw(const char *directory, const char *path, ig_error *err);

/* ---- converting a model -------------------------------------------------- */

typedef struct ig_convert_options {
  /* what floating-point weights are stored as: "float32", "bfloat16" or "float16"; default NULL:
   * the types that they have */
  const char *type;
  size_t shard_bytes;          /* as in ig_fuse_options; default 0: one file */
  ig_reporter reporter;        /* default: nothing is reported */
  ig_interrupter *interrupter; /* stops the run; default NULL: nothing does */
} ig_convert_options;
ig_convert_options ig_convert_options_default(void);
/* Writes a model directory whose weights are in any form that Ingot reads (pytorch_model.bin,
 * shards), or a directory of Marian or of CTranslate2 (docs/families.md), again, as a directory
 * with safetensors, which must not exist yet; directory may be a name of the hub, without adapters.
 * All tensors are kept, bit for bit unless a type is given, but for copies of tied ones, as
 * transformers writes them; the configuration, the tokenizer and other small files go along. What
 * does not is told to the reporter. The directory grows as OUTPUT.partial; after an error or an
 * interruption nothing is left of it. A value that is too large for the type is IG_ERROR_FORMAT. */
ig_status ig_convert(const char *directory, const char *output, const ig_convert_options *options,
                     ig_error *err);

/* ---- looking at a model -------------------------------------------------- */

/* All but `json` is what the memory plan supposes. */
typedef struct ig_inspect_options {
  bool json;        /* one JSON object; default false: text */
  int batch_tokens; /* tokens a batch on either side; default 4096 */
  int length;       /* tokens a sentence; default 64 */
  int beam_size;    /* default 4 */
  int threads;      /* default 0: all cores */
  const char *type; /* of running, as in ig_translator_options; default NULL: as stored */
} ig_inspect_options;
ig_inspect_options ig_inspect_options_default(void);
/* Reports family, sizes, dtypes, tied tensors, memory plan and, of a fused model, what it was made
 * from. No weight is read. *out is a malloc'ed string for the caller to free(). */
ig_status ig_inspect(const char *directory, const ig_inspect_options *options, char **out,
                     ig_error *err);

#ifdef __cplusplus
}
#endif
#endif
