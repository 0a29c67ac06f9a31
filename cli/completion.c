// Scripts by which bash, zsh and fish complete verbs, options and values. What a value is follows
// from its name in the tables: DIR and MODEL are directories; FILE, PATH, SOURCE and names with an
// extension are files, and so is RUN, which may be a directory as well.
#include "completion.h"

#include <ctype.h>
#include <string.h>

#include "ingot.h"
#include "options.h"

const char *const cli_completion_shells[] = {"bash", "zsh", "fish", NULL};

typedef enum value_kind { VALUE_FREE, VALUE_CHOICE, VALUE_DIRECTORY, VALUE_FILE } value_kind;

static value_kind kind_of(const char *name, const char *const *choices) {
  if (choices != NULL) return VALUE_CHOICE;
  if (strcmp(name, "DIR") == 0 || strcmp(name, "MODEL") == 0) return VALUE_DIRECTORY;
  const char *dot = strchr(name, '.');
  const bool file = strcmp(name, "FILE") == 0 || strcmp(name, "PATH") == 0 ||
                    strcmp(name, "SOURCE") == 0 || strcmp(name, "RUN") == 0 ||
                    (dot != NULL && isalpha((unsigned char)dot[1]));
  return file ? VALUE_FILE : VALUE_FREE;
}

// Several operands, a model and what it is checked with, are files of any kind.
static value_kind kind_of_operand(const cli_verb *verb) {
  if (verb->operand == NULL) return VALUE_FREE;
  const value_kind kind = kind_of(verb->operand, verb->operand_choices);
  return kind == VALUE_DIRECTORY && verb->max_operands > 1 ? VALUE_FILE : kind;
}

static bool has_two_words(const cli_verb *verb) { return strchr(verb->name, ' ') != NULL; }

static void words(FILE *file, const char *const *list) {
  for (const char *const *word = list; *word != NULL; word++)
    fprintf(file, "%s%s", word == list ? "" : " ", *word);
}

// The second word of a verb that begins with this one, from verb *at on; NULL: there is no more.
static const char *next_second_word(const cli_verb *verb, size_t *at) {
  const size_t length = strlen(verb->name);
  while (*at < cli_verb_count) {
    const char *name = cli_verbs[(*at)++]->name;
    if (strncmp(name, verb->name, length) == 0 && name[length] == ' ') return name + length + 1;
  }
  return NULL;
}

// Writes them all, with a blank before each.
static void second_words(FILE *file, const cli_verb *verb) {
  const char *word;
  for (size_t at = 0; (word = next_second_word(verb, &at)) != NULL;) fprintf(file, " %s", word);
}

static bool has_second_words(const cli_verb *verb) {
  size_t at = 0;
  return next_second_word(verb, &at) != NULL;
}

// Writes what may follow a verb besides options: the choices of its operand, and second words.
static void operand_words(FILE *file, const cli_verb *verb) {
  if (verb->operand_choices != NULL) words(file, verb->operand_choices);
  second_words(file, verb);
}

// Writes the verbs of one word, or those of two with `before` and `after` around each.
static void verbs_of_one_word(FILE *file) {
  for (size_t i = 0; i < cli_verb_count; i++)
    if (!has_two_words(cli_verbs[i])) fprintf(file, "%s ", cli_verbs[i]->name);
}

static void verbs_of_two_words(FILE *file, const char *between) {
  bool first = true;
  for (size_t i = 0; i < cli_verb_count; i++) {
    if (!has_two_words(cli_verbs[i])) continue;
    fprintf(file, "%s'%s'", first ? "" : between, cli_verbs[i]->name);
    first = false;
  }
}

// Writes the first sentence of `text` for the inside of single quotes; `special` are characters
// that the shell wants a backslash before, `quote` is how it writes a single quote there.
static void sentence(FILE *file, const char *text, const char *special, const char *quote) {
  for (const char *p = text; *p != '\0'; p++) {
    if (p[0] == '.' && (p[1] == '\0' || (p[1] == ' ' && isupper((unsigned char)p[2])))) return;
    if (*p == '\'')
      fputs(quote, file);
    else
      fprintf(file, "%s%c", strchr(special, *p) != NULL ? "\\" : "", *p);
  }
}

