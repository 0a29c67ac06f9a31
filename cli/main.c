// The command `ingot`: the table of verbs, help and version.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "completion.h"
#include "help.h"
#include "ingot.h"
#include "ingot_cluster.h"
#include "man.h"
#include "options.h"
#include "report.h"

const cli_verb *const cli_verbs[] = {&cli_train,     &cli_fuse,    &cli_convert, &cli_optimize,
                                     &cli_translate, &cli_answer,  &cli_score,   &cli_score_squad,
                                     &cli_embed,     &cli_inspect, &cli_report,  &cli_bench};
const size_t cli_verb_count = sizeof cli_verbs / sizeof *cli_verbs;

static const cli_verb *find_verb(const char *name) {
  for (size_t i = 0; i < cli_verb_count; i++)
    if (strcmp(cli_verbs[i]->name, name) == 0) return cli_verbs[i];
  return NULL;
}

static int unknown_verb(const char *word) {
  const char *names[16];
  size_t count = 0;
  for (size_t i = 0; i < cli_verb_count; i++) names[count++] = cli_verbs[i]->name;
  names[count++] = "help";
  const char *nearest = cli_nearest(word, names, count);
  const char *what = word[0] == '-' ? "option" : "verb";
  if (nearest != NULL)
    return cli_usage_error(NULL, "unknown %s '%s'; did you mean '%s'?", what, word, nearest);
  return cli_usage_error(NULL, "unknown %s '%s'", what, word);
}

// A verb of two words, "score squad".
static const cli_verb *find_longer_verb(const char *first, const char *second) {
  char name[64];
  const int length = snprintf(name, sizeof name, "%s %s", first, second);
  return length < (int)sizeof name ? find_verb(name) : NULL;
}

// The verb that words name, one word or two; an error tells what took them: `who`.
static int find_named(const cli_verb **out, const char *who, int argc, char **argv) {
  *out = argc == 2 ? find_longer_verb(argv[0], argv[1]) : find_verb(argv[0]);
  if (argc > 2 || (argc == 2 && *out == NULL))
    return cli_usage_error(NULL, "%s takes one verb, found '%s' after '%s'", who, argv[argc - 1],
                           argv[argc - 2]);
  return *out != NULL ? CLI_OK : unknown_verb(argv[0]);
}

static int print_man(int argc, char **argv) {
  const cli_verb *verb = NULL;
  const int code = argc > 0 ? find_named(&verb, "help --man", argc, argv) : CLI_OK;
  if (code != CLI_OK) return code;
  if (verb != NULL)
    cli_man_verb(stdout, verb);
  else
    cli_man_overview(stdout);
  return CLI_OK;
}

static int print_completion(int argc, char **argv) {
  if (argc > 1)
    return cli_usage_error(NULL, "help --completion takes one shell, found '%s' after '%s'",
                           argv[1], argv[0]);
  if (argc == 0 || !cli_completion(stdout, argv[0]))
    return cli_usage_error(NULL, "help --completion: expected bash, zsh or fish, found %s",
                           argc > 0 ? argv[0] : "nothing");
  return CLI_OK;
}

static void print_verbs(FILE *file) {
  for (size_t i = 0; i < cli_verb_count; i++) fprintf(file, "%s\n", cli_verbs[i]->name);
}

// What is not for people to read at once: `help --WHAT [WORD...]`.
static int print_for(const char *what, int argc, char **argv) {
  if (strcmp(what, "--man") == 0) return print_man(argc, argv);
  if (strcmp(what, "--completion") == 0) return print_completion(argc, argv);
  void (*const print)(FILE *) = strcmp(what, "--markdown") == 0 ? cli_help_markdown
                                : strcmp(what, "--verbs") == 0  ? print_verbs
                                                                : NULL;
  if (print == NULL) return unknown_verb(what);
  if (argc > 0) return cli_usage_error(NULL, "unexpected '%s' after help %s", argv[0], what);
  print(stdout);
  return CLI_OK;
}

static int help(int argc, char **argv) {
  if (argc > 0 && argv[0][0] == '-') return print_for(argv[0], argc - 1, argv + 1);
  const cli_verb *verb = NULL;
  const int code = argc > 0 ? find_named(&verb, "help", argc, argv) : CLI_OK;
  if (code != CLI_OK) return code;
  if (verb != NULL)
    cli_help_text(stdout, verb);
  else
    cli_help_overview(stdout);
  return CLI_OK;
}

// Each of several processes would do all the work, and write the same files.
static int run(const cli_verb *verb, int argc, char **argv) {
  const int processes = ig_cluster_processes();
  if (processes == 1 || verb->shared) return verb->run(verb, argc, argv);
  return cli_fail(verb,
                  "a launcher has started %d processes: train and translate share their work, "
                  "%s is to be started alone",
                  processes, verb->name);
}

static int dispatch(int argc, char **argv) {
  if (argc < 2) {
    cli_help_overview(stderr);
    return CLI_USAGE;
  }
  const char *word = argv[1];
  if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
    return help(argc - 2, argv + 2);
  if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
    printf("ingot %s\n", ig_version());
    return CLI_OK;
  }
  const cli_verb *longer = argc > 2 ? find_longer_verb(word, argv[2]) : NULL;
  if (longer != NULL) return run(longer, argc - 3, argv + 3);
  const cli_verb *verb = find_verb(word);
  return verb != NULL ? run(verb, argc - 2, argv + 2) : unknown_verb(word);
}

// A file that is opened gets the lowest free descriptor: without these three it would be taken for
// standard input, output or error, and messages would be written into it. /dev/null is opened for
// the other direction, so that who uses the descriptor gets an error and not silence; messages may
// be lost.
static bool open_standard_descriptors(void) {
  static const int modes[] = {O_WRONLY, O_RDONLY, O_RDWR};
  for (int descriptor = 0; descriptor < 3; descriptor++)
    if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", modes[descriptor]) != descriptor)
      return false;
  return true;
}

int main(int argc, char **argv) {
  if (!open_standard_descriptors()) return CLI_FAILED;
  // A file that grows past the limit of `ulimit -f` is then an error of the write, with a message,
  // and does not end the process.
  signal(SIGXFSZ, SIG_IGN);
  int code = dispatch(argc, argv);
  // Output that could not be written (a full disk) must not pass for success.
  errno = 0;
  if ((fflush(stdout) != 0 || ferror(stdout)) && code == CLI_OK)
    return cli_fail(NULL, "standard output: %s", strerror(errno != 0 ? errno : EIO));
  return code;
}
