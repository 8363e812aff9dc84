<?php
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# curl.php PLAN: works off a plan (FTPS::Test::Clients) with PHP's curl
# extension (libcurl with OpenSSL), one handle for all.
#
# DIAGNOSTICS: curl's words about the first transfer that fails; 77 for words
# that there are none for.

# libcurl would send the file from its beginning: the size is asked for first, and
# the rest is appended.
function resume_put($curl, $from, $to, $url, $always) {
  curl_setopt_array($curl, [CURLOPT_URL => "$url/$to", CURLOPT_NOBODY => true,
    CURLOPT_RETURNTRANSFER => true] + $always);
  curl_exec($curl);
  $done = (int) curl_getinfo($curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
  curl_reset($curl);
  $file = fopen($from, 'rb');
  fseek($file, $done);
  return [CURLOPT_URL => "$url/$to", CURLOPT_UPLOAD => true,
    CURLOPT_APPEND => true, CURLOPT_INFILE => $file,
    CURLOPT_INFILESIZE => filesize($from) - $done];
}

function options($word, $from, $to, $url) {
  switch ($word) {
    case 'put':
      return [CURLOPT_URL => "$url/$to", CURLOPT_UPLOAD => true,
        CURLOPT_INFILE => fopen($from, 'rb'),
        CURLOPT_INFILESIZE => filesize($from)];
    case 'get':
      return [CURLOPT_URL => "$url/$from", CURLOPT_FILE => fopen($to, 'wb')];
    case 'reget':
      return [CURLOPT_URL => "$url/$from", CURLOPT_FILE => fopen($to, 'ab'),
        CURLOPT_RESUME_FROM => filesize($to)];
    case 'list':
      return [CURLOPT_URL => "$url/", CURLOPT_DIRLISTONLY => true,
        CURLOPT_FILE => fopen($to, 'wb')];
  }
  exit(77);
}

$always = [
  CURLOPT_USE_SSL => CURLUSESSL_ALL, CURLOPT_CAINFO => getenv('FTPS_CA'),
  CURLOPT_USERPWD => getenv('FTPS_USER') . ':' . getenv('FTPS_PASSWORD'),
];
if (getenv('FTPS_CERT'))
  $always += [CURLOPT_SSLCERT => getenv('FTPS_CERT'),
    CURLOPT_SSLKEY => getenv('FTPS_KEY')];
if (getenv('FTPS_CCC'))
  $always += [CURLOPT_FTP_SSL_CCC => CURLFTPSSL_CCC_PASSIVE];
$url = (getenv('FTPS_IMPLICIT') ? 'ftps://' : 'ftp://')
  . getenv('FTPS_HOST') . ':' . getenv('FTPS_PORT');
$curl = curl_init();
foreach (file($argv[1], FILE_IGNORE_NEW_LINES) as $line) {
  curl_reset($curl);
  [$word, $from, $to] = explode(' ', $line);
  $own = $word == 'reput' ? resume_put($curl, $from, $to, $url, $always)
    : options($word, $from, $to, $url);
  curl_setopt_array($curl, $own + $always);
  if (!curl_exec($curl)) {
    fwrite(STDERR, "$line: " . curl_error($curl) . "\n");
    exit(1);
  }
}
curl_close($curl);
