#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# During the control handshake nothing leaves in clear, from any module, and a
# second ClientHello cannot name another server.  After it a peer that sends
# much or little, but no command, does not outlive the time for its login.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::PKI;
use FTPS::Test::File qw(slurp);
use FTPS::Test::Process;
use FTPS::Test::Server;
use IO::Socket::INET;
use Net::SSLeay;
use Socket qw(SOL_SOCKET SO_RCVBUF);
use Test::More;
use Time::HiRes qw(sleep time);

FTPS::Test::Server->any_user;

my $ca = FTPS::Test::PKI->new->cert('client-ca')->{cert};
my $group = 'TLSECDHCurve P-384';
my $temp = File::Temp->newdir('ftps-guard-XXXXXX', TMPDIR => 1);
my ($made, $why) = FTPS::Test::Process->run([ qw(openssl genpkey -genparam
  -algorithm DH -pkeyopt group:ffdhe8192 -out), "$temp/dh.pem" ]);
BAIL_OUT("openssl: $why") if $made != 0;

# Three handshakes without a login, and no more for an hour; each has its own
# account, because no two limits are the same.
my @LIMITED = (
  { name => 'few', port => 'own', tls => 'TLSHandshakeLimit 3 60m' },
  { name => 'implicit', port => 'own',
    tls => [ 'TLSHandshakeLimit 3 61m', 'TLSOptions UseImplicitSSL' ] },
  { name => 'costly', port => 'own',
    cert => 'server-rsa',
    tls => [ 'TLSHandshakeLimit 20 62m', "TLSDHParamFile $temp/dh.pem" ] },
  { name => 'off', port => 'own', tls => 'TLSHandshakeLimit off' } );
my $srv = FTPS::Test::Server->new(
  extra => ['TimeoutLogin 3'],
  tls => ['TLSTimeoutHandshake 20'],
  allow_log => qr/Login timeout/,
  vhosts => [
    { name => 'lax.test', cert => 'a.test', tls => $group, port => 'own' },
    @LIMITED ]);
my $port = $srv->vhost_port('lax.test');
$srv->rewrite(vhosts => [ @LIMITED,
  { name => 'lax.test', cert => 'a.test', tls => $group, port => $port },
  { name => 'b.test', cert => 'b.test', port => $port, tls => [ $group,
    'TLSVerifyClient on', "TLSCACertificateFile $ca" ] } ]);
$srv->start;

subtest 'a login timeout during the handshake' => sub {
  for my $bytes ('', "\x16\x03\x01\x02\x00\x01") {
    my $sock = start_auth($srv->port);
    syswrite $sock, $bytes if length $bytes;
    is drain($sock), '', 'nothing in clear after 234, then the end';
  }
};

# X25519 first, which the server does not take: HelloRetryRequest.
subtest 'a second ClientHello' => sub {
  my %said = ('b.test' => 1, 'lax.test' => 0);
  for my $second (sort keys %said) {
    my ($done, $error) = handshake_with('b.test', $second);
    if ($said{$second}) {
      ok $done, "b.test, then $second" or diag $error;
    } else {
      ok !$done, "b.test, then $second: refused";
      like $error, qr/illegal parameter/, 'illegal_parameter';
    }
  }
};

subtest 'a login timeout while a record drips in' => sub {
  my $client = $srv->connection;
  $client->connect;
  ok $client->auth, 'AUTH TLS';
  $client->wire("\x17\x03\x03\x20\x00");
  ok FTPS::Test::Process->until(sub {
    eval { $client->wire('x') };
    sleep 0.3;
    return !$srv->sessions;
  }), 'the session ends all the same';
  $client->close;
};

subtest 'a login timeout among many KeyUpdates' => sub {
  my $program = $srv->dir . '/key_updates';
  my ($status, $output) = FTPS::Test::Process->run(
    [ $ENV{CC} // 'cc', '-std=c11', '-D_GNU_SOURCE', '-O2', '-o', $program,
      "$FindBin::Bin/lib/key_updates.c", '-lssl', '-lcrypto' ]);
  is $status, 0, 'client built' or diag $output;
  ($status) = FTPS::Test::Process->run([ $program, $srv->port, 10 ]);
  is $status, 0, 'the session ends all the same';
};

# 421 has nowhere to go while a reply waits for room, in either version.
subtest 'a login timeout while replies are not read' => sub {
  for my $version ('1.2', '1.3') {
    my $client = $srv->connection(max => $version);
    $client->connect;
    ok $client->auth, "TLS $version: AUTH TLS";
    setsockopt $client->stream->sock, SOL_SOCKET, SO_RCVBUF, 4096;
    my $start = time;
    $client->raw("FEAT\r\n" x 10_000);
    ok $srv->wait_sessions(0), "TLS $version: the session ends all the same";
    cmp_ok time - $start, '>', 1, "TLS $version: by its timeout";
    $client->close;
  }
};

