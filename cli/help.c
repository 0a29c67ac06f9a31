// Help from the tables: plain text for the terminal, roff for ingot.1, Markdown for docs/cli.md.
#include "help.h"

#include <string.h>

#include "ingot.h"

#define HELP_WIDTH 100
#define HELP_COLUMN 30  // where the text beside an option begins

static const char *const purpose =
    "Train, score and run encoder-decoder Transformers on CPUs. Models are Hugging Face "
    "directories, in and out.";
static const char *const exit_codes[][2] = {
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
static const char *const environment[][2] = {
    {"IG_ISA",
     "The instruction set to use: reference, avx2, avx512 or amx. Refused where the CPU lacks it. "
     "Default: the best there is."},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

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

static void option_name(char *out, size_t size, const cli_option *option) {
  char letter[8] = "    ";
  if (option->letter != 0) snprintf(letter, sizeof letter, "-%c, ", option->letter);
  snprintf(out, size, "%s--%s%s%s", letter, option->name, option->argument != NULL ? " " : "",
           option->argument != NULL ? option->argument : "");
}

static void option_help(char *out, size_t size, const cli_option *option) {
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
  wrap(file, purpose, 0, 0);
  fputs("\nUsage:\n  ingot VERB ...\n  ingot help [VERB]\n  ingot --version\n\nVerbs:\n", file);
  for (size_t i = 0; i < cli_verb_count; i++)
    entry(file, cli_verbs[i]->name, cli_verbs[i]->summary);
  fputs("\nExit codes:\n", file);
  for (size_t i = 0; i < COUNT(exit_codes); i++) entry(file, exit_codes[i][0], exit_codes[i][1]);
  fputs("\nEnvironment:\n", file);
  for (size_t i = 0; i < COUNT(environment); i++) entry(file, environment[i][0], environment[i][1]);
}

void cli_help_text(FILE *file, const cli_verb *verb) {
  fprintf(file, "ingot %s: %s\n\nUsage:\n", verb->name, verb->summary);
  each_line(file, verb->synopsis, "  ingot ", "\n");
  fputc('\n', file);
  wrap(file, verb->description, 0, 0);
  fputs("\nOptions:\n", file);
  for (size_t i = 0; i < verb->option_count; i++) {
    char name[80], help[512];
    option_name(name, sizeof name, &verb->options[i]);
    option_help(help, sizeof help, &verb->options[i]);
    entry(file, name, help);
  }
  entry(file, "-h, --help", "Show this page.");
  fputs("\nExamples:\n", file);
  each_line(file, verb->examples, "  ", "\n");
}

// ---- roff -------------------------------------------------------------------

// Text as roff reads it: backslashes and hyphens escaped, no control line by accident.
static void roff(FILE *file, const char *text) {
  for (const char *p = text; *p != '\0'; p++) {
    if (p[0] == '\n' && p[1] == '\n') {
      fputs("\n.PP\n", file);
      p++;
    } else if (*p == '\\')
      fputs("\\e", file);
    else if (*p == '-')
      fputs("\\-", file);
    else if ((*p == '.' || *p == '\'') && (p == text || p[-1] == '\n'))
      fprintf(file, "\\&%c", *p);
    else
      fputc(*p, file);
  }
  fputc('\n', file);
}

static void roff_entry(FILE *file, const char *name, const char *text) {
  fputs(".TP\n.B ", file);
  roff(file, name);
  roff(file, text);
}

static void roff_lines(FILE *file, const char *lines, const char *before) {
  fputs(".nf\n", file);
  for (size_t length; *lines != '\0'; lines += length + (lines[length] == '\n')) {
    char line[256];
    length = strcspn(lines, "\n");
    snprintf(line, sizeof line, "%s%.*s", before, (int)length, lines);
    roff(file, line);
  }
  fputs(".fi\n", file);
}

void cli_help_man(FILE *file) {
  fprintf(file,
          ".TH INGOT 1 \"\" \"ingot %s\"\n.SH NAME\ningot \\- train and run encoder-decoder "
          "Transformers on CPUs\n",
          ig_version());
  fputs(".SH SYNOPSIS\n", file);
  for (size_t i = 0; i < cli_verb_count; i++) roff_lines(file, cli_verbs[i]->synopsis, "ingot ");
  fputs(".SH DESCRIPTION\n", file);
  roff(file, purpose);
  for (size_t i = 0; i < cli_verb_count; i++) {
    const cli_verb *verb = cli_verbs[i];
    fprintf(file, ".SH ingot %s\n", verb->name);
    roff(file, verb->summary);
    fputs(".PP\n", file);
    roff_lines(file, verb->synopsis, "ingot ");
    fputs(".PP\n", file);
    roff(file, verb->description);
    for (size_t j = 0; j < verb->option_count; j++) {
      char name[80], help[512];
      option_name(name, sizeof name, &verb->options[j]);
      option_help(help, sizeof help, &verb->options[j]);
      roff_entry(file, name + strspn(name, " "), help);
    }
    fputs(".SS Examples\n", file);
    roff_lines(file, verb->examples, "");
  }
  fputs(".SH EXIT STATUS\n", file);
  for (size_t i = 0; i < COUNT(exit_codes); i++)
    roff_entry(file, exit_codes[i][0], exit_codes[i][1]);
  fputs(".SH ENVIRONMENT\n", file);
  for (size_t i = 0; i < COUNT(environment); i++)
    roff_entry(file, environment[i][0], environment[i][1]);
}

// ---- Markdown ---------------------------------------------------------------

static void markdown_table(FILE *file, const char *head, const char *const (*rows)[2],
                           size_t count) {
  fprintf(file, "\n## %s\n\n| | |\n|---|---|\n", head);
  for (size_t i = 0; i < count; i++) fprintf(file, "| `%s` | %s |\n", rows[i][0], rows[i][1]);
}

void cli_help_markdown(FILE *file) {
  fprintf(file,
          "# The command `ingot`\n\nMade from the option tables by `ingot help --markdown`; do not "
          "edit.\n\n%s\n",
          purpose);
  for (size_t i = 0; i < cli_verb_count; i++) {
    const cli_verb *verb = cli_verbs[i];
    fprintf(file, "\n## ingot %s\n\n%s\n\n```\n", verb->name, verb->summary);
    each_line(file, verb->synopsis, "ingot ", "\n");
    fprintf(file, "```\n\n%s\n\n| option | meaning |\n|---|---|\n", verb->description);
    for (size_t j = 0; j < verb->option_count; j++) {
      char name[80], help[512];
      option_name(name, sizeof name, &verb->options[j]);
      option_help(help, sizeof help, &verb->options[j]);
      fprintf(file, "| `%s` | %s |\n", name + strspn(name, " "), help);
    }
    fputs("\nExamples:\n\n```sh\n", file);
    each_line(file, verb->examples, "", "\n");
    fputs("```\n", file);
  }
  markdown_table(file, "Exit codes", exit_codes, COUNT(exit_codes));
  markdown_table(file, "Environment", environment, COUNT(environment));
}
