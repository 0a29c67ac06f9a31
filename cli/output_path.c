#include "output_path.h"

#include "ingot.h"
#include "paths.h"
#include "report.h"

int cli_check_output(const cli_verb *verb, const char *output, const char *input,
                     const cli_list *models) {
  if (output == NULL) return CLI_GO_ON;
  if (cli_begins_with_home(output))
    return cli_usage_error(verb, "'%s': the shell has left ~ as it is", output);
  if (input != NULL && cli_same_file(output, input))
    return cli_usage_error(verb, "'%s' is the input and an output", output);
  for (size_t i = 0; i < models->count; i++) {
    ig_error err = {0};
    bool found = false;
    if (cli_find_file_of_model(output, models->items[i], &found, &err) != IG_OK)
      return cli_fail(verb, "%s", err.message);
    if (found) return cli_usage_error(verb, "'%s' is a file of the model", output);
  }
  return CLI_GO_ON;
}
