// A stream of lines that several ranks translate. Rank 0 reads and writes: it deals blocks of
// lines, one a rank, translates the first itself, and writes what comes back in the order of the
// blocks. A line's translation does not depend on the lines beside it, so the output has the same
// bytes for any number of ranks.
#ifndef IG_PIPELINE_SHARED_LINES_H
#define IG_PIPELINE_SHARED_LINES_H
#include "cluster/cluster.h"
#include "pipeline/translate_lines.h"

// Of a stream with a cluster; other ranks than 0 read and write nothing by it. Warnings of all
// ranks go to rank 0's reporter; each rank names the first ten of a kind.
ig_status ig_shared_lines_run(ig_translator *translator, const ig_line_stream *stream,
                              const ig_reporter *reporter, ig_error *err);
#endif
