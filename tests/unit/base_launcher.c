// What a launcher of processes puts into the environment is found, and kept from commands.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/command.h"
#include "base/launcher.h"

static const char *const variables[] = {"OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS", "PMI_SIZE",
                                        "PMIX_RANK", "SLURM_NTASKS"};

static int forget_launchers(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) unsetenv(variables[i]);
  return 0;
}

static void launchers_are_told_apart(void **state) {
  (void)state;
  assert_int_equal(ig_launcher_find().processes, 1);
  setenv("SLURM_NTASKS", "8", 1);  // of a script that sbatch runs once
  assert_int_equal(ig_launcher_find().processes, 1);
  setenv("PMI_SIZE", "3", 1);
  assert_int_equal(ig_launcher_find().processes, 3);
  assert_true(ig_launcher_find().other_mpi);
  setenv("SLURM_STEP_NUM_TASKS", "5", 1);
  assert_int_equal(ig_launcher_find().processes, 5);
  assert_false(ig_launcher_find().other_mpi);
  setenv("OMPI_COMM_WORLD_SIZE", "2", 1);
  assert_int_equal(ig_launcher_find().processes, 2);
  assert_string_equal(ig_launcher_find().variable, "OMPI_COMM_WORLD_SIZE");
  static const char *const wrong[] = {"", "many", "0", "-4", "99999999999"};
  forget_launchers(NULL);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    setenv("OMPI_COMM_WORLD_SIZE", wrong[i], 1);
    assert_int_equal(ig_launcher_find().processes, 1);
  }
}

// Whether a command that is run sees a variable of the launcher.
static bool command_sees_launcher(void) {
  char *output;
  assert_int_equal(ig_command_run("env; echo", "", NULL, &output, NULL), IG_OK);
  assert_non_null(strstr(output, "PATH="));
  const bool sees = strstr(output, "OMPI_") || strstr(output, "PMIX_");
  free(output);
  return sees;
}

static void commands_are_none_of_the_launchers(void **state) {
  (void)state;
  setenv("OMPI_COMM_WORLD_SIZE", "1", 1);
  setenv("PMIX_RANK", "0", 1);
  assert_true(command_sees_launcher());  // it is alone, as the command will be
  setenv("OMPI_COMM_WORLD_SIZE", "2", 1);
  assert_false(command_sees_launcher());
  assert_string_equal(getenv("PMIX_RANK"), "0");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(launchers_are_told_apart, forget_launchers, forget_launchers),
      cmocka_unit_test_setup_teardown(commands_are_none_of_the_launchers, forget_launchers,
                                      forget_launchers)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
