#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# TLSKeyIsolation when its processes do not answer, or lack something: what fails
# for such a reason is tried again, no key gets into sessions instead, and the
# log says it once.

use v5.36;
use File::Basename qw(dirname);
use File::Temp ();
use POSIX ();
use Socket ();
use Test::More;

use lib dirname(__FILE__) . '/lib';
use FTPS::Test::Build;
use FTPS::Test::Controls;
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Server;

my $temp = File::Temp->newdir('ftps-keeper-XXXXXX', TMPDIR => 1);
my $pki  = FTPS::Test::PKI->new;
my $noise = qr/./;

# A signer that does not run is slow, not gone: a busy machine, or a debugger.
for my $isolation ('required', 'on') {
  subtest "a signer that is stopped, TLSKeyIsolation $isolation" => sub {
    plan skip_all => 'there is no ftpdctl'
      if !FTPS::Test::Controls->is_installed;
    my $memscan = FTPS::Test::Build->program("$temp/memscan");
    my $old = renew('stopped');
    my $srv = server([lines('stopped'), "TLSKeyIsolation $isolation"]);
    is shown($srv), $old, 'a certificate';

    my ($signer) = helpers($srv, 'ftps-signer');
    kill STOP => $signer;
    my $new = renew('stopped');
    my $waker = $srv->connection;
    $waker->connect;
    my $told = $srv->wait_log(qr/stays in use: TLSKeyIsolation/, 'system');
    kill CONT => $signer;
    $waker->close;
    ok $told, 'a renewed one cannot be used yet, and a line says so';
    is shown($srv), $old, 'the old one is in use';

    my ($said) = FTPS::Test::Controls->new($srv)->ask('tls reload');
    like $said, qr/is in use now, until/, 'tried again';
    is shown($srv), $new, 'the renewed one is used, although no file changed';
    $srv->wait_sessions(0);
    my $c = $srv->connection;
    $c->connect;
    for my $pid ($srv->pid, $srv->sessions) {
      my (undef, $found) =
        FTPS::Test::Process->run([$memscan, $pid, "$temp/stopped.key"]);
      is $found, '', 'its key is neither in the daemon nor in a session';
    }
    $c->close;
    is $srv->stop, 0, 'the daemon ends';
  };
}

# The keeper is killed, by the kernel say, which had no memory, when nothing else
# can be had either.
subtest 'a keeper that is killed, and its key cannot be read' => sub {
  my $old = renew('unread');
  my $srv = preloaded('badfile', BADFILE_PATH => "$temp/unread.key",
    BADFILE_WHILE => "$temp/now");
  $srv->rewrite(tls => [lines('unread'), 'TLSKeyIsolation required']);
  $srv->hup;
  is shown($srv), $old, 'a certificate';
  spew("$temp/now", '');
  kill KILL => helpers($srv, 'ftps-keeper');
  ok $srv->wait_log(qr/unread\.key: Too many open files/, 'system'),
    'a line says so';
  unlink "$temp/now";
  ok(FTPS::Test::Process->until(sub { shown($srv) eq $old }),
    'it is read later, although its file has not changed');
  is $srv->stop, 0, 'the daemon ends';
};

subtest 'a keeper that is killed, and there is no process' => sub {
  my @names = map { "v$_" } 1 .. 8;
  renew($_) for @names;
  my $srv = preloaded('nofork', NOFORK_WHILE => "$temp/now");
  $srv->rewrite(vhosts => [map {
    { name => "$_.test", port => 'own', tls => [lines($_)] } } @names]);
  $srv->hup;
  my ($signer) = helpers($srv, 'ftps-signer');
  my $before = length $srv->systemlog;
  spew("$temp/now", '');
  kill KILL => helpers($srv, 'ftps-keeper');
  ok $srv->wait_log(qr/process that signs again: Resource/, 'system'), 'told';
  sleep 16;
  my @lines = grep { /mod_ftps: / } split /\n/, substr $srv->systemlog, $before;
  is scalar(@lines), 1, 'once, although there are several servers'
    or diag join "\n", @lines;
  ok(FTPS::Test::Process->lives($signer), 'the signer goes on alone');
  unlink "$temp/now";
  ok $srv->wait_log(qr/"ftps-keeper" was ended by somebody/, 'system'),
    'there is another keeper later';
  ok(FTPS::Test::Process->until(sub { !FTPS::Test::Process->lives($signer) }),
    'and another signer');
  like shown($srv, vhost => "$_.test"), qr/^[0-9A-F:]+$/, "$_ is served"
    for 'v1', 'v8';
  is $srv->stop, 0, 'the daemon ends';
};

# All sessions share the sockets by which they reach the daemon and the signer.
subtest 'a session that shuts them down' => sub {
  plan skip_all => 'this kernel cannot copy descriptors'
    if syscall(434, $$, 0) < 0;
  my $print = renew('shut');
  my $srv = server([lines('shut'), 'TLSKeyIsolation required']);
  for my $time (1, 2) {
    my $c = $srv->connection;
    $c->connect;
    ok $srv->wait_sessions(1), 'one session';
    ok shut_down($srv->sessions) > 0, 'a session shuts its sockets down';
    ok $srv->wait_log(qr/(?:"ftps-keeper" was ended.*){$time}/s, 'system'),
      'the daemon starts other processes';
    ok(FTPS::Test::Process->until(sub { shown($srv) eq $print }),
      'and others are served');
    $c->close;
  }
  is $srv->stop, 0, 'the daemon ends';
};

