/* Ingot: train, fuse and run encoder-decoder Transformers on CPUs. The only public header.
 *
 * Conventions. A function that can fail returns ig_status and fills *err (may be NULL). Handles are
 * freed by the function named beside their constructor; freeing NULL is fine. What a function that
 * fails was to put out is NULL (numbers: 0), so that one clean-up path can free it whatever
 * happened. Options may be NULL: the defaults. NULL for a path, a handle or an array that is needed
 * is IG_ERROR_ARGUMENT. Strings are UTF-8. The library never prints, exits or aborts on what a
 * user, a file or the system did. Numbers are read and written with a decimal point, whatever the
 * program gave to setlocale. Unless said otherwise a handle is used by one thread at a time; an
 * ig_model that is only read may be shared by any number of threads. Shapes stand beside each
 * pointer, row-major. Letters: S sequences, T target rows, d = d_model, V = vocabulary.
 */
#ifndef INGOT_H
#define INGOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- status -------------------------------------------------------------- */

typedef enum ig_status {
  IG_OK = 0,
  IG_ERROR_ARGUMENT = 1, /* an option or a value that makes no sense */
  IG_ERROR_IO = 2,       /* the operating system said no */
  IG_ERROR_FORMAT = 3,   /* a file is not what it should be */
  IG_ERROR_MEMORY = 4,
  IG_ERROR_UNSUPPORTED = 5, /* well-formed, but not something this version does */
  IG_ERROR_DIVERGED = 6,    /* training met NaN or Inf, or a loss that ran away */
  IG_INTERRUPTED = 7,       /* ig_interrupt() was called; state was saved */
} ig_status;

typedef struct ig_error {
  ig_status status;
  char message[1024]; /* what, where (file, tensor, line), expected and found; one line */
} ig_error;

const char *ig_version(void);
const char *ig_status_name(ig_status status);
/* The instruction set in use: "reference", "avx2", "avx512" or "amx"; fails where IG_ISA asks for
 * what the CPU lacks. */
ig_status ig_isa_name(const char **name, ig_error *err);
/* The instruction sets that this CPU runs, slowest first: index 0, 1, ...; NULL behind the last. */
const char *ig_isa_supported(size_t index);
int ig_cpu_count(void); /* cores that this process may use: what "threads 0" means */
/* The CPU's own name, cut to 63 bytes; "unknown" where it has none. */
void ig_cpu_name(char name[64]);
/* Asks a running ig_train to save and return IG_INTERRUPTED; one that has yet to be called does not
 * know of it. Async-signal-safe. */
void ig_interrupt(void);

/* ---- reports: the library hands lines and progress to the caller --------- */

typedef enum ig_level { IG_LEVEL_INFO, IG_LEVEL_WARNING } ig_level;
typedef struct ig_progress {
  const char *what;   /* "training" */
  double done, total; /* in units; total 0 = unknown */
  const char *unit;   /* "updates" */
  double rate;        /* per second, of rate_unit */
  const char *rate_unit;
  char note[128]; /* "loss 3.21 ppl 24.8" */
} ig_progress;
typedef struct ig_reporter {
  void (*message)(void *context, ig_level level, const char *text);
  void (*progress)(void *context, const ig_progress *progress);
  void *context;
} ig_reporter; /* NULL members are skipped */

/* ---- the model's options ------------------------------------------------- */

typedef enum ig_norm_kind { IG_NORM_LAYER, IG_NORM_RMS } ig_norm_kind;
typedef enum ig_activation {
  IG_ACTIVATION_NONE,
  IG_ACTIVATION_RELU,
  IG_ACTIVATION_GELU,
  IG_ACTIVATION_GELU_TANH,
  IG_ACTIVATION_SWISH
} ig_activation;
typedef enum ig_positions {
  IG_POSITIONS_INTERLEAVED, /* sine in even, cosine in odd columns: PyTorch's tutorials */
  IG_POSITIONS_HALVES,      /* sine in the first, cosine in the second half, exponent 2i/d: Hugging
                               Face's Marian */
} ig_positions;

