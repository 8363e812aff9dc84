#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# TLSOptions ReplyWhenSent (host/data/linger.c): the 226 comes before the client
# has closed, and no byte is lost by this: slow readers, clients that never read
# or never close, many transfers in a row, cut uploads, ABOR, the end of the
# session.
#
# Needs: root, proftpd-core.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::Build;
use FTPS::Test::Checks qw(check_each is_bytes name_of);
use FTPS::Test::File qw(spew);
use FTPS::Test::Patience qw(now);
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

my @VERSION = ({ max => '1.2' }, { max => '1.2', tickets => 0 },
  { min => '1.3' });
my $BYTES = join '', map { pack 'N', $_ * 2654435761 % 2**32 } 1 .. 25_000;
my $LONG = $BYTES x 3;  # more than the client's kernel takes unread
my $SMALL = substr $BYTES, 0, 4096;
# The longer one is that of servers whose replies must come before it is over,
# however busy the machine is.
my $LINGER = 3;
my $LONG_LINGER = 40;
my $PLACES = 8;         # FTPS_LINGER_MAX
my $SOON = 2.5;

my $both = 'TLSOptions ReplyWhenSent EarlyDataHandshake';
my $srv = FTPS::Test::Server->new(max_instances => 60,
  modules => ['mod_deflate'], global => "TimeoutLinger $LINGER",
  tls => 'TLSOptions ReplyWhenSent',
  extra => [ 'DeflateEngine on', 'LoadModule mod_probe_block.c' ],
  vhosts => [
    { name => 'waits', port => 'own' },
    { name => 'plain', port => 'own', tls => 'TLSOptions ReplyWhenSent',
      extra => "TimeoutLinger $LONG_LINGER" },
    { name => 'early', port => 'own', tls => $both,
      extra => [ 'DeflateEngine on', "TimeoutLinger $LONG_LINGER" ] },
    { name => 'strict', port => 'own', tls => [ 'TLSOptions ReplyWhenSent',
      'TLSTruncation strict' ] },
    { name => 'fleeting', port => 'own', extra => 'DeleteAbortedStores on',
      tls => [ $both, 'TLSRenegotiate data 64 required on' ] },
  ]);
FTPS::Test::Build->module($srv, 'mod_probe_block');
$srv->start;

my @open;

sub client (%o) {
  push @open, $srv->client(%o);
  return $open[-1];
}

# The session that is new since.
sub start_session (%o) {
  my %before = map { $_ => 1 } $srv->sessions;
  my $client = client(%o);
  return ($client, grep { !$before{$_} } $srv->sessions);
}

sub count_fds ($pid) { return scalar(() = glob "/proc/$pid/fd/*") }

# The data connection, unread, after the last reply; or what came instead.
sub download_unread ($client, $line = 'RETR file', %o) {
  my $d = $client->data(%o);
  my ($code, $text) = $client->cmd($line);
  return "$code $text" if $code != 150;
  $d->accept;
  $d->handshake;
  ($code, $text) = $client->reply;
  return $code == 226 ? $d : "$code $text";
}

# Without the option the same client waits for TimeoutLinger.
sub check_before_closing ($tls) {
  $srv->write_file('file', $BYTES);
  for my $vhost ('plain', 'early') {
    my $client = client(%$tls, vhost => $vhost);
    for my $mode (qw(pasv epsv port eprt)) {
      for my $line ('RETR file', 'LIST', 'NLST', 'MLSD') {
        my $name = join ' ', name_of($tls), $vhost, $mode, $line;
        my $since = now();
        my $d = download_unread($client, $line, mode => $mode);
        cmp_ok(now() - $since, '<', $LONG_LINGER, "$name: 226 at once");
        my $got = ref $d && $d->wait_notify;
        $line eq 'RETR file' ? is_bytes($got, $BYTES, "$name: its bytes")
          : like($got, qr/\bfile\r$/m, "$name: its names");
        is($d->eof, 'close_notify', "$name: close_notify");
        $d->close;
      }
      my $since = now();
      my $r = $client->stor('up', $BYTES, mode => $mode, finish => 'open',
        during => sub ($c, $d) { $d->write($BYTES); $d->notify; return '' });
      my $name = join ' ', name_of($tls), $vhost, $mode, 'STOR';
      is($r->{code}, 226, "$name: done");
      cmp_ok(now() - $since, '<', $LONG_LINGER, "$name: 226 at once");
      is_bytes($srv->read_file('up'), $BYTES, "$name: its bytes");
      is($r->{connection}->wait_notify, '', "$name: nothing came");
      is($r->{connection}->eof, 'close_notify', "$name: close_notify");
      $r->{connection}->close;
    }
  }
  return;
}