static void headline(FILE *file, const char *shell) {
  fprintf(file, "# Completion of ingot %s for %s, made by `ingot help --completion %s`.\n",
          ig_version(), shell, shell);
}

// ---- bash -------------------------------------------------------------------

static void bash_value(FILE *file, value_kind kind, const char *const *choices) {
  switch (kind) {
    case VALUE_FREE: fputs("what=none", file); break;
    case VALUE_DIRECTORY: fputs("what=dirnames", file); break;
    case VALUE_FILE: fputs("what=default", file); break;
    case VALUE_CHOICE:
      fputs("words='", file);
      words(file, choices);
      fputs("'", file);
  }
}

static void bash_verb(FILE *file, const cli_verb *verb) {
  fprintf(file, "    '%s')\n      case $before in\n", verb->name);
  for (size_t i = 0; i < verb->option_count; i++) {
    const cli_option *option = &verb->options[i];
    if (option->kind == CLI_FLAG) continue;
    fputs("        ", file);
    if (option->letter != 0) fprintf(file, "-%c | ", option->letter);
    fprintf(file, "--%s) ", option->name);
    bash_value(file, kind_of(option->argument, option->choices), option->choices);
    fputs(" ;;\n", file);
  }
  fputs("        *) options='", file);
  for (size_t i = 0; i < verb->option_count; i++) fprintf(file, "--%s ", verb->options[i].name);
  fputs("--help'\n          ", file);
  const value_kind kind = kind_of_operand(verb);
  if (kind == VALUE_CHOICE) {
    fputs("words='", file);
    operand_words(file, verb);
    fputs("'", file);
  } else if (kind == VALUE_FREE)
    fputs("words=$options", file);
  else
    bash_value(file, kind, NULL);
  fputs(" ;;\n      esac ;;\n", file);
}

// `help`, which is no verb of the table, takes options only as its first word.
static void bash_help(FILE *file) {
  fputs(
      "    help)\n"
      "      case $before in\n"
      "        help | --man)\n"
      "          [[ $before != help ]] || options='--completion --man'\n"
      "          words='",
      file);
  verbs_of_one_word(file);
  fputs("' ;;\n        --completion) words='", file);
  words(file, cli_completion_shells);
  fputs("' ;;\n", file);
  for (size_t i = 0; i < cli_verb_count; i++) {
    if (!has_second_words(cli_verbs[i])) continue;
    fprintf(file, "        %s) words='", cli_verbs[i]->name);
    second_words(file, cli_verbs[i]);
    fputs("' ;;\n", file);
  }
  fputs("      esac ;;\n", file);
}

static void bash(FILE *file) {
  fputs(
      "# shellcheck shell=bash disable=SC2207\n"
      "_ingot() {\n"
      "  local word=$2 before=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]}\n"
      "  local words='' options='' what=words\n"
      "  # --option=value comes as three words.\n"
      "  [[ $before != = ]] || before=${COMP_WORDS[COMP_CWORD - 2]}\n"
      "  if ((COMP_CWORD == 1)); then\n"
      "    verb=''\n"
      "  elif ((COMP_CWORD > 2)); then\n"
      "    case \"$verb ${COMP_WORDS[2]}\" in\n"
      "      ",
      file);
  verbs_of_two_words(file, " | ");
  fputs(
      ") verb=\"$verb ${COMP_WORDS[2]}\" ;;\n"
      "    esac\n"
      "  fi\n"
      "  case $verb in\n",
      file);
  for (size_t i = 0; i < cli_verb_count; i++) bash_verb(file, cli_verbs[i]);
  fputs("    '') words='", file);
  verbs_of_one_word(file);
  fputs("help' options='--help --version' ;;\n", file);
  bash_help(file);
  fputs(
      "  esac\n"
      "  if [[ -n $options && $word == -* ]]; then words=$options what=words; fi\n"
      "  case $what in\n"
      "    words) COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n"
      "    none) COMPREPLY=() ;;\n"
      "    *) COMPREPLY=() && compopt -o \"$what\" ;;\n"
      "  esac\n"
      "}\n"
      "complete -F _ingot ingot\n",
      file);
}

// ---- zsh --------------------------------------------------------------------

static void zsh_sentence(FILE *file, const char *text) { sentence(file, text, "\\[]:", "'\\''"); }

