# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Input of autoconf (`autoconf -o configure config.m4`).  Core macros only: the
# module is a plain `-shared` object, so neither libtool nor automake has a
# part in it.
#
# Finds the compiler, OpenSSL (3.0.0 or later), the headers of the ProFTPD that
# will load the module and the directory from which it loads.  What only the
# tests need (cmocka) may be missing.
#
# DIAGNOSTICS: every error names the Debian package that mends it.

AC_PREREQ([2.69])
# The version stands in one place, where in-tree builds of ProFTPD read it too.
AC_INIT([mod_ftps], m4_esyscmd_s(
  [sed -n 's|.*"mod_ftps/\(.*\)".*|\1|p' mod_ftps/version.h]))
AC_CONFIG_SRCDIR([mod_ftps/mod_ftps.c])
AC_CONFIG_FILES([Makefile])

AC_ARG_WITH([proftpd-headers],
  [AS_HELP_STRING([--with-proftpd-headers=DIR],
    [headers of the ProFTPD that will load the module @<:@/usr/include/proftpd@:>@])],
  [proftpd_headers=$withval], [proftpd_headers=])
# As contrib/mod_ftps of ProFTPD's sources, "./configure --with-shared=mod_ftps"
# or "--with-modules=mod_ftps" there calls this one. Its config.h is in the build
# folder, which may be another one.
in_tree=no
if test -z "$proftpd_headers"; then
  if test -e "$srcdir/../../include/proftpd.h" &&
    test -e "$srcdir/../../modules/mod_core.c"; then
    in_tree=yes
    proftpd_headers="$srcdir/../../include ../../include ../.."
  else
    proftpd_headers=/usr/include/proftpd
  fi
fi
host_includes=
for directory in $proftpd_headers; do
  host_includes="$host_includes -isystem $directory"
done

AC_ARG_WITH([moduledir],
  [AS_HELP_STRING([--with-moduledir=DIR],
    [where ProFTPD loads modules from @<:@asked from "proftpd -V"@:>@])],
  [moduledir=$withval], [moduledir=])
AC_ARG_ENABLE([werror],
  [AS_HELP_STRING([--enable-werror], [warnings are errors])],
  [], [enable_werror=no])
AC_ARG_ENABLE([asan],
  [AS_HELP_STRING([--enable-asan],
    [build everything with the address and undefined-behaviour sanitizers])],
  [], [enable_asan=no])

AC_PROG_CC
if test "x$ac_cv_prog_cc_c11" = xno; then
  AC_MSG_ERROR([the compiler "$CC" knows no C11 (Debian package: gcc)])
fi
AC_PATH_PROGS([INSTALL], [ginstall install], [install])
AC_PATH_PROG([PROVE], [prove], [prove])
AC_PATH_PROGS([CLANG_FORMAT], [clang-format-14 clang-format], [clang-format])
AC_PATH_PROGS([CLANG_TIDY], [clang-tidy-14 clang-tidy], [clang-tidy])
AC_PATH_PROG([CPPCHECK], [cppcheck], [cppcheck])

# Flags that not every compiler and processor has.  clang warns of what macros
# and variables of ProFTPD's and OpenSSL's headers do; gcc leaves those out.

HARDENING=
WARNINGS=
AC_DEFUN([FTPS_TRY_FLAG],
  [AC_MSG_CHECKING([whether $CC takes $2])
   ftps_save_CFLAGS=$CFLAGS
   CFLAGS="$CFLAGS -Werror $2"
   AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
     [AC_MSG_RESULT([yes]); $1="$$1 $2"], [AC_MSG_RESULT([no])])
   CFLAGS=$ftps_save_CFLAGS])
FTPS_TRY_FLAG([HARDENING], [-fstack-protector-strong])
FTPS_TRY_FLAG([HARDENING], [-fstack-clash-protection])
FTPS_TRY_FLAG([HARDENING], [-fcf-protection])
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#ifndef __clang__
# error not clang
#endif
]])], [WARNINGS='-Wno-unused-parameter -Wno-shadow -Wno-cast-qual'])

# ProFTPD's off_t has 64 bits: its config.h, which some of our files read after
# the system's headers, asks for that, and mod_ftps/load.c compares the sizes.
AC_MSG_CHECKING([whether off_t has 64 bits])
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <sys/types.h>]],
    [[char is_large[sizeof(off_t) >= 8 ? 1 : -1]; (void) is_large;]])],
  [AC_MSG_RESULT([yes]); LARGE_FILES=],
  [AC_MSG_RESULT([no]); LARGE_FILES=-D_FILE_OFFSET_BITS=64])

# OpenSSL

