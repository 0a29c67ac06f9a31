// Heads: what turns the rows of a model's last stack into what the model is for. A model has one;
// the table of heads says how each runs, and is the place where another one is added. The tensors
// of a head are parts of a family's table like all others (IG_PART_OUTPUT, IG_PART_LOGITS_BIAS).
#ifndef IG_MODEL_HEAD_HEAD_H
#define IG_MODEL_HEAD_HEAD_H
#include "model/model.h"
#include "nn/loss.h"

// What the outputs are compared with.
typedef struct ig_head_targets {
  const int *ids;  // (rows); negative: not counted
  // Of a head for spans instead: the rows of the sequences, and what is wanted of each
  // (IG_SPAN_TARGETS numbers).
  const ig_ragged *sequences;
  const int *spans;
  float label_smoothing;
  float gradient_scale;  // 1 / counted targets of the update
  // Of a language model, and of a head for spans: teachers that have a share in the loss. NULL:
  // none.
  const ig_soft_targets *soft;
  bool entropy;  // of a language model: the loss is the entropy of what it says of each token
  float r_drop;  // of a language model, as in ig_loss_args
} ig_head_targets;

// What training wants of one sequence of a model with a head for spans: the rows, counted in the
// sequence, where the answer begins and ends (both 0, the class token's, where there is none), and
// the first row of the second text.
enum { IG_SPAN_BEGIN, IG_SPAN_END, IG_SPAN_SECOND_TEXT, IG_SPAN_TARGETS };

// hidden: (rows, d_model), of the last stack.
typedef struct ig_head {
  const char *name;
  bool of_sequences;  // its rows are the first one of each sequence, else all
  // Columns of the output.
  int (*outputs)(const ig_model *model);
  // output (rows, outputs).
  void (*forward)(ig_nn *nn, const ig_model *model, int rows, const float *hidden, float *output);
  // NULL: the head has no such. The same for a reader, block by block, and its scratch bytes.
  void (*read)(ig_nn *nn, const ig_model *model, int rows, const float *hidden,
               const ig_gemm_reader *reader);
  size_t (*read_scratch)(const ig_nn *nn, const ig_model *model, int rows);
  // NULL: the head is not trained. The loss over counted rows, without an output for all rows in
  // memory, and its backward: dhidden (rows, d_model) is written, and the gradients of the head's
  // tensors are added to. dhidden NULL: the loss alone.
  ig_loss_sums (*loss)(ig_nn *nn, const ig_model *model, const ig_head_targets *targets, int rows,
                       const float *hidden, float *dhidden);
  // log_probs (rows): log p(targets->ids[r]); 0 where it is not counted.
  void (*log_probs)(ig_nn *nn, const ig_model *model, const ig_head_targets *targets, int rows,
                    const float *hidden, float *log_probs);
  // Scratch bytes of the forward alone, and of all three (NULL: the head has no loss). Of targets
  // soft, entropy and r_drop are read.
  size_t (*forward_scratch)(const ig_nn *nn, const ig_model *model, int rows);
  size_t (*scratch)(const ig_nn *nn, const ig_model *model, const ig_head_targets *targets,
                    int rows);
} ig_head;

const ig_head *ig_head_of(const ig_model *model);

// The heads of encoders: a linear layer, after a linear layer with an activation and perhaps a norm
// where the model has them   (Devlin et al. 2019, 3). IG_HEAD_NONE gives nothing.
extern const ig_head ig_head_none, ig_head_span, ig_head_classes, ig_head_token_classes,
    ig_head_masked_tokens;
// p(token) = softmax(W h + b) over the target vocabulary: model->output.
extern const ig_head ig_head_language_model;
#endif
