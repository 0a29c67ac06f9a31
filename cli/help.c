// Help from the tables: plain text for the terminal, Markdown for docs/cli.md. The facts that are
// not of one verb stand here, too.
#include "help.h"

#include <string.h>

#include "ingot.h"

#define HELP_WIDTH 100
#define HELP_COLUMN 30  // where the text beside an option begins

const char *const cli_help_purpose =
    "Train, fuse, score and run encoder-decoder Transformers on CPUs. Models are Hugging Face "
    "directories, in and out.";
static const cli_fact exit_codes[] = {
    {"0", "All is done."},
    {"1",
     "A file, the system or the training said no; the message says what and where. Each output "
     "file is the old one or the new one, "
     "whole, and so is each checkpoint of `train`."},
    {"2", "The command line makes no sense."},
    {"129, 130, 143",
     "Stopped by SIGHUP, SIGINT or SIGTERM. `train` has saved its state: the same command goes on "
     "from there."},
};
static const cli_fact environment[] = {
    {"IG_ISA",
     "The instruction set to use: reference, avx2, avx_vnni, avx512, avx512_vnni, avx512_bf16 or "
     "amx. Refused where the CPU lacks it. Default: the best there is."},
    {"HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME",
     "Where the recipe of a fusion finds models by their names on the Hugging Face hub: in "
     "$HF_HUB_CACHE, or else $HF_HOME/hub, $XDG_CACHE_HOME/huggingface/hub, "
     "~/.cache/huggingface/hub."},
    {"TMPDIR", "Where `train --dry-run` makes its temporary directory. Default: /tmp."},
};
static const cli_fact files[] = {
    {"config.json, model.safetensors",
     "What a model directory holds at least, beside the files of its tokenizer, as Hugging Face "
     "lays it out."},
    {"fusion.json", "In the directory of a fused model: what it was made from, and how."},
    {"latest/, best/, metrics.jsonl",
     "In the output directory of `train`: links to two checkpoints, and a line of numbers for each "
     "update that is told."},
    {"share/ingot/models", "The shipped models, below the prefix that Ingot is installed at."},
};
#define COUNT(array) (sizeof(array) / sizeof *(array))
const cli_fact_list cli_help_facts[CLI_HELP_FACTS] = {
    {"Exit codes", exit_codes, COUNT(exit_codes)},
    {"Environment", environment, COUNT(environment)},
    {"Files", files, COUNT(files)},
};

// ---- plain text -------------------------------------------------------------

// Writes the words of `text`, which begin at column `at`, wrapped and indented; an empty line in
// the text separates paragraphs.
static void wrap(FILE *file, const char *text, size_t indent, size_t at) {
  bool line_begins = at == indent;
  while (*text != '\0') {
    if (*text == '\n') {
      fprintf(file, "\n%s%*s", text[1] == '\n' ? "\n" : "", (int)indent, "");
      text += text[1] == '\n' ? 2 : 1;
      at = indent;
      line_begins = true;
      continue;
    }
    size_t length = strcspn(text, " \n");
    if (!line_begins && at + 1 + length > HELP_WIDTH) {
      fprintf(file, "\n%*s", (int)indent, "");
      at = indent;
      line_begins = true;
    }
    at += length + (line_begins ? 0 : 1);
    fprintf(file, "%s%.*s", line_begins ? "" : " ", (int)length, text);
    line_begins = false;
    text += length;
    text += strspn(text, " ");
  }
  fputc('\n', file);
}

// Writes each line of `lines`, with `before` before it and `after` after it.
static void each_line(FILE *file, const char *lines, const char *before, const char *after) {
  for (size_t length; *lines != '\0'; lines += length + (lines[length] == '\n')) {
    length = strcspn(lines, "\n");
    fprintf(file, "%s%.*s%s", before, (int)length, lines, after);
  }
}

static void entry(FILE *file, const char *name, const char *text) {
  size_t length = strlen(name);
  fprintf(file, "  %s", name);
  if (length + 4 > HELP_COLUMN)
    fprintf(file, "\n%*s", HELP_COLUMN, "");
  else
    fprintf(file, "%*s", (int)(HELP_COLUMN - length - 2), "");
  wrap(file, text, HELP_COLUMN, HELP_COLUMN);
}