sub check_default () {
  my $client = client(vhost => 'waits');
  my $since = now();
  my $d = download_unread($client);
  cmp_ok(now() - $since, '>=', $SOON, 'without the option: TimeoutLinger');
  $d->close;
  return;
}

# What the client says meanwhile must not make the kernel reset the connection.
sub check_slow_readers ($tls) {
  for my $end (qw(NOOP QUIT)) {
    my $name = name_of($tls) . ", slow reader, $end";
    my ($client, $pid) = start_session(%$tls);
    my $d = download_unread($client, 'RETR long');
    $d->write('nobody reads this');
    is(($client->cmd($end))[0], $end eq 'QUIT' ? 221 : 200, "$name: $end");
    $client->close if $end eq 'QUIT';
    my $got = '';
    while (length $got < 50_000 && !$d->eof) {
      $d->write('nor this');
      $got .= $d->read_some(4096);
      Time::HiRes::sleep(0.001);
    }
    $d->notify;
    is_bytes($got . $d->wait_notify, $LONG, "$name: every byte");
    is($d->eof, 'close_notify', "$name: and the end");
    ok(-d "/proc/$pid", "$name: the session is there");
    $d->close;
    ok(FTPS::Test::Process->until(sub { !FTPS::Test::Process->lives($pid) }),
      "$name: and ends when the client has closed") if $end eq 'QUIT';
  }
  return;
}

# The host waits where there are too many; all of them have their bytes.
sub check_never_reading ($tls) {
  my $name = name_of($tls) . ', never reading';
  my ($client, $pid) = start_session(%$tls);
  my (@d, @slow);
  for my $n (1 .. $PLACES + 1) {
    my $since = now();
    push @d, download_unread($client);
    push @slow, $n if now() - $since > $SOON;
  }
  is("@slow", $PLACES + 1, "$name: places for $PLACES, then TimeoutLinger");
  is(($client->cmd('NOOP'))[0], 200, "$name: the session lives");
  is_bytes(ref $_ && $_->wait_notify, $BYTES, "$name: every byte") for @d;
  $_->close for @d;
  is($client->stor('up', $BYTES)->{code}, 226, "$name: an upload");
  is(ref download_unread($client), 'FTPS::Test::Data', "$name: room again");
  return;
}

sub check_many ($tls, @vhost) {
  my $name = name_of($tls) . " @vhost, many transfers";
  my ($client, $pid) = start_session(%$tls, @vhost);
  my ($fds, @faults, @kept);
  for my $n (1 .. 120) {
    my $bytes = substr "$n $SMALL", 0, $n * 37 % 4096;
    my $how = (qw(wait notify fin close))[ $n % 4 ];
    my $r = $client->stor("many$n", $bytes, finish => $how,
      mode => $n % 3 ? 'epsv' : 'port');
    push @faults, "STOR $n, $how: $r->{code} $r->{text}"
      if $r->{code} != 226 || $srv->read_file("many$n") ne $bytes;
    my $d = download_unread($client, "RETR many$n");
    push @kept, [ $d, $bytes ];
    next if $n % 5;
    for my $pair (splice @kept) {
      my $got = $pair->[0]->wait_notify;
      push @faults, "RETR $n" if $got ne $pair->[1];
      $pair->[0]->finish((qw(close notify reset wait))[ $n % 4 ]);
    }
    $client->cmd('NOOP');
    $fds //= count_fds($pid);
  }
  is("@faults[0 .. ($#faults > 4 ? 4 : $#faults)]", '',
    "$name: every one, byte for byte");
  ok(FTPS::Test::Process->until(
      sub { $client->cmd('NOOP'); count_fds($pid) <= $fds }),
    "$name: no descriptor more at the end");
  return;
}

# Uploads that may be cut wait as usual, and are judged as usual.
sub check_uploads ($tls) {
  my $client = client(%$tls, vhost => 'strict');
  my %want = (wait => 226, notify => 226, fin => 426, close => 426,
    reset => 426);
  for my $bytes ('', $SMALL, $BYTES) {
    for my $how (sort keys %want) {
      my $name = sprintf '%s, STOR of %d bytes, %s', name_of($tls),
        length $bytes, $how;
      my $r = $client->stor('cut', $bytes, finish => $how);
      is($r->{code}, $want{$how}, $name);
      is_bytes($srv->read_file('cut'), $bytes, "$name: its bytes")
        if $r->{code} == 226;
    }
  }
  return;
}