/* Everything that tells one Transformer from another. Sizes in units, probabilities in [0,1). */
typedef struct ig_config {
  char family[16]; /* "torch", "marian" */
  int vocab_size;  /* source, and target where target_vocab_size is the same */
  int target_vocab_size;
  int d_model;
  int encoder_layers, decoder_layers;
  int encoder_heads, decoder_heads;
  int encoder_ffn, decoder_ffn;
  float dropout;            /* embeddings and each sublayer's output */
  float attention_dropout;  /* attention probabilities */
  float activation_dropout; /* inside the feed-forward */
  ig_norm_kind norm;
  bool pre_norm;
  bool final_norm; /* a norm after the last layer of each stack */
  float norm_eps;
  bool bias;        /* of linear layers and norms (torch: bias=) */
  bool output_bias; /* trained bias of the output layer (torch: fc.bias) */
  bool logits_bias; /* constant added to the logits (Marian: final_logits_bias) */
  ig_activation activation;
  ig_positions positions;
  int max_positions;          /* longest sequence; 0 = unbounded */
  bool scale_embedding;       /* embeddings times sqrt(d) */
  bool shared_embedding;      /* one table for source and target */
  bool tied_output;           /* the output layer's weight is the target embedding */
  int pad_id, eos_id, bos_id; /* -1: none */
  int decoder_start_id;
  int forced_eos_id;         /* -1: none */
  bool frozen_pad_embedding; /* embedding look-ups of pad_id give no gradient (nn.Embedding's
                                padding_idx) */
  float init_std;
} ig_config;

/* The module that PyTorch users write by hand, with the arguments of its constructor. Special ids:
 * pad 0, bos 1, eos 2. */
ig_config ig_config_torch(int vocab_size, int d_model, int nhead, int num_encoder_layers,
                          int num_decoder_layers, int dim_feedforward, float dropout);

/* ---- models -------------------------------------------------------------- */

typedef struct ig_model ig_model; /* ig_model_free */

/* A new model with the family's initialisation, drawn from seed. */
ig_status ig_model_create(const ig_config *config, uint64_t seed, ig_model **out, ig_error *err);
/* A Hugging Face model directory. Missing, superfluous or misshapen tensors are errors that name
 * the tensor. */
ig_status ig_model_load(const char *directory, ig_model **out, ig_error *err);
/* Writes config.json, generation_config.json and model.safetensors; dtype "float32", "bfloat16" or
 * "float16". Atomic file by file. */
ig_status ig_model_save(const ig_model *model, const char *directory, const char *dtype,
                        ig_error *err);
void ig_model_free(ig_model *model);

const ig_config *ig_model_config(const ig_model *model);
size_t ig_model_parameters(const ig_model *model); /* trained values, tied ones counted once */
size_t ig_model_tensors(const ig_model *model);

typedef struct ig_tensor_view {
  const char *name; /* the family's state_dict name */
  int rank;
  size_t shape[4];
  float *values;   /* owned by the model */
  float *gradient; /* NULL where nothing is trained, or before ig_trainer_create */
} ig_tensor_view;
ig_status ig_model_tensor(const ig_model *model, size_t index, ig_tensor_view *out, ig_error *err);
ig_status ig_model_find(const ig_model *model, const char *name, ig_tensor_view *out,
                        ig_error *err);

/* ---- batches and masks --------------------------------------------------- */

/* nn.Transformer's masks. Boolean: 1 = may not attend. Additive: added to the scaled scores. Where
 * several apply, they add up. */
