// Tables of runs on a page.
#ifndef IG_TRAIN_PAGE_RUN_TABLES_H
#define IG_TRAIN_PAGE_RUN_TABLES_H
#include "page/page.h"
#include "train/page/run_metrics.h"

// Of each measure the last value and the best one.
void ig_run_tables_values(const ig_page *page, const ig_run_metrics *runs, size_t count);
// The settings in which runs differ, and all of them.
ig_status ig_run_tables_settings(const ig_page *page, const ig_run_metrics *runs, size_t count,
                                 ig_error *err);
// What the last validation of each run said.
void ig_run_tables_samples(const ig_page *page, const ig_run_metrics *runs, size_t count);
#endif
