// An alignment as a picture: target tokens are rows, source tokens columns, and a square is the
// darker the greater its weight.
#ifndef CLI_HEATMAP_H
#define CLI_HEATMAP_H
#include <stdio.h>

#include "ingot.h"

// Writes an SVG (an image/svg+xml document in UTF-8). The caller asks the file whether all of it
// could be written.
void cli_heatmap_write(FILE *file, const ig_token_alignment *alignment);
#endif
