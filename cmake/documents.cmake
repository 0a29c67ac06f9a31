# Writes what the command knows of itself into the folder OUT: man pages into OUT/man, and into
# OUT/completion what shells complete by. cmake -DINGOT=COMMAND -DOUT=DIR -P documents.cmake
function(write file)
  execute_process(COMMAND ${INGOT} help ${ARGN} OUTPUT_FILE ${OUT}/${file}
                  COMMAND_ERROR_IS_FATAL ANY)
endfunction()
file(REMOVE_RECURSE ${OUT}/man ${OUT}/completion)
file(MAKE_DIRECTORY ${OUT}/man ${OUT}/completion)
write(man/ingot.1 --man)
execute_process(COMMAND ${INGOT} help --verbs OUTPUT_VARIABLE verbs COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" verbs "${verbs}")
foreach(verb IN LISTS verbs)
  string(REPLACE " " "-" page ${verb})
  write(man/ingot-${page}.1 --man ${verb})
endforeach()
foreach(shell bash zsh fish)
  write(completion/${shell} --completion ${shell})
endforeach()
