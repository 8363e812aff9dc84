#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Data connections whose handshake begins or ends before the command is sent
# (host/data/early.c), at once with TLSOptions EarlyDataHandshake, 50 ms later
# without, never with NoEarlyDataHandshake: which may be accepted early; what
# ends an early connection; clients that hang where the command is waited for.
#
# Needs: root, proftpd-core.  Uses python3-aioftp and Go's jlaffaye/ftp if they
# are installed.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::Checks qw(is_bytes name_of);
use FTPS::Test::Clients;
use FTPS::Test::Process;
use FTPS::Test::Server;
use IO::Select;
use Test::More;

my @VERSION = ({ max => '1.2' }, { max => '1.2', tickets => 0 },
  { min => '1.3' });
my $BYTES = join '', map { chr($_ * 11 % 256) } 1 .. 70_000;
my $REFUSED = qr/TLS session of the control connection was not resumed; /;

check_without_loopback() if $ENV{FTPS_WITHOUT_LOOPBACK};

my $srv = FTPS::Test::Server->new(ipv6 => 1, max_instances => 60,
  modules => ['mod_deflate'], tls => 'TLSOptions EarlyDataHandshake',
  vhosts => [
    { name => 'own', port => 'own', tls => 'TLSOptions EarlyDataHandshake',
      extra => 'AllowForeignAddress off' },
    { name => 'class', port => 'own', tls => 'TLSOptions EarlyDataHandshake',
      extra => 'AllowForeignAddress friends' },
    { name => 'patient', port => 'own', extra => 'AllowForeignAddress off' },
    { name => 'open', port => 'own', extra => 'AllowForeignAddress on' },
    { name => 'never', port => 'own',
      tls => 'TLSOptions NoEarlyDataHandshake' },
    { name => 'both', port => 'own',
      tls => 'TLSOptions EarlyDataHandshake NoEarlyDataHandshake' },
    { name => 'implicit', port => 'own',
      tls => 'TLSOptions EarlyDataHandshake UseImplicitSSL' },
    { name => 'relaxed', port => 'own',
      tls => 'TLSOptions EarlyDataHandshake NoSessionReuseRequired' },
  ],
  extra => ['<Class friends>', '  From 127.0.0.9', '</Class>',
    'DeflateEngine on'])->start;

sub is_good ($r, $name) {
  is_deeply([ $r->@{qw(code reused)} ], [ 226, 1 ], $name)
    or diag("$r->{code} $r->{text} $r->{tls_error}");
  return;
}

sub check_commands ($tls, %o) {
  my $client = $srv->client(%$tls, %o);
  for my $early (qw(handshake hello connect)) {
    for my $mode ($o{host} ? 'epsv' : qw(pasv epsv)) {
      my @how = (early => $early, mode => $mode);
      my $name = join ' ', name_of($tls), %o, $mode, $early;
      for my $bytes ('', $BYTES) {
        my $r = $client->stor('up', $bytes, @how);
        is_good($r, "$name: STOR");
        is_bytes($srv->read_file('up'), $bytes, "$name: its bytes");
      }
      is_good($client->stor('up', 'more', @how, cmd => 'APPE'), "$name: APPE");
      is_good($client->stor('', 'x', @how, cmd => 'STOU'), "$name: STOU");
      my $r = $client->retr('up', @how, rest => 5);
      is_good($r, "$name: RETR");
      is_bytes($r->{data}, substr($BYTES, 5) . 'more', "$name: its bytes");
      for my $verb (qw(list nlst mlsd)) {
        $r = $client->$verb('', @how);
        is_good($r, "$name: \U$verb");
        like($r->{data}, qr/\bup\r$/m, "$name: its names");
      }
    }
  }
  return;
}

