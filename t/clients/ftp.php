<?php
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# ftp.php PLAN: works off a plan (FTPS::Test::Clients) with PHP's ftp extension.
#
# DIAGNOSTICS: PHP's warning about the first transfer that fails; 77 for what the
# extension has no way to do.

function must($worked, $what) {
  if ($worked === false) {
    fwrite(STDERR, "$what failed\n");
    exit(1);
  }
  return $worked;
}

function act($ftp, $word, $from, $to) {
  switch ($word) {
    case 'put':
      return ftp_put($ftp, $to, $from, FTP_BINARY);
    case 'reput':
      return ftp_put($ftp, $to, $from, FTP_BINARY, FTP_AUTORESUME);
    case 'get':
      return ftp_get($ftp, $to, $from, FTP_BINARY);
    case 'reget':
      return ftp_get($ftp, $to, $from, FTP_BINARY, FTP_AUTORESUME);
    case 'list':
      $names = ftp_nlist($ftp, $from);
      return $names === false ? false
        : file_put_contents($to, implode("\n", $names));
  }
  exit(77);
}

if (getenv('FTPS_IMPLICIT') || getenv('FTPS_CERT') || getenv('FTPS_CCC'))
  exit(77);
$ftp = must(ftp_ssl_connect(getenv('FTPS_HOST'), (int) getenv('FTPS_PORT'), 10),
  'connecting');
must(ftp_login($ftp, getenv('FTPS_USER'), getenv('FTPS_PASSWORD')), 'login');
must(ftp_pasv($ftp, true), 'passive mode');
foreach (file($argv[1], FILE_IGNORE_NEW_LINES) as $line) {
  [$word, $from, $to] = explode(' ', $line);
  must(act($ftp, $word, $from, $to), $line);
}
ftp_close($ftp);
