#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# A KeyUpdate on the control connection in the middle of a transfer, as clients
# send it in answer to one of TLSRenegotiate: it is no command, and the transfer
# does not wait for one.  The client is "openssl s_client", which sends it for a
# line that begins with "k"; its data connections are in clear.
#
# And one on a data connection: in the middle of an upload, and of a client that
# waits for the reply before it closes its end.
#
# Needs: root, proftpd-core, openssl.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::Process;
use FTPS::Test::Server;
use IO::Select;
use IO::Socket::INET;
use IPC::Open2 qw(open2);
use Test::More;
use Time::HiRes qw(sleep time);

FTPS::Test::Server->any_user;

my $SIZE = 40 << 20;
my $FIRST = 4 << 20;    # bytes before the KeyUpdate
my $LIMIT = 20;         # seconds for anything

my $srv = FTPS::Test::Server->new(extra => 'UseSendfile off');
$srv->start;
$srv->write_file('big', 'x' x $SIZE);

my $pid = open2(my $out, my $in, 'exec openssl s_client -starttls ftp -crlf '
  . '-tls1_3 -connect 127.0.0.1:' . $srv->port . ' 2>/dev/null');
$in->autoflush;
my $said = '';

like ask('user proftpd', qr/\b331 \w.*/), qr/^331/, 'USER';
like ask('pass test', qr/\b230 \w.*/), qr/^230/, 'PASS';
like ask('type i', qr/^200 .*/m), qr/^200/, 'TYPE';
my ($port) = ask('epsv', qr/^229 .*/m) =~ /\|(\d+)\|/;
my $data = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port)
  or die "data connection: $!";
like ask('retr big', qr/^150 .*/m), qr/^150/, 'RETR';
is download(sub { print {$in} "k\n" }), $SIZE, 'every byte comes';
close $data;
like hear(qr/^226 .*/m), qr/Transfer complete/, 'and the reply';
like ask('noop', qr/^200 NOOP.*/m), qr/NOOP command/, 'the next command';

kill TERM => $pid;
waitpid $pid, 0;
$srv->wait_sessions(0);
is $srv->stop, 0, 'the daemon ended well';

# The library returns after a KeyUpdate to have more read, although the next
# record is in a buffer already: in ours after large records, and in its own
# before that.  The session sleeps until both have come.
for my $before ([ 'an upload', 'x' x 40_000 . "\n" ], [ 'its first bytes', '' ]) {
  my ($when, $large) = @$before;
  subtest "in $when" => sub { upload($large) };
}

subtest 'with close_notify' => \&farewell;

done_testing;

# The client has sent both before the download begins.  Its FIN does not come
# through, as if it waited for the reply first.
sub farewell () {
  my $server = FTPS::Test::Server->new(
    extra => 'TimeoutLinger ' . 3 * $LIMIT,
    tls => ['TLSOptions NoSessionReuseRequired']);
  $server->start;
  $server->write_file('small', 'of four words only');
  my $c = $server->client;
  my ($at) = ($c->cmd('EPSV'))[1] =~ /\|(\d+)\|/;
  my $relay = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')
    or die "relay: $!";
  my $there = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$at")
    or die "data connection: $!";
  my $client = open2(my $printed, my $typed, 'exec openssl s_client -tls1_3 '
    . '-connect 127.0.0.1:' . $relay->sockport . ' 2>/dev/null');
  $typed->autoflush;
  my $here = $relay->accept;
  my $has_left = sub { pass_on($here, $there) };
  my $shown = IO::Select->new($printed);
  ok FTPS::Test::Process->until($LIMIT,
    sub { $has_left->(); $shown->can_read(0) }), 'the handshake is over';
  print {$typed} "K\n";
  sleep 0.5;
  close $typed;
  ok FTPS::Test::Process->until($LIMIT, $has_left), 'the client has left';
  my $begin = time;
  is +($c->cmd('RETR small'))[0], 150, 'RETR';
  is_deeply [$c->reply], [226, 'Transfer complete'], 'the reply';
  cmp_ok time - $begin, '<', $LIMIT, 'at once';
  waitpid $client, 0;
  $c->quit;
  is $server->stop, 0, 'the daemon ended well';
  return;
}

# Passes on what both have sent.  Returns true if the first one has closed.
sub pass_on ($one, $other) {
  for my $pair ([$one, $other], [$other, $one]) {
    my ($from, $to) = @$pair;
    while (IO::Select->new($from)->can_read(0)) {
      sysread $from, my $bytes, 65536 or return $from == $one;
      syswrite $to, $bytes;
    }
  }
  return 0;
}

sub upload ($large) {
  my $server = FTPS::Test::Server->new(
    tls => ['TLSOptions NoSessionReuseRequired']);
  $server->start;
  my $c = $server->client;
  my ($at) = ($c->cmd('EPSV'))[1] =~ /\|(\d+)\|/;
  my $client = open2(my $printed, my $typed,
    "exec openssl s_client -tls1_3 -connect 127.0.0.1:$at 2>/dev/null");
  $typed->autoflush;
  is +($c->cmd('STOR target'))[0], 150, 'STOR';
  my $path = $server->path('target');
  print {$typed} $large;
  ok FTPS::Test::Process->until(sub { (-s $path // 0) == length $large }),
    'large records arrive' if $large ne '';
  ok $server->wait_log(qr/data connection accepted/), 'the handshake is over';
  my ($session) = $server->sessions;
  kill STOP => $session;
  print {$typed} "K\n";
  sleep 0.5;
  print {$typed} "the end\n";
  sleep 0.5;
  kill CONT => $session;
  ok FTPS::Test::Process->until(10, sub {
    ($server->read_file('target') // '') eq "${large}the end\n";
  }), 'and what was sent after the KeyUpdate';
  close $typed;
  is_deeply [$c->reply], [226, 'Transfer complete'], 'the reply';
  kill TERM => $client;
  waitpid $client, 0;
  $c->quit;
  is $server->stop, 0, 'the daemon ended well';
  return;
}

sub ask ($line, $reply) {
  print {$in} "$line\n";
  return hear($reply);
}

# What matches, in what the client prints; or ''.
sub hear ($pattern) {
  my $end = time + $LIMIT;
  my $select = IO::Select->new($out);
  while ($said !~ $pattern && time < $end) {
    next if !$select->can_read(1);
    sysread $out, $said, 4096, length $said or last;
  }
  return $said =~ s/\A.*?($pattern)//s ? $1 : '';
}

sub download ($after_first) {
  my $got = 0;
  my $end = time + $LIMIT;
  my $select = IO::Select->new($data);
  while (time < $end) {
    next if !$select->can_read(1);
    my $n = sysread $data, my $bytes, 65536 or last;
    $after_first->() if $got < $FIRST && $got + $n >= $FIRST;
    $got += $n;
  }
  return $got;
}