# Whoever came first is refused with the command, as if he had not been accepted
# before it: in a transfer between two servers nobody else will come.
sub check_first ($tls) {
  my $name = name_of($tls) . ', a foreign one, without an option';
  my $client = $srv->client(%$tls, vhost => 'open');
  $client->stor('up', $BYTES);
  my ($port) = ($client->cmd('EPSV'))[1] =~ /\|(\d+)\|/;
  my $foreign = IO::Socket::IP->new(PeerHost => '127.0.0.1',
    PeerPort => $port, LocalHost => '127.0.0.7') or die "connect: $@";
  syswrite $foreign, "no handshake\r\n";
  ok(!IO::Select->new($foreign)->can_read(0.3), "$name: no answer");
  my ($code) = $client->cmd('RETR up');
  ($code) = $client->reply if $code == 150;
  is($code, 425, "$name: 425");
  is_good($client->retr('up', early => 'handshake'), "$name: the next one");
  $client->quit;
  return;
}

# Nothing happens before the command, and everything after it.
sub check_never ($tls) {
  for my $vhost (qw(never both)) {
    my $name = name_of($tls) . ", NoEarlyDataHandshake, $vhost";
    my $client = $srv->client(%$tls, vhost => $vhost);
    is_good($client->stor('up', $BYTES), "$name: STOR");
    my $d = $client->data;
    ok(!$d->hello(0.5), "$name: no answer to the ClientHello");
    is(($client->cmd('RETR up'))[0], 150, "$name: RETR");
    is_bytes($d->finish, $BYTES, "$name: its bytes");
    is(($client->reply)[0], 226, "$name: 226");
    $client->quit;
  }
  return;
}

# The reason comes with the command; nothing was opened before it.
sub check_refused ($tls) {
  my $client = $srv->client(%$tls);
  my $name = name_of($tls);
  $srv->write_file('kept', 'old');
  for my $line ('STOR kept', 'RETR kept', 'LIST') {
    my $d = $client->data(session => 'none');
    $d->handshake;
    my ($code, $text) = $client->cmd($line);
    ($code, $text) = $client->reply if $code == 150;
    is($code, 425, "$name: $line after a full handshake");
    like($text, $REFUSED, "$name: why");
    is_good($client->stor('next', $BYTES, early => 'handshake'),
      "$name: the next one works");
  }
  is($srv->read_file('kept'), 'old', "$name: the file is as it was");
  my $d = $client->data;
  $d->raw("GET / HTTP/1.0\r\n\r\n");
  $client->cmd('NOOP');
  my ($code) = $client->cmd('LIST');
  ($code) = $client->reply if $code == 150;
  is($code, 425, "$name: no handshake");
  return;
}

# Each costs the client a ticket.
sub check_dropped ($tls) {
  my $client = $srv->client(%$tls);
  my $name = name_of($tls);
  for (1 .. 12) {
    my $d = $client->data;
    ok($d->handshake, "$name: early, without a command ($_)");
    $client->cmd('NOOP');
    $d->close if $_ % 2;
  }
  is_good($client->stor('up', $BYTES), "$name: a transfer in the old way");

  my $d = $client->data;
  $d->handshake;
  is(($client->cmd('RETR none'))[0], 550, "$name: no such file");
  is($d->read_within(2), '', "$name: and the end of the connection");
  $d->close;

  for my $line ('PROT P', 'EPSV', 'PORT 127,0,0,1,200,200', 'PROT C') {
    $d = $client->data;
    $d->handshake;
    $client->cmd($line);
    is($d->read_within(2), '', "$name: $line ends it");
    $d->close;
  }
  $client->protect('P');
  is_good($client->retr('up', early => 'handshake'), "$name: and then");
  is(($client->cmd('NOOP'))[0], 200, "$name: the session lives");
  return;
}

sub count_fds ($pid) { return scalar(() = glob "/proc/$pid/fd/*") }

# The connection that a reset leaves has no address any more.
sub check_reset ($tls) {
  my %before = map { $_ => 1 } $srv->sessions;
  my $client = $srv->client(%$tls);
  my ($pid) = grep { !$before{$_} } $srv->sessions;
  for my $step (qw(connect hello)) {
    for my $line ('STOR reset', 'LIST') {
      my $name = name_of($tls) . ", reset behind $step, $line";
      $client->cmd('NOOP');
      my $fds = count_fds($pid);
      my $d = $client->data;
      $d->hello(2) if $step eq 'hello';
      $d->reset;
      FTPS::Test::Process->until(sub { count_fds($pid) > $fds + 1 });
      $client->cmd('NOOP') for 1 .. 3;
      my ($code, $text) = $client->cmd($line);
      ($code, $text) = $client->reply if $code == 150;
      is($code, 425, "$name: 425") or diag($text);
      is_good($client->stor('next', $BYTES, early => 'handshake'),
        "$name: the next one works");
    }
  }
  return;
}

