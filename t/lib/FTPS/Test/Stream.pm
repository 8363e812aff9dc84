# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::Stream;

=head1 NAME

FTPS::Test::Stream - one TCP stream, clear or TLS, with a limit for each wait

=head1 SYNOPSIS

  my $s = FTPS::Test::Stream->dial('127.0.0.1', $port);
  $s->start_tls(min => '1.3', sni => 'ftps.test') or die $s->error;
  $s->write("NOOP\r\n");
  my $bytes = $s->read_some;        # '' at the end: see $s->eof

=head1 DESCRIPTION

What the control connection (FTPS::Test::Client) and data connections
(FTPS::Test::Data) have in common.  The socket is non-blocking; a wait that
makes no progress for C<timeout> seconds dies and says what it waited for; they
are a measure of L<FTPS::Test::Patience>, which is the default.

TLS words, given to C<prepare_tls> or C<start_tls>: C<min>, C<max> ('1.0' to
'1.3'), C<ciphers> (TLS 1.2 and older, may hold @SECLEVEL=0), C<ciphersuites>
(TLS 1.3), C<groups>, C<alpn> (array), C<sni>, C<cert>, C<key>, C<ca> (verify
the peer against it), C<tickets> (0: TLS 1.2 with session ids only),
C<status> (true: ask for a stapled OCSP response),
C<session> (bytes as C<sessions> holds them), C<psk> (array: identity, key in
hexadecimal), C<role> ('client' or 'server').

Sessions are kept as bytes (i2d), never as pointers, so that one may be used
any number of times, by any stream, and there is no reference to count.

=head1 METHODS

=over

=item dial(HOST, PORT, %o), adopt(SOCKET, %o)

A connected stream.  Words: C<timeout>, C<name> (for messages), C<bind>
(local address).

=item prepare_tls(%tls), handshake, start_tls(%tls)

C<handshake> is true on success; else C<error> and C<alert> tell why.
C<start_tls> does both.

=item hello

Sends the ClientHello and reads nothing; C<handshake> continues from there.

=item write(BYTES), raw(BYTES)

True on success; C<raw> goes around TLS.

=item read_some(MAX)

Bytes; '' at the end of the stream, when C<eof> is one of close_notify, fin,
reset, error.

=item read_within(SECONDS, MAX)

The same, but undef when no byte (of the application) came in that time.

=item readable(SECONDS)

Whether anything arrives on the wire within that time: bytes, a TLS ticket, the
end.

=item notify, wait_notify, half_close, close, reset

Send close_notify; read to the end and return what came; send a plain FIN and
keep reading; close (without close_notify); close with RST.

=item stapled

The result of C<status>: the OCSP response as DER, '' if there was none,
undef if no handshake got that far.

=item error, eof, alert, sent_alert, tickets, key_updates, sent_key_updates,
unread, sessions, is_tls, session_reused, version, cipher, alpn, peer_cert,
peer_fingerprint

C<alert> is the last one received as text ("handshake failure"), C<tickets>
the number of NewSessionTicket messages received, C<key_updates> and
C<sent_key_updates> that of KeyUpdate messages (RFC 8446, 4.6.3), C<unread> the
number of raw bytes that lie in the socket, C<sessions> an array reference, newest last.

=back

=head1 DIAGNOSTICS

Dies "NAME: timeout after N s: WHAT" when a wait is over.

=cut

use v5.36;
use Errno qw(EAGAIN EINTR ECONNRESET EPIPE);
use FTPS::Test::Patience qw(now patience);
use IO::Socket::IP;
use Net::SSLeay;
use Socket qw(SOL_SOCKET SO_LINGER SHUT_WR);

Net::SSLeay::initialize();

my %VERSION = (
  '1.0' => 0x0301, '1.1' => 0x0302, '1.2' => 0x0303, '1.3' => 0x0304,
);
my $CHUNK    = 16384;
my $FIONREAD = 0x541B;

