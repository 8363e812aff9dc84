#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# curl.sh [--ccc MODE] PLAN: works off a plan (FTPS::Test::Clients) with one curl
# process, which keeps its control connection between transfers of the same
# server; with --ccc it goes on in clear (MODE: active or passive).
#
# Versions 7.87 to 8.6 of curl sleep in each transfer until the timer for a
# second address: 20 ms instead of 200.
#
# DIAGNOSTICS: curl's; --fail-early ends it at the first transfer that fails.
set -eu
url="ftp://$FTPS_HOST:$FTPS_PORT"
more=
if [ "$1" = --ccc ]; then
  more="ftp-ssl-ccc
ftp-ssl-ccc-mode = \"$2\"
"
  shift 2
fi

while read -r direction from to; do
  if [ "$direction" = put ]; then
    printf 'upload-file = "%s"\nurl = "%s/%s"\n' "$from" "$url" "$to"
  else
    printf 'url = "%s/%s"\noutput = "%s"\n' "$url" "$from" "$to"
  fi
  printf 'ssl-reqd\ncacert = "%s"\nuser = "%s:%s"\n' \
    "$FTPS_CA" "$FTPS_USER" "$FTPS_PASSWORD"
  printf '%s' "$more"
  printf 'silent\nshow-error\nhappy-eyeballs-timeout-ms = 20\nnext\n'
done <"$1" >"$1.curl"

# The last section must not be empty.
sed -i '$d' "$1.curl"
exec "${CURL:-curl}" -q --fail-early -K "$1.curl"
