#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# rclone.pl PLAN: works off a plan (FTPS::Test::Clients) with one rclone process
# that is driven through its remote control, on loopback.
#
# DIAGNOSTICS: dies with rclone's answer to the first transfer that fails; 77 for
# what rclone has no way to do: it does not resume transfers.

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
  exec 'rclone', 'rcd', '--config', '', '--rc-no-auth', '--rc-addr', $address,
    $ENV{FTPS_CERT} ? ('--client-cert', $ENV{FTPS_CERT},
      '--client-key', $ENV{FTPS_KEY}) : ()
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

sub copy ($src_fs, $src, $dst_fs, $dst) {
  ask('operations/copyfile', { srcFs => $src_fs, srcRemote => $src,
    dstFs => $dst_fs, dstRemote => $dst });
  return;
}

sub list ($remote, $to) {
  my $answer = ask('operations/list', { fs => $remote, remote => '' });
  open my $out, '>', $to or die "$to: $!\n";
  say {$out} $_->{Name} for $answer->{list}->@*;
  close $out or die "$to: $!\n";
  return;
}

sub work_off (@plan) {
  my ($password) = `rclone obscure '$ENV{FTPS_PASSWORD}'` =~ /(\S+)/;
  my $way = $ENV{FTPS_IMPLICIT} ? 'tls' : 'explicit_tls';
  my $remote = ":ftp,host='$ENV{FTPS_HOST}',port=$ENV{FTPS_PORT},"
    . "user='$ENV{FTPS_USER}',pass='$password',$way=true:";
  for my $line (@plan) {
    my ($word, $from, $to) = @$line;
    $word eq 'put' ? copy(side($from), $remote, $to)
      : $word eq 'get' ? copy($remote, $from, side($to)) : list($remote, $to);
  }
  return;
}

open my $in, '<', $ARGV[0] or die "$ARGV[0]: $!\n";
my @plan = map { [split] } <$in>;
exit 77 if $ENV{FTPS_CCC} || grep { $_->[0] !~ /^(?:put|get|list)$/ } @plan;
$rclone = start_rclone();
my $done = eval { wait_for_rclone(); work_off(@plan); 1 };
my $why = $@;
kill 'TERM', $rclone;
waitpid $rclone, 0;
die $why if !$done;
