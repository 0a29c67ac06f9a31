// The command line parser: long and short options, operands anywhere, `--` ends the options,
// suggestions for misspelt names.
#include "options.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "help.h"
#include "report.h"

const char *const cli_weight_types[] = {"fp32", "bf16", "int8", NULL};

#define MAX_WORD 63  // longer words are compared by their beginning

// Levenshtein distance, one row at a time.
static size_t edit_distance(const char *a, const char *b) {
  size_t n = strlen(b), row[MAX_WORD + 1];
  if (n > MAX_WORD) n = MAX_WORD;
  for (size_t j = 0; j <= n; j++) row[j] = j;
  for (size_t i = 1; a[i - 1] != '\0'; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= n; j++) {
      size_t substitute = diagonal + (a[i - 1] != b[j - 1]);
      size_t insert = row[j - 1] + 1, erase = row[j] + 1;
      diagonal = row[j];
      row[j] = substitute < insert ? substitute : insert;
      if (erase < row[j]) row[j] = erase;
    }
  }
  return row[n];
}

const char *cli_nearest(const char *word, const char *const *names, size_t count) {
  const size_t length = strlen(word);
  size_t best = length / 3 + 2;  // a name at this distance or further is no suggestion
  const char *nearest = NULL;
  for (size_t i = 0; i < count; i++) {
    size_t distance = edit_distance(word, names[i]);
    if (length >= 3 && strncmp(word, names[i], length) == 0) distance = 1;  // an abbreviation
    if (distance < best) {
      best = distance;
      nearest = names[i];
    }
  }
  return nearest;
}

static int unknown_option(const cli_verb *verb, const char *word, size_t length) {
  const char *names[64];
  size_t count = 0;
  for (size_t i = 0; i < verb->option_count && count < 63; i++)
    names[count++] = verb->options[i].name;
  names[count++] = "help";
  char name[MAX_WORD + 1];
  snprintf(name, sizeof name, "%.*s", (int)(length > MAX_WORD ? MAX_WORD : length), word);
  const char *nearest = cli_nearest(name, names, count);
  if (nearest != NULL)
    return cli_usage_error(verb, "unknown option --%s; did you mean --%s?", name, nearest);
  return cli_usage_error(verb, "unknown option --%s", name);
}

void cli_list_free(cli_list *list) {
  free(list->items);
  *list = (cli_list){0};
}

static int list_append(const cli_verb *verb, cli_list *list, const char *item) {
  const char **grown = realloc(list->items, (list->count + 1) * sizeof *grown);
  if (grown == NULL) return cli_fail_memory(verb);
  list->items = grown;
  list->items[list->count++] = item;
  return CLI_GO_ON;
}

static bool in_range(const cli_option *option, double value) {
  if (option->minimum == 0 && option->maximum == 0) return true;
  return value >= option->minimum && value <= option->maximum;
}

static int bad_number(const cli_verb *verb, const cli_option *option, const char *text) {
  const char *kind = option->kind == CLI_INTEGER ? "a whole number" : "a number";
  if (option->minimum == 0 && option->maximum == 0)
    return cli_usage_error(verb, "--%s: expected %s, found '%s'", option->name, kind, text);
  return cli_usage_error(verb, "--%s: expected %s from %g to %.10g, found '%s'", option->name, kind,
                         option->minimum, option->maximum, text);
}

static int store_text(const cli_verb *verb, const cli_option *option, const char **out,
                      const char *text) {
  *out = text;
  if (option->choices == NULL) return CLI_GO_ON;
  char list[256] = "";
  size_t used = 0;
  for (const char *const *choice = option->choices; *choice != NULL; choice++) {
    if (strcmp(*choice, text) == 0) return CLI_GO_ON;
    int n = snprintf(list + used, sizeof list - used, "%s%s", used == 0 ? "" : ", ", *choice);
    if (n > 0 && used + (size_t)n < sizeof list) used += (size_t)n;
  }
  const char *kind = option->choices[1] != NULL ? "one of " : "";
  return cli_usage_error(verb, "--%s: expected %s%s; found '%s'", option->name, kind, list, text);
}

// text is NULL for flags.
static int store(const cli_verb *verb, const cli_option *option, void *values, const char *text) {
  char *member = (char *)values + option->offset, *end = NULL;
  switch (option->kind) {
    case CLI_FLAG: *(bool *)(void *)member = true; return CLI_GO_ON;
    case CLI_TEXT: return store_text(verb, option, (const char **)(void *)member, text);
    case CLI_LIST: return list_append(verb, (cli_list *)(void *)member, text);
    case CLI_INTEGER: {
      errno = 0;
      long value = strtol(text, &end, 10);
      if (end == text || *end != '\0' || errno != 0 || value < INT_MIN || value > INT_MAX ||
          !in_range(option, (double)value))
        return bad_number(verb, option, text);
      *(int *)(void *)member = (int)value;
      return CLI_GO_ON;
    }
    case CLI_NUMBER: {
      double value = strtod(text, &end);
      if (end == text || *end != '\0' || !isfinite(value) || !in_range(option, value))
        return bad_number(verb, option, text);
      *(double *)(void *)member = value;
      return CLI_GO_ON;
    }
  }
  return CLI_GO_ON;
}

