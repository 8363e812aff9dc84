#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# wget.sh PLAN: works off a plan (FTPS::Test::Clients) of downloads alone with
# wget (GnuTLS), which keeps its control connection only for a pattern.  So it
# takes no notice of names: it fetches or completes everything.
#
# DIAGNOSTICS: wget's; 77 if the plan has something else than downloads.
set -eu
dir=$(dirname "$1")
more=
what='*.bin'
while read -r word from to; do
  case "$word" in
    get) ;;
    reget) more=--continue ;;
    list) what='' more="--output-document=$to" ;;
    *) exit 77 ;;
  esac
done <"$1"
[ -z "${FTPS_CCC-}" ] || exit 77
[ -z "${FTPS_IMPLICIT-}" ] || more="$more --ftps-implicit"
[ -z "${FTPS_CERT-}" ] ||
  more="$more --certificate=$FTPS_CERT --private-key=$FTPS_KEY"
exec wget --no-config --no-verbose --tries=1 --ca-certificate="$FTPS_CA" \
  --directory-prefix="$dir" $more \
  "ftps://$FTPS_USER:$FTPS_PASSWORD@$FTPS_HOST:$FTPS_PORT/$what"
