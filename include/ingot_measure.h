/* Measuring with Ingot: the peaks of a machine, and what products and layers of a model take on it.
 * The conventions of ingot.h hold. Every function is for one thread at a time, with no other load
 * on the machine: it measures. */
#ifndef INGOT_MEASURE_H
#define INGOT_MEASURE_H

#include "ingot.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the machine --------------------------------------------------------- */

typedef enum ig_peak {
  IG_PEAK_INFERENCE, /* on vectors */
  IG_PEAK_TRAINING,  /* as large products of training: on the matrix unit if the instruction set has
                        one, else on vectors */
  IG_PEAK_INT8,      /* on int8 values, in inference */
  IG_PEAK_BFLOAT16   /* on operands rounded to bfloat16, in training */
} ig_peak;
enum { IG_PEAKS = 4 };

/* The arithmetic peak in 10^9 operations a second, a multiply-add being two: the matrix kernel on
 * operands in the first-level cache. isa: a name of ig_isa_supported(); NULL: the one in use.
 * threads 0: all cores. Takes some tens of milliseconds. */
ig_status ig_machine_peak(const char *isa, ig_peak peak, int threads, double *gflops,
                          ig_error *err);

typedef struct ig_bandwidth {
  size_t cache_bytes, memory_bytes; /* sizes of the buffers that were read */
  double cache, memory;             /* 10^9 bytes a second */
} ig_bandwidth;

/* How fast the last-level cache and the memory are read, each thread reading its own part. threads
 * 0: all cores. Takes some seconds and up to 1 GiB. */
ig_status ig_machine_bandwidth(int threads, ig_bandwidth *out, ig_error *err);

/* ---- a model's products and layers --------------------------------------- */

/* The time of one product or one layer at a model's sizes, with random weights. */
typedef struct ig_timing {
  const char *group; /* "product" or "layer"; a static string */
  char name[96];     /* "feed-forward, inner, backward-weight" */
  size_t m, n, k;    /* of a product: C (m, n) = A (m, k) B (k, n); of a layer: m rows, n and k 0 */
  double seconds;    /* the shortest of ig_timing_options.repeat runs */
  double operations; /* of matrix products, a multiply-add being two; 0: none worth counting */
  ig_peak peak;      /* what it may be compared with */
  const char *type;  /* of the weights: "fp32" (a static string), or the one of the options */
} ig_timing;

typedef struct ig_timing_options {
  int rows;    /* of a training batch; default 2048 */
  int length;  /* rows of each of its sentences; default 24 */
  int threads; /* default 0: all cores */
  int repeat;  /* runs of each product or layer, of which the shortest counts; default 5 */
  /* Of the weights in decoding steps, as ig_translator_options.type; default NULL: fp32. */
  const char *type;
} ig_timing_options;
ig_timing_options ig_timing_options_default(void);

typedef void (*ig_timing_report)(void *context, const ig_timing *timing);

/* Times the products of a training batch, those of decoding steps of 1, 8 and 32 rows, and then the
 * layers. Each is reported as soon as it is known, on the calling thread. */
ig_status ig_time_model(const ig_config *config, const ig_timing_options *options,
                        ig_timing_report report, void *context, ig_error *err);

/* Floating-point operations of the matrix products that translate one sentence of `length` tokens
 * on both sides. Attention's own products, some percent, are left out. */
double ig_translation_operations(const ig_config *config, int length, int beam_size);

#ifdef __cplusplus
}
#endif
#endif
