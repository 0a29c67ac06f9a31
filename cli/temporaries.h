// The temporary files that exist now: a command that is killed by a signal leaves none.
#ifndef CLI_TEMPORARIES_H
#define CLI_TEMPORARIES_H

// From now on SIGINT, SIGTERM, SIGHUP and SIGPIPE remove the file before they end the process. The
// path is borrowed until the file is forgotten.
void cli_temporaries_watch(const char *path);
void cli_temporaries_forget(const char *path);
#endif
