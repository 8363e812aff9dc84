#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# ftp-ssl.sh PLAN: works off a plan (FTPS::Test::Clients) with Debian's ftp-ssl
# (OpenSSL), whose status says nothing.
#
# DIAGNOSTICS: ftp-ssl's; 77 for what there is no way to do.
set -eu
[ -z "${FTPS_IMPLICIT-}${FTPS_CCC-}" ] || exit 77
more=
[ -z "${FTPS_CERT-}" ] || more="-z cert=$FTPS_CERT -z key=$FTPS_KEY"
{
  echo "user $FTPS_USER $FTPS_PASSWORD"
  echo binary
  while read -r word from to; do
    case "$word" in
      put | get | reget) echo "$word $from $to" ;;
      list) echo "nlist $from $to" ;;
      *) exit 77 ;;
    esac
  done <"$1"
  echo quit
} >"$1.ftp"
export SSL_CERT_FILE="$FTPS_CA"
ftp-ssl -n -v -i -p -z secure -z verify=2 $more "$FTPS_HOST" "$FTPS_PORT" \
  <"$1.ftp" >"$1.log" 2>&1 || echo "status $?" >>"$1.log"
cat "$1.log"
! grep -qE '^(4|5)[0-9][0-9] |^ftp: |^status ' "$1.log"
