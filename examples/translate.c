// The translator inside a program of yours.
//   cc translate.c $(pkg-config --cflags --libs ingot) && ./a.out MODEL "How are you?" …
#include <ingot.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: %s MODEL SENTENCE ...\n", argv[0]);
    return 2;
  }
  ig_translator_options options = ig_translator_options_default();
  options.beam_size = 4;
  ig_translator *translator;
  ig_error err;
  if (ig_translator_open(argv[1], &options, &translator, &err) != IG_OK) {
    fprintf(stderr, "%s\n", err.message);
    return 1;
  }
  int code = 0;
  for (int i = 2; i < argc && code == 0; i++) {
    char *translation;
    if (ig_translate(translator, argv[i], &translation, &err) == IG_OK) {
      puts(translation);
      free(translation);
    } else {
      fprintf(stderr, "%s\n", err.message);
      code = 1;
    }
  }
  ig_translator_free(translator);
  return code;
}
