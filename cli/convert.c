// ingot convert: a model in any form that is read, as a directory with safetensors.
#include "ingot.h"
#include "options.h"
#include "report.h"
#include "size.h"
#include "stop.h"

typedef struct convert_values {
  const char *output, *type, *shard_size;
  cli_log log;
} convert_values;
#define CLI_VALUES convert_values

static const char *const types[] = {"float32", "bfloat16", "float16", NULL};

static const cli_option convert_options[] = {
    CLI_REQUIRED_OPTION('o', "output", "DIR", output,
                        "Directory to write, which must not exist yet."),
    CLI_CHOICE_OPTION("type", "NAME", type, types,
                      "Store floating-point weights as float32, bfloat16 or float16. Default: the "
                      "types that they have, bit for bit."),
    CLI_SHARD_SIZE_OPTION,
    CLI_QUIET_OPTION,
    CLI_JSON_OPTION,
};

static int run_convert(const cli_verb *verb, int argc, char **argv) {
  convert_values values = {0};
  cli_operands operands;
  const int code = cli_parse(verb, &values, &operands, argc, argv);
  if (code != CLI_GO_ON) return code;
  ig_convert_options options = ig_convert_options_default();
  options.type = values.type;
  if (values.shard_size && !cli_size_read(values.shard_size, &options.shard_bytes))
    return cli_size_error(verb, "out-shard-size", values.shard_size);
  options.reporter = cli_report_begin(&values.log, true);
  options.interrupter = cli_stop_on_signals(!values.log.quiet && !values.log.json);
  ig_error err;
  const ig_status status = ig_convert(operands.items[0], values.output, &options, &err);
  cli_report_end();
  return cli_stop_code(status, status == IG_OK ? CLI_OK : cli_fail(verb, "%s", err.message));
}

const cli_verb cli_convert = {
    .name = "convert",
    .summary = "Write a model as a Hugging Face directory with safetensors.",
    .synopsis = "convert MODEL -o DIR [--type NAME] [--out-shard-size SIZE]",
    .description =
        "Reads a model directory in any form that Ingot opens: safetensors, or what PyTorch wrote "
        "(pytorch_model.bin, sharded or not, as a state dict or in a checkpoint), which is read as "
        "data; nothing in it is executed. What marian-nmt "
        "trained (model.npz or model.bin, decoder.yml, vocab.spm or vocab.yml) becomes a model "
        "that gives the same log-probabilities; matrices of 8-bit integers (intgemm8, as the "
        "students of browsers have them) become the floats that they stand for. So does the "
        "model.bin "
        "of CTranslate2. All tensors are "
        "kept, but for copies of tied ones, as "
        "transformers writes them. config.json, the tokenizer and other small files go along; what "
        "does not is named.\n\n"
        "MODEL is named as in translate, without adapters. The directory appears when it is "
        "complete: an error or a signal leaves nothing of it.",
    .examples =
        "ingot convert downloaded -o safe\n"
        "ingot convert downloaded -o half --type bfloat16 --out-shard-size 2GB",
    .options = convert_options,
    .option_count = sizeof convert_options / sizeof *convert_options,
    .operand = "MODEL",
    .min_operands = 1,
    .max_operands = 1,
    .run = run_convert,
};
