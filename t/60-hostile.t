#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Hostile or broken peers on the control connection: commands injected after
# AUTH, scanners, text instead of a handshake, stalled handshakes,
# renegotiation, odd records and tickets.  The bytes that leave in clear are
# counted exactly, nothing injected is executed, and the daemon goes on.

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Net::SSLeay;
use Test::More;
use Time::HiRes ();

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Patience qw(patience);
use FTPS::Test::Server;

FTPS::Test::Server->any_user;

my $srv = FTPS::Test::Server->new(
  max_instances => 100,
  vhosts => [ { name => 'slow', port => 'own' } ],
  tls => ['TLSTimeoutHandshake 5'],
  extra => [ 'LogFormat all "%r"' ]);
$srv->rewrite(
  global => ["ExtendedLog $srv->{dir}/log/all ALL all"],
  vhosts => [ { name => 'slow', port => 'own',
    tls => ['TLSTimeoutHandshake 1'] } ]);
$srv->start;
$srv->write_file('f', 'bytes');

sub executed () { return slurp("$srv->{dir}/log/all", '') }

# A raw TCP connection, after the banner.
sub dial ($port = $srv->port) {
  my $s = FTPS::Test::Stream->dial('127.0.0.1', $port);
  my $banner = $s->read_some;
  die "banner: $banner\n" if $banner !~ /\A220 [^\n]*\n\z/;
  return $s;
}

# Many of them: a session that ends keeps the daemon from accepting the next
# connection for 0.2 s, so they are made before the first one ends.
sub dial_all ($how, @for) {
  my @all = map { $how->() } @for;
  return @all;
}

# ... and after the 234.
sub dial_auth ($port = $srv->port) {
  my $s = dial($port);
  $s->raw("AUTH TLS\r\n");
  my $reply = $s->read_some;
  die "AUTH: $reply\n" if $reply ne "234 AUTH TLS successful\r\n";
  return $s;
}

sub is_serving ($name) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my $c = $srv->client;
  my $r = $c->retr('f');
  is($r->{data}, 'bytes', "$name: the next client is served");
  $c->quit;
  return;
}

my $BEHIND = '421 Bytes in clear behind AUTH, closing connection';
my $FAILED = "421 TLS handshake failed\r\n";
my $INJECTION = qr/bytes\ sent\ in\ clear\ behind\ AUTH,\ possibly
  \ an\ injected\ command;\ ending\ the\ session/x;

# Bytes after AUTH's CRLF: in the same segment, in the next one.
my @BEHIND = ("NOOP\r\n", "USER proftpd\r\nPASS test\r\nMKD injected\r\n", 'X',
  "\r\n", "\x16\3\1", 'A' x 3000);
my @dialled = dial_all(\&dial, @BEHIND);
for my $bytes (@BEHIND) {
  my $shown = substr($bytes, 0, 12) =~ s/[^ -~]/./gr;
  my $s = shift @dialled;
  $srv->mark;
  $s->raw("AUTH TLS\r\n$bytes");
  is($s->wait_notify, "$BEHIND\r\n", "behind AUTH, $shown: reply");
  is($s->eof, 'fin', "behind AUTH, $shown: the end");
  $srv->like_new($INJECTION, "behind AUTH, $shown");
}
{
  # Both segments are there before the daemon reads the first one.
  my $s = dial();
  my ($pid) = $srv->sessions;
  $srv->mark;
  kill 'STOP', $pid;
  $s->raw("AUTH TLS\r\n");
  $s->raw("MKD injected\r\n");
  kill 'CONT', $pid;
  is($s->wait_notify, "$BEHIND\r\n", 'behind AUTH, next segment: reply');
  $srv->like_new($INJECTION, 'behind AUTH, next segment');

  # By a client that starts its handshake all the same.
  my $c = $srv->connection;
  $c->connect;
  ok(!$c->auth('TLS', behind => "NOOP\r\n"), 'behind AUTH: no handshake');
  is(join(' ', $c->last_reply), $BEHIND, 'behind AUTH: reply to a client');
}
ok($srv->wait_log($INJECTION, 'system'), 'behind AUTH: system log');
ok(!-e $srv->path('injected'), 'behind AUTH: nothing was made');
unlike(executed(), qr/^(?:NOOP|USER|PASS|MKD)/m, 'behind AUTH: not executed');

