#!/usr/bin/env bash
# Installs what building needs and is missing: Debian/Ubuntu (apt), Fedora (dnf), macOS (Homebrew).
# Instant when nothing is missing. --tests also asks for what the tests need; --developer for that,
# for clang and clang-format and, on Linux, for valgrind.
set -euo pipefail

# what | how to see it (command or pkg-config module) | Debian | Fedora | Homebrew (-: comes with
# the system)
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
module  libxxhash    libxxhash-dev        xxhash-devel         xxhash
module  nettle       nettle-dev           nettle-devel         nettle
"
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
fi

present() {  # kind name
  if [ "$1" = command ]; then
    command -v "$2" >/dev/null
  else
    command -v pkg-config >/dev/null && pkg-config --exists "$2"
  fi
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

packages=$(missing_packages "$system" | tr '\n' ' ')
as_root=""
if [ "$system" != brew ] && [ "$(id -u)" != 0 ]; then
  as_root=sudo
  if ! command -v sudo >/dev/null || { [ ! -t 0 ] && ! sudo -n true 2>/dev/null; }; then
    echo "setup: missing: $absent" >&2
    echo "setup: installing them needs root; please run as root:" \
      "$update && $install $packages" >&2
    exit 1
  fi
fi
echo "setup: installing $packages" >&2
# shellcheck disable=SC2086  # word splitting is what makes the commands and the list
{ $as_root $update && $as_root $install $packages; } >&2 ||
  { echo "setup: installation failed: $install $packages" >&2; exit 1; }

absent=$(missing_names)
if [ -n "$absent" ]; then
  echo "setup: still missing after the installation: $absent" >&2
  exit 1
fi