sub check_abort ($tls) {
  my $name = name_of($tls) . ', ABOR';
  my $client = client(%$tls, vhost => 'fleeting');
  truncate spew($srv->path('huge'), ''), 200 << 20;
  for my $line ('RETR huge', 'STOR aborted') {
    my $d = $client->data;
    $client->cmd($line);
    $d->handshake;
    $line =~ /^STOR/ ? $d->write($SMALL) : $d->read_some;
    $client->abort;
    is(($client->reply)[0], 426, "$name: $line is cut");
    is(($client->reply)[0], 226, "$name: and ABOR answered");
    $d->close;
  }
  is($srv->read_file('aborted'), undef, "$name: the upload has gone");

  my $d = download_unread($client);
  is(($client->cmd('ABOR'))[0], 226, "$name: when all has been sent");
  is_bytes(ref $d && $d->wait_notify, $BYTES, "$name: it arrives");
  is($d->eof, 'close_notify', "$name: whole");
  $d->close;
  return;
}

# More than alerts and answers to KeyUpdate nobody has to say.
sub check_flood ($tls) {
  my $name = name_of($tls) . ', a client that goes on talking';
  my ($client, $pid) = start_session(%$tls);
  my $d = download_unread($client);
  my $fds = count_fds($pid);
  local $SIG{PIPE} = 'IGNORE';
  my $is_reset = FTPS::Test::Process->until(
      sub { !eval { $d->raw('x' x 4096) } });
  ok($is_reset, "$name: is cut off");
  ok(count_fds($pid) < $fds, "$name: the descriptor is free");
  is($client->stor('up', $BYTES)->{code}, 226, "$name: the session lives");
  return;
}

sub check_neighbours ($tls) {
  my $name = name_of($tls);
  my $client = client(%$tls, vhost => 'early');
  is(($client->cmd('MODE Z'))[0], 200, "$name: MODE Z");
  require Compress::Zlib;
  for (1 .. 2) {
    my $d = download_unread($client);
    is_bytes(Compress::Zlib::uncompress($d->wait_notify), $BYTES,
      "$name: MODE Z: bytes");
    $d->close;
  }
  $client->cmd('MODE S');
  my $d = download_unread($client);
  is(($client->ccc)[0], 200, "$name: CCC");
  my $e = download_unread($client);
  is_bytes(ref $_ && $_->wait_notify, $BYTES, "$name: before and after CCC")
    for $d, $e;
  return;
}

# Clients that never close: by QUIT, by closing, by a signal; and by a signal
# while the session waits after QUIT, with signals blocked as ProFTPD 1.3.10
# does (mod_probe_block).
sub start_ends ($tls) {
  my @runs;
  for my $end (qw(QUIT close TERM), 'QUIT, TERM') {
    my ($client, $pid) = start_session(%$tls);
    my $d = download_unread($client);
    $client->cmd('QUIT') if $end =~ /QUIT/;
    $client->close;
    push @runs, { end => $end, pid => $pid, d => $d, tls => $tls };
    kill TERM => $pid if $end =~ /TERM/;
  }
  return @runs;
}

sub finish_ends ($run) {
  my $name = name_of($run->{tls}) . ", never closing, $run->{end}";
  ok(FTPS::Test::Process->until(
    sub { !FTPS::Test::Process->lives($run->{pid}) }),
    "$name: the session ends");
  is_bytes($run->{d}->wait_notify, $BYTES, "$name: every byte is there");
  return;
}

$srv->write_file('file', $BYTES);
$srv->write_file('long', $LONG);
my @ends = map { start_ends($_) } @VERSION;
finish_ends($_) for grep { $_->{end} =~ /TERM/ } @ends;
check_each(\@VERSION, \&check_before_closing, \&check_slow_readers,
  \&check_many, sub ($tls) { check_many($tls, vhost => 'fleeting') },
  \&check_uploads, \&check_abort, \&check_flood, \&check_neighbours);
check_never_reading($VERSION[0]);
check_never_reading($VERSION[2]);
check_default();
finish_ends($_) for grep { $_->{end} !~ /TERM/ } @ends;
$_->close for @open;
ok($srv->wait_sessions(0), 'every session ends when its client goes');
is($srv->stop, 0, 'the daemon ended well');
done_testing;