# Text instead of a handshake: it is told so, in clear, and that is all.
my @TEXT = ("USER proftpd\r\n", "NOOP\r\n", "GET / HTTP/1.1\r\n\r\n", "\r\n",
  "\0\0\0\0", 'Z');
@dialled = dial_all(\&dial_auth, @TEXT);
for my $text (@TEXT) {
  my $shown = $text =~ s/[^ -~]/./gr;
  my $s = shift @dialled;
  $srv->mark;
  $s->raw($text);
  is($s->wait_notify, $FAILED, "text behind 234, $shown: reply");
  is($s->eof, 'fin', "text behind 234, $shown: the end");
  $srv->like_new(qr/unable to accept TLS connection: peer did not start a TLS /,
    "text behind 234, $shown");
}

# Bytes that could be TLS: alerts at most, never clear text.
my $garbage = join '', map { chr $_ * 7919 % 256 } 1 .. 65536;
my @GARBAGE = (
  [ 'record of garbage'     => "\x16\3\1\2\0" . substr $garbage, 0, 512 ],
  [ 'empty record'          => "\x16\3\1\0\0" x 40 ],
  [ 'huge record'           => "\x16\3\1\xff\xff"
      . substr $garbage, 0, 20_000 ],
  [ 'alert record'          => "\x15\3\1\0\2\2\x28" ],
  [ 'application data'      => "\x17\3\3\0\5abcde" ],
  [ 'SSLv2 hello'           => "\x80\x2e\1\3\1\0\x15\0\0\0\x10"
      . "\1\0\x80\2\0\x80\3\0\x80\4\0\x80\5\0\x80\6\0\x40"
      . substr $garbage, 0, 32 ],
  [ 'SSLv2, version 2'      => "\x80\x2e\1\0\2\0\x15\0\0\0\x10"
      . substr $garbage, 0, 37 ],
  [ 'hello of garbage'      => "\x16\3\1\2\0\1\0\1\xfc\3\3"
      . substr $garbage, 0, 506 ],
  [ '64 KB behind a header' => "\x16\3\1\x40\0$garbage" ],
  [ 'high bytes'            => "\xff" x 70_000 ],
);
@dialled = dial_all(\&dial_auth, @GARBAGE);
for my $row (@GARBAGE) {
  my ($name, $bytes) = @$row;
  my $s = shift @dialled;
  $srv->mark;
  $s->raw($bytes);
  $s->half_close;
  my $got = $s->wait_notify;
  my $clear = $got;
  $clear =~ s/\A(?:\x15\x03.\0\x02\x02.)+//s;
  is($clear, $name eq 'application data' ? $FAILED : '',
    "garbage, $name: no clear text") or diag(unpack 'H*', $got);
  $srv->like_new(qr/unable to accept TLS connection: /, "garbage, $name");
}
is_serving('garbage');

# Scanners: behind 234, and before it.
sub hello_bytes () {
  my $ctx = Net::SSLeay::CTX_new_with_method(Net::SSLeay::TLS_method());
  my $ssl = Net::SSLeay::new($ctx);
  my ($in, $out) = map { Net::SSLeay::BIO_new(Net::SSLeay::BIO_s_mem()) } 1, 2;
  Net::SSLeay::set_bio($ssl, $in, $out);
  Net::SSLeay::connect($ssl);
  my $bytes = Net::SSLeay::BIO_read($out);
  Net::SSLeay::free($ssl);
  Net::SSLeay::CTX_free($ctx);
  return $bytes;
}

my $hello = hello_bytes();
my %SCAN = (
  'nothing'        => '',
  'half a hello'   => substr($hello, 0, length($hello) / 2),
  'a record header' => substr($hello, 0, 5),
  'one byte'       => substr($hello, 0, 1),
  'a hello'        => $hello,
  '64 KB'          => $garbage,
);
my @HOW = qw(close reset half_close);
my @scans = map { my $what = $_; map { [ $what, $_ ] } @HOW } sort keys %SCAN;
@dialled = dial_all(\&dial_auth, @scans);
for my $row (@scans) {
  my ($what, $how) = @$row;
  my $s = shift @dialled;
  $srv->mark;
  $s->raw($SCAN{$what});
  $s->$how;
  $s->wait_notify if $how eq 'half_close';
  $s->close;
  $srv->like_new(qr/unable to accept TLS connection: /, "scan, $what, $how");
}
is_serving('scan');

