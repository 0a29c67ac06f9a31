// ig_score_held_out_command: how good a model is, by a command that tells.
#include <math.h>

#include "base/command.h"
#include "base/fail.h"
#include "ingot_score.h"

ig_held_out_command_options ig_held_out_command_options_default(void) {
  return (ig_held_out_command_options){0};
}

ig_status ig_score_held_out_command(void *options, const char *directory, double *score,
                                    ig_error *err) {
  const ig_held_out_command_options *o = options;
  IG_TRY(ig_fail_if_null(o, "options", err));
  IG_TRY(ig_fail_if_null(directory, "directory", err));
  IG_TRY(ig_fail_if_null(score, "score", err));
  IG_TRY(ig_fail_if_null(o->command, "command", err));
  IG_TRY(ig_command_number(o->command, directory, o->interrupter, score, err));
  if (isfinite(*score)) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "'%.200s' says %g: expected a finite number", o->command,
                 *score);
}
