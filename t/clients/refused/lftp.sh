#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# lftp.sh: lftp, told to reuse no session, as python-ftplib.py.  It takes the 425
# for a passing fault and tries again; "debug" shows what it reads.
exec lftp --norc -c "
  set net:max-retries 1
  set net:timeout 10
  set ftp:ssl-force yes
  set ftp:ssl-protect-data yes
  set ftp:ssl-copy-sid no
  set ssl:ca-file $FTPS_CA
  open -u $FTPS_USER,$FTPS_PASSWORD -p $FTPS_PORT ftp://$FTPS_HOST
  debug 3
  ls
  quote NOOP
  put -O . $FTPS_BIG
  quote NOOP" 2>&1
