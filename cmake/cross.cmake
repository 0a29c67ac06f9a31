# Builds for another architecture of Debian: cmake --toolchain cmake/cross.cmake
# -DINGOT_CROSS=aarch64|i686 -DINGOT_SYSROOT=DIR. The folder holds the development packages of that
# architecture; tools/cross.sh makes it, builds, and runs the tests.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${INGOT_CROSS})
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES INGOT_CROSS INGOT_SYSROOT)
set(CMAKE_SYSROOT ${INGOT_SYSROOT})
set(CMAKE_C_COMPILER ${INGOT_CROSS}-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER ${INGOT_CROSS}-linux-gnu-g++)
if(INGOT_CROSS STREQUAL i686)
  set(INGOT_TRIPLET i386-linux-gnu)
  # The processor that builds runs it.
  set(libraries ${INGOT_SYSROOT}/lib/${INGOT_TRIPLET}:${INGOT_SYSROOT}/usr/lib/${INGOT_TRIPLET})
  set(CMAKE_CROSSCOMPILING_EMULATOR ${INGOT_SYSROOT}/lib/ld-linux.so.2 --library-path ${libraries})
else()
  set(INGOT_TRIPLET ${INGOT_CROSS}-linux-gnu)
  set(CMAKE_CROSSCOMPILING_EMULATOR qemu-${INGOT_CROSS} -L ${INGOT_SYSROOT})
endif()
set(CMAKE_LIBRARY_ARCHITECTURE ${INGOT_TRIPLET})
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${INGOT_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR}
    ${INGOT_SYSROOT}/usr/lib/${INGOT_TRIPLET}/pkgconfig:${INGOT_SYSROOT}/usr/share/pkgconfig)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
