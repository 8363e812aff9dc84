# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Somebody has read the memory of his own session, and so has the keys of his
# own tickets.  He makes a ticket with the certificate of another user, which is
# public: it must not be one.
#
# Needs: root, openssl.

use v5.36;
no warnings 'portable';    # addresses have 64 bits
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::File qw(spew);
use FTPS::Test::PKI;
use FTPS::Test::Server;
use FTPS::Test::Stolen qw(der_at);
use Test::More;

# Members of SSL_SESSION in DER: client certificate, context, ticket.
my ($PEER, $CONTEXT, $TICKET) = (0xA3, 0xA4, 0xAA);

my $pki  = FTPS::Test::PKI->new;
my $temp = File::Temp->newdir('ftps-forged-XXXXXX', TMPDIR => 1);
my %victim = $pki->issue_to("$temp/victim", like => 'client');
my $cert = pipe_through("x509 -in $victim{cert} -outform DER", '');

my $srv = FTPS::Test::Server->new(tls => ['TLSVerifyClient optional',
  'TLSUserName CommonName', 'TLSSessionTickets on',
  'TLSCACertificateFile ' . $pki->cert('client-ca')->{cert}]);
$srv->start;

for my $version ('1.2', '1.3') {
  my @tls = (min => $version, max => $version);
  my $c = $srv->connection(@tls, $pki->pair('client'));
  $c->connect;
  ok $c->auth, "TLS $version: the other user";
  is +($c->cmd('USER proftpd'))[0], 232, 'needs no password';
  $c->quit;
  ok $srv->wait_sessions(0), 'has gone';

  $c = $srv->client(@tls, user => 'third');
  my ($pid) = $srv->sessions;
  $c->cmd('NOOP');
  my @session = members($c->session);
  my ($ticket) = map { $_->[1] } grep { $_->[0] == $TICKET } @session;
  $ticket = (members($ticket, 1))[0][1];
  my @keys = keys_of($pid, $ticket);
  is scalar @keys, 2, 'the keys are in the session';

  for my $row (['as it was', 'resumed'],
    ['with a certificate', 'full', $cert])
  {
    my ($name, $want, $peer) = @$row;
    my $forged = seal(@keys, substr($ticket, 0, 32),
      with_peer(unseal(@keys, $ticket), $peer));
    my $session = sequence(map {
      $_->[0] == $TICKET ? [ $TICKET, value(0x04, $forged) ] : $_ } @session);
    my $d = $srv->connection(@tls, session => $session);
    $d->connect;
    ok $d->auth, "TLS $version: AUTH";
    is $d->session_reused ? 'resumed' : 'full', $want, "a ticket $name";
    is +($d->cmd('USER proftpd'))[0], 331, 'a password is asked for';
    $d->quit;
  }
  $c->quit;
  $srv->wait_sessions(0);
}

is $srv->stop, 0, 'the daemon ends';
done_testing;

# ---- openssl

sub pipe_through ($words, $bytes) {
  spew("$temp/in", $bytes);
  my $out = `openssl $words < $temp/in`;
  die "openssl $words: $?\n" if $?;
  return $out;
}

sub mac ($key, $bytes) {
  return pipe_through("dgst -sha256 -mac HMAC -macopt hexkey:$key -binary",
    $bytes);
}

# A ticket: name, iv, AES-256-CBC, HMAC-SHA256 (RFC 5077, 4).
sub unseal ($aes, $mac, $ticket) {
  my $iv = unpack 'H*', substr $ticket, 16, 16;
  return pipe_through("enc -d -aes-256-cbc -K $aes -iv $iv",
    substr $ticket, 32, -32);
}

sub seal ($aes, $mac, $head, $bytes) {
  my $iv = unpack 'H*', substr $head, 16, 16;
  my $ticket = $head . pipe_through("enc -aes-256-cbc -K $aes -iv $iv", $bytes);
  return $ticket . mac($mac, $ticket);
}

# Behind the name of the ticket in the memory of the process: both keys.
sub keys_of ($pid, $ticket) {
  my $name = substr $ticket, 0, 16;
  open my $maps, '<', "/proc/$pid/maps" or die "maps: $!\n";
  open my $mem, '<:raw', "/proc/$pid/mem" or die "mem: $!\n";
  while (my $line = <$maps>) {
    my ($from, $to) = map { hex } $line =~ /^(\w+)-(\w+) rw/ or next;
    next if $to - $from > 65536;
    sysseek $mem, $from, 0;
    sysread $mem, my $bytes, $to - $from or next;
    while ($bytes =~ /\Q$name\E(?=(.{32})(.{32}))/sg) {
      my ($aes, $mac) = map { unpack 'H*', $_ } $1, $2;
      return ($aes, $mac)
        if mac($mac, substr $ticket, 0, -32) eq substr $ticket, -32;
    }
  }
  return;
}

# ---- DER

# [tag, content] of each; those of a sequence, unless `is_bare`.
sub members ($bytes, $is_bare = 0) {
  my (undef, $at, $length) = $is_bare ? (0, 0, length $bytes)
    : der_at($bytes, 0);
  my ($end, @members) = ($at + $length);
  while ($at < $end) {
    my ($tag, $from, $len) = der_at($bytes, $at);
    push @members, [ $tag, substr $bytes, $from, $len ];
    $at = $from + $len;
  }
  return @members;
}

sub value ($tag, $content) {
  my $n = length $content;
  return chr($tag) . ($n < 128 ? chr $n : "\x82" . pack 'n', $n) . $content
    if $n < 128 || $n > 255;
  return chr($tag) . "\x81" . chr($n) . $content;
}

sub sequence (@members) {
  return value(0x30, join '', map { value(@$_) } @members);
}

sub with_peer ($session, $peer) {
  return sequence(map {
    $_->[0] == $CONTEXT && defined $peer ? ([ $PEER, $peer ], $_) : $_
  } members($session));
}