typedef struct ig_mask {
  const uint8_t *boolean; /* one of the two, or none */
  const float *additive;
  bool per_head; /* (S*heads, rows, columns) instead of (rows, columns) */
} ig_mask;
typedef struct ig_masks {
  ig_mask src, tgt, memory; /* (Ls,Ls), (Lt,Lt), (Lt,Ls) for sequences all of one length */
  ig_mask src_key_padding, tgt_key_padding, memory_key_padding; /* (S,Ls), (S,Lt), (S,Ls) */
  bool src_is_causal, tgt_is_causal,
      memory_is_causal; /* adds the triangular mask; never weakens a given one */
} ig_masks; /* a row whose keys are all masked attends to nothing: zeros, as PyTorch's SDPA gives */

/* Rows of all sequences back to back: sequence s owns rows offsets[s] .. offsets[s+1]-1. No padding
 * needed; a padded batch is the case of equal lengths, with key-padding masks. masks NULL: the
 * decoder is causal, all else is seen. */
typedef struct ig_batch {
  int sequences;
  const int *source;         /* ids */
  const int *source_offsets; /* (S+1) */
  const int *target_input;   /* ids, shifted right: starts with decoder_start_id (torch: bos_id) */
  const int
      *target_output; /* ids to predict; negative = not counted. NULL where no loss is wanted */
  const int *target_offsets; /* (S+1) */
  const ig_masks *masks;
} ig_batch;

/* ---- training step by step (what ig_train does for you) ------------------ */

typedef enum ig_optimizer { IG_OPTIMIZER_ADAM, IG_OPTIMIZER_ADAMW } ig_optimizer;
typedef struct ig_optimizer_options {
  ig_optimizer kind;
  float beta1, beta2, eps, weight_decay; /* adam: decay added to the gradient; adamw: decoupled */
  float clip_norm;                       /* 0: none */
} ig_optimizer_options;

typedef struct ig_trainer_options {
  ig_optimizer_options optimizer;
  float label_smoothing; /* torch's form: (1-e) nll + e mean over V */
  uint64_t seed;         /* of dropout */
  int threads;           /* 0: all cores */
  bool recompute; /* keep the layers' inputs only and run each layer forward again in the backward:
                     less memory, the same bits */
} ig_trainer_options;
ig_trainer_options ig_trainer_options_default(
    void); /* Adam (0.9, 0.98, 1e-9), no smoothing, no clipping, seed 1 */

typedef struct ig_loss {
  double loss; /* mean over counted targets, smoothing included */
  double nll;  /* mean negative log-likelihood: perplexity = exp(nll) */
  size_t tokens;
} ig_loss;

typedef struct ig_trainer ig_trainer; /* ig_trainer_free; holds gradients, optimizer state,
                                         activations; borrows the model, which must outlive it */
ig_status ig_trainer_create(ig_model *model, const ig_trainer_options *options, ig_trainer **out,
                            ig_error *err);
void ig_trainer_free(ig_trainer *trainer);
/* Forward only; dropout off. logits: (T, V) or NULL. */
ig_status ig_trainer_forward(ig_trainer *trainer, const ig_batch *batch, float *logits,
                             ig_loss *loss, ig_error *err);
/* Forward and backward with dropout; adds the gradient of sum(loss)/normalizer to the model's
   gradients. normalizer 0: the batch's counted targets; below 0 or not finite: IG_ERROR_ARGUMENT,
   and nothing is added. */
ig_status ig_trainer_accumulate(ig_trainer *trainer, const ig_batch *batch, double normalizer,
                                ig_loss *loss, ig_error *err);
/* Clips, updates the weights, zeroes the gradients. grad_norm (before clipping) may be NULL.
   IG_ERROR_DIVERGED (a norm that is not finite) leaves the weights as they were and zeroes the
   gradients; IG_ERROR_ARGUMENT (a learning rate below 0 or not finite) leaves both. */
ig_status ig_trainer_update(ig_trainer *trainer, float learning_rate, double *grad_norm,
                            ig_error *err);
void ig_trainer_zero_gradients(ig_trainer *trainer);

