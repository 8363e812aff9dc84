#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lftp.sh PLAN: works off a plan (FTPS::Test::Clients) with lftp (GnuTLS).
#
# DIAGNOSTICS: lftp's; it ends at the first transfer that fails.
set -eu
{
  echo 'set cmd:fail-exit yes'
  echo 'set net:max-retries 1'
  echo 'set net:timeout 10'
  echo 'set ftp:ssl-force yes'
  echo 'set ftp:ssl-protect-data yes'
  echo "set ssl:ca-file $FTPS_CA"
  echo "open -u $FTPS_USER,$FTPS_PASSWORD -p $FTPS_PORT ftp://$FTPS_HOST"
  sed 's/ \([^ ]*\)$/ -o \1/' "$1"
} >"$1.lftp"
exec lftp --norc -f "$1.lftp"
