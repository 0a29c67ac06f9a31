// The files of held-out lines or questions that `ingot fuse` scores models by.
#ifndef CLI_HELD_OUT_H
#define CLI_HELD_OUT_H
#include "ingot_answer.h"
#include "ingot_score.h"
#include "input.h"

typedef struct cli_held_out {
  cli_text source, reference;
  ig_held_out_options options;          // of these lines
  ig_held_out_questions *questions;     // in place of lines; NULL: none
  ig_held_out_command_options command;  // in place of both
} cli_held_out;

// The files must have the same number of lines, and at least one. Options besides the lines stay
// as they are. reporter: told of lines that are repaired. cli_held_out_close in any case.
ig_status cli_held_out_open(cli_held_out *held_out, const char *source, const char *reference,
                            const ig_reporter *reporter, ig_error *err);
void cli_held_out_close(cli_held_out *held_out);
#endif