sub dial ($class, $host, $port, %o) {
  my $sock = IO::Socket::IP->new(
    PeerHost => $host, PeerPort => $port, Timeout => patience($o{timeout} // ()),
    defined $o{bind} ? (LocalHost => $o{bind}) : ())
    or die(($o{name} // 'stream') . ": connecting to $host port $port: $@\n");
  return $class->adopt($sock, %o);
}

sub adopt ($class, $sock, %o) {
  my $self = bless {
    name => 'stream', error => '', eof => undef, sessions => [],
    seen => { tickets => 0 }, %o, sock => $sock,
    timeout => patience($o{timeout} // ()),
  }, $class;
  $sock->blocking(0) if $sock;
  return $self;
}

sub error ($self)      { return $self->{error} }
sub eof ($self)        { return $self->{eof} }
sub alert ($self)      { return $self->{seen}{alert} }
sub sent_alert ($self) { return $self->{seen}{sent_alert} }
sub tickets ($self)    { return $self->{seen}{tickets} }
sub key_updates ($self) { return $self->{seen}{key_updates} // 0 }
sub sent_key_updates ($self) { return $self->{seen}{sent_key_updates} // 0 }
sub stapled ($self)    { return $self->{seen}{stapled} }
sub sessions ($self)   { return $self->{sessions} }
sub is_tls ($self)     { return $self->{ssl} ? 1 : 0 }
sub is_open ($self)    { return $self->{sock} ? 1 : 0 }
sub sock ($self)       { return $self->{sock} }
sub ssl ($self)        { return $self->{ssl} }

sub prepare_tls ($self, %t) {
  my $ctx = $self->{ctx} = Net::SSLeay::CTX_new_with_method(
    Net::SSLeay::TLS_method()) or die "$self->{name}: no SSL_CTX\n";
  $self->_configure($ctx, \%t);
  my $ssl = $self->{ssl} = Net::SSLeay::new($ctx);
  Net::SSLeay::set_fd($ssl, fileno $self->{sock});
  Net::SSLeay::set_tlsext_host_name($ssl, $t{sni}) if defined $t{sni};
  if (defined $t{session}) {
    my $session = Net::SSLeay::d2i_SSL_SESSION($t{session})
      or die "$self->{name}: session bytes cannot be read\n";
    Net::SSLeay::set_session($ssl, $session);
    Net::SSLeay::SESSION_free($session);
  }
  Net::SSLeay::set_tlsext_status_type($ssl,
    Net::SSLeay::TLSEXT_STATUSTYPE_ocsp()) if $t{status};
  $self->_watch_messages($ssl);
  $self->{role} = $t{role} // 'client';
  return $self;
}

sub _configure ($self, $ctx, $t) {
  my $must = sub ($ok, $what) {
    die "$self->{name}: $what: " . _openssl_errors() . "\n" if !$ok;
  };
  $must->(Net::SSLeay::CTX_set_min_proto_version($ctx, $VERSION{ $t->{min} }),
    "min $t->{min}") if $t->{min};
  $must->(Net::SSLeay::CTX_set_max_proto_version($ctx, $VERSION{ $t->{max} }),
    "max $t->{max}") if $t->{max};
  $must->(Net::SSLeay::CTX_set_cipher_list($ctx, $t->{ciphers}), 'ciphers')
    if defined $t->{ciphers};
  $must->(Net::SSLeay::CTX_set_ciphersuites($ctx, $t->{ciphersuites}),
    'ciphersuites') if defined $t->{ciphersuites};
  $must->(Net::SSLeay::CTX_set1_groups_list($ctx, $t->{groups}), 'groups')
    if defined $t->{groups};
  Net::SSLeay::CTX_set_alpn_protos($ctx, $t->{alpn}) if $t->{alpn};
  Net::SSLeay::CTX_set_psk_client_callback($ctx, sub { $t->{psk}->@* })
    if $t->{psk};
  if (defined $t->{cert}) {
    $must->(Net::SSLeay::CTX_use_certificate_chain_file($ctx, $t->{cert}),
      "certificate $t->{cert}");
    $must->(Net::SSLeay::CTX_use_PrivateKey_file($ctx, $t->{key} // $t->{cert},
      Net::SSLeay::FILETYPE_PEM()), 'private key');
  }
  if ($t->{status}) {
    my $seen = $self->{seen};
    Net::SSLeay::CTX_set_tlsext_status_cb($ctx, sub ($ssl, $response, @rest) {
      $seen->{stapled} =
        $response ? Net::SSLeay::i2d_OCSP_RESPONSE($response) : '';
      return 1;
    });
  }
  if (defined $t->{ca}) {
    $must->(Net::SSLeay::CTX_load_verify_locations($ctx, $t->{ca}, ''),
      "CA file $t->{ca}");
    Net::SSLeay::CTX_set_verify($ctx, Net::SSLeay::VERIFY_PEER());
  }
  if (defined $t->{tickets} && !$t->{tickets}) {
    Net::SSLeay::CTX_set_options($ctx, Net::SSLeay::OP_NO_TICKET());
  }
  Net::SSLeay::CTX_set_mode($ctx, Net::SSLeay::MODE_ENABLE_PARTIAL_WRITE()
      | Net::SSLeay::MODE_ACCEPT_MOVING_WRITE_BUFFER());
  # 0x001 client side, 0x300 neither looked up nor stored in the context.
  Net::SSLeay::CTX_set_session_cache_mode($ctx, 0x301);
  my $sessions = $self->{sessions};
  Net::SSLeay::CTX_sess_set_new_cb($ctx, sub ($ssl, $session) {
    push @$sessions, Net::SSLeay::i2d_SSL_SESSION($session);
    return 0;
  });
  return;
}

sub _watch_messages ($self, $ssl) {
  my $seen = $self->{seen};
  Net::SSLeay::set_msg_callback($ssl,
    sub ($sent, $version, $type, $bytes, @rest) {
      if ($type == 22 && !$sent && ord($bytes) == 4) {
        $seen->{tickets}++;
      } elsif ($type == 22 && ord($bytes) == 24) {
        $seen->{ $sent ? 'sent_key_updates' : 'key_updates' }++;
      } elsif ($type == 21) {
        my $code = ord substr $bytes, 1, 1;
        $seen->{ $sent ? 'sent_alert' : 'alert' } =
          Net::SSLeay::alert_desc_string_long($code);
      }
    });
  return;
}

sub handshake ($self) {
  my $step = $self->{role} eq 'server'
    ? \&Net::SSLeay::accept : \&Net::SSLeay::connect;
  my $done = $self->_attempt('TLS handshake', sub { $step->($self->{ssl}) });
  $self->{shaken} = 1 if $done;
  $self->_keep_resumed if $done;
  return $done ? 1 : 0;
}

# In TLS 1.2 OpenSSL calls back for new sessions only, not for the new ticket
# that a resumed one gets.
sub _keep_resumed ($self) {
  my $ssl = $self->{ssl};
  return if !Net::SSLeay::session_reused($ssl)
    || Net::SSLeay::version($ssl) > 0x0303;
  push @{ $self->{sessions} },
    Net::SSLeay::i2d_SSL_SESSION(Net::SSLeay::get_session($ssl));
  return;
}

sub start_tls ($self, %t) {
  $self->prepare_tls(%t);
  return $self->handshake;
}

sub hello ($self) {
  local $SIG{PIPE} = 'IGNORE';
  # Reads from a descriptor without bytes, so that a quick answer stays unread.
  pipe my $silent, my $hold or die "$self->{name}: pipe: $!\n";
  IO::Handle::blocking($silent, 0);
  Net::SSLeay::set_rfd($self->{ssl}, fileno $silent);
  Net::SSLeay::ERR_clear_error();
  Net::SSLeay::connect($self->{ssl});
  Net::SSLeay::set_rfd($self->{ssl}, fileno $self->{sock});
  return;
}

# Repeats one OpenSSL call until it is done (true), or fails (0): then `eof`
# and `error` are set.  With $seconds a wait that is over is undef, not death.
sub _attempt ($self, $what, $call, $seconds = undef) {
  local $SIG{PIPE} = 'IGNORE';
  my $deadline = now() + ($seconds // $self->{timeout});
  while (1) {
    Net::SSLeay::ERR_clear_error();
    $! = 0;
    my $r = $call->();
    return $r if $r > 0;
    my $errno = $! + 0;
    my $kind = Net::SSLeay::get_error($self->{ssl}, $r);
    if ($kind == Net::SSLeay::ERROR_WANT_READ()) {
      return undef if defined $seconds
        && !$self->_select('r', $deadline - now());
      $self->_wait('r', $deadline, $what) if !defined $seconds;
    } elsif ($kind == Net::SSLeay::ERROR_WANT_WRITE()) {
      $self->_wait('w', $deadline, $what);
    } else {
      $self->_note_failure($kind, $errno);
      return 0;
    }
  }
}

sub _note_failure ($self, $kind, $errno) {
  my $text = _openssl_errors();
  if ($kind == Net::SSLeay::ERROR_ZERO_RETURN()) {
    $self->{eof} = 'close_notify';
    $self->{error} = 'close_notify received' if !$self->{shaken};
    return;
  }
  if ($errno == ECONNRESET || $errno == EPIPE) {
    $self->{eof} = 'reset';
    $text ||= 'connection reset';
  } elsif ($text =~ /unexpected eof/i
      || ($kind == Net::SSLeay::ERROR_SYSCALL() && $errno == 0)) {
    $self->{eof} = 'fin';
    $text ||= 'connection closed';
  } else {
    $self->{eof} = 'error';
  }
  $self->{error} = $text || do { local $! = $errno; "$!" };
  return;
}

sub _openssl_errors () {
  my @texts;
  while (my $code = Net::SSLeay::ERR_get_error()) {
    push @texts, Net::SSLeay::ERR_error_string($code);
  }
  return join '; ', @texts;
}

sub _wait ($self, $mode, $deadline, $what) {
  my $left = $deadline - now();
  if ($left <= 0 || !$self->_select($mode, $left)) {
    die "$self->{name}: timeout after $self->{timeout} s: $what\n";
  }
  return;
}

sub _select ($self, $mode, $seconds) {
  my $end = now() + ($seconds > 0 ? $seconds : 0);
  while (1) {
    my ($r, $w) = ('', '');
    vec($mode eq 'w' ? $w : $r, fileno $self->{sock}, 1) = 1;
    my $left = $end - now();
    my $n = select $r, $w, undef, $left > 0 ? $left : 0;
    return $n > 0 ? 1 : 0 if $n >= 0 || $! != EINTR;
  }
}

sub readable ($self, $seconds) {
  return 1 if $self->{ssl} && Net::SSLeay::pending($self->{ssl});
  return $self->_select('r', $seconds);
}

sub write ($self, $bytes) {
  return $self->raw($bytes) if !$self->{ssl};
  my $at = 0;
  while ($at < length $bytes) {
    my $piece = substr $bytes, $at, $CHUNK;
    my $n = $self->_attempt('TLS write',
      sub { Net::SSLeay::write($self->{ssl}, $piece) });
    return 0 if !$n;
    $at += $n;
  }
  return 1;
}

sub raw ($self, $bytes, $flags = 0) {
  local $SIG{PIPE} = 'IGNORE';
  my $deadline = now() + $self->{timeout};
  while (length $bytes) {
    my $n = send $self->{sock}, $bytes, $flags;
    if (defined $n) {
      substr $bytes, 0, $n, '';
      $deadline = now() + $self->{timeout};
    } elsif ($! == EAGAIN || $! == EINTR) {
      $self->_wait('w', $deadline, 'write');
    } else {
      $self->{eof} = 'reset';
      $self->{error} = "write: $!";
      return 0;
    }
  }
  return 1;
}

sub read_some ($self, $max = $CHUNK) {
  my $got = $self->read_within($self->{timeout}, $max);
  die "$self->{name}: timeout after $self->{timeout} s: read\n"
    if !defined $got;
  return $got;
}

sub read_within ($self, $seconds, $max = $CHUNK) {
  return '' if defined $self->{eof};
  return $self->_read_clear($seconds, $max) if !$self->{ssl};
  my $got;
  my $n = $self->_attempt('TLS read', sub {
    ($got, my $rv) = Net::SSLeay::read($self->{ssl}, $max);
    return $rv;
  }, $seconds);
  return defined $n ? $n ? $got : '' : undef;
}

sub _read_clear ($self, $seconds, $max) {
  my $deadline = now() + $seconds;
  while (1) {
    my $n = sysread($self->{sock}, my $got, $max);
    return $got if $n;
    if (defined $n) {
      $self->{eof} = 'fin';
      return '';
    }
    if ($! != EAGAIN && $! != EINTR) {
      $self->{eof}   = $! == ECONNRESET ? 'reset' : 'error';
      $self->{error} = "read: $!";
      return '';
    }
    return undef if !$self->_select('r', $deadline - now());
  }
}

sub notify ($self) {
  return 0 if !$self->{shaken} || !$self->{sock};
  local $SIG{PIPE} = 'IGNORE';
  my $deadline = now() + $self->{timeout};
  while (1) {
    Net::SSLeay::ERR_clear_error();
    my $r = Net::SSLeay::shutdown($self->{ssl});
    return 1 if $r >= 0;
    my $kind = Net::SSLeay::get_error($self->{ssl}, $r);
    # The close_notify is out: what is missing is the peer's.
    return 1 if $kind == Net::SSLeay::ERROR_WANT_READ();
    return 0 if $kind != Net::SSLeay::ERROR_WANT_WRITE();
    $self->_wait('w', $deadline, 'close_notify');
  }
}

sub wait_notify ($self) {
  my $all = '';
  while (length(my $got = $self->read_some)) {
    $all .= $got;
  }
  return $all;
}

sub half_close ($self) { return shutdown $self->{sock}, SHUT_WR }

sub unread ($self) {
  my $n = pack 'i', 0;
  ioctl $self->{sock}, $FIONREAD, $n or return 0;
  return unpack 'i', $n;
}

# From TLS back to clear text on the same socket (CCC).
sub go_on_in_clear ($self) {
  $self->_free_tls;
  $self->{eof} = undef if ($self->{eof} // '') eq 'close_notify';
  return;
}

sub _free_tls ($self) {
  Net::SSLeay::free(delete $self->{ssl}) if $self->{ssl};
  Net::SSLeay::CTX_free(delete $self->{ctx}) if $self->{ctx};
  delete $self->{shaken};
  return;
}

sub close ($self) {
  $self->_remember_facts;
  $self->_free_tls;
  my $sock = delete $self->{sock};
  CORE::close($sock) if $sock;
  return;
}

sub reset ($self) {
  setsockopt $self->{sock}, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0
    if $self->{sock};
  return $self->close;
}

# The accessors below answer after the end of the connection as well.
sub _remember_facts ($self) {
  return if !$self->{ssl} || !$self->{shaken};
  $self->{facts} = {
    map { $_ => $self->$_ } qw(session_reused version cipher alpn
      peer_cert peer_fingerprint) };
  return;
}

sub _fact ($self, $name, $ask) {
  return $self->{facts}{$name} if !$self->{ssl} || !$self->{shaken};
  return $ask->($self->{ssl});
}

sub session_reused ($self) {
  return $self->_fact(session_reused => \&Net::SSLeay::session_reused);
}

sub version ($self) {
  return $self->_fact(version => \&Net::SSLeay::get_version);
}

sub cipher ($self) {
  return $self->_fact(cipher => \&Net::SSLeay::get_cipher);
}

sub alpn ($self) {
  return $self->_fact(alpn => \&Net::SSLeay::P_alpn_selected);
}

sub peer_fingerprint ($self) {
  return $self->_fact(peer_fingerprint => sub ($ssl) {
    my $x509 = Net::SSLeay::get_peer_certificate($ssl) or return;
    my $print = Net::SSLeay::X509_get_fingerprint($x509, 'sha256');
    Net::SSLeay::X509_free($x509);
    return $print;
  });
}

sub peer_cert ($self) {
  return $self->_fact(peer_cert => sub ($ssl) {
    my $x509 = Net::SSLeay::get_peer_certificate($ssl) or return;
    my $pem = Net::SSLeay::PEM_get_string_X509($x509);
    Net::SSLeay::X509_free($x509);
    return $pem;
  });
}

sub DESTROY ($self) {
  local ($@, $!, $?);
  $self->close;
  return;
}

1;
