// Finds out whether there are others, and loads the plugin that reaches them.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // dladdr
#endif
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/launcher.h"
#include "cluster/cluster.h"

#ifndef IG_PLUGIN_DIRECTORY  // where `make install` puts it, and the same seen from the command
#define IG_PLUGIN_DIRECTORY "/usr/local/lib/ingot"
#define IG_PLUGIN_FROM_COMMAND "../lib/ingot"
#endif

static const char plugin_name[] = "ingot-openmpi.so";

int ig_cluster_processes(void) { return ig_launcher_find().processes; }

// The directory of the file that this code is in, the library's or the command's. false: unknown.
static bool find_own_directory(char *out, size_t size) {
  Dl_info info;
  char found[4096] = "";
  const void *here = plugin_name;
  if (dladdr(here, &info) && info.dli_fname && strchr(info.dli_fname, '/'))
    snprintf(found, sizeof found, "%s", info.dli_fname);
  else if (readlink("/proc/self/exe", found, sizeof found - 1) <= 0)
    return false;
  char *whole = realpath(found, NULL);
  if (!whole) return false;
  char *slash = strrchr(whole, '/');
  if (slash) *slash = '\0';
  const bool fits = snprintf(out, size, "%s", whole) < (int)size;
  free(whole);
  return fits;
}

static void *load_plugin(const char *path, char why[IG_CARRIER_TEXT]) {
  void *plugin = dlopen(path, RTLD_NOW | RTLD_GLOBAL);  // Open MPI's own plugins want it global
  if (!plugin) snprintf(why, IG_CARRIER_TEXT, "%.500s", dlerror());
  return plugin;
}

// Beside the library or the command in a build folder, else where they were installed to.
static void *open_plugin(char why[IG_CARRIER_TEXT]) {
  char own[4096], path[4352];
  const char *const below[] = {"", "/ingot", ("/" IG_PLUGIN_FROM_COMMAND)};
  if (find_own_directory(own, sizeof own)) {
    for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
      snprintf(path, sizeof path, "%s%s/%s", own, below[i], plugin_name);
      if (access(path, F_OK) == 0) return load_plugin(path, why);
    }
  }
  snprintf(path, sizeof path, "%s/%s", IG_PLUGIN_DIRECTORY, plugin_name);
  if (access(path, F_OK) == 0) return load_plugin(path, why);
  snprintf(why, IG_CARRIER_TEXT,
           "%.300s is not there, which is built and installed where Open MPI is found "
           "(libopenmpi-dev)",
           path);
  return NULL;
}

static ig_status load(int processes, ig_carrier *out, ig_error *err) {
  char why[IG_CARRIER_TEXT] = "";
  void *plugin = open_plugin(why);
  if (!plugin) return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s", why);
  ig_carrier_opener *open;
  void *symbol = dlsym(plugin, IG_CARRIER_OPEN);
  memcpy(&open, &symbol, sizeof open);
  if (!open) return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: it is no plugin", plugin_name);
  if (open(IG_CARRIER_VERSION, processes, out, why)) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s", why);
}

ig_status ig_cluster_join(ig_cluster **out, ig_error *err) {
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  const ig_launcher launcher = ig_launcher_find();
  if (launcher.processes == 1) return IG_OK;
  if (launcher.other_mpi)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "another launcher than Open MPI's has started %d processes (%s), each of which "
                   "would do all the work: use Open MPI's mpirun, or srun --mpi=pmix",
                   launcher.processes, launcher.variable);
  ig_carrier carrier;
  const ig_status status = load(launcher.processes, &carrier, err);
  if (status != IG_OK)
    return ig_fail_in(err, status, "%d processes were started together (%s)", launcher.processes,
                      launcher.variable);
  return ig_cluster_create(&carrier, IG_CLUSTER_SILENCE, out, err);
}
