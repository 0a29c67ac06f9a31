// The held-out score of a model: how well it translates one file, by another.
#ifndef CLI_HELD_OUT_H
#define CLI_HELD_OUT_H
#include "input.h"

typedef struct cli_held_out {
  cli_text source, reference;
  ig_score_options score;
  int threads, beam_size;
} cli_held_out;

ig_status cli_held_out_open(cli_held_out *held_out, const char *source, const char *reference,
                            ig_error *err);
void cli_held_out_close(cli_held_out *held_out);
// As ig_fuse_options asks for it; context: cli_held_out
ig_status cli_held_out_score(void *context, const char *directory, double *score, ig_error *err);
#endif
