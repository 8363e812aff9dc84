# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::Stolen;

=head1 NAME

FTPS::Test::Stolen - data connections that somebody else tries to take

=head1 SYNOPSIS

  use FTPS::Test::Stolen qw(none_is_stolen);
  none_is_stolen($srv, 'with a key on a token');

=head1 DESCRIPTION

Who connects to the passive port of a client, or answers its PORT, gets 425 with
all that he may have: nothing, the session of another user, one of a connection
that has ended, a damaged one, and the client's own one without its secret.

=head1 FUNCTIONS

=over

=item none_is_stolen(SERVER, NAME, SUB)

Tests downloads, uploads and listings in TLS 1.2, with tickets and session ids,
and in 1.3.  Each is 425, nothing comes and no file changes; then the client's own
transfer is good.  SUB gets each transfer as a function and returns its result;
without SUB it is called.

=item damaged(SESSION), without_secret(SESSION)

Other bytes at the end of session id and ticket; another master secret.

=item der_at(BYTES, AT)

(tag, offset of the content, its length) of the DER value at an offset.

=back

=cut

use v5.36;
use Exporter qw(import);
use Test::More ();

our @EXPORT_OK = qw(damaged der_at none_is_stolen without_secret);

my @VERSION = (
  [ 'TLS 1.2', max => '1.2' ], [ 'TLS 1.2 ids', max => '1.2', tickets => 0 ],
  [ 'TLS 1.3', min => '1.3' ],
);
my $OLD = "no byte of this file may leave in clear \n";
my @COMMAND = (
  [ RETR => sub ($c, @how) { return $c->retr('mine', @how) } ],
  [ STOR => sub ($c, @how) { return $c->stor('mine', 'stolen', @how) } ],
  [ LIST => sub ($c, @how) { return $c->list('', @how) } ],
);

sub der_at ($bytes, $at) {
  my ($tag, $length) = unpack "x$at CC", $bytes;
  my $from = $at + 2;
  if ($length > 0x80) {
    my $n = $length - 0x80;
    $length = hex unpack "x$from H" . 2 * $n, $bytes;
    $from += $n;
  }
  return ($tag, $from, $length);
}

# Session id (the fourth member) and ticket (tag 10) with other last bytes: a
# session that the server never made, or cannot decrypt any more.
sub damaged ($session) {
  my (undef, $at, $length) = der_at($session, 0);
  my ($end, $n) = ($at + $length, 0);
  while ($at < $end) {
    my ($tag, $from, $len) = der_at($session, $at);
    $at = $from + $len;
    if ($len && (++$n == 4 || $tag == 0xAA)) {
      my $byte = ord substr $session, $at - 1, 1;
      substr $session, $at - 1, 1, chr($byte ^ 0xFF);
    }
  }
  return $session;
}

# The secret is the fifth member.
sub without_secret ($session) {
  my $at = (der_at($session, 0))[1];
  for (1 .. 4) {
    $at = (der_at($session, $at))[1] + (der_at($session, $at))[2];
  }
  my (undef, $from, $len) = der_at($session, $at);
  substr $session, $from, $len, 'x' x $len;
  return $session;
}

sub _offers ($srv, $client, %tls) {
  my $other = $srv->client(%tls, user => 'third');
  my $gone = $srv->client(%tls, user => 'third');
  my $session = $gone->session;
  $gone->quit;
  return ($other, { nothing => 'none', 'of another user' => $other->session,
    'of one that has ended' => $session,
    damaged => damaged($client->session),
    'without its secret' => without_secret($client->session) });
}

sub none_is_stolen ($srv, $name, $watch = sub ($act) { return $act->() }) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  $srv->write_file('mine', $OLD);
  for (@VERSION) {
    my ($version, %tls) = @$_;
    my $client = $srv->client(%tls);
    my ($other, $offers) = _offers($srv, $client, %tls);
    my $mode = 'pasv';
    for my $what (sort keys %$offers) {
      $mode = $mode eq 'pasv' ? 'port' : 'pasv';
      for (@COMMAND) {
        my ($command, $run) = @$_;
        my $r = $watch->(sub { $run->($client, mode => $mode,
          session => $offers->{$what}) });
        Test::More::is_deeply([ $r->@{qw(code data)}, $srv->read_file('mine') ],
          [ 425, '', $OLD ], "$name, $version, $mode, session $what: $command");
      }
    }
    my $r = $watch->(sub { $client->retr('mine') });
    Test::More::is_deeply([ $r->@{qw(code data reused)} ], [ 226, $OLD, 1 ],
      "$name, $version: the client's own");
    $_->quit for $client, $other;
  }
  return;
}

1;
