// Man pages: ingot.1 for the whole, ingot-VERB.1 for each verb. Nothing in them is wider than 80
// columns: synopses are filled, and long examples go on in a further line.
#include "man.h"

#include <ctype.h>
#include <string.h>

#include "help.h"
#include "ingot.h"

enum { EXAMPLE_WIDTH = 66 };  // 80 columns less the margins of man and the continuation

// Text as roff reads it: backslashes and hyphens escaped, no control line by accident.
static void roff(FILE *file, const char *text, size_t length) {
  for (const char *p = text; p < text + length; p++) {
    if (p[0] == '\n' && p[1] == '\n') {
      fputs("\n.PP\n", file);
      p++;
    } else if (*p == '\\')
      fputs("\\e", file);
    else if (*p == '-')
      fputs("\\-", file);
    else if (*p == '\'' || *p == '`' || *p == '^' || *p == '~')  // which roff would draw as others
      fprintf(file, "\\(%s", *p == '\'' ? "aq" : *p == '`' ? "ga" : *p == '^' ? "ha" : "ti");
    else if (*p == '.' && (p == text || p[-1] == '\n'))
      fputs("\\&.", file);
    else
      fputc(*p, file);
  }
}

static void roff_line(FILE *file, const char *text) {
  roff(file, text, strlen(text));
  fputc('\n', file);
}

static void roff_entry(FILE *file, const char *name, const char *text) {
  fputs(".TP\n.B ", file);
  roff_line(file, name);
  roff_line(file, text);
}

// The name of a verb's page: ingot-score-squad.
static void page_name(char *out, size_t size, const char *verb) {
  snprintf(out, size, "ingot-%s", verb);
  for (char *p = out; *p != '\0'; p++)
    if (*p == ' ') *p = '-';
}

static void head(FILE *file, const char *page, const char *summary) {
  char title[64] = "";
  for (size_t i = 0; page[i] != '\0' && i + 1 < sizeof title; i++)
    title[i] = (char)toupper((unsigned char)page[i]);
  fprintf(file, ".\\\" Made from the option tables by `ingot help --man`.\n.TH ");
  roff(file, title, strlen(title));
  fprintf(file, " 1 \"\" \"ingot %s\" \"Ingot\"\n.nh\n.ad l\n.SH NAME\n", ig_version());
  roff(file, page, strlen(page));
  fputs(" \\- ", file);
  const size_t length = strlen(summary);
  roff(file, summary, summary[length - 1] == '.' ? length - 1 : length);
  fputs("\n.SH SYNOPSIS\n", file);
}

// One form of a command line, its further lines indented. An option and its value stay together.
static void form(FILE *file, const char *line, size_t length) {
  fputs(".HP 4\n.B ingot\n", file);
  const char *word = line;
  for (const char *p = line; p < line + length; p++) {
    if (*p != ' ') continue;
    roff(file, word, (size_t)(p - word));
    const char *option = word + strspn(word, "[(");
    fputs(*option == '-' && isalnum((unsigned char)p[1]) ? "\\ " : "\n", file);
    word = p + 1;
  }
  roff(file, word, (size_t)(line + length - word));
  fputc('\n', file);
}

// Where an example that is too long goes on: before the last option or pipe that fits, or nowhere.
static size_t break_of(const char *line, size_t length) {
  size_t at = length;
  if (length > EXAMPLE_WIDTH)
    for (size_t i = 1; i + 1 < length && (i <= EXAMPLE_WIDTH || at == length); i++)
      if (line[i] == ' ' && (line[i + 1] == '-' || line[i + 1] == '|')) at = i;
  return at;
}

static void example(FILE *file, const char *line, size_t length) {
  const char *indent = "";
  for (size_t at; (at = break_of(line, length)) < length; indent = "    ") {
    fputs(indent, file);
    roff(file, line, at);
    fputs(" \\e\n", file);
    line += at + 1;
    length -= at + 1;
  }
  fputs(indent, file);
  roff(file, line, length);
  fputc('\n', file);
}

static void each_line(FILE *file, const char *lines, void (*write)(FILE *, const char *, size_t)) {
  for (size_t length; *lines != '\0'; lines += length + (lines[length] == '\n')) {
    length = strcspn(lines, "\n");
    write(file, lines, length);
  }
}

void cli_man_verb(FILE *file, const cli_verb *verb) {
  char page[64];
  page_name(page, sizeof page, verb->name);
  head(file, page, verb->summary);
  each_line(file, verb->synopsis, form);
  fputs(".SH DESCRIPTION\n", file);
  roff_line(file, verb->description);
  fputs(".SH OPTIONS\n", file);
  for (size_t i = 0; i < verb->option_count; i++) {
    char name[80], help[512];
    cli_help_option_name(name, sizeof name, &verb->options[i]);
    cli_help_option_text(help, sizeof help, &verb->options[i]);
    roff_entry(file, name + strspn(name, " "), help);
  }
  roff_entry(file, "-h, --help", "Show this page as text.");
  fputs(".SH EXAMPLES\n.nf\n", file);
  each_line(file, verb->examples, example);
  fputs(".fi\n.SH SEE ALSO\n.BR ingot (1)\n", file);
}

void cli_man_overview(FILE *file) {
  head(file, "ingot", "train, fuse and run encoder-decoder Transformers on CPUs");
  const char *forms =
      "VERB ...\nhelp [VERB]\nhelp --man [VERB]\nhelp --completion bash|zsh|fish\n--version";
  each_line(file, forms, form);
  fputs(".SH DESCRIPTION\n", file);
  roff_line(file, cli_help_purpose);
  fputs(".PP\nEach verb has a page of its own.\n", file);
  for (size_t i = 0; i < cli_verb_count; i++) {
    char page[64];
    page_name(page, sizeof page, cli_verbs[i]->name);
    fputs(".TP\n.BR ", file);
    roff(file, page, strlen(page));
    fputs(" (1)\n", file);
    roff_line(file, cli_verbs[i]->summary);
  }
  for (size_t i = 0; i < CLI_HELP_FACTS; i++) {
    const cli_fact_list *list = &cli_help_facts[i];
    fputs(".SH ", file);
    for (const char *p = list->head; *p != '\0'; p++) fputc(toupper((unsigned char)*p), file);
    fputc('\n', file);
    for (size_t j = 0; j < list->count; j++)
      roff_entry(file, list->facts[j].name, list->facts[j].text);
  }
}
