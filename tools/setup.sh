#!/usr/bin/env bash
# Installs what building needs and is missing: Debian/Ubuntu (apt), Fedora (dnf), macOS (Homebrew).
# Instant when nothing is missing. --tests also asks for what the tests need; --developer for that,
# for clang, clang-format and Open MPI and, on Linux, for valgrind.
set -euo pipefail

# what | how to see it (command or pkg-config module) | Debian | Fedora | Homebrew (-: comes with
# the system). A module that is only `required` is missing where pkg-config refuses another module
# because of it: Debian 13's sentencepiece.pc requires protobuf-lite, and its package does not.
needs="
command cc           build-essential      gcc                  -
command c++          g++                  gcc-c++              -
command make         build-essential      make                 -
command cmake        cmake                cmake                cmake
command pkg-config   pkg-config           pkgconf-pkg-config   pkg-config
module  sentencepiece libsentencepiece-dev sentencepiece-devel sentencepiece
module  jansson      libjansson-dev       jansson-devel        jansson
module  yaml-0.1     libyaml-dev          libyaml-devel        libyaml
module  libutf8proc  libutf8proc-dev      utf8proc-devel       utf8proc
module  zlib         zlib1g-dev           zlib-devel           zlib
module  expat        libexpat1-dev        expat-devel          expat
module  libxxhash    libxxhash-dev        xxhash-devel         xxhash
module  nettle       nettle-dev           nettle-devel         nettle
required protobuf-lite libprotobuf-dev    protobuf-lite-devel  protobuf
"
if [ "$(uname)" = Linux ]; then  # optional for the build; Homebrew's is out of pkg-config's sight
  needs+="
module  icu-uc       libicu-dev           libicu-devel         -
"
fi
case "${1:-}" in
  '') ;;
  --tests | --developer)
    needs+="
module  cmocka       libcmocka-dev        libcmocka-devel      cmocka
" ;;
  *) echo "setup: unknown option '$1'; --tests and --developer are known" >&2 && exit 2 ;;
esac
if [ "${1:-}" = --developer ]; then
  needs+="
command clang        clang                clang                llvm
command clang-format clang-format         clang-tools-extra    clang-format
"
  if [ "$(uname)" = Linux ]; then
    needs+="
command valgrind     valgrind             valgrind             valgrind
"
  fi
  if command -v apt-get >/dev/null; then  # elsewhere it is out of sight until it is chosen
    needs+="
command mpicc        libopenmpi-dev       openmpi-devel        open-mpi
command mpirun       openmpi-bin          openmpi              open-mpi
"
  fi
fi

# Why pkg-config refuses modules.
refusals() {
  # shellcheck disable=SC2046  # a word a module
  pkg-config --exists --print-errors $(awk '$1 == "module" { print $2 }' <<<"$needs") 2>&1 || true
}

present() {  # kind name
  case "$1" in
    command) command -v "$2" >/dev/null ;;
    module) command -v pkg-config >/dev/null && pkg-config --exists "$2" ;;
    required)
      ! command -v pkg-config >/dev/null || [[ $(refusals) != *"'$2', required by"* ]] ;;
  esac
}

# Prints the packages of column $1 whose need is not met.
missing_packages() {
  local kind name debian fedora brew package
  while read -r kind name debian fedora brew; do
    if [ -z "$kind" ] || present "$kind" "$name"; then continue; fi
    case "$1" in debian) package=$debian ;; fedora) package=$fedora ;; *) package=$brew ;; esac
    if [ "$package" = - ]; then
      echo "setup: '$name' is missing and comes with the system's developer tools:" \
        "xcode-select --install" >&2
      exit 1
    fi
    echo "$package"
  done <<<"$needs" | sort -u
}

missing_names() {
  local kind name rest
  while read -r kind name rest; do
    if [ -n "$kind" ] && ! present "$kind" "$name"; then printf '%s ' "$name"; fi
  done <<<"$needs"
}

absent=$(missing_names)
if [ -z "$absent" ]; then exit 0; fi

if command -v apt-get >/dev/null; then
  system=debian update="apt-get update -q"
  install="env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends"
elif command -v dnf >/dev/null; then
  system=fedora update=true install="dnf install -y"
elif command -v brew >/dev/null; then
  system=brew update=true install="brew install"
else
  echo "setup: missing: $absent" >&2
  echo "setup: this system has neither apt-get, dnf nor brew; please install these by hand," \
    "then run the command again" >&2
  exit 1
fi

as_root=""
if [ "$system" != brew ] && [ "$(id -u)" != 0 ]; then
  as_root=sudo
  if ! command -v sudo >/dev/null || { [ ! -t 0 ] && ! sudo -n true 2>/dev/null; }; then
    echo "setup: missing: $absent" >&2
    echo "setup: installing them needs root; please run as root:" \
      "$update && $install $(missing_packages "$system" | tr '\n' ' ')" >&2
    exit 1
  fi
fi

# Twice: what a module requires is seen only after the module was installed.
for _ in 1 2; do
  packages=$(missing_packages "$system" | tr '\n' ' ')
  if [ -z "$packages" ]; then break; fi
  echo "setup: installing $packages" >&2
  # shellcheck disable=SC2086  # word splitting is what makes the commands and the list
  { $as_root $update && $as_root $install $packages; } >&2 ||
    { echo "setup: installation failed: $install $packages" >&2; exit 1; }
done

absent=$(missing_names)
if [ -n "$absent" ]; then
  echo "setup: still missing after the installation: $absent" >&2
  refusals >&2
  exit 1
fi
