# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::Data;

=head1 NAME

FTPS::Test::Data - one data connection, driven step by step

=head1 SYNOPSIS

  my $d = $client->data(mode => 'pasv', session => 'reuse');
  my ($code, $text) = $client->cmd('STOR name');      # 150
  $d->accept;                                         # active modes wait here
  $d->handshake or diag $d->error;
  $d->write($bytes);
  $d->finish('notify');
  ($code, $text) = $client->reply;                    # 226

=head1 DESCRIPTION

A FTPS::Test::Stream that was opened for a control connection.  Words of
C<new> (and of C<FTPS::Test::Client::data>):

=over

=item mode

'pasv', 'epsv', 'port' or 'eprt'; 'again': connects to the passive port that the
word C<again> names, without a command.

=item session

The session that the client offers: 'reuse' (newest session of the control
connection; a TLS 1.3 ticket is used up by that), 'same' (the one that the
last data connection offered, again), 'none' (full handshake), or the bytes of
any session (from C<$client-E<gt>sessions>).

=item protected

Whether TLS is used; by default as in the last PROT.

=item min, max, ciphers, tickets, cert, key, role, ...

TLS words as in FTPS::Test::Stream; by default those of the control
connection, without SNI and ALPN.

=back

=head1 METHODS

Besides those of FTPS::Test::Stream:

=over

=item accept

Takes the server's connection in an active mode; nothing to do in a passive
one.  False when none came in time.

=item handshake

As in FTPS::Test::Stream; the session is chosen here, so that the newest one
is used.  True at once on a clear connection.

=item hello(SECONDS)

ClientHello out; then waits until the server has answered for at most that
time.  The answer stays unread; true when there is one.

=item finish(HOW)

'wait'    close_notify, then read to the end and close (default)
'notify'  close_notify and close at once, reading nothing
'fin'     half-close without close_notify, read to the end, close
'close'   close without close_notify, reading nothing
'reset'   close with RST
'open'    leave it open

Returns what was read.  Unread bytes present at the close, without the answer to
a close_notify: C<unread_at_end>.

=item facts

Hash of what is known: reused, version, cipher, tickets, alert, tls_error,
eof, close_notify_seen, unread, offered (a session was offered).

=back

=cut

use v5.36;
use parent 'FTPS::Test::Stream';
use IO::Socket::IP;

sub new ($class, $client, %o) {
  my $self = $class->adopt(undef, %o, client => $client, name => 'data',
    timeout => $o{timeout} // $client->{timeout});
  $self->{mode}      //= $client->{data_mode};
  $self->{session}   //= $client->{data_session};
  $self->{protected} //= $client->{prot} eq 'P';
  my $open = $self->can("_open_$self->{mode}")
    or die "data: no mode '$self->{mode}'\n";
  $self->$open;
  return $self;
}

sub _connect_to ($self, $host, $port) {
  my $stream = FTPS::Test::Stream->dial($host, $port,
    name => 'data', bind => $self->{client}{bind});
  $self->{sock} = delete $stream->{sock};
  return;
}

sub _ask ($self, $command, $wanted) {
  my ($code, $text) = $self->{client}->cmd($command);
  die "data: $command answered $code $text\n" if $code != $wanted;
  return $text;
}

sub _open_pasv ($self) {
  my $text = $self->_ask('PASV', 227);
  my @n = $text =~ /(\d+),(\d+),(\d+),(\d+),(\d+),(\d+)/
    or die "data: no address in: $text\n";
  return $self->_connect_to(join('.', @n[0 .. 3]), $n[4] * 256 + $n[5]);
}

sub _open_epsv ($self) {
  my $text = $self->_ask('EPSV', 229);
  my ($port) = $text =~ /\(\|\|\|(\d+)\|\)/
    or die "data: no port in: $text\n";
  return $self->_connect_to($self->{client}{host}, $port);
}

sub _open_again ($self) {
  return $self->_connect_to($self->{client}{host}, $self->{again});
}

sub _listen ($self) {
  my $host = $self->{client}->stream->sock->sockhost;
  $self->{listener} = IO::Socket::IP->new(
    LocalHost => $host, LocalPort => 0, Listen => 1)
    or die "data: listening on $host: $@\n";
  return ($host, $self->{listener}->sockport);
}

sub _open_port ($self) {
  my ($host, $port) = $self->_listen;
  $host =~ tr/./,/;
  $self->_ask(sprintf('PORT %s,%d,%d', $host, $port >> 8, $port & 255), 200);
  return;
}

sub _open_eprt ($self) {
  my ($host, $port) = $self->_listen;
  my $family = $host =~ /:/ ? 2 : 1;
  $self->_ask("EPRT |$family|$host|$port|", 200);
  return;
}

sub accept ($self) {
  my $listener = delete $self->{listener} or return $self->is_open;
  $listener->timeout($self->{timeout});
  my $sock = $listener->accept or return 0;
  $sock->blocking(0);
  $self->{sock} = $sock;
  return 1;
}

my @TLS_WORDS = qw(min max ciphers ciphersuites groups alpn sni cert key ca
  status tickets psk role);

# Chooses the session and makes the SSL object, once.
sub prepare ($self) {
  return if $self->{ssl};
  my $client = $self->{client};
  my %tls = map { $_ => $self->{$_} // $client->{tls}{$_} } @TLS_WORDS;
  delete $tls{$_} for grep { !defined $self->{$_} } qw(alpn sni);
  my $session = $client->offer_session($self->{session});
  $self->{offered} = defined $session;
  $self->prepare_tls(%tls, session => $session);
  return;
}

sub handshake ($self) {
  return 1 if !$self->{protected};
  $self->prepare;
  return $self->SUPER::handshake;
}

sub hello ($self, $seconds = 0) {
  $self->prepare;
  $self->SUPER::hello;
  return $seconds ? $self->readable($seconds) : 0;
}

sub finish ($self, $how = 'wait') {
  return '' if !$self->{sock} || $how eq 'open';
  my ($rest, $unread) = ('');
  if ($how eq 'wait') {
    $self->{ssl} ? $self->notify : $self->half_close;
    $rest = $self->wait_notify;
  } elsif ($how eq 'fin') {
    $self->half_close;
    $rest = $self->wait_notify;
  } elsif ($how eq 'notify') {
    $unread = $self->unread;
    $self->notify;
  } elsif ($how ne 'close' && $how ne 'reset') {
    die "data: no way to finish named '$how'\n";
  }
  $self->{unread_at_end} = $unread // $self->unread;
  $how eq 'reset' ? $self->reset : $self->close;
  return $rest;
}

sub unread_at_end ($self) { return $self->{unread_at_end} }

sub facts ($self) {
  return (
    reused    => $self->session_reused ? 1 : 0,
    version   => $self->version,
    cipher    => $self->cipher,
    tickets   => $self->tickets,
    alert     => $self->alert,
    tls_error => $self->error,
    eof       => $self->eof,
    offered   => $self->{offered} ? 1 : 0,
    unread    => $self->{unread_at_end},
    close_notify_seen => ($self->eof // '') eq 'close_notify' ? 1 : 0,
  );
}

1;
