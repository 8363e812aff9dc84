#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Implicit TLS (TLSOptions UseImplicitSSL): the handshake comes before the
# banner, and PROT P is implied as with mod_tls.  Also clients at the wrong
# port: plain clients at the implicit port, a ClientHello at the explicit one,
# probes of the TCP port.
#
# The main server is the explicit one; "implicit" has a port of its own.

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Test::More;

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::Checks qw(is_reply);
use FTPS::Test::Server;

FTPS::Test::Server->any_user;

my $CLEAR_DATA = 'SSL/TLS required on the data channel';
my $UNWILLING = 'Unwilling to accept security parameters';

my %TLS = (
  implicit => [],
  required => ['TLSRequired on'],
  control  => ['TLSRequired ctrl'],
);
my $srv = FTPS::Test::Server->new(
  global => ['UseSendfile on'],
  vhosts => [ (map { { name => $_, port => 'own',
    tls => [ 'TLSOptions UseImplicitSSL', 'TLSTimeoutHandshake 1',
      $TLS{$_}->@* ] } } sort keys %TLS),
    { name => 'login', port => 'own', extra => 'TimeoutLogin 2',
      tls => [ 'TLSOptions UseImplicitSSL', 'TLSTimeoutHandshake 0' ] } ]);
$srv->start;

my $small = "line one\nline two\n";
my $large = join '', map { pack 'N', $_ * 2654435761 % 2**32 } 1 .. 500_000;
$srv->write_file('small', $small);
$srv->write_file('large', $large);

sub implicit ($vhost, %o) {
  my $c = $srv->connection(vhost => $vhost, implicit => 1, %o);
  my ($code, $text) = $c->connect;
  is($code, 220, "$vhost: banner inside of TLS") or diag($text);
  return $c;
}

sub is_sent ($r, $want, $name) {
  is("$r->{code} $r->{text}", '226 Transfer complete', $name);
  ok(($r->{data} // '') eq $want, "$name: every byte");
  return;
}

for my $version ('1.2', '1.3') {
  my $name = "TLS $version";
  my $c = implicit('implicit', max => $version);
  is($c->version, "TLSv$version", "$name: version");
  is_reply($c, 'AUTH TLS', '503 Unwilling to accept second AUTH', $name);
  is_reply($c, 'USER proftpd', '331 Password required for proftpd', $name);
  is_reply($c, 'PASS test', '230 User proftpd logged in', $name);
  $c->cmd('TYPE I');

  my $r = $c->retr('small');
  is_sent($r, $small, "$name: no PROT: protected");
  ok($r->{reused}, "$name: no PROT: resumed");
  is_sent($c->retr('large'), $large, "$name: no PROT: no sendfile()");
  is_sent($c->stor('up', $large), '', "$name: no PROT: upload");
  ok($srv->read_file('up') eq $large, "$name: the file");

  is_reply($c, 'PBSZ 0', '200 PBSZ 0 successful', $name);
  is_reply($c, 'PROT C', '200 Protection set to Clear', $name);
  is_sent($c->retr('large'), $large, "$name: PROT C");
  is_reply($c, 'PROT P', '200 Protection set to Private', $name);
  is_sent($c->retr('large'), $large, "$name: PROT P: no sendfile()");
  $c->send_line('QUIT');
  is(($c->reply)[0], 221, "$name: QUIT");
  $c->reply;
  is($c->stream->eof, 'close_notify', "$name: QUIT: close_notify");
}
$srv->like_tlslog(qr/Protection set to Private/);

# The same server, asked by AUTH: a PROT P that came in time holds for sendfile.
for my $version ('1.2', '1.3') {
  my $c = $srv->client(max => $version);
  is_sent($c->retr('large'), $large, "explicit, TLS $version: PROT P");
  $c->protect('C');
  is_sent($c->retr('large'), $large, "explicit, TLS $version: PROT C");
  $c->protect('P');
  is_sent($c->retr('large'), $large, "explicit, TLS $version: PROT P again");
  $c->quit;
}

for my $vhost ('required', 'control') {
  my $c = implicit($vhost);
  $c->cmd('USER proftpd');
  is_reply($c, 'PASS test', '230 User proftpd logged in', $vhost);
  $c->cmd('TYPE I');
  is_sent($c->retr('small'), $small, "$vhost: no PROT");
  is_reply($c, 'PROT C', $vhost eq 'control'
    ? '200 Protection set to Clear' : "534 $UNWILLING", $vhost);
  $c->quit;
}

sub dial ($port) {
  return FTPS::Test::Stream->dial('127.0.0.1', $port);
}

# Everything that a raw connection is answered, to its end.
sub answer_to ($port, $bytes) {
  my $s = dial($port);
  $s->write($bytes) if length $bytes;
  my $got = $s->wait_notify;
  return ($got, $s->eof);
}

my $port = $srv->vhost_port('implicit');
for my $line ("USER proftpd\r\n", "AUTH TLS\r\n", "GET / HTTP/1.0\r\n\r\n",
  "\r\n", 'A') {
  my ($got, $end) = answer_to($port, $line);
  is($got, "421 TLS handshake failed\r\n",
    'plain client at the implicit port: ' . $line =~ s/\r?\n.*//sr);
  is($end, 'fin', '... and the end');
}
$srv->like_tlslog(qr/accept TLS connection: peer did not start a TLS /);

{
  my ($got, $end) = answer_to($port, '');
  is("$got$end", 'fin', 'a client that waits for a banner gets no clear text');
  $srv->like_tlslog(qr/no TLS handshake within the TLSTimeoutHandshake limit/);
}

# TimeoutLogin counts before there is a login, too.  ProFTPD's own timers count
# seconds of the clock as they begin, so 1 could be over at once.
for my $bytes ('', "\x16\x03\x01\x02\x00\x01") {
  my ($got, $end) = answer_to($srv->vhost_port('login'), $bytes);
  is("$got$end", 'fin', 'no handshake, TimeoutLogin 2, TLSTimeoutHandshake 0: '
    . 'the end');
  $srv->like_tlslog(qr/\(the limit of TimeoutLogin is smaller\)/);
}
{
  my $c = implicit('login');
  is(($c->cmd('USER proftpd'))[0], 331, 'a login in time');
  $c->quit;
}

# Somebody looks whether the port is open.
{
  my $before = length $srv->systemlog;
  for my $how (qw(close reset half_close)) {
    my $s = dial($port);
    $s->$how;
    $s->close if $how eq 'half_close';
  }
  ok($srv->wait_sessions(0), 'probes: no session is left');
  $srv->like_tlslog(qr/peer closed the connection instead of a TLS handshake/);
  my $said = substr $srv->systemlog, $before;
  unlike($said, qr/error|warn|fail|mod_ftps/i, 'probes: system log');
}

# A ClientHello at the explicit port is no FTP command.
{
  my $s = dial($srv->port);
  is($s->read_some =~ /^220 / ? 1 : 0, 1, 'explicit port: banner in clear');
  $s->prepare_tls;
  $s->hello;
  $s->raw("\r\n");
  $s->go_on_in_clear;
  like($s->read_some, qr/^50\d /, 'explicit port: no handshake without AUTH');
  my $c = $srv->client;
  is_sent($c->retr('small'), $small, 'explicit port: still served');
  $c->quit;
}

is($srv->stop, 0, 'exit status of the daemon');
done_testing;
