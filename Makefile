# A thin door to CMake: `make` leaves the command at build/ingot.
JOBS ?= $(shell getconf _NPROCESSORS_ONLN)
PREFIX ?= /usr/local
SOURCES = $(wildcard include/*.h cli/*.[ch] bench/*.c examples/*.c tests/*.h tests/*/*.[ch]) $(shell find src -name '*.[ch]' -o -name '*.cc')

.PHONY: all setup demo test bench format check install clean
all:
	@cmake --preset release -DCMAKE_INSTALL_PREFIX=$(PREFIX)
	@cmake --build build -j$(JOBS)
setup:
	@tools/setup.sh
demo: setup
	@$(MAKE) --no-print-directory all
	@tools/demo.sh
test: setup
	@$(MAKE) --no-print-directory all
	@ctest --test-dir build --output-on-failure -j$(JOBS)
bench: all
	@cmake --build build --target benchmarks -j$(JOBS)
	@bench/run.sh --out build/bench/results
format:
	@clang-format -i $(SOURCES)
check:
	@tools/check_rooms.sh
	@tools/check_sizes.sh
	@tools/check_format.sh
install: all
	@cmake --install build
clean:
	@rm -rf build build-*