# What became of a handshake: '' where it is done, or the reply to AUTH.
sub try_handshake ($name, %o) {
  my $client = $srv->connection(vhost => $name, %o);
  my ($code, $text) = $client->connect;
  if (!$o{implicit}) {
    $client->auth and return $client;
    ($code, $text) = $client->last_reply;
  }
  return $code == 220 ? $client : "$code $text";
}

# A handshake that takes much CPU time counts for more than one, on a machine that
# is slow or busy each of them.
sub plan_counting () {
  my $client = try_handshake('off');
  my ($most) = sort { $b <=> $a } map {
    (split ' ', slurp("/proc/$_/schedstat", '0'))[0] } $srv->sessions;
  $client->close;
  plan skip_all => 'handshakes take too much CPU time here to be counted'
    if $most / 1e6 > 5;
  return;
}

subtest 'handshakes without a login' => sub {
  plan_counting();
  for (1 .. 6) {
    my $client = try_handshake('few');
    $client->login;
    is(($client->cmd('PWD'))[0], 257, 'a login gives its handshake back');
    $client->close;
  }
  my @idle = map { try_handshake('few') } 1 .. 2;
  $idle[0]->close;
  my $failed = start_auth($srv->vhost_port('few'));
  syswrite $failed, "\x16\x03\x01\x00\x05\x01\x00\x00\x01\xff";
  drain($failed);
  like try_handshake('few'), qr/^421 Too many TLS handshakes without a login/,
    'two that do not log in, one that fails, and the next one is refused';
  is ref try_handshake('off'), 'FTPS::Test::Client', 'off: no limit';
  $idle[1]->login;
  is ref try_handshake('few'), 'FTPS::Test::Client', 'a late login counts too';
  like try_handshake('few'), qr/^421 /, 'and the next one is refused again';
  $srv->like_tlslog(qr/handshake refused: too many handshakes .*\[too-many-handshakes\]/);
  like $srv->systemlog, qr/127\.0\.0\.1 makes more TLS handshakes .*BanOnEvent/,
    'the system log has one line';
};

subtest 'implicit TLS: handshakes without a login' => sub {
  plan_counting();
  my @seen = map { ref try_handshake('implicit', implicit => 1) } 1 .. 4;
  is_deeply \@seen, [ ('FTPS::Test::Client') x 3, '' ], 'three, and no fourth';
  my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
    PeerPort => $srv->vhost_port('implicit')) or die "connect: $!";
  is drain($sock), '', 'nothing in clear';
};

# 20 of the ordinary ones would be accepted.
subtest 'handshakes that cost much count for more' => sub {
  my %dhe = (max => '1.2', ciphers => 'DHE-RSA-AES128-GCM-SHA256');
  my @seen = grep { ref } map { try_handshake('costly', %dhe) } 1 .. 12;
  cmp_ok scalar @seen, '>', 0, 'the first one is accepted';
  cmp_ok scalar @seen, '<', 10, 'soon they are refused';
};

is $srv->stop, 0, 'daemon ended well';
done_testing;

sub start_auth ($to) {
  my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $to)
    or die "connect: $!";
  sysread $sock, my $banner, 4096;
  syswrite $sock, "AUTH TLS\r\n";
  sysread $sock, my $reply, 4096;
  like $reply, qr/^234 /, 'AUTH TLS';
  return $sock;
}

sub drain ($sock) {
  my $all = '';
  local $SIG{ALRM} = sub { die "the session did not end\n" };
  alarm 15;
  while (sysread $sock, my $bytes, 4096) {
    $all .= $bytes;
  }
  alarm 0;
  return $all;
}

sub handshake_with ($first, $second) {
  my $sock = start_auth($port);
  my $ctx = Net::SSLeay::CTX_new_with_method(Net::SSLeay::TLS_method());
  Net::SSLeay::CTX_set1_groups_list($ctx, 'X25519:P-384');
  my $ssl = Net::SSLeay::new($ctx);
  my ($in, $out) =
    map { Net::SSLeay::BIO_new(Net::SSLeay::BIO_s_mem()) } 1 .. 2;
  Net::SSLeay::set_bio($ssl, $in, $out);
  Net::SSLeay::set_tlsext_host_name($ssl, $first);
  Net::SSLeay::set_connect_state($ssl);

  my $done = 0;
  Net::SSLeay::ERR_clear_error();
  for (1 .. 10) {
    $done = Net::SSLeay::do_handshake($ssl) == 1;
    my $bytes = Net::SSLeay::BIO_read($out, 65536);
    syswrite $sock, $bytes if defined $bytes && length $bytes;
    last if $done;
    Net::SSLeay::set_tlsext_host_name($ssl, $second);
    last if !sysread $sock, my $answer, 65536;
    Net::SSLeay::BIO_write($in, $answer);
  }
  my $error = '';
  while (my $code = Net::SSLeay::ERR_get_error()) {
    $error .= Net::SSLeay::ERR_error_string($code);
  }
  Net::SSLeay::free($ssl);
  Net::SSLeay::CTX_free($ctx);
  return ($done, $error);
}
