// ingot train: a model from a configuration file.
#include "ingot.h"
#include "options.h"
#include "ranks.h"
#include "report.h"
#include "stop.h"

typedef struct train_values {
  cli_list set;
  int threads;
  const char *stats;
  bool dry_run;
  cli_log log;
} train_values;
#define CLI_VALUES train_values

static const cli_option train_options[] = {
    CLI_LIST_OPTION("set", "KEY=VALUE", set,
                    "Override a key of the configuration, such as train.updates=100; may be given "
                    "several times."),
    CLI_FLAG_OPTION(
        0, "dry-run", dry_run,
        "Load everything, do a few updates and tell data, vocabulary, sizes, memory and "
        "the time that training takes; leave the output directory alone."),
    CLI_THREADS_OPTION,
    CLI_STATS_OPTION,
    CLI_QUIET_OPTION,
    CLI_JSON_OPTION,
};

static int train(const cli_verb *verb, const char *path, const cli_log *log,
                 ig_train_options *options) {
  const bool first = ig_cluster_rank(options->cluster) == 0;
  options->reporter = cli_report_begin(log, true);
  options->interrupter = cli_stop_on_signals(first && !log->quiet && !log->json);
  ig_error err = {0};
  const ig_status status = ig_train(path, options, &err);
  cli_report_end();
  return cli_stop_code(status, cli_ranks_end(verb, options->cluster, status, &err));
}

static int run_train(const cli_verb *verb, int argc, char **argv) {
  train_values values = {0};
  cli_operands operands;
  int code = cli_parse(verb, &values, &operands, argc, argv);
  if (code == CLI_GO_ON) {
    ig_train_options options = {.set = values.set.items,
                                .set_count = values.set.count,
                                .threads = values.threads,
                                .stats_path = values.stats,
                                .dry_run = values.dry_run};
    values.log.clock = true;
    code = cli_ranks_join(verb, &options.cluster);
    if (code == CLI_GO_ON) code = train(verb, operands.items[0], &values.log, &options);
  }
  cli_list_free(&values.set);
  return code;
}

const cli_verb cli_train = {
    .name = "train",
    .summary = "Train a model from a configuration file.",
    .synopsis =
        "train CONFIG.yml [--set KEY=VALUE ...] [--dry-run] [--threads N] [--stats FILE] "
        "[--quiet] [--json]",
    .description =
        "CONFIG.yml says what the data are, what model to train and how; docs/training.md lists "
        "its keys. The output directory receives "
        "`latest/` (all that is needed to go on), `best/` (the best model by validation) and "
        "metrics.jsonl.\n\n"
        "Where the output directory holds a checkpoint of the same run, training resumes from it. "
        "SIGINT (Ctrl-C), SIGTERM and SIGHUP (a closed "
        "terminal) save the state and stop, with exit code 130, 143 and 129; the same command goes "
        "on, and ends in the same bits as a run that was "
        "never stopped.\n\n"
        "`mpirun -n N ingot train ...` shares the batches of each update (train.accumulate) "
        "between N "
        "processes, on one machine or several, which end in the bits of one: docs/cluster.md.",
    .examples =
        "ingot train config.yml\ningot train config.yml --set train.output=runs/second --set "
        "train.seed=2",
    .options = train_options,
    .option_count = sizeof train_options / sizeof *train_options,
    .operand = "CONFIG.yml",
    .min_operands = 1,
    .max_operands = 1,
    .shared = true,
    .run = run_train,
};
