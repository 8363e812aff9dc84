#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# curl.sh: curl, told to reuse no session, as python-ftplib.py; each step has a
# control connection of its own.
set -u
url=ftp://$FTPS_USER:$FTPS_PASSWORD@$FTPS_HOST:$FTPS_PORT

step() {
  name=$1
  shift
  echo "$name $(curl -q -sS --ssl-reqd --no-sessionid --cacert "$FTPS_CA" \
    --happy-eyeballs-timeout-ms 20 "$@" 2>&1 | tr '\n' '|')"
}

step list "$url/"
step get -o "$HOME/got" "$url/file"
step put -T "$FTPS_CA" "$url/new"
step big -T "$FTPS_BIG" "$url/big"
step verbose -v "$url/"