# Strangers who connect as often as they can get nothing for it.
sub check_strangers ($tls) {
  my $name = name_of($tls) . ', strangers';
  for my $row ([ 'own', '127.0.0.7', 'systemlog' ],
    [ 'patient', '127.0.0.7', 'systemlog' ],
    [ 'class', '127.0.0.9', 'tlslog' ]) {
    my ($vhost, $address, $log) = @$row;
    my $client = $srv->client(%$tls, vhost => $vhost);
    $client->stor('up', $BYTES);
    my ($port) = ($client->cmd('EPSV'))[1] =~ /\|(\d+)\|/;
    my $tickets = $client->stream->tickets;
    my $before = length $srv->$log;
    for (1 .. 100) {
      my $sock = IO::Socket::IP->new(PeerHost => '127.0.0.1',
        PeerPort => $port, LocalHost => $address) or die "connect: $@";
      syswrite $sock, "no handshake\r\n";
      sysread $sock, my $end, 1;
    }
    my $d = FTPS::Test::Data->new($client, mode => 'again', again => $port);
    $d->handshake;
    is(($client->cmd('RETR up'))[0], 150, "$name, $vhost: the client comes in");
    is_bytes($d->finish, $BYTES, "$name, $vhost: its bytes");
    $client->reply;
    cmp_ok($client->stream->tickets - $tickets, '<=', 2,
      "$name, $vhost: no ticket for strangers");
    my $said = substr $srv->$log, $before;
    is(scalar(() = $said =~ /foreign/g), 2, "$name, $vhost: two lines of them");
    like($said, qr/\b99 more .* foreign addresses (?:rejected|dropped)/,
      "$name, $vhost: and how many there were");
    $client->quit;
  }
  return;
}

sub check_foreign () {
  my %from = (own => '127.0.0.7', class => '127.0.0.9');
  for my $vhost (qw(own class)) {
    my $client = $srv->client(vhost => $vhost);
    is_good($client->stor('up', $BYTES, early => 'handshake'),
      "$vhost: the client itself");
    my ($port) = ($client->cmd('EPSV'))[1] =~ /\|(\d+)\|/;
    my $foreign = IO::Socket::IP->new(PeerHost => '127.0.0.1',
      PeerPort => $port, LocalHost => '127.0.0.7') or die "connect: $@";
    sysread $foreign, my $end, 1;
    $srv->wait_log(qr/foreign address 127\.0\.0\.7 rejected/, 'system');
    my $d = FTPS::Test::Data->new($client, mode => 'again', again => $port);
    $d->handshake;
    is(($client->cmd('RETR up'))[0], 150, "$vhost: behind a foreign one");
    is_bytes($d->finish, $BYTES, "$vhost: its bytes");
    $client->reply;
  }

  # Where no directive says so, the client is still not the loopback's address.
  my $elsewhere = $srv->client(bind => '127.0.0.9');
  is_good($elsewhere->stor('up', $BYTES, early => 'handshake'),
    'a client of another address') for 1 .. 2;
  is(($elsewhere->cmd('PORT 127,0,0,7,200,10'))[0], 500,
    'and it may not name a foreign one');

  # Allowed to connect, but without the session.
  my $client = $srv->client(vhost => 'class');
  $client->stor('up', $BYTES);
  my ($port) = ($client->cmd('EPSV'))[1] =~ /\|(\d+)\|/;
  my $friend = IO::Socket::IP->new(PeerHost => '127.0.0.1', PeerPort => $port,
    LocalHost => '127.0.0.9') or die "connect: $@";
  syswrite $friend, "no handshake\r\n";
  sysread $friend, my $end, 1;
  my $d = FTPS::Test::Data->new($client, mode => 'again', again => $port);
  $d->handshake;
  is(($client->cmd('RETR up'))[0], 150, 'behind somebody of the class');
  is_bytes($d->finish, $BYTES, 'its bytes');
  $client->reply;

  # What was switched for one accept is back.
  for my $vhost (qw(own class)) {
    my $other = $srv->client(vhost => $vhost);
    is_good($other->stor('up', 'x', early => 'handshake'), "$vhost: early");
    my ($at) = ($other->cmd('EPSV'))[1] =~ /\|(\d+)\|/;
    $other->send_line('RETR up');
    my $foreign = IO::Socket::IP->new(PeerHost => '127.0.0.1', PeerPort => $at,
      LocalHost => '127.0.0.7') or die "connect: $@";
    my ($code) = $other->reply;
    ($code) = $other->reply if $code == 150;
    is($code, 425, "$vhost: a foreign one after the command is refused");
  }
  return;
}

