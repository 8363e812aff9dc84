#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# curl.sh PLAN: works off a plan (FTPS::Test::Clients) with one curl process,
# which keeps its control connection between transfers of the same server.
# FTPS_CCC may be "active": then curl sends close_notify first.
#
# Versions 7.87 to 8.6 of curl sleep in each transfer until the timer for a
# second address: 20 ms instead of 200.
#
# DIAGNOSTICS: curl's; --fail-early ends it at the first transfer that fails.
set -eu
scheme=ftp
[ -z "${FTPS_IMPLICIT-}" ] || scheme=ftps
url="$scheme://$FTPS_HOST:$FTPS_PORT"
ccc=passive
[ "${FTPS_CCC-}" != active ] || ccc=active

while read -r word from to; do
  case "$word" in
    put | reput) printf 'upload-file = "%s"\nurl = "%s/%s"\n' \
      "$from" "$url" "$to" ;;
    get | reget) printf 'url = "%s/%s"\noutput = "%s"\n' "$url" "$from" "$to" ;;
    list) printf 'url = "%s/"\nlist-only\noutput = "%s"\n' "$url" "$to" ;;
    *) exit 77 ;;
  esac
  case "$word" in
    reput | reget) echo 'continue-at = -' ;;
  esac
  printf 'ssl-reqd\ncacert = "%s"\nuser = "%s:%s"\n' \
    "$FTPS_CA" "$FTPS_USER" "$FTPS_PASSWORD"
  if [ -n "${FTPS_CERT-}" ]; then
    printf 'cert = "%s"\nkey = "%s"\n' "$FTPS_CERT" "$FTPS_KEY"
  fi
  if [ -n "${FTPS_CCC-}" ]; then
    printf 'ftp-ssl-ccc\nftp-ssl-ccc-mode = "%s"\n' "$ccc"
  fi
  printf 'silent\nshow-error\nhappy-eyeballs-timeout-ms = 20\nnext\n'
done <"$1" >"$1.curl"

# The last section must not be empty.
sed -i '$d' "$1.curl"
exec "${CURL:-curl}" -q --fail-early -K "$1.curl"
