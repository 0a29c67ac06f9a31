// Lines of a text file: declared for every program, so that all read files in one way.
#ifndef IG_IO_LINES_H
#define IG_IO_LINES_H
#include "ingot/lines.h"
#endif
