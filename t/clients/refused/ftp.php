<?php
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# ftp.php: PHP's ftp extension, as python-ftplib.py.  It resumes, so the test
# preloads noresume.c.

set_error_handler(function ($level, $text) {
  echo ' warning ', str_replace("\n", ' | ', $text);
  return true;
});
$ftp = ftp_ssl_connect(getenv('FTPS_HOST'), (int) getenv('FTPS_PORT'), 10);
ftp_login($ftp, getenv('FTPS_USER'), getenv('FTPS_PASSWORD'));
ftp_pasv($ftp, true);
$small = tempnam(sys_get_temp_dir(), 'ftps');
file_put_contents($small, 'bytes');
$steps = [
  'list' => fn() => ftp_rawlist($ftp, '.'),
  'get' => fn() => ftp_get($ftp, $small . '.got', 'file', FTP_BINARY),
  'put' => fn() => ftp_put($ftp, 'new', $small, FTP_BINARY),
  'big' => fn() => ftp_put($ftp, 'big', getenv('FTPS_BIG'), FTP_BINARY),
];
foreach ($steps as $name => $step) {
  echo $name;
  $result = $step();
  echo ' ', $result === false ? 'false' : 'done', "\n";
  echo "$name next ", implode(' | ', ftp_raw($ftp, 'NOOP')), "\n";
}
array_map('unlink', glob("$small*"));
ftp_close($ftp);
