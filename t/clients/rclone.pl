#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# rclone.pl PLAN: works off a plan (FTPS::Test::Clients) with one rclone process
# that is driven through its remote control, on loopback.
#
# DIAGNOSTICS: dies with rclone's answer to the first transfer that fails.

use v5.36;

use File::Basename qw(basename dirname);
use HTTP::Tiny;
use IO::Socket::IP;
use JSON::PP;
use Time::HiRes qw(sleep);

my ($rclone, $address);
my $http = HTTP::Tiny->new(timeout => 60, keep_alive => 0);

sub ask ($what, $words) {
  my $answer = $http->post("http://$address/$what", {
    headers => { 'Content-Type' => 'application/json' },
    content => encode_json($words) });
  die "$what: $answer->{status} $answer->{content}\n" if !$answer->{success};
  return decode_json($answer->{content});
}

sub start_rclone () {
  my $socket = IO::Socket::IP->new(LocalHost => '127.0.0.1', Listen => 1);
  $address = '127.0.0.1:' . $socket->sockport;
  close $socket;
  my $pid = fork // die "fork: $!\n";
  return $pid if $pid;
  local $ENV{SSL_CERT_FILE} = $ENV{FTPS_CA};
  exec 'rclone', 'rcd', '--config', '', '--rc-no-auth', '--rc-addr', $address
    or die "rclone: $!\n";
}

sub wait_for_rclone () {
  for my $try (1 .. 100) {
    return if eval { ask('rc/noop', {}) };
    sleep 0.05;
  }
  die "rclone: no answer: $@\n";
}

sub side ($path) {
  return (dirname($path) . '/', basename($path));
}

sub work_off ($file) {
  my ($password) = `rclone obscure '$ENV{FTPS_PASSWORD}'` =~ /(\S+)/;
  my $remote = ":ftp,host='$ENV{FTPS_HOST}',port=$ENV{FTPS_PORT},"
    . "user='$ENV{FTPS_USER}',pass='$password',explicit_tls=true:";
  open my $plan, '<', $file or die "$file: $!\n";
  while (my $line = <$plan>) {
    my ($direction, $from, $to) = split ' ', $line;
    my ($src_fs, $src, $dst_fs, $dst) = $direction eq 'put'
      ? (side($from), $remote, $to) : ($remote, $from, side($to));
    ask('operations/copyfile', { srcFs => $src_fs, srcRemote => $src,
      dstFs => $dst_fs, dstRemote => $dst });
  }
  return;
}

$rclone = start_rclone();
my $done = eval { wait_for_rclone(); work_off($ARGV[0]); 1 };
my $why = $@;
kill 'TERM', $rclone;
waitpid $rclone, 0;
die $why if !$done;