static const cli_option *find_long(const cli_verb *verb, const char *name, size_t length) {
  for (size_t i = 0; i < verb->option_count; i++)
    if (strlen(verb->options[i].name) == length &&
        strncmp(verb->options[i].name, name, length) == 0)
      return &verb->options[i];
  return NULL;
}

static const cli_option *find_short(const cli_verb *verb, char letter) {
  for (size_t i = 0; i < verb->option_count; i++)
    if (verb->options[i].letter == letter) return &verb->options[i];
  return NULL;
}

typedef struct parse_state {
  const cli_verb *verb;
  void *values;
  int argc, at;  // `at`: the next word
  char **argv;
  bool seen[64];
} parse_state;

// value NULL: the word with the option has no value after '=' or after its letter.
static int take_option(parse_state *state, const cli_option *option, const char *value) {
  const cli_verb *verb = state->verb;
  if (option->kind == CLI_FLAG) {
    if (value != NULL)
      return cli_usage_error(verb, "--%s takes no value, found '%s'", option->name, value);
  } else if (value == NULL) {
    if (state->at >= state->argc || strncmp(state->argv[state->at], "--", 2) == 0)
      return cli_usage_error(verb, "--%s: %s is missing", option->name, option->argument);
    value = state->argv[state->at++];
  }
  if (value != NULL && *value == '\0')
    return cli_usage_error(verb, "--%s: %s is empty", option->name, option->argument);
  size_t index = (size_t)(option - verb->options);
  if (state->seen[index] && option->kind != CLI_FLAG && option->kind != CLI_LIST)
    return cli_usage_error(verb, "--%s is given twice", option->name);
  state->seen[index] = true;
  return store(verb, option, state->values, value);
}

static int take_long(parse_state *state, const char *word) {
  const char *equals = strchr(word, '=');
  size_t length = equals != NULL ? (size_t)(equals - word) : strlen(word);
  if (length == 4 && strncmp(word, "help", 4) == 0) {
    cli_help_text(stdout, state->verb);
    return CLI_OK;
  }
  const cli_option *option = find_long(state->verb, word, length);
  if (option == NULL) return unknown_option(state->verb, word, length);
  return take_option(state, option, equals != NULL ? equals + 1 : NULL);
}

// -m DIR, -mDIR, and flags together: -qv
static int take_short(parse_state *state, const char *letters) {
  while (*letters != '\0') {
    const cli_option *option = find_short(state->verb, *letters);
    if (option == NULL && *letters == 'h') {
      cli_help_text(stdout, state->verb);
      return CLI_OK;
    }
    if (option == NULL) return cli_usage_error(state->verb, "unknown option -%c", *letters);
    letters++;
    bool flag = option->kind == CLI_FLAG;
    int code = take_option(state, option, flag || *letters == '\0' ? NULL : letters);
    if (code != CLI_GO_ON || !flag) return code;
  }
  return CLI_GO_ON;
}

static int take_operand(const cli_verb *verb, cli_operands *operands, const char *word) {
  if (operands->count >= verb->max_operands) {
    if (verb->max_operands == 0)
      return cli_usage_error(verb, "unexpected '%s': %s takes options only", word, verb->name);
    if (verb->max_operands > 2)
      return cli_usage_error(verb, "expected at most %zu of %s, found another: '%s'",
                             verb->max_operands, verb->operand, word);
    return cli_usage_error(verb, "unexpected '%s' after %s", word, verb->operand);
  }
  if (*word == '\0') return cli_usage_error(verb, "%s is empty", verb->operand);
  operands->items[operands->count++] = word;
  return CLI_GO_ON;
}

int cli_parse(const cli_verb *verb, void *values, cli_operands *operands, int argc, char **argv) {
  parse_state state = {.verb = verb, .values = values, .argc = argc, .argv = argv};
  *operands = (cli_operands){0};
  bool options_over = false;
  while (state.at < argc) {
    const char *word = argv[state.at++];
    int code;
    if (options_over || word[0] != '-' || word[1] == '\0')
      code = take_operand(verb, operands, word);
    else if (strcmp(word, "--") == 0) {
      options_over = true;
      continue;
    } else if (word[1] == '-')
      code = take_long(&state, word + 2);
    else
      code = take_short(&state, word + 1);
    if (code != CLI_GO_ON) return code;
  }
  if (operands->count < verb->min_operands)
    return cli_usage_error(verb, "%s is missing", verb->operand);
  for (size_t i = 0; i < verb->option_count; i++)
    if (verb->options[i].required && !state.seen[i])
      return cli_usage_error(verb, "--%s %s is missing", verb->options[i].name,
                             verb->options[i].argument);
  return CLI_GO_ON;
}
