#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# rclone's own tests of its FTP backend, against the daemon with the defaults and
# with TLSRequired on: what another project asks of an FTPS server.  Debian's
# package of rclone's sources has them.  `make judges` runs it.
#
# The only setting beside host and login is rclone's encoding for ProFTPD, as its
# manual says.  FTPS_MODULE=mod_tls judges the other module.
#
# FTPS_GOCACHE: where what was compiled is kept; the first time takes minutes.
# Needs: root, proftpd-core; golang-go, rclone, golang-github-rclone-rclone-dev,
# golang-github-coreos-go-semver-dev.

use v5.36;
use File::Path qw(make_path);
use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/../lib";
use FTPS::Test::File qw(spew);
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

my $GO = '/usr/share/gocode';
my $BACKEND = 'github.com/rclone/rclone/backend/ftp';
my $temp = File::Temp->newdir('ftps-judge-XXXXXX', TMPDIR => 1);

sub missing () {
  for my $file ("$GO/src/$BACKEND/ftp_test.go",
    "$GO/src/github.com/coreos/go-semver", '/usr/bin/go', '/usr/bin/rclone') {
    return "$file is missing" if !-e $file;
  }
  return undef;
}

sub build () {
  my ($status, $output) = FTPS::Test::Process->run(
    [ 'go', 'test', '-c', '-o', "$temp/judge", $BACKEND ], seconds => 1200,
    env => { GOPATH => $GO, GO111MODULE => 'off', HOME => "$temp",
      GOCACHE => $ENV{FTPS_GOCACHE} // "$temp/cache" });
  return $status == 0 ? undef : $output;
}

sub write_settings ($srv) {
  my ($password) = `rclone obscure test` =~ /(\S+)/;
  return spew("$temp/rclone.conf", join '', map { "$_\n" } '[TestFTP]',
    'type = ftp', 'host = 127.0.0.1', 'port = ' . $srv->port, 'user = proftpd',
    "pass = $password", 'explicit_tls = true',
    'encoding = Asterisk,Ctl,Dot,Slash');
}

my $missing = missing();
plan skip_all => $missing if defined $missing;
my $fault = build();
plan skip_all => "rclone's tests cannot be built here:\n$fault"
  if defined $fault;

my $srv = FTPS::Test::Server->new(max_instances => 60, default_root => '~',
  tls => ['TLSRequired on'])->start;
write_settings($srv);

# The tests look for this folder of rclone's sources, which Debian leaves out.
make_path("$temp/fstest/testserver/init.d");
my ($status, $output) = FTPS::Test::Process->run([ 'sh', '-c',
  'cd "$1" && exec ./judge -test.v -remote TestFTP:', 'judge', "$temp" ],
  seconds => 900, env => { RCLONE_CONFIG => "$temp/rclone.conf",
    HOME => "$temp", SSL_CERT_FILE => $srv->pki->cert('server')->{ca} });
my %count = (PASS => 0, FAIL => 0, SKIP => 0);
my @failed;
for my $line ($output =~ /^ *--- (\w+: \S+)/mg) {
  my ($result, $name) = split /: /, $line;
  $count{$result}++;
  push @failed, $name if $result eq 'FAIL';
}
diag "rclone's tests: $count{PASS} passed, $count{FAIL} failed,"
  . " $count{SKIP} skipped (by rclone, for FTP)";
is_deeply \@failed, [], 'nothing fails' or diag $output;
is $status, 0, 'exit status';
cmp_ok $count{PASS}, '>=', 70, 'the tests were run';
is $srv->stop, 0, 'the daemon ends well';
done_testing;
