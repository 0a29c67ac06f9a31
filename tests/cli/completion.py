"""completion.py SHELL SCRIPT LINE FOUND: loads the completion SCRIPT into the shell and writes all
candidates of the last word of LINE into FOUND, one a line; that word itself if there is none. fish
tells them. bash and zsh are started on a terminal, where a key puts all of them into the line; it
is run, and a function in place of the command writes down the words that it got."""
import os
import pty
import select
import subprocess
import sys
import time

shell, script, line, found = sys.argv[1:]
script = os.path.abspath(script)
words_before = line.count(" ") - 1  # of the command, which are not candidates
# ^T is the key. The part file is renamed: FOUND is there when it is whole.
SETUPS = {"bash": (["bash", "--norc", "--noprofile", "-i"], f"""
. {script}
bind '"\\C-t": insert-completions'
"""), "zsh": (["zsh", "-f", "-i"], f"""
mkdir -p functions; cp {script} functions/_ingot
fpath=($PWD/functions $fpath); autoload -U compinit; compinit -u -D
zle -C every complete-word _generic; bindkey '^T' every
zstyle ':completion:every:*' completer _all_matches _complete
zstyle ':completion:every:*' insert true
""")}
RECORD = """ingot() { shift %d; printf '%%s\\n' "$@" >part; mv part %s; }
"""


def type_line(command, setup):
    """Types into the shell, which gets a terminal, until FOUND is there or a minute is over."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="dumb", HOME=os.getcwd(), LC_ALL="C.UTF-8")
        os.execvp(command[0], command)
    os.write(terminal, (setup + RECORD % (words_before, found) + "echo set-\"\"up\n").encode())
    said, is_typed, end = b"", False, time.monotonic() + 60
    while time.monotonic() < end and not os.path.exists(found):
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                said += os.read(terminal, 65536)
            except OSError:  # the shell is gone
                break
        if b"set-up" in said and not is_typed:
            os.write(terminal, line.encode() + b"\x14\n")
            is_typed = True
    os.close(terminal)
    os.waitpid(pid, 0)
    if not os.path.exists(found):
        sys.exit(f"{command[0]} ran nothing; it said: {said.decode(errors='replace')}")


if os.path.exists(found):
    os.remove(found)
if shell == "fish":
    command = ["fish", "--no-config", "-c", f"source {script}; complete -C $argv", line]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    candidates = [row.split("\t")[0] for row in told.splitlines()] or [line.split(" ")[-1]]
    with open(found, "w", encoding="utf-8") as file:
        file.writelines(candidate + "\n" for candidate in candidates)
else:
    type_line(*SETUPS[shell])
