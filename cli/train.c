// ingot train: a model from a configuration file.
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "ingot.h"
#include "options.h"
#include "report.h"

typedef struct train_values {
  cli_list set;
  int threads;
  const char *stats;
  cli_log log;
} train_values;
#define CLI_VALUES train_values

static const cli_option train_options[] = {
    CLI_LIST_OPTION("set", "KEY=VALUE", set, "Override a key of the configuration, such as train.updates=100; may be given several times."),
    CLI_THREADS_OPTION,
    CLI_STATS_OPTION,
    CLI_QUIET_OPTION,
    CLI_JSON_OPTION,
};

static volatile sig_atomic_t stop_signal;
static bool announce;  // set before the handler is

// The first signal asks the training to save and stop, the next one kills. But a terminal that closes may send several, a shell its own: SIGHUP asks only.
static void stop(int signal_number) {
  static const char text[] = "\nstopping as soon as the state is saved (a second signal stops at once)\n";
  stop_signal = signal_number;
  if (signal_number != SIGHUP) {
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
  }
  ig_interrupt();
  if (announce && write(STDERR_FILENO, text, sizeof text - 1) < 0) return;
}

static void watch_signals(void) {
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    struct sigaction old, action = {.sa_handler = stop, .sa_flags = SA_RESTART};
    // An ignored SIGINT (a shell's background job) stays ignored, and so does nohup's SIGHUP.
    if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL) sigaction(signals[i], &action, NULL);
  }
}

static int run(const cli_verb *verb, int argc, char **argv) {
  train_values values = {0};
  cli_operands operands;
  int code = cli_parse(verb, &values, &operands, argc, argv);
  if (code == CLI_GO_ON) {
    ig_train_options options = {.set = values.set.items, .set_count = values.set.count, .threads = values.threads, .stats_path = values.stats};
    options.reporter = cli_report_begin(&values.log, true);
    announce = !values.log.quiet && !values.log.json;
    watch_signals();
    ig_error err = {0};
    ig_status status = ig_train(operands.items[0], &options, &err);
    cli_report_end();
    code = CLI_OK;
    if (status != IG_OK) code = cli_fail(verb, "%s", err.message);
    if (status == IG_INTERRUPTED && stop_signal != 0) code = 128 + stop_signal;
  }
  cli_list_free(&values.set);
  return code;
}

const cli_verb cli_train = {
    .name = "train",
    .summary = "Train a model from two text files.",
    .synopsis = "train CONFIG.yml [--set KEY=VALUE ...] [--threads N] [--stats FILE] [--quiet] [--json]",
    .description =
        "CONFIG.yml says what the data are, what model to train and how; docs/training.md lists its keys. The output directory receives "
        "`latest/` (all that is needed to go on), `best/` (the best model by validation) and metrics.jsonl.\n\n"
        "Where the output directory holds a checkpoint of the same run, training resumes from it. SIGINT (Ctrl-C), SIGTERM and SIGHUP (a closed "
        "terminal) save the state and stop, with exit code 130, 143 and 129; the same command goes on, and ends in the same bits as a run that was "
        "never stopped.",
    .examples = "ingot train config.yml\ningot train config.yml --set train.output=runs/second --set train.seed=2",
    .options = train_options,
    .option_count = sizeof train_options / sizeof *train_options,
    .operand = "CONFIG.yml",
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
