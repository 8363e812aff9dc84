<?php
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ftp.php PLAN: works off a plan (FTPS::Test::Clients) with PHP's ftp extension.
#
# DIAGNOSTICS: PHP's warning about the first transfer that fails.

function must($worked, $what) {
  if ($worked === false) {
    fwrite(STDERR, "$what failed\n");
    exit(1);
  }
  return $worked;
}

$ftp = must(ftp_ssl_connect(getenv('FTPS_HOST'), (int) getenv('FTPS_PORT'), 10),
  'connecting');
must(ftp_login($ftp, getenv('FTPS_USER'), getenv('FTPS_PASSWORD')), 'login');
must(ftp_pasv($ftp, true), 'passive mode');
foreach (file($argv[1], FILE_IGNORE_NEW_LINES) as $line) {
  [$direction, $from, $to] = explode(' ', $line);
  must($direction == 'put' ? ftp_put($ftp, $to, $from, FTP_BINARY)
    : ftp_get($ftp, $to, $from, FTP_BINARY), $line);
}
ftp_close($ftp);
