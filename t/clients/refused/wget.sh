#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# wget.sh: wget, told to reuse no session.  It only downloads.
exec wget --no-config --no-verbose --tries=1 --ca-certificate="$FTPS_CA" \
  --server-response --no-ftps-resume-ssl --output-document="$HOME/got" \
  "ftps://$FTPS_USER:$FTPS_PASSWORD@$FTPS_HOST:$FTPS_PORT/file" 2>&1
