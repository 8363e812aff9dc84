#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lftp.sh [--ccc] PLAN: works off a plan (FTPS::Test::Clients) with lftp
# (GnuTLS); with --ccc on a control connection that goes on in clear.
#
# DIAGNOSTICS: lftp's; it ends at the first transfer that fails.
set -eu
ccc=no
if [ "$1" = --ccc ]; then
  ccc=yes
  shift
fi
{
  echo 'set cmd:fail-exit yes'
  echo 'set net:max-retries 1'
  echo 'set net:timeout 10'
  echo 'set ftp:ssl-force yes'
  echo 'set ftp:ssl-protect-data yes'
  echo "set ftp:ssl-use-ccc $ccc"
  echo "set ssl:ca-file $FTPS_CA"
  echo "open -u $FTPS_USER,$FTPS_PASSWORD -p $FTPS_PORT ftp://$FTPS_HOST"
  sed 's/ \([^ ]*\)$/ -o \1/' "$1"
} >"$1.lftp"
exec lftp --norc -f "$1.lftp"