# Keeper and signer end by end-of-file alone, so they may keep no descriptor of
# the daemon's.
subtest 'a kernel that is older than the container' => sub {
  my $srv = preloaded('oldkernel');
  my @first = map { helpers($srv, "ftps-$_") } qw(keeper signer);
  is scalar(@first), 2, 'keeper and signer';
  ok $srv->client->list->{ok}, 'a session';
  ok $srv->hup, 'SIGHUP';
  my $is_gone = sub (@pids) { FTPS::Test::Process->until(
    sub { !grep { FTPS::Test::Process->lives($_) } @pids }) };
  $srv->client->quit;
  ok $is_gone->(@first), 'the processes from before SIGHUP end';
  my @second = map { helpers($srv, "ftps-$_") } qw(keeper signer);
  is $srv->stop, 0, 'the daemon ends';
  ok $is_gone->(@second), 'and leaves no process';
  kill KILL => @first, @second;
};

# A daemon that runs for years renews its certificates hundreds of times.
subtest 'keys that were replaced long ago' => sub {
  my $print = renew('replaced');
  my $srv = preloaded('later', LATER_WHILE => "$temp/later");
  $srv->rewrite(tls => [lines('replaced')],
    extra => [FTPS::Test::Controls->lines,
      'TLSControlsACLs all allow user root']);
  $srv->hup;
  my $pages = sub {
    return map { slurp("/proc/$_/status") =~ /^VmLck:\s+(\d+)/m }
      map { helpers($srv, $_) } qw(ftps-keeper ftps-signer);
  };
  is shown($srv), $print, 'a certificate';
  my $reload = sub {
    return (FTPS::Test::Controls->new($srv)->ask('tls reload'))[0];
  };
  my @first = $pages->();
  for (1 .. 3) {
    renew('replaced');
    $reload->();
  }
  $print = renew('replaced');
  $reload->();
  my @now = $pages->();
  is_deeply \@now, [map { $_ * 5 } @first],
    'keeper and signer have five keys, for sessions of before';
  spew("$temp/later", '');
  $reload->();
  ok(FTPS::Test::Process->until(sub { "@{[$pages->()]}" eq "@first" }),
    'one of them a month later') or diag join ' ', $pages->();
  is shown($srv), $print, 'and that works';
  is $srv->stop, 0, 'the daemon ends';
};

# Each session has a channel to the signer, as long as it lives.
subtest 'more sessions than descriptors' => sub {
  my $srv = FTPS::Test::Server->new(max_instances => 200);
  $srv->before(qw(prlimit --nofile=64:64));
  $srv->start;
  my @clients = grep { defined } map { eval { $srv->client } } 1 .. 100;
  is scalar(@clients), 100, 'all get in';
  ok $clients[0]->list->{ok}, 'the first one is served too';
  is $srv->stop, 0, 'the daemon ends';
};

done_testing;

sub lines ($name) {
  return ("TLSECCertificateFile $temp/$name.cert",
    "TLSECCertificateKeyFile $temp/$name.key");
}

sub renew ($name) {
  return $pki->issue(like => 'server', cert => "$temp/$name.cert",
    key => "$temp/$name.key");
}

sub server ($tls) {
  return FTPS::Test::Server->new(cert => undef, tls => $tls,
    allow_log => $noise, extra => [
      FTPS::Test::Controls->lines, 'TLSControlsACLs all allow user root'])->start;
}

sub preloaded ($name, %env) {
  my $so = FTPS::Test::Build->preload("$temp/$name.so");
  my $srv = FTPS::Test::Server->new(allow_log => $noise);
  local %ENV = (%ENV, LD_PRELOAD => $so, %env);
  return $srv->start;
}

sub helpers ($srv, $name) {
  my @pids;
  FTPS::Test::Process->until(sub {
    my %found = FTPS::Test::Process->key_processes($srv->pid);
    @pids = ($found{$name} // [])->@*;
    return @pids == 1;
  });
  return @pids;
}

# All sockets of messages: pidfd_open, pidfd_getfd.
sub shut_down ($pid) {
  my $process = syscall 434, 0 + $pid, 0;
  my $n = 0;
  for my $fd (map { m{(\d+)$} } glob "/proc/$pid/fd/*") {
    my $copy = syscall 438, $process, 0 + $fd, 0;
    open my $socket, '+<&=', $copy or next;
    my $type = getsockopt $socket, Socket::SOL_SOCKET, Socket::SO_TYPE or next;
    $n += shutdown $socket, 2 if unpack('i', $type) == Socket::SOCK_SEQPACKET;
  }
  POSIX::close($process);
  return $n;
}

sub shown ($srv, %o) {
  my $c = eval { $srv->client(%o) } or return "no client: $@";
  my $print = $c->peer_fingerprint;
  $c->quit;
  return $print;
}
