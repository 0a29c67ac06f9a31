#!/usr/bin/env bash
# Builds Ingot for another architecture, warnings as errors, translates a sentence, and with --test
# runs the tests that an emulator can run in minutes. Debian and Ubuntu only: the development
# packages of the other architecture are unpacked into a folder, nothing of the system's is touched.
# --packages only gets what comes from a network, for which each of the two steps has
# INGOT_NETWORK_SECONDS (600) at most; after it the build asks no network.
# Exit code 77: this system has no cross compiler or cannot get the packages.
# Usage: cross.sh aarch64|i686 [--test | --packages] [--build DIR]
set -euo pipefail
cd "$(dirname "$0")/.."
architecture=${1:-} test=false packages_only=false build=""
case $architecture in
  aarch64) debian=arm64 emulator=qemu-user ;;
  i686) debian=i386 emulator="" ;;
  *) echo "cross.sh: expected aarch64 or i686" >&2 && exit 2 ;;
esac
shift
while [ $# -gt 0 ]; do
  case $1 in
    --test) test=true ;;
    --packages) packages_only=true ;;
    --build) build=$2 && shift ;;
    *) echo "cross.sh: unknown option '$1'" >&2 && exit 2 ;;
  esac
  shift
done
build=${build:-build-$architecture}
sysroot=$(realpath -m "$build/sysroot")

not_here() { echo "cross.sh: $architecture is not built: $*" >&2 && exit 77; }

from_network() { tools/limited.sh "${INGOT_NETWORK_SECONDS:-600}" "$@" >&2; }

# command -v of several names is content with one.
lacks_any() {
  local name
  for name in "$@"; do command -v "$name" >/dev/null || return 0; done
  return 1
}
if lacks_any mmdebstrap "$architecture-linux-gnu-g++" ${emulator:+qemu-aarch64}; then
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || not_here "it needs a cross compiler"
  # shellcheck disable=SC2086  # the emulator is a word or none
  from_network apt-get install -y -q --no-install-recommends mmdebstrap $emulator \
    "gcc-$architecture-linux-gnu" "g++-$architecture-linux-gnu" || not_here "no packages"
fi
if ! [ -e "$sysroot/ready" ]; then
  . /etc/os-release
  compiler=$("$architecture-linux-gnu-g++" -dumpversion | cut -d. -f1)
  packages=libc6-dev,libstdc++-$compiler-dev,libjansson-dev,libyaml-dev,libsentencepiece-dev
  packages+=,libutf8proc-dev,zlib1g-dev,libxxhash-dev,nettle-dev,libcmocka-dev,libicu-dev
  packages+=,libprotobuf-dev,libexpat1-dev
  rm -rf "$sysroot"
  mkdir -p "$build"
  # Headers and libraries to link with need no fixes of security, whose archive may lag.
  archive=()
  # shellcheck disable=SC2016  # apt-get's variables
  [ "$ID" != debian ] || mapfile -t archive < <(apt-get indextargets \
    --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' |
    sed -n "s/ $VERSION_CODENAME\$//p" | sort -u | head -n 1)
  from_network mmdebstrap --quiet --variant=extract --architectures=$debian \
    --include="$packages" "$VERSION_CODENAME" "$sysroot" "${archive[@]}" ||
    not_here "no packages of $debian"
  touch "$sysroot/ready"
fi
if $packages_only; then exit 0; fi
cmake -S . -B "$build" --toolchain "$PWD/cmake/cross.cmake" -DINGOT_CROSS="$architecture" \
  -DINGOT_SYSROOT="$sysroot" -DCMAKE_BUILD_TYPE=Release -DINGOT_WERROR=ON -DINGOT_TESTS=ON >&2
cmake --build "$build" --target ingot -j"$(getconf _NPROCESSORS_ONLN)" >&2
echo 'How are you today?' | "$build/emulated/ingot" translate -q -m models/en-de
if $test; then
  cmake --build "$build" -j"$(getconf _NPROCESSORS_ONLN)" >&2
  # Times of products mean nothing under an emulator.
  ctest --test-dir "$build" --output-on-failure -j"$(getconf _NPROCESSORS_ONLN)" \
    -L '^(unit|golden|grad|examples)$' -E 'unit/measure_matrix_product'
fi