/* ---- training from a configuration file ---------------------------------- */

typedef struct ig_train_options {
  const char *const *set; /* "key.path=value" overrides */
  size_t set_count;
  int threads;            /* 0: all cores */
  const char *stats_path; /* NULL: none */
  ig_reporter reporter;
} ig_train_options;
/* Resumes by itself where the output directory holds a checkpoint of the same run. IG_INTERRUPTED
 * after ig_interrupt(), state saved. */
ig_status ig_train(const char *config_path, const ig_train_options *options, ig_error *err);

/* ---- translating --------------------------------------------------------- */

typedef struct ig_translator_options {
  int beam_size;              /* 0: the model's num_beams, else 1 */
  int n_best;                 /* 0: 1 */
  int min_length, max_length; /* generated tokens, end of sentence included; max 0: the model's */
  float length_penalty;       /* NAN: the model's, else 1 */
  int no_repeat_ngram;        /* -1: the model's, else 0 = off */
  int threads;                /* 0: all cores */
  int workers; /* sentences in flight on independent single-threaded workers; 0: chosen by the work
                */
  int batch_tokens; /* source tokens a batch, target tokens too when scoring; 0: 2048 */
  bool ids_in;      /* input lines are source token ids as they stand */
  bool ids_out;     /* output lines are target token ids, end of sentence included */
  const char *type; /* "fp32"; NULL: fp32 */
} ig_translator_options;
ig_translator_options ig_translator_options_default(void);

typedef struct ig_translate_stats {
  size_t sentences, source_tokens,
      target_tokens; /* source: in an ensemble a sentence's most of any member */
  size_t cut;        /* sentences of which the model's positions could not hold all */
  double load_seconds, seconds;
  int threads, workers;
} ig_translate_stats;

typedef struct ig_translator ig_translator; /* ig_translator_close */
ig_status ig_translator_open(const char *directory, const ig_translator_options *options,
                             ig_translator **out, ig_error *err);

/* Several models that decide together, token by token. They need one target vocabulary, the same
 * pieces with the same ids; family, sizes, source vocabulary and tokenizer are each model's own.
 * Defaults that models have (generation_config.json) are the first one's. */
typedef enum ig_mean {
  IG_MEAN_ARITHMETIC, /* of probabilities: log sum w p */
  IG_MEAN_GEOMETRIC   /* of log-probabilities: sum w log p, not normalised again */
} ig_mean;
typedef struct ig_ensemble_member {
  const char *directory;
  double weight; /* divided by the sum of all; all 0: equal ones. One of weight 0 beside others has
                    no say */
} ig_ensemble_member;
typedef struct ig_ensemble {
  const ig_ensemble_member *members; /* (count) */
  size_t count;
  ig_mean mean;
} ig_ensemble;
/* A translator of an ensemble: everything below works as with one model. With ids_in all members
 * read the same source ids; with ids_out too, no tokenizer is read, and only the sizes of the
 * target vocabularies and their end tokens are compared. */
ig_status ig_translator_open_ensemble(const ig_ensemble *ensemble,
                                      const ig_translator_options *options, ig_translator **out,
                                      ig_error *err);

/* Another translator over the weights and subwords of `owner`, for another thread or with other
 * options: a server has one a thread, each with threads = 1. They may work at the same time,
 * `owner` too; `owner` is closed last. */
ig_status ig_translator_share(const ig_translator *owner, const ig_translator_options *options,
                              ig_translator **out, ig_error *err);
void ig_translator_close(ig_translator *translator);
/* One sentence. *out is a malloc'ed string for the caller to free(): the line, or with n_best > 1
 * the n_best lines, that ig_translate_lines would write, newlines between them. Of a text with more
 * tokens than the model has positions the rest is left out; ig_translator_stats counts those. */
