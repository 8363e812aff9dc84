#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# lftp.sh PLAN: works off a plan (FTPS::Test::Clients) with lftp (GnuTLS).
#
# DIAGNOSTICS: lftp's; it ends at the first transfer that fails.
set -eu
scheme=ftp
[ -z "${FTPS_IMPLICIT-}" ] || scheme=ftps
ccc=no
[ -z "${FTPS_CCC-}" ] || ccc=yes
{
  echo 'set cmd:fail-exit yes'
  echo 'set net:max-retries 1'
  echo 'set net:timeout 10'
  echo 'set ftp:ssl-force yes'
  echo 'set ftp:ssl-protect-data yes'
  echo "set ftp:ssl-use-ccc $ccc"
  echo "set ssl:ca-file $FTPS_CA"
  if [ -n "${FTPS_CERT-}" ]; then
    echo "set ssl:cert-file $FTPS_CERT"
    echo "set ssl:key-file $FTPS_KEY"
  fi
  if [ -n "${FTPS_FXP_PORT-}" ]; then
    echo 'set ftp:fxp-force yes'
    echo 'set ftp:ssl-protect-fxp yes'
  fi
  echo "open -u $FTPS_USER,$FTPS_PASSWORD -p $FTPS_PORT $scheme://$FTPS_HOST"
  while read -r word from to; do
    case "$word" in
      put | get) echo "$word $from -o $to" ;;
      reput) echo "put -c $from -o $to" ;;
      reget) echo "get -c $from -o $to" ;;
      list) echo "cls -1 $from >$to" ;;
      fxp) echo "get $from -o" \
        "ftp://$FTPS_USER:$FTPS_PASSWORD@$FTPS_HOST:$FTPS_FXP_PORT/$to" ;;
      *) exit 77 ;;
    esac
  done <"$1"
} >"$1.lftp"
exec lftp --norc -f "$1.lftp"
