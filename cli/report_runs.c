// ingot report: a page of trainings.
#include "ingot.h"
#include "options.h"
#include "report.h"

typedef struct report_values {
  const char *output, *title;
  cli_log log;
} report_values;
#define CLI_VALUES report_values

static const cli_option report_options[] = {
    CLI_REQUIRED_OPTION('o', "output", "FILE.html", output,
                        "The page to write. A page that is there already is replaced; any other "
                        "file is not."),
    CLI_TEXT_OPTION(0, "title", "TEXT", title, "Its heading. Default: Training."),
    CLI_QUIET_OPTION,
    CLI_JSON_OPTION,
};

static int run_report(const cli_verb *verb, int argc, char **argv) {
  report_values values = {0};
  cli_operands operands;
  const int code = cli_parse(verb, &values, &operands, argc, argv);
  if (code != CLI_GO_ON) return code;
  const ig_train_draw_options options = {.title = values.title,
                                         .reporter = cli_report_begin(&values.log, false)};
  ig_error err = {0};
  const ig_status status =
      ig_train_draw(operands.items, operands.count, values.output, &options, &err);
  cli_report_end();
  return status == IG_OK ? CLI_OK : cli_fail(verb, "%s", err.message);
}

const cli_verb cli_report = {
    .name = "report",
    .summary = "Draw trainings: curves, best values, settings, samples.",
    .synopsis = "report RUN... -o FILE.html [--title TEXT]",
    .description =
        "RUN is the output directory of a training, finished or going on, or a metrics.jsonl; up "
        "to eight are drawn over one another. The page has the curves of losses, scores, learning "
        "rate, speed and gradient norm, by update or by time, in which a run can be hidden and a "
        "pointer shows values; the last and the best values; the settings in which the runs "
        "differ; and the samples of the last validations. It is one file of HTML that loads "
        "nothing.\n\n"
        "Long curves are drawn by the least and the greatest value of each stretch. A last line "
        "that is not complete is left out; other lines that cannot be read are, too, with a "
        "warning that has their number.",
    .examples =
        "ingot report runs/en-de -o en-de.html\n"
        "ingot report runs/one runs/two -o both.html --title 'Two learning rates'",
    .options = report_options,
    .option_count = sizeof report_options / sizeof *report_options,
    .operand = "RUN",
    .min_operands = 1,
    .max_operands = 8,
    .run = run_report,
};