// Writes ":NAME:ACTION" of _arguments.
static void zsh_value(FILE *file, const char *name, value_kind kind) {
  fprintf(file, ":%.*s:", (int)strcspn(name, " ("), name);
  if (kind == VALUE_DIRECTORY) fputs("_files -/", file);
  if (kind == VALUE_FILE) fputs("_files", file);
}

static void zsh_option(FILE *file, const cli_option *option) {
  const bool flag = option->kind == CLI_FLAG;
  fputs(" \\\n        ", file);
  if (option->kind == CLI_LIST)
    fputs("'*'", file);
  else if (option->letter != 0)
    fprintf(file, "'(-%c --%s)'", option->letter, option->name);
  if (option->letter != 0)
    fprintf(file, "{-%c%s,--%s%s}", option->letter, flag ? "" : "+", option->name, flag ? "" : "=");
  else
    fprintf(file, "--%s%s", option->name, flag ? "" : "=");
  fputs("'[", file);
  zsh_sentence(file, option->help);
  fputs("]", file);
  if (!flag) zsh_value(file, option->argument, kind_of(option->argument, option->choices));
  if (option->choices != NULL) {
    fputs("(", file);
    words(file, option->choices);
    fputs(")", file);
  }
  fputs("'", file);
}

static void zsh_verb(FILE *file, const cli_verb *verb) {
  fprintf(file, "  ('%s')\n    _arguments -s : '(-h --help)'{-h,--help}'[Show help]'", verb->name);
  for (size_t i = 0; i < verb->option_count; i++) zsh_option(file, &verb->options[i]);
  if (verb->operand != NULL) {
    fprintf(file, " \\\n        '%s", verb->max_operands > 1 ? "*" : "");
    zsh_value(file, verb->operand, kind_of_operand(verb));
    if (verb->operand_choices != NULL) {
      fputs("(", file);
      operand_words(file, verb);
      fputs(")", file);
    }
    fputs("'", file);
  }
  fputs(" ;;\n", file);
}

static void zsh_help(FILE *file) {
  fputs(
      "  (help)\n"
      "    case $words[CURRENT-1] in\n"
      "    (help) _describe verb verbs -- '(--completion --man)' ;;\n"
      "    (--man) _describe verb verbs ;;\n"
      "    (--completion) compadd ",
      file);
  words(file, cli_completion_shells);
  fputs(" ;;\n", file);
  for (size_t i = 0; i < cli_verb_count; i++) {
    if (!has_second_words(cli_verbs[i])) continue;
    fprintf(file, "    (%s) compadd", cli_verbs[i]->name);
    second_words(file, cli_verbs[i]);
    fputs(" ;;\n", file);
  }
  fputs("    esac ;;\n", file);
}

static void zsh(FILE *file) {
  fputs("local verb=$words[2]\nlocal -a verbs\nverbs=(\n", file);
  for (size_t i = 0; i < cli_verb_count; i++) {
    if (has_two_words(cli_verbs[i])) continue;
    fprintf(file, "  '%s:", cli_verbs[i]->name);
    zsh_sentence(file, cli_verbs[i]->summary);
    fputs("'\n", file);
  }
  fputs(
      "  'help:Show help'\n"
      ")\n"
      "if ((CURRENT == 2)); then\n"
      "  _describe verb verbs -- '(--help --version)'\n"
      "  return\n"
      "fi\n"
      "if ((CURRENT > 3)); then\n"
      "  case \"$words[2] $words[3]\" in\n"
      "  (",
      file);
  verbs_of_two_words(file, "|");
  fputs(
      ") verb=\"$words[2] $words[3]\"; shift words; ((CURRENT--)) ;;\n"
      "  esac\n"
      "fi\n"
      "shift words\n"
      "((CURRENT--))\n"
      "case $verb in\n",
      file);
  for (size_t i = 0; i < cli_verb_count; i++) zsh_verb(file, cli_verbs[i]);
  zsh_help(file);
  fputs("esac\n", file);
}

// ---- fish -------------------------------------------------------------------

static void fish_sentence(FILE *file, const char *text) { sentence(file, text, "\\", "\\'"); }

static void fish_value(FILE *file, value_kind kind, const char *const *choices) {
  switch (kind) {
    case VALUE_FREE: fputs(" -x", file); break;
    case VALUE_DIRECTORY: fputs(" -x -a '(__fish_complete_directories)'", file); break;
    case VALUE_FILE: fputs(" -r -F", file); break;
    case VALUE_CHOICE:
      fputs(" -x -a '", file);
      words(file, choices);
      fputs("'", file);
  }
}