{
  my @scans = dial_all(\&dial_auth, 1 .. 20);
  $_->raw($SCAN{'half a hello'}) for @scans[0 .. 6];
  $_->raw($hello) for @scans[7 .. 12];
  $_->raw($garbage) for @scans[13 .. 16];
  is_serving('20 scanners at work');
  $_->reset for @scans[map { 2 * $_ } 0 .. 9];
  $_->close for @scans[map { 2 * $_ + 1 } 0 .. 9];
  ok($srv->wait_sessions(0), '20 scanners: no session is left');
  is_serving('20 scanners');
}

# A handshake that stalls.
for my $what ('nothing', 'half a hello', 'a hello') {
  my $s = dial_auth($srv->vhost_port('slow'));
  $srv->mark;
  my $start = Time::HiRes::time();
  $s->raw($SCAN{$what});
  my $got = $s->wait_notify;
  my $took = Time::HiRes::time() - $start;
  ok($took > 0.8 && $took < patience(30), "stall, $what: TLSTimeoutHandshake")
    or diag("$took s");
  unlike($got, qr/421|TLS handshake failed/, "stall, $what: no clear text");
  $srv->like_new(qr/TLS handshake.* within the TLSTimeoutHandshake limit/,
    "stall, $what");
}
{
  # One byte every now and then does not help; the whole would take 20 s.
  my $s = dial_auth($srv->vhost_port('slow'));
  my @bytes = split //, substr $hello, 0, -1;
  while (@bytes && $s->raw(shift @bytes)) {
    last if $s->readable(0.1);
  }
  cmp_ok(scalar @bytes, '>', 0, 'stall, drop by drop: TLSTimeoutHandshake');
}

# Inside of TLS.
for my $version ('1.2', '1.3') {
  my $name = "TLS $version";
  my $c = $srv->client(max => $version);
  my $stream = $c->stream;

  $c->raw("NOOP\r");
  ok($c->no_reply(0.1), "$name: CR alone: no reply yet");
  $c->raw("\n");
  is(($c->reply)[0], 200, "$name: CR and LF in two records");
  $c->raw($_) for split //, "NOOP\r\n";
  is(($c->reply)[0], 200, "$name: one byte in a record");
  $c->raw("NOOP\r\nNOOP\r\nNOOP\r");
  $c->raw("\nNOOP\r\n");
  is(join(' ', map { ($c->reply)[0] } 1 .. 4), '200 200 200 200',
    "$name: commands across records");

  like(join(' ', $c->cmd('SITE ' . 'x' x 3000)), qr/^500 'SITE X/,
    "$name: a line of 3,000 bytes");
  is($c->retr('f')->{data}, 'bytes', "$name: ... and transfers");

  # ProFTPD has no answer to lines that are longer than its buffer.
  my $wordy = $srv->client(max => $version);
  $wordy->raw('SITE ' . 'x' x 100_000 . "\r\n");
  $wordy->no_reply(0.1);
  $wordy->close;

  if ($version eq '1.2') {
    Net::SSLeay::renegotiate($stream->ssl);
    ok(!$stream->handshake, "$name: renegotiation is refused");
    is($stream->alert, 'no renegotiation', "$name: renegotiation: alert");
    $srv->like_tlslog(qr/client-initiated session renegotiation detected/,
      "$name: renegotiation: logged");
  }
  $c->close;
}

