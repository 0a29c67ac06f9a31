#include "base/launcher.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"

extern char **environ;

// SLURM_STEP_NUM_TASKS is of srun; SLURM_NTASKS would be that of the script around it, too.
// PMI_SIZE is of MPICH and its kin, and of srun --mpi=pmi2.
static const struct {
  const char *variable;
  bool other_mpi;
} launchers[] = {
    {"OMPI_COMM_WORLD_SIZE", false}, {"SLURM_STEP_NUM_TASKS", false}, {"PMI_SIZE", true}};

ig_launcher ig_launcher_find(void) {
  for (size_t i = 0; i < sizeof launchers / sizeof *launchers; i++) {
    const char *value = getenv(launchers[i].variable);
    const long processes = value ? strtol(value, NULL, 10) : 0;
    if (processes > 0 && processes < 1000000)
      return (ig_launcher){(int)processes, launchers[i].variable, launchers[i].other_mpi};
  }
  return (ig_launcher){.processes = 1};
}

static bool is_of_launcher(const char *entry) {
  static const char *const beginnings[] = {"OMPI_", "PMIX_",      "PMI_",         "PRTE_",
                                           "ORTE_", "SLURM_STEP", "SLURM_PROCID", "SLURM_LOCALID"};
  for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
    if (strncmp(entry, beginnings[i], strlen(beginnings[i])) == 0) return true;
  return false;
}

ig_status ig_launcher_environment(char ***out, ig_error *err) {
  const bool launched = ig_launcher_find().processes > 1;
  size_t entries = 0, kept = 0;
  while (environ && environ[entries]) entries++;
  *out = ig_allocate(entries + 1, sizeof **out, err);
  if (!*out) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < entries; i++)
    if (!launched || !is_of_launcher(environ[i])) (*out)[kept++] = environ[i];
  return IG_OK;
}
