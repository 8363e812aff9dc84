#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# curl's own tests of explicit and implicit FTPS (tests/http/test_31_*.py and
# test_32_*.py of its sources), which curl's makers run against vsftpd, against
# proftpd with mod_ftps instead.  `make judges` runs it.
#
# Left out are upload_ascii, which expects that a server stores CRLF as it came, as
# vsftpd does (ProFTPD's core makes LF of it, with and without TLS), and shutdown,
# which looks with tcpdump at how curl itself closes its connections.
#
# CURL_SOURCE=DIR: curl's sources, 8.14 or later; without it they are fetched with
# `apt-get source curl` where Debian's sources are in apt's list.  CURL=PROGRAM:
# a curl from 8.2 on, where the installed one is older (Debian 12).
# FTPS_PYTHON: another interpreter.
# Needs: root, proftpd-core, python3-pytest, -pytest-xdist, -psutil, -filelock,
# -cryptography, -websockets.

use v5.36;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/../lib";
use FTPS::Test::File qw(spew);
use FTPS::Test::Process;
use Test::More;

my $PYTHON = $ENV{FTPS_PYTHON} // '/usr/bin/python3';
my $CURL = $ENV{CURL} // '/usr/bin/curl';
my $MODULE = $ENV{FTPS_MODULE_SO}
  // abs_path("$FindBin::Bin/../../build/mod_ftps.so");
my @TESTS = qw(test_31_vsftpds.py test_32_ftps_vsftpd.py);
my $temp = File::Temp->newdir('ftps-judge-XXXXXX', TMPDIR => 1);

sub run (@command) {
  return FTPS::Test::Process->run([@command], seconds => 900);
}

sub missing () {
  return 'must be root to run the daemon' if $> != 0;
  my ($major, $minor) = (run($CURL, '-V'))[1] =~ /^curl (\d+)\.(\d+)/;
  return "$CURL is older than 8.2; CURL=PROGRAM names another"
    if !defined $major || "$major." . sprintf('%02d', $minor) < 8.02;
  my ($status) = run($PYTHON, '-c',
    'import pytest, xdist, psutil, filelock, cryptography, websockets');
  return $status == 0 ? undef : 'packages of Python are missing; see the head';
}

sub fetch () {
  my ($status, $output) = run('sh', '-c',
    'cd "$1" && apt-get source -q --download-only curl && mkdir curl &&'
    . ' tar -xf curl_*.orig.tar.*z -C curl --strip-components=1', 'sh', "$temp");
  return $status == 0 ? "$temp/curl" : undef;
}

# The tests are copied: their harness writes beside them.
sub prepare ($source) {
  my ($status, $output) = run('cp', '-r', "$source/tests", "$temp/tests");
  die "curl.t: $output\n" if $status != 0;
  my $dir = "$temp/tests/http";
  copy("$FindBin::Bin/conftest.py", "$dir/conftest.py");
  spew("$dir/config.ini", join '', map { "$_\n" } '[global]', '[httpd]',
    'apxs =', 'httpd =', '[nghttpx]', 'nghttpx =', '[caddy]', 'caddy =',
    '[vsftpd]', "vsftpd = $FindBin::Bin/vsftpd.pl", '[danted]', 'danted =',
    '[sshd]', 'sshd =', 'sftpd =');
  return $dir;
}

my $missing = missing();
plan skip_all => $missing if defined $missing;
my $source = $ENV{CURL_SOURCE} // fetch();
plan skip_all => "no sources of curl: CURL_SOURCE is not set, and 'apt-get"
  . " source curl' does not work" if !defined $source;
plan skip_all => "$source has no tests of FTPS"
  if !-e "$source/tests/http/$TESTS[0]";

my $dir = prepare($source);
my ($status, $output) = FTPS::Test::Process->run([ 'sh', '-c',
  'cd "$1" && shift && exec "$@"', 'sh', dirname(dirname($dir)), $PYTHON, '-m',
  'pytest', '-q', '-rsf', '-k', 'not upload_ascii and not shutdown', '-p', 'no:cacheprovider',
  map { "tests/http/$_" } @TESTS ], seconds => 900,
  env => { CURL => $CURL, FTPS_MODULE_SO => $MODULE,
    PATH => "$ENV{PATH}:/usr/sbin:/sbin" });
my ($last) = $output =~ /^(\d+ .* in .*)$/m;
diag "curl's tests: $last" if defined $last;
is $status, 0, 'nothing fails' or diag $output;
cmp_ok(($output =~ /(\d+) passed/)[0] // 0, '>=', 30, 'the tests were run')
  or diag $output;
done_testing;