AC_MSG_CHECKING([for OpenSSL's headers])
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <openssl/ssl.h>]])],
  [AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([no])
   AC_MSG_ERROR([<openssl/ssl.h> cannot be compiled (Debian package: libssl-dev)])])

AC_MSG_CHECKING([whether it is OpenSSL and not LibreSSL])
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#include <openssl/opensslv.h>
#ifdef LIBRESSL_VERSION_NUMBER
# error LibreSSL
#endif
]])],
  [AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([LibreSSL])
   AC_MSG_ERROR([LibreSSL lacks what mod_ftps is built on; it needs OpenSSL 3.0.0 or later (Debian package: libssl-dev)])])

AC_MSG_CHECKING([for OpenSSL 3.0.0 or later])
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#include <openssl/opensslv.h>
#if OPENSSL_VERSION_NUMBER < 0x30000000L
# error too old
#endif
]])],
  [AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([no])
   AC_MSG_ERROR([OpenSSL is older than 3.0.0 (Debian 12 and later have it in the package libssl-dev)])])

AC_MSG_CHECKING([whether a program links with libssl and libcrypto])
ftps_save_LIBS=$LIBS
LIBS="-lssl -lcrypto $LIBS"
AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <openssl/ssl.h>]],
    [[return SSL_get1_peer_certificate(NULL) != NULL;]])],
  [AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([no])
   AC_MSG_ERROR([cannot link with -lssl -lcrypto (Debian package: libssl-dev)])])
LIBS=$ftps_save_LIBS

# ProFTPD

AC_MSG_CHECKING([for ProFTPD's headers in $proftpd_headers])
ftps_save_CPPFLAGS=$CPPFLAGS
CPPFLAGS="$CPPFLAGS $host_includes"
# ProFTPD's make makes this header; nothing of ours depends on what it says.
if test "$in_tree" = yes; then
  mkdir -p ftps-stamp
  echo '#define BUILD_STAMP ""' >ftps-stamp/buildstamp.h
  CPPFLAGS="$CPPFLAGS -isystem ftps-stamp"
fi
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include "conf.h"]])],
  [AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([no])
   AC_MSG_ERROR(["conf.h" of ProFTPD cannot be compiled from $proftpd_headers (Debian package: proftpd-dev; elsewhere: --with-proftpd-headers=DIR)])])

AC_MSG_CHECKING([for ProFTPD 1.3.8 or later])
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#include "conf.h"
#if PROFTPD_VERSION_NUMBER < 0x0001030805
# error too old
#endif
]])],
  [AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([no])
   AC_MSG_ERROR([the headers in $proftpd_headers are older than ProFTPD 1.3.8 (Debian 12 and later have it in proftpd-dev)])])

AC_MSG_CHECKING([whether it has controls])
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#include "conf.h"
#ifndef PR_USE_CTRLS
# error no controls
#endif
]])],
  [controls=controls; AC_MSG_RESULT([yes])],
  [controls=no_controls; AC_MSG_RESULT([no, so there is no "ftpdctl tls"])])
rm -rf ftps-stamp
CPPFLAGS=$ftps_save_CPPFLAGS

AC_PATH_PROG([PROFTPD], [proftpd], [], [$PATH:/usr/sbin:/usr/local/sbin])
AC_MSG_CHECKING([where ProFTPD loads modules from])
if test -z "$moduledir" && test "$in_tree" = yes; then
  moduledir=$libexecdir
fi
if test -z "$moduledir" && test -n "$PROFTPD"; then
  moduledir=`"$PROFTPD" -V 2>/dev/null |
    sed -n '/Shared Module Directory:/{n;s/^ *//;s/ *$//;p;}'`
fi
if test -z "$moduledir"; then
  moduledir=/usr/lib/proftpd
fi
AC_MSG_RESULT([$moduledir])

# Tests

AC_MSG_CHECKING([for cmocka (unit tests)])
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
]])],
  [have_cmocka=yes], [have_cmocka=no])
AC_MSG_RESULT([$have_cmocka])
if test "$have_cmocka" = no; then
  AC_MSG_NOTICE([no unit tests can be built (Debian package: libcmocka-dev)])
fi

AS_IF([test "x$enable_werror" = xno], [WERROR=], [WERROR=-Werror])
AS_IF([test "x$enable_asan" = xno], [SANITIZE=no], [SANITIZE=yes])

AC_SUBST([in_tree])
AC_SUBST([proftpd_headers])
AC_SUBST([host_includes])
AC_SUBST([moduledir])
AC_SUBST([controls])
AC_SUBST([have_cmocka])
AC_SUBST([HARDENING])
AC_SUBST([LARGE_FILES])
AC_SUBST([WARNINGS])
AC_SUBST([WERROR])
AC_SUBST([SANITIZE])
AC_OUTPUT