ig_status ig_translate(ig_translator *translator, const char *text, char **out, ig_error *err);
/* Whole streams in bounded memory, order kept. read: *line is borrowed until the next call, NULL at
 * the end. write: one line, without newline (with n_best > 1: n_best lines a sentence, each
 * "score<TAB>text"). Both run on the calling thread. */
typedef struct ig_line_stream {
  ig_status (*read)(void *context, const char **line, size_t *length, ig_error *err);
  ig_status (*write)(void *context, const char *line, size_t length, ig_error *err);
  void *context;
  bool (*ready)(void *context); /* whether read would give a line (or the end) without waiting;
                                 * NULL: always. Where not, what has been read is translated and
                                 * written before the next read. No line depends on it */
} ig_line_stream;
ig_status ig_translate_lines(ig_translator *translator, const ig_line_stream *stream,
                             const ig_reporter *reporter, ig_error *err);
/* Log-probability of each given target: read_target as stream->read. With ids_in, targets are ids
 * (end of sentence as given) and one value a token is written; else the targets are text, end of
 * sentence appended, and one sum a line is written. */
ig_status ig_score_targets(ig_translator *translator, const ig_line_stream *stream,
                           ig_status (*read_target)(void *context, const char **line,
                                                    size_t *length, ig_error *err),
                           const ig_reporter *reporter, ig_error *err);
ig_translate_stats ig_translator_stats(const ig_translator *translator);

/* Greedy generation by id with a model in memory (a model still in training too): out has room for
 * max_length ids; *length counts the end token. Any number of threads may generate with one model
 * at the same time, but none while it is trained. */
ig_status ig_generate(ig_model *model, const int *source, int source_length, int max_length,
                      int *out, int *length, ig_error *err);

/* ---- scoring ------------------------------------------------------------- */

typedef enum ig_metric { IG_METRIC_BLEU, IG_METRIC_CHRF, IG_METRIC_TER } ig_metric;
typedef struct ig_score_options {
  ig_metric metric;
  const char *tokenize; /* BLEU: "13a" (default), "zh", "char", "intl", "none" */
  bool lowercase;
  int chrf_word_order; /* 2: chrF++ */
} ig_score_options;
typedef struct ig_score {
  double value;
  char line[512]; /* what sacreBLEU prints in its text format */
} ig_score;
/* hypotheses and references: lines of files already split, count of each. */
ig_status ig_score_lines(const ig_score_options *options, const char *const *hypotheses,
                         const char *const *references, size_t count, ig_score *out, ig_error *err);

/* ---- fusing models ------------------------------------------------------- */

typedef struct ig_fuse_options {
  int threads; /* 0: all cores; the result does not depend on it */
  bool sha256; /* hashes of the inputs in fusion.json; else XXH3-128, which costs no more than
                  reading */
  size_t shard_bytes; /* the weights are written as shards with tensors of at most this many bytes
                         (one larger tensor alone), and their index; 0: one file */
  const char *report; /* a page with the distances between the inputs, tensor by tensor, is written
                         to this file; NULL: none */
  ig_reporter reporter;
  /* The held-out score of the model in a directory, higher is better: what greedy_soup chooses by.
   * Called on the calling thread; NULL: that method is an error. */
  ig_status (*score)(void *context, const char *directory, double *score, ig_error *err);
  void *score_context;
} ig_fuse_options;
ig_fuse_options ig_fuse_options_default(void);
/* Carries out a recipe (YAML, docs/fusion.md) and writes the directory of a model, or of a LoRA
 * adapter, which must not exist yet. It grows as OUTPUT.partial; called again after an interruption
 * or a crash it goes on there, to the same bytes. A recipe of several documents has its other
 * models in OUTPUT.stages meanwhile. Whatever can be known to go wrong is checked before any weight
 * is read: each problem is a message of level IG_LEVEL_WARNING to the reporter, and together they
 * are the error. */
ig_status ig_fuse(const char *recipe, const char *output, const ig_fuse_options *options,
                  ig_error *err);
