// Curves of runs on a page, by update and by seconds.
#ifndef IG_TRAIN_PAGE_RUN_CHARTS_H
#define IG_TRAIN_PAGE_RUN_CHARTS_H
#include "page/page.h"
#include "train/page/run_metrics.h"

// Switches for each run and for the axis, and a chart of each measure that a run has.
ig_status ig_run_charts_draw(const ig_page *page, const ig_run_metrics *runs, size_t count,
                             ig_error *err);
// The class of the page's style that has the colour of run i.
void ig_run_charts_class(size_t run, char out[16]);
#endif
