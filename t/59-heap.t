#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# The daemon's heap has no holes when sessions are forked, so that they write to
# few of its pages; and it is in huge pages, at the start and after a SIGHUP, and
# sessions work (host/daemon/heap.c).

use v5.36;
use Config;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::File qw(slurp replace);
use FTPS::Test::Process;
use FTPS::Test::Server;
use List::Util qw(max min);
use Test::More;

# With the keys in a process of its own the start frees more than otherwise.  Each
# SIGHUP frees a configuration and its contexts among what stays.
subtest 'holes' => sub {
  plan skip_all => 'another allocator' if $ENV{FTPS_ASAN} || $ENV{FTPS_VALGRIND};
  my $srv = FTPS::Test::Server->new(tls => ['TLSKeyIsolation on'],
    vhosts => [ map { { name => "v$_.test", cert => 'server' } } 1, 2 ])->start;
  my ($at_start, $size) = (written_by_session($srv), heap($srv->pid, 'Size'));
  cmp_ok $at_start / $size, '<', 0.23, 'what a session writes of the heap'
    or diag "$at_start of $size";
  for (1 .. 20) {
    my $c = $srv->client;
    $srv->hup;
    $c->quit;
  }
  my ($later, $larger) = (written_by_session($srv), heap($srv->pid, 'Size'));
  cmp_ok $later, '<', 1.8 * $at_start, 'and hardly more after many SIGHUPs'
    or diag "$at_start, $later";
  cmp_ok $larger, '<', 1.8 * $size, 'with two configurations in the daemon'
    or diag "$size, $larger";
  is $srv->stop, 0, 'stopped';
};

# What a renewal takes for a moment is larger than the holes, unless it finds those
# of the last one.
subtest 'renewals and SIGHUPs in turn' => sub {
  plan skip_all => 'another allocator' if $ENV{FTPS_ASAN} || $ENV{FTPS_VALGRIND};
  my $srv = FTPS::Test::Server->new->start;
  my @waiting = map { $srv->client } 1 .. 3;
  my (@size, @written);
  for (1 .. 8) {
    renew($srv);
    push @written, written_by_session($srv, scalar @waiting);
    $srv->hup;
    push @size, heap($srv->pid, 'Size');
  }
  cmp_ok $size[-1] - $size[2], '<', 400, 'the daemon does not grow'
    or diag "@size";
  cmp_ok max(@written), '<', 1.8 * $written[0],
    'nor what a session writes after a renewal' or diag "@written";
  $_->quit for @waiting;
  is $srv->stop, 0, 'stopped';
};

subtest 'huge pages' => sub {
  my $why = why_not();
  plan skip_all => $why if $why ne '';
  my $srv = FTPS::Test::Server->new(
    vhosts => [ map { { name => "v$_.test", cert => 'server' } } 1 .. 200 ]);
  $srv->start;
  check($srv, 'started');
  ok $srv->hup, 'configuration read again';
  check($srv, 'after a SIGHUP');
  is $srv->stop, 0, 'stopped';
};

done_testing;

sub check ($srv, $when) {
  ok FTPS::Test::Process->until(
    sub { heap($srv->pid, 'AnonHugePages') > 0 }),
    "$when: the heap is in huge pages";
  my $c = $srv->client;
  is $c->stor('x', 'abc', finish => 'notify')->{code}, 226, "$when: upload";
  is $c->retr('x')->{data}, 'abc', "$when: download";
  $c->quit;
  return;
}

# The same certificate and key, as new files, which the next session finds.
sub renew ($srv) {
  my $cert = $srv->pki->cert('server');
  replace($_, slurp($_), (stat)[2] & 07777) for $cert->{full}, $cert->{key};
  my $before = renewals($srv);
  $srv->client->quit;
  ok FTPS::Test::Process->until(sub { renewals($srv) > $before }), 'renewed';
  return;
}

sub renewals ($srv) {
  return scalar(() = $srv->systemlog =~ /certificate files are in use now/g);
}

# KiB, the least of three: on a busy machine a session may do more than the
# login.
sub written_by_session ($srv, $waiting = 0) {
  return min map {
    my $c = $srv->client;
    my ($session) = max $srv->sessions;
    my $kib = heap($session, 'Private_Dirty');
    $c->quit;
    $srv->wait_sessions($waiting);
    $kib;
  } 1 .. 3;
}

# KiB of the heap.
sub heap ($pid, $what) {
  open my $in, '<', "/proc/$pid/smaps" or return 0;
  my ($is_heap, $sum) = (0, 0);
  while (<$in>) {
    $is_heap = /\[heap\]/ if /^[0-9a-f]+-/;
    $sum += $1 if $is_heap && /^$what:\s+(\d+)/;
  }
  return $sum;
}

# Tries what the module does, MADV_COLLAPSE, on memory of this process.
sub why_not () {
  return 'no heap there with sanitizers' if $ENV{FTPS_ASAN};
  my ($call) = { 'x86_64' => 28, 'aarch64' => 233 }
    ->@{ $Config{archname} =~ s/-.*//r };
  return 'not known how to ask the kernel here' if !defined $call;

  my $sys = '/sys/kernel/mm/transparent_hugepage';
  return 'no huge pages here' if !open my $in, '<', "$sys/enabled";
  return 'huge pages are forbidden here' if <$in> =~ /\[never\]/;
  open my $size_of, '<', "$sys/hpage_pmd_size" or return 'no huge pages here';
  chomp(my $size = <$size_of>);

  my $memory = 'x' x (3 * $size);
  my $at = unpack 'J', pack 'p', $memory;
  $at += $size - $at % $size;
  return syscall($call, $at, $size, 25) == 0 ? ''
    : "the kernel makes no huge pages: $!";
}
