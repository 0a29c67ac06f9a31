# Bare Debian systems in folders, for scripts that try packages in them: . packaging/chroot.bash
# They need root, debootstrap and Debian's packages; the exit code is 77 where these are not there.
work=$(mktemp -d)
roots=()
leave() {
  local root
  for root in "${roots[@]}"; do
    ! mountpoint -q "$root/proc" || umount "$root/proc"
  done
  rm -rf --one-file-system "$work"
}
trap leave EXIT
skip() { echo "skipped: $*"; exit 77; }
fail() { echo "FAILED: $*" >&2; exit 1; }
say() { printf '== %s\n' "$*"; }

# bare_system SUITE NAME [BASE]: makes $work/NAME, a copy of BASE, which debootstrap made before
# (`debootstrap --variant=minbase SUITE BASE`), or a new one.
bare_system() {
  local root=$work/$2
  [ "$(id -u)" = 0 ] || skip "a system in a folder needs root"
  if [ -n "${3:-}" ]; then
    cp -a "$3" "$root"
  else
    command -v debootstrap >/dev/null || skip "no debootstrap"
    debootstrap --variant=minbase "$1" "$root" >"$work/log" 2>&1 ||
      { tail -3 "$work/log"; skip "debootstrap $1"; }
  fi
  cp /etc/resolv.conf "$root/etc/"
  mount -t proc proc "$root/proc" || skip "nothing can be mounted here"
  roots+=("$root")
  inside "$2" apt-get update
}

# inside NAME COMMAND...: runs it there, silently; what it said is shown where it fails.
inside() {
  local root=$work/$1
  shift
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive DEB_BUILD_OPTIONS="${DEB_BUILD_OPTIONS:-}" \
    chroot "$root" "$@" >"$work/log" 2>&1 || { tail -60 "$work/log"; fail "$*"; }
}

# inside_shell NAME TEXT: the same with a text for the shell.
inside_shell() { inside "$1" bash -euc "$2"; }

# packages_inside NAME PACKAGE...: names of packages, or files of them as paths there.
packages_inside() {
  local name=$1
  shift
  inside "$name" apt-get install -y -q --no-install-recommends "$@"
}