/* The same checks, and what ig_fuse would do, as text: inputs, output, passes, bytes, memory, disk.
 * Writes no model. output NULL: the disk is not looked at. *out is a malloc'ed string for the
 * caller to free(). */
ig_status ig_fuse_plan(const char *recipe, const char *output, const ig_fuse_options *options,
                       char **out, ig_error *err);
/* Hashes what fusion.json of a fused model names: input files (relative to the current directory)
 * that are still there, and the model's own weights. *out: a line a file, "same", "changed" or
 * "gone", malloc'ed, for the caller to free(); json: one JSON object instead. *intact: nothing has
 * changed, and the model's own weights are there. */
ig_status ig_fuse_verify(const char *directory, bool json, int threads, char **out, bool *intact,
                         ig_error *err);

/* ---- measuring the machine ----------------------------------------------- */

typedef enum ig_peak {
  IG_PEAK_INFERENCE, /* on vectors */
  IG_PEAK_TRAINING   /* on the matrix unit where the instruction set has one, as training's large
                        products; else on vectors */
} ig_peak;
/* The arithmetic peak of this machine in 10^9 floating-point operations a second: the matrix kernel
 * on operands in L1. isa NULL: the one in use. threads 0: all cores. Takes some tens of
 * milliseconds. */
ig_status ig_machine_peak(const char *isa, ig_peak peak, int threads, double *gflops,
                          ig_error *err);

typedef struct ig_bandwidth {
  size_t cache_bytes, memory_bytes; /* the buffers that were read */
  double cache, memory;             /* 10^9 bytes a second */
} ig_bandwidth;
/* Reading from the last-level cache and from memory, each thread its own part. Takes some seconds
 * and up to 1 GiB. threads 0: all cores. */
ig_status ig_machine_bandwidth(int threads, ig_bandwidth *out, ig_error *err);

/* What one product or one layer of a model takes at the model's sizes, with random weights. */
typedef struct ig_timing {
  const char *group; /* "product" or "layer" */
  char name[96];     /* "feed-forward, inner, backward-weight" */
  size_t m, n, k;    /* of a product: C (m, n) = A (m, k) B (k, n); of a layer: m rows, n and k 0 */
  double seconds;    /* the best of several */
  double operations; /* floating-point operations of matrix products; 0: none worth counting */
  bool
      training; /* as in training, so that a matrix unit may have been used; else as in inference */
} ig_timing;
typedef struct ig_timing_options {
  int rows;    /* of a training batch */
  int length;  /* of each of its sentences */
  int threads; /* 0: all cores */
  int repeat;
} ig_timing_options;
ig_timing_options ig_timing_options_default(void); /* 2048 rows, 24 a sentence, best of 5 */
typedef void (*ig_timing_report)(void *context, const ig_timing *timing);
/* Products of a training batch and of decoding steps of 1, 8 and 32 rows, then layers, each
 * reported when it is known. */
ig_status ig_time_model(const ig_config *config, const ig_timing_options *options,
                        ig_timing_report report, void *context, ig_error *err);

/* ---- looking at a model -------------------------------------------------- */

typedef struct ig_inspect_options {
  bool json;
  int batch_tokens, length, beam_size; /* that the memory plan supposes: tokens a batch on either
                                          side, tokens a sentence */
  int threads;                         /* 0: all cores */
} ig_inspect_options;
ig_inspect_options ig_inspect_options_default(void); /* text; 4096 tokens, 64 a sentence, beam 4 */
/* A report of family, sizes, dtypes, tied tensors, memory plan, and, of a fused model, what it was
 * made from; json: one JSON object. No weight is read. *out is a malloc'ed string for the caller to
 * free(). */
ig_status ig_inspect(const char *directory, const ig_inspect_options *options, char **out,
                     ig_error *err);

#ifdef __cplusplus
}
#endif
#endif
