#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# git-ftp.sh PLAN: works off a plan (FTPS::Test::Clients) of uploads alone with
# git-ftp (curl): the files are committed and pushed.
#
# DIAGNOSTICS: git-ftp's; 77 if the plan has something else than uploads.
set -eu
[ -z "${FTPS_CCC-}${FTPS_CERT-}" ] || exit 77
scheme=ftpes
[ -z "${FTPS_IMPLICIT-}" ] || scheme=ftps
repository=$(dirname "$1")/repository
mkdir -p "$repository"
while read -r word from to; do
  [ "$word" = put ] || exit 77
  cp "$from" "$repository/$to"
done <"$1"
cd "$repository"
for name in AUTHOR COMMITTER; do
  export "GIT_${name}_NAME=ftps" "GIT_${name}_EMAIL=ftps@localhost"
done
git init --quiet
git add .
git commit --quiet --message files
exec git ftp init --user "$FTPS_USER" --passwd "$FTPS_PASSWORD" \
  --cacert "$FTPS_CA" "$scheme://$FTPS_HOST:$FTPS_PORT/"