sub check_neighbours () {
  my $client = $srv->client(min => '1.3');
  $client->stor('up', $BYTES);
  is(($client->cmd('MODE Z'))[0], 200, 'MODE Z');
  require Compress::Zlib;
  my $r = $client->retr('up', early => 'handshake');
  is_good($r, 'MODE Z, early');
  is_bytes(Compress::Zlib::uncompress($r->{data}), $BYTES, 'MODE Z: bytes');
  $client->cmd('MODE S');
  is_good($client->retr('up', mode => 'port'), 'PORT goes on as ever');
  is($client->list('', early => 'handshake', finish => 'wait')->{code}, 226,
    'LIST');
  is(($client->ccc)[0], 200, 'CCC');
  $r = $client->retr('up', early => 'handshake');
  is_good($r, 'after CCC');

  my $other = $srv->client(vhost => 'relaxed');
  $r = $other->stor('up', 'x', early => 'handshake', session => 'none');
  is_deeply([ $r->@{qw(code reused)} ], [ 226, 0 ], 'no reuse required');
  return;
}

my $GO = '/usr/share/gocode';

sub build_go () {
  my $program = $srv->dir . '/goftp';
  my ($status, $output) = FTPS::Test::Process->run(
    ['go', 'build', '-o', $program, "$FindBin::Bin/clients/goftp.go"],
    seconds => 300, env => { GOPATH => $GO, GO111MODULE => 'off',
      GOCACHE => $srv->dir . '/cache', HOME => $srv->dir });
  diag($output) if $status != 0;
  return $program;
}

# Clients that hang with every server that accepts after the command.
sub check_clients () {
  my $clients = FTPS::Test::Clients->new(vhosts => [ map { {
    name => "v$_", port => 'own', tls => "TLSProtocol TLSv$_",
  } } '1.2', '1.3' ]);
  my $go = { name => 'jlaffaye/ftp (Go)', versions => [ '1.2', '1.3' ],
    needs => [ qw(test -d), "$GO/src/github.com/jlaffaye/ftp" ] };
  $go->{run} = [build_go()] if !defined $clients->missing($go);
  $clients->check($go, 40);
  $clients->check({ name => 'lftp', run => ['lftp.sh'], needs => 'lftp',
    versions => [ '1.2', '1.3' ] }, 40);
  $clients->check({ name => 'Python ftplib', needs => 'python3',
    run => [ 'python3', 'python-ftplib.py' ], versions => [ '1.2', '1.3' ] },
    40);
  is($clients->server->stop, 0, 'clients: the daemon ended well');
  return;
}

sub check_aioftp () {
  my $clients = FTPS::Test::Clients->new(vhosts => [ map { {
    name => "v$_", port => 'own', tls => [ "TLSProtocol TLSv$_",
      'TLSOptions UseImplicitSSL NoSessionReuseRequired' ],
  } } '1.2', '1.3' ]);
  my $aioftp = { name => 'aioftp', run => ['python-aioftp.py'],
    env => { FTPS_IMPLICIT => 1 } };
  my $missing = $clients->missing(
    { needs => [ '/usr/bin/python3', '-c', 'import aioftp' ] });
  for my $version ('1.2', '1.3') {
    SKIP: {
      skip "aioftp: $missing", 1 if defined $missing;
      my @plan = $clients->make_plan(20);
      my ($status, $output) = $clients->run($aioftp, $version, \@plan);
      is($status, 0, "aioftp, TLS $version: content") or diag($output);
      is_deeply([ $clients->broken(\@plan) ], [],
        "aioftp, TLS $version: every file");
    }
  }
  is($clients->server->stop, 0, 'aioftp: the daemon ended well');
  return;
}