static void fish_verb(FILE *file, const cli_verb *verb) {
  for (size_t i = 0; i < verb->option_count; i++) {
    const cli_option *option = &verb->options[i];
    fprintf(file, "complete -c ingot -n '__ingot_at \"%s\"'", verb->name);
    if (option->letter != 0) fprintf(file, " -s %c", option->letter);
    fprintf(file, " -l %s", option->name);
    if (option->kind != CLI_FLAG)
      fish_value(file, kind_of(option->argument, option->choices), option->choices);
    fputs(" -d '", file);
    fish_sentence(file, option->help);
    fputs("'\n", file);
  }
  fprintf(file, "complete -c ingot -n '__ingot_at \"%s\"' -s h -l help -d 'Show help'\n",
          verb->name);
  const value_kind kind = kind_of_operand(verb);
  if (kind == VALUE_FREE) return;
  fprintf(file, "complete -c ingot -n '__ingot_at \"%s\"'", verb->name);
  if (kind == VALUE_CHOICE) {
    fputs(" -a '", file);
    operand_words(file, verb);
    fputs("'\n", file);
  } else
    fputs(kind == VALUE_FILE ? " -F\n" : " -a '(__fish_complete_directories)'\n", file);
}

static void fish_help(FILE *file) {
  fputs(
      "complete -c ingot -n '__ingot_help_after help' -l completion -d 'Print one for a shell'\n"
      "complete -c ingot -n '__ingot_help_after help' -l man -d 'Print a man page'\n"
      "complete -c ingot -n '__ingot_help_after --completion' -a '",
      file);
  words(file, cli_completion_shells);
  fputs("'\ncomplete -c ingot -n '__ingot_help_after --man' -a '", file);
  verbs_of_one_word(file);
  fputs("'\n", file);
  for (size_t i = 0; i < cli_verb_count; i++) {
    if (!has_second_words(cli_verbs[i])) continue;
    fprintf(file, "complete -c ingot -n '__ingot_help_after %s' -a '", cli_verbs[i]->name);
    second_words(file, cli_verbs[i]);
    fputs("'\n", file);
  }
}

static void fish(FILE *file) {
  fputs(
      "function __ingot_at --argument-names verb\n"
      "  set -l words (commandline -opc)\n"
      "  set -l found \"$words[2]\"\n"
      "  if contains -- \"$found $words[3]\" ",
      file);
  verbs_of_two_words(file, " ");
  fputs(
      "\n"
      "    set found \"$found $words[3]\"\n"
      "  end\n"
      "  test \"$found\" = \"$verb\"\n"
      "end\n"
      "function __ingot_help_after --argument-names word\n"
      "  set -l words (commandline -opc)\n"
      "  test \"$words[2]\" = help -a \"$words[-1]\" = \"$word\"\n"
      "end\n"
      "complete -c ingot -f\n"
      "complete -c ingot -n '__ingot_at \"\"' -l help -d 'Show help'\n"
      "complete -c ingot -n '__ingot_at \"\"' -l version -d 'Show the version'\n"
      "complete -c ingot -n '__ingot_at \"\"' -a help -d 'Show help'\n",
      file);
  for (size_t i = 0; i < cli_verb_count; i++) {
    if (has_two_words(cli_verbs[i])) continue;
    fprintf(file, "complete -c ingot -n '__ingot_at \"\" || __ingot_help_after help' -a %s -d '",
            cli_verbs[i]->name);
    fish_sentence(file, cli_verbs[i]->summary);
    fputs("'\n", file);
  }
  fish_help(file);
  for (size_t i = 0; i < cli_verb_count; i++) fish_verb(file, cli_verbs[i]);
}

bool cli_completion(FILE *file, const char *shell) {
  static void (*const scripts[])(FILE *) = {bash, zsh, fish};
  for (size_t i = 0; cli_completion_shells[i] != NULL; i++) {
    if (strcmp(shell, cli_completion_shells[i]) != 0) continue;
    if (scripts[i] == zsh) fputs("#compdef ingot\n", file);
    headline(file, shell);
    scripts[i](file);
    return true;
  }
  return false;
}
