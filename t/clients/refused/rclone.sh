#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# rclone.sh: rclone, whose cache of sessions is switched off.
pass=$(rclone obscure "$FTPS_PASSWORD")
SSL_CERT_FILE=$FTPS_CA exec rclone --config '' --retries 1 \
  --low-level-retries 1 --ftp-tls-cache-size 0 lsf \
  ":ftp,host='$FTPS_HOST',port=$FTPS_PORT,user='$FTPS_USER',pass='$pass',explicit_tls=true:" 2>&1
