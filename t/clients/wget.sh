#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# wget.sh PLAN: works off a plan (FTPS::Test::Clients) of downloads alone with
# wget (GnuTLS), which keeps its control connection only for a pattern.
#
# DIAGNOSTICS: wget's.
set -eu
exec wget --no-config --no-verbose --tries=1 --ca-certificate="$FTPS_CA" \
  --directory-prefix="$(dirname "$1")" \
  "ftps://$FTPS_USER:$FTPS_PASSWORD@$FTPS_HOST:$FTPS_PORT/*.bin"