# Tickets of nobody on the control connection: a full handshake.
for my $version ('1.2', '1.3') {
  my $c = $srv->client(max => $version);
  my $session = $c->session;
  $c->quit;
  # Some bytes of the ticket, which is [10] OCTET STRING of the session.
  $session =~ /\xaa(?:\x81.|\x82..)\x04(?:\x81.|\x82..)/s or die 'no ticket';
  substr($session, $+[0] + 24, 8) = 'mischief';
  my $next = $srv->connection(max => $version,
    session => $session);
  $next->connect;
  if ($next->auth) {
    ok(!$next->session_reused, "garbage ticket, TLS $version: full handshake");
    $next->login;
    my $r = $next->retr('f');
    ok($r->{data} eq 'bytes' && $r->{reused},
      "garbage ticket, TLS $version: transfer resumes the new session");
  } else {
    fail("garbage ticket, TLS $version: " . $next->error);
  }
  $next->close;
}

# Ends without close_notify.
for my $version ('1.2', '1.3') {
  for my $how (qw(close reset half_close)) {
    my $c = $srv->client(max => $version);
    $how eq 'half_close' ? $c->stream->half_close : $c->$how;
    if ($how eq 'half_close') {
      is(($c->reply)[0], 0, "no close_notify, TLS $version: the end");
    }
    $c->close;
  }
}
ok($srv->wait_sessions(0), 'no close_notify: no session is left');

{
  # openssl s_client asks for a KeyUpdate on "K" (with an answer) and "k".
  # Only a letter that it reads by itself is one: each word waits for the answer
  # to the one before.
  my $shown = "$srv->{dir}/log/s_client";
  local $SIG{PIPE} = 'IGNORE';
  open my $words, '|-', 'openssl s_client -starttls ftp -crlf -tls1_3 '
    . '-connect 127.0.0.1:' . $srv->port . " >$shown 2>&1"
    or die "openssl: $!\n";
  $words->autoflush;
  my ($updates, $replies) = (0, 0);
  my $answered = sub () {
    $updates = () = slurp($shown, '') =~ /KEYUPDATE/g;
    $replies = () = slurp($shown, '') =~ /\b200 NOOP/g;
    return $updates + $replies;
  };
  my $sent = 0;
  for my $word (qw(NOOP K NOOP k NOOP)) {
    print {$words} "$word\n";
    $sent++;
    last if !FTPS::Test::Process->until(sub { $answered->() >= $sent });
  }
  print {$words} "QUIT\n";
  close $words;
  is("$updates $replies", '2 3', 'KeyUpdate is accepted')
    or diag(slurp($shown, '') =~ s/^SSL-Session.*?^---//gmsr);
}

# While a transfer makes no progress the server looks at what the next command is,
# and takes none.
sub check_garbage_in_transfer ($max) {
  my $name = "TLS $max, garbage while a transfer stands still";
  truncate spew($srv->path('huge'), ''), 64 << 20;
  $srv->mark;
  my $client = $srv->client(max => $max);
  my $d = $client->data;
  $client->cmd('RETR huge');
  $d->handshake;
  $d->read_some;
  $client->wire("\x17\x03\x03\0\x20" . 'x' x 32);
  is(($client->reply)[0], 0, "$name: the connection ends");
  is($client->alert, 'bad record mac', "$name: and why");
  $d->close;
  $client->close;
  $srv->like_new(
    qr/control connection: TLS connection failed: .*bad record mac/, $name);
  return;
}

check_garbage_in_transfer($_) for '1.2', '1.3';

# The look at the next command takes the client's close_notify from the socket.
sub check_goodbye ($max, $line) {
  my $name = "TLS $max, close_notify during $line";
  my $client = $srv->client(max => $max);
  my $d = $client->data;
  $client->cmd($line);
  $d->handshake;
  $line =~ /RETR/ ? $d->read_some : $d->write('first');
  $client->stream->notify;
  ok(FTPS::Test::Process->until(sub {
    $line =~ /RETR/ ? $d->read_within(0.1) : eval { $d->write('more') };
    return !$srv->sessions;
  }), "$name: the session ends");
  $_->close for $d, $client;
  return;
}

ok($srv->wait_sessions(0), 'no session is left');
for my $max ('1.2', '1.3') {
  check_goodbye($max, $_) for 'RETR huge', 'STOR up';
}
is_serving('in the end');
ok($srv->wait_sessions(0), 'no session is left');
unlike($srv->systemlog, qr/signal 11|terminated abnormally/i, 'no crash');
is($srv->stop, 0, 'exit status of the daemon');
done_testing;