void cli_help_option_name(char *out, size_t size, const cli_option *option) {
  char letter[8] = "    ";
  if (option->letter != 0) snprintf(letter, sizeof letter, "-%c, ", option->letter);
  snprintf(out, size, "%s--%s%s%s", letter, option->name, option->argument != NULL ? " " : "",
           option->argument != NULL ? option->argument : "");
}

void cli_help_option_text(char *out, size_t size, const cli_option *option) {
  size_t used =
      (size_t)snprintf(out, size, "%s%s", option->help, option->required ? " Required." : "");
  if (option->choices == NULL || option->choices[1] == NULL || used >= size) return;
  used += (size_t)snprintf(out + used, size - used, " One of");
  for (const char *const *choice = option->choices; *choice != NULL && used < size; choice++)
    used += (size_t)snprintf(out + used, size - used, "%s %s", choice == option->choices ? "" : ",",
                             *choice);
  if (used < size) snprintf(out + used, size - used, ".");
}

void cli_help_overview(FILE *file) {
  fprintf(file, "ingot %s\n\n", ig_version());
  wrap(file, cli_help_purpose, 0, 0);
  fputs(
      "\nUsage:\n  ingot VERB ...\n  ingot help [VERB]\n  ingot help --man [VERB]\n"
      "  ingot help --completion bash|zsh|fish\n  ingot --version\n\nVerbs:\n",
      file);
  for (size_t i = 0; i < cli_verb_count; i++)
    entry(file, cli_verbs[i]->name, cli_verbs[i]->summary);
  for (size_t i = 0; i < CLI_HELP_FACTS; i++) {
    const cli_fact_list *list = &cli_help_facts[i];
    fprintf(file, "\n%s:\n", list->head);
    for (size_t j = 0; j < list->count; j++) entry(file, list->facts[j].name, list->facts[j].text);
  }
}

void cli_help_text(FILE *file, const cli_verb *verb) {
  fprintf(file, "ingot %s: %s\n\nUsage:\n", verb->name, verb->summary);
  each_line(file, verb->synopsis, "  ingot ", "\n");
  fputc('\n', file);
  wrap(file, verb->description, 0, 0);
  fputs("\nOptions:\n", file);
  for (size_t i = 0; i < verb->option_count; i++) {
    char name[80], help[512];
    cli_help_option_name(name, sizeof name, &verb->options[i]);
    cli_help_option_text(help, sizeof help, &verb->options[i]);
    entry(file, name, help);
  }
  entry(file, "-h, --help", "Show this page.");
  fputs("\nExamples:\n", file);
  each_line(file, verb->examples, "  ", "\n");
}

// ---- Markdown ---------------------------------------------------------------

static void markdown_table(FILE *file, const cli_fact_list *list) {
  fprintf(file, "\n## %s\n\n| | |\n|---|---|\n", list->head);
  for (size_t i = 0; i < list->count; i++)
    fprintf(file, "| `%s` | %s |\n", list->facts[i].name, list->facts[i].text);
}

void cli_help_markdown(FILE *file) {
  fprintf(file,
          "# The command `ingot`\n\nMade from the option tables by `ingot help --markdown`; do not "
          "edit.\n\n%s\n",
          cli_help_purpose);
  for (size_t i = 0; i < cli_verb_count; i++) {
    const cli_verb *verb = cli_verbs[i];
    fprintf(file, "\n## ingot %s\n\n%s\n\n```\n", verb->name, verb->summary);
    each_line(file, verb->synopsis, "ingot ", "\n");
    fprintf(file, "```\n\n%s\n\n| option | meaning |\n|---|---|\n", verb->description);
    for (size_t j = 0; j < verb->option_count; j++) {
      char name[80], help[512];
      cli_help_option_name(name, sizeof name, &verb->options[j]);
      cli_help_option_text(help, sizeof help, &verb->options[j]);
      fprintf(file, "| `%s` | %s |\n", name + strspn(name, " "), help);
    }
    fputs("\nExamples:\n\n```sh\n", file);
    each_line(file, verb->examples, "", "\n");
    fputs("```\n", file);
  }
  for (size_t i = 0; i < CLI_HELP_FACTS; i++) markdown_table(file, &cli_help_facts[i]);
}
