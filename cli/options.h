// Verbs and options as data: the parser, `ingot help`, the man pages, the completion of shells and
// docs/cli.md all come from these tables.
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H
#include <stdbool.h>
#include <stddef.h>

#define CLI_OK 0
#define CLI_FAILED 1  // because of a user's file, the system or the training
#define CLI_USAGE 2   // the command line makes no sense
#define CLI_GO_ON (-1)

// The kind of an option's value, and so the type of the member that stores it.
typedef enum cli_kind {
  CLI_FLAG,     // bool
  CLI_INTEGER,  // int
  CLI_NUMBER,   // double
  CLI_TEXT,     // const char *, borrowed from argv
  CLI_LIST,     // cli_list; may be given several times
} cli_kind;

typedef struct cli_list {
  const char **items;  // borrowed from argv
  size_t count;
} cli_list;

typedef struct cli_option {
  char letter;       // 'm' of -m; 0: none
  const char *name;  // "model" of --model
  cli_kind kind;
  const char *argument;        // "DIR"; NULL for flags
  size_t offset;               // of the member in the verb's struct of values
  double minimum, maximum;     // CLI_INTEGER and CLI_NUMBER; both 0: any
  const char *const *choices;  // CLI_TEXT: NULL-terminated, or NULL
  bool required;
  const char *help;
} cli_option;

typedef struct cli_verb {
  const char *name;
  const char *summary;      // one line
  const char *synopsis;     // what follows "ingot ", a line for each form
  const char *description;  // paragraphs, separated by an empty line
  const char *examples;     // command lines, one a line
  const cli_option *options;
  size_t option_count;
  const char *operand;                 // the name of the operands in messages; NULL: none are taken
  const char *const *operand_choices;  // what shells complete: NULL-terminated; NULL: by the name
  size_t min_operands, max_operands;
  bool shared;  // several processes that mpirun has started share its work
  // Gets the arguments after the verb; returns the exit code.
  int (*run)(const struct cli_verb *verb, int argc, char **argv);
} cli_verb;

typedef struct cli_operands {
  const char *items[8];
  size_t count;
} cli_operands;

// Stores options in *values, which holds the defaults before, and all other arguments in *operands.
// Returns CLI_GO_ON, or the exit code if help was asked for (and printed) or something is wrong
// (and was reported). The caller frees lists by cli_list_free.
int cli_parse(const cli_verb *verb, void *values, cli_operands *operands, int argc, char **argv);
void cli_list_free(cli_list *list);

// The name nearest to `word` by edit distance, or NULL when none is near.
const char *cli_nearest(const char *word, const char *const *names, size_t count);

// The verbs of this command.
extern const cli_verb *const cli_verbs[];
extern const size_t cli_verb_count;
extern const cli_verb cli_train, cli_fuse, cli_convert, cli_optimize, cli_translate, cli_answer,
    cli_embed, cli_score, cli_score_squad, cli_inspect, cli_bench, cli_report;

// Rows of an option table. The file that uses them defines CLI_VALUES as its verb's struct of
// values; `member` is a member of that struct. letter 0: no short form.
#define CLI_ROW(l, n, k, a, member, h)                                                      \
  .letter = l, .name = n, .kind = k, .argument = a, .offset = offsetof(CLI_VALUES, member), \
  .help = h
#define CLI_FLAG_OPTION(letter, name, member, help) \
  { CLI_ROW(letter, name, CLI_FLAG, NULL, member, help) }
#define CLI_TEXT_OPTION(letter, name, argument, member, help) \
  { CLI_ROW(letter, name, CLI_TEXT, argument, member, help) }
#define CLI_REQUIRED_OPTION(letter, name, argument, member, help) \
  { CLI_ROW(letter, name, CLI_TEXT, argument, member, help), .required = true }
#define CLI_CHOICE_OPTION(name, argument, member, list, help) \
  { CLI_ROW(0, name, CLI_TEXT, argument, member, help), .choices = list }
#define CLI_LIST_OPTION(name, argument, member, help) \
  { CLI_ROW(0, name, CLI_LIST, argument, member, help) }
#define CLI_REQUIRED_LIST_OPTION(letter, name, argument, member, help) \
  { CLI_ROW(letter, name, CLI_LIST, argument, member, help), .required = true }
#define CLI_NUMBER_OPTION(name, argument, member, help) \
  { CLI_ROW(0, name, CLI_NUMBER, argument, member, help) }
#define CLI_INTEGER_OPTION(name, argument, member, low, high, help) \
  { CLI_ROW(0, name, CLI_INTEGER, argument, member, help), .minimum = low, .maximum = high }

// Options that several verbs have.
#define CLI_MOST_THREADS 1024  // the library takes no more
#define CLI_QUIET_OPTION \
  CLI_FLAG_OPTION('q', "quiet", log.quiet, "No progress and no messages but warnings and errors.")
#define CLI_JSON_OPTION \
  CLI_FLAG_OPTION(0, "json", log.json, "Log to standard error as JSON, one object a line.")
#define CLI_STRICT_OPTION                                                                       \
  CLI_FLAG_OPTION(0, "strict", strict,                                                          \
                  "A line with bytes that are not UTF-8, or with a NUL, ends the work with an " \
                  "error. Without it they are read as U+FFFD, or as a space, with a warning.")
#define CLI_THREADS_OPTION                          \
  CLI_INTEGER_OPTION(                               \
      "threads", "N", threads, 1, CLI_MOST_THREADS, \
      "Threads to use. Default: all cores this process may use. Results do not depend on it.")
extern const char *const cli_weight_types[];
#define CLI_WEIGHT_TYPE_OPTION                                                                 \
  CLI_CHOICE_OPTION("type", "TYPE", type, cli_weight_types,                                    \
                    "What the weights of the model are held as: fp32, bf16 (half the "         \
                    "memory, single sentences in about half the time, rarely another "         \
                    "result) or int8 (a quarter of the memory, faster, nearly the same "       \
                    "results). Default: int8 if the directory holds int8 (`ingot optimize`), " \
                    "else fp32.")
#define CLI_STATS_OPTION                     \
  CLI_TEXT_OPTION(0, "stats", "FILE", stats, \
                  "Write counts, seconds and peak memory to FILE as one JSON object.")
#endif
