// A page of HTML that tells of a fusion, or of runs: one file that loads nothing and is readable on
// light and on dark screens, on small ones, and on paper. It has no scripts but that of
// ig_plot_hints.
#ifndef IG_PAGE_PAGE_H
#define IG_PAGE_PAGE_H
#include "base/number.h"
#include "base/writer.h"

typedef struct ig_page {
  FILE *file;  // numbers that are printed to it have a decimal point, whatever the locale
  ig_writer writer;
  locale_t before;
} ig_page;

// Whether a page may be written to the path: what is there already must be a page itself or empty,
// for nobody wants to lose another file. Pipes and devices lose nothing.
ig_status ig_page_may_replace(const char *path, bool *may, ig_error *err);
// Fails unless it may, or if the path begins with "~".
ig_status ig_page_check_path(const char *path, ig_error *err);
// Begins a page with its heading. It takes the place of what is at the path when it is closed; one
// of the two has to follow, on the same thread.
ig_status ig_page_open(ig_page *page, const char *path, const char *title, ig_error *err);
ig_status ig_page_close(ig_page *page, ig_error *err);
void ig_page_abandon(ig_page *page);

// Text that comes from a file.
void ig_page_text(const ig_page *page, const char *text);
void ig_page_element(const ig_page *page, const char *tag, const char *text);
// A cell of a table, whose colour goes from blue at part 0 over white at 0.5 to red at 1. It has
// its value with so many decimals, and all its digits in the hint that a pointer shows. NAN: a
// dash.
void ig_page_cell(const ig_page *page, double value, int decimals, double part);
// Such a cell of three decimals that leads to a part of the page, "#name"; NULL: to none.
void ig_page_link_cell(const ig_page *page, double value, double part, const char *link);
// What the colours of such cells mean: the values at parts 0, 0.5 and 1.
void ig_page_legend(const ig_page *page, double least, double middle, double most);
#endif
