# A thin door to CMake: `make` leaves the command at build/ingot. CONTRIBUTING.md tells of the rest.
JOBS ?= $(shell getconf _NPROCESSORS_ONLN)
PREFIX ?= /usr/local
SOURCES = $(wildcard include/*.h include/*/*.h cli/*.[ch] plugins/*.c bench/*.c examples/*.c \
            tests/*.h tests/*/*.[ch] fuzz/*.[ch]) $(shell find src -name '*.[ch]' -o -name '*.cc')
CONFIGURE = cmake -DCMAKE_INSTALL_PREFIX="$(PREFIX)" --preset

.PHONY: all setup demo test bench fuzz format check install uninstall clean
# The library and the command; nothing that only developers need.
all:
	@command -v cmake >/dev/null || \
	  { echo "make: cmake is missing; 'make setup' installs what building needs" >&2; exit 1; }
	@$(CONFIGURE) release
	@cmake --build build -j$(JOBS)
setup:
	@tools/setup.sh
demo: setup
	@$(MAKE) --no-print-directory all
	@tools/demo.sh
test:
	@tools/setup.sh --tests
	@$(CONFIGURE) dev
	@cmake --build build -j$(JOBS)
	@ctest --test-dir build --output-on-failure -j$(JOBS)
bench: all
	@cmake --build build --target benchmarks -j$(JOBS)
	@bench/run.sh --out build/bench/results
# make fuzz TARGET=yaml: until something is found or it is stopped; new inputs go to
# build-fuzz/corpus. Needs clang.
TARGET ?= safetensors
fuzz:
	@cmake --preset fuzz
	@cmake --build --preset fuzz -j$(JOBS) --target fuzz_$(TARGET)
	@mkdir -p build-fuzz/corpus/$(TARGET)
	@build-fuzz/fuzz_$(TARGET) -close_fd_mask=1 -timeout=60 \
	  -artifact_prefix=$(CURDIR)/build-fuzz/$(TARGET)- \
	  build-fuzz/corpus/$(TARGET) fuzz/corpus/$(TARGET)
format:
	@clang-format -i $(SOURCES)
check:
	@tools/check_rooms.sh
	@tools/check_sizes.sh
	@tools/check_widths.sh
	@tools/check_format.sh
	@tools/draw_rooms.sh --check
	@tools/check_docs.sh
	@tools/check_packages.sh
	@tools/check_laws.sh
# The loader's cache learns of the library, if it is root who installs into the running system.
LDCONFIG = if [ "$$(uname)" = Linux ] && [ "$$(id -u)" = 0 ] && [ -z "$(DESTDIR)" ]; then \
             PATH="$$PATH:/usr/sbin:/sbin" ldconfig || true; fi
install: all
	@cmake --install build
	@$(LDCONFIG)
uninstall:
	@tools/uninstall.sh build/install_manifest.txt "$(DESTDIR)"
	@$(LDCONFIG)
clean:
	@rm -rf build build-*