# User and system time of a process, in hundredths of a second.
sub ticks ($pid) {
  open my $in, '<', "/proc/$pid/stat" or die "$pid: $!";
  my (undef, $rest) = split /\) /, scalar <$in>;
  my @words = split ' ', $rest;
  return $words[11] + $words[12];
}

# A session that has room for the listener, and not for what it would accept.
sub check_no_descriptor () {
  my $own = FTPS::Test::Server->new(tls => 'TLSOptions EarlyDataHandshake');
  $own->start;
  my $client = $own->client;
  $client->cmd('EPSV');
  my @fds = glob '/proc/' . ($own->sessions)[0] . '/fd/*';
  my $room = @fds;
  $client->quit;
  $own->rewrite(extra => "RLimitOpenFiles session $room $room");
  ok($own->hup, 'sessions with few descriptors');
  $own->wait_sessions(0);
  $client = $own->client;
  my ($pid) = $own->sessions;
  my ($port) = ($client->cmd('EPSV'))[1] =~ /\|(\d+)\|/;
  my $before = ticks($pid);
  my $sock = IO::Socket::IP->new(PeerHost => '127.0.0.1', PeerPort => $port)
    or die "connect: $@";
  select undef, undef, undef, 1;
  cmp_ok(ticks($pid) - $before, '<', 15, 'it waits for the next command');
  is(($client->cmd('NOOP'))[0], 200, 'and answers it');
  is($own->stop, 0, 'and ends with the daemon');
  return;
}

# In a network without 127.0.0.1 there is no private connection to offer: the
# connection is left to ProFTPD, and nothing is lost.
sub check_without_loopback () {
  my $own = FTPS::Test::Server->new(address => '10.9.9.1',
    tls => 'TLSOptions EarlyDataHandshake');
  $own->start;
  my $client = $own->client(host => '10.9.9.1');
  for my $early ('connect', 'hello', '') {
    is_good($client->stor('up', $BYTES, early => $early),
      "without loopback, $early");
  }
  is(scalar(() = $own->tlslog =~ /no connection on the loopback interface/g), 1,
    'without loopback: one line');
  is($own->stop, 0, 'without loopback: the daemon ended well');
  done_testing;
  exit;
}

sub check_other_network () {
  my $prepare = 'ip link set lo up && ip addr add 10.9.9.1/32 dev lo'
    . ' && ip addr del 127.0.0.1/8 dev lo';
  my @there = ('unshare', '-n', 'sh', '-c', "$prepare && exec \"\$@\"", 'sh');
  SKIP: {
    my $missing = FTPS::Test::Clients->missing({ needs => [ @there, 'true' ] });
    skip $missing, 1 if defined $missing;
    my ($status, $output) = FTPS::Test::Process->run([ @there, $^X, $0 ],
      env => { FTPS_WITHOUT_LOOPBACK => 1 });
    is($status, 0, 'without loopback') or diag($output);
  }
  return;
}

check_commands($_) for @VERSION;
check_commands($VERSION[2], host => '::1');
check_commands($VERSION[0], vhost => 'implicit', implicit => 1);
check_commands($_, vhost => 'patient') for @VERSION[ 0, 2 ];
check_first($_) for @VERSION;
check_never($_) for @VERSION;
check_refused($_) for @VERSION;
check_dropped($_) for @VERSION;
check_reset($_) for @VERSION;
check_strangers($_) for @VERSION;
check_foreign();
check_neighbours();
check_no_descriptor();
check_other_network();
check_clients();
check_aioftp();
is($srv->stop, 0, 'the daemon ended well');
done_testing;
