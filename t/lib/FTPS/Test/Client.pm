# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::Client;

=head1 NAME

FTPS::Test::Client - a small scripted FTPS client for tests

=head1 SYNOPSIS

  my $c = FTPS::Test::Client->new(port => $port, ca => $ca, max => '1.2');
  $c->connect;                       # reads the banner
  $c->auth or die $c->error;         # AUTH TLS and the handshake
  $c->login;                         # USER, PASS, PBSZ 0, PROT P, TYPE I
  my $r = $c->stor('name', $bytes);
  is $r->{code}, 226;
  $c->quit;

=head1 DESCRIPTION

Speaks to one server on one control connection.  It does exactly what the test
says, right or wrong; only C<login> and C<open> die when the server refuses.
No wait is longer than C<timeout> (see FTPS::Test::Stream): then it dies and says
what it waited for.

Words of C<new>: C<host> (127.0.0.1), C<port>, C<timeout>, C<implicit>,
C<user> (proftpd), C<password> (test), C<data_mode> (pasv, with IPv6 epsv),
C<data_session> (reuse; see FTPS::Test::Data), and the TLS words of
FTPS::Test::Stream for the control connection.

=head1 METHODS

=over

=item open(%words)

C<new>, C<connect>, C<auth> and C<login> in one.

=item connect

TCP, with C<implicit> the handshake, then the banner: (code, text).  When the
implicit handshake fails: (0, why).

=item auth(MECHANISM, behind => BYTES)

AUTH (default TLS) and, after 234, the handshake.  True when TLS is on.  Otherwise
C<last_reply> and C<error> have the reason.  The bytes of C<behind> are sent in the same
write, after the AUTH line.

=item login(USER, PASSWORD)

Dies when refused.  C<protect> (PBSZ 0, PROT P) is part of it under TLS.

=item cmd(LINE), send_line(LINE), raw(BYTES), reply(SECONDS)

(code, text) of the reply; text without the codes, lines joined by "\n".
The end of the connection is code 0.  C<raw> writes bytes (under TLS, if it is on)
without waiting; C<wire> writes around TLS.

=item is_let_in

AUTH, and the reply to the next command, which is where a client of TLS 1.3
learns that its certificate was refused.

=item no_reply(SECONDS)

True when neither a byte nor the end arrives within that time.

=item abort(HOW)

'plain' ABOR, 'telnet' IAC IP IAC DM before it, 'urgent' with the DM sent as
TCP urgent data (clear control connection only).  Does not read replies.

=item ccc(HOW, then => BYTES)

CCC, then 'notify' (close_notify is sent; default) or 'bare' (it is not), then the bytes
of C<then> in clear, and only then waits for the server's close_notify.  Returns (code, text) of CCC; the connection is in clear
afterwards.

=item data(%words)

A FTPS::Test::Data, opened (PASV sent and connected, or PORT sent).

=item list(ARG), nlst, mlsd, retr(NAME, %o), stor(NAME, BYTES, %o)

One whole transfer.  Words: those of C<data>; C<rest> (offset); C<cmd> (of
C<stor>: STOR, APPE, STOU); C<finish> (how the data connection ends, see
FTPS::Test::Data; 'wait'); C<during> (a sub called with client and data
connection instead of the reading or writing, after the handshake; C<finish> says how a
connection that it leaves open is finished).  Returns a hash: C<pre> and
C<final> ([code, text] each), C<code> and C<text> of the
final one, C<data>, C<ok>, C<times> (seconds: open, preliminary, handshake,
move, final, total) and what C<FTPS::Test::Data::facts> tells.

=item sessions, session, offer_session

All sessions of the control connection as bytes (newest last), the newest one,
and what the policy would offer now.  In TLS 1.3 new tickets are seen only
when something is read from the control connection: reading a reply does.

=item stream, is_tls, error, alert, last_reply, version, cipher, alpn,
session_reused, peer_fingerprint, peer_cert

=item took

Seconds from the last command sent to its reply.

=item quit, close, reset

=back

=cut

use v5.36;
use FTPS::Test::Data;
use FTPS::Test::Patience qw(now);
use FTPS::Test::Stream;
use Socket qw(MSG_OOB);

my @STREAM_WORDS = qw(min max ciphers ciphersuites groups alpn sni cert key ca
  status tickets session psk role);

sub new ($class, %o) {
  my %tls = map { $_ => delete $o{$_} } grep { exists $o{$_} } @STREAM_WORDS;
  my $self = bless {
    host => '127.0.0.1', user => 'proftpd', password => 'test',
    data_session => 'reuse', prot => 'C', buffer => '', %o, tls => \%tls,
  }, $class;
  $self->{data_mode} //= $self->{host} =~ /:/ ? 'epsv' : 'pasv';
  return $self;
}

sub open ($class, %o) {
  my $self = $class->new(%o);
  my ($code, $text) = $self->connect;
  die "client: banner: $code $text\n" if $code != 220;
  if (!$self->{implicit} && !$self->auth) {
    my ($c, $t) = $self->last_reply;
    die "client: AUTH TLS: $c $t; " . $self->error . "\n";
  }
  $self->login;
  return $self;
}

sub connect ($self) {
  $self->{stream} = FTPS::Test::Stream->dial($self->{host}, $self->{port},
    name => 'control', timeout => $self->{timeout}, bind => $self->{bind});
  if ($self->{implicit}) {
    $self->start_tls or return (0, $self->error);
    $self->{prot} = 'P';
  }
  return $self->reply;
}

sub start_tls ($self) {
  die "client: bytes in clear before the handshake: $self->{buffer}\n"
    if length $self->{buffer};
  return $self->{stream}->start_tls($self->{tls}->%*);
}

sub auth ($self, $mechanism = 'TLS', %o) {
  $self->{line} = "AUTH $mechanism";
  $self->raw("$self->{line}\r\n" . ($o{behind} // ''));
  my ($code) = $self->reply;
  return 0 if $code != 234 && $code != 334;
  return $self->start_tls;
}

sub is_let_in ($self) { return $self->auth && ($self->cmd('NOOP'))[0] == 200 }

sub login ($self, $user = $self->{user}, $password = $self->{password}) {
  my ($code, $text) = $self->cmd("USER $user");
  ($code, $text) = $self->cmd("PASS $password") if $code == 331;
  die "client: login: $code $text\n" if $code != 230 && $code != 232;
  $self->protect if $self->is_tls;
  $self->cmd('TYPE I');
  return $self;
}

sub protect ($self, $level = 'P') {
  $self->cmd('PBSZ 0');
  my ($code, $text) = $self->cmd("PROT $level");
  die "client: PROT $level: $code $text\n" if $code != 200;
  return $self;
}

sub stream ($self)     { return $self->{stream} }
sub is_tls ($self)     { return $self->{stream} && $self->{stream}->is_tls }
sub error ($self)      { return $self->{stream}->error }
sub alert ($self)      { return $self->{stream}->alert }
sub version ($self)    { return $self->{stream}->version }
sub cipher ($self)     { return $self->{stream}->cipher }
sub alpn ($self)       { return $self->{stream}->alpn }
sub peer_cert ($self)  { return $self->{stream}->peer_cert }
sub sessions ($self)   { return $self->{stream}->sessions }
sub session ($self)    { return $self->sessions->[-1] }
sub took ($self)       { return $self->{took} }
sub last_reply ($self) { return ($self->{last} // [ 0, '' ])->@* }

sub session_reused ($self)   { return $self->{stream}->session_reused }
sub peer_fingerprint ($self) { return $self->{stream}->peer_fingerprint }

sub raw ($self, $bytes) {
  $self->{sent_at} = now();
  return $self->{stream}->write($bytes);
}

sub wire ($self, $bytes) { return $self->{stream}->raw($bytes) }

sub send_line ($self, $line) {
  $self->{prot} = uc $1 if $line =~ /^PROT ([CP])$/i;
  $self->{line} = $line =~ s/^PASS .*/PASS (hidden)/r;
  return $self->raw("$line\r\n");
}

sub cmd ($self, $line) {
  $self->send_line($line);
  return $self->reply;
}

sub reply ($self, $seconds = $self->{stream}{timeout}) {
  my @lines;
  my $deadline = now() + $seconds;
  while (1) {
    my $line = $self->_line($deadline);
    return $self->_note_reply(0, $self->_end_text) if !defined $line;
    push @lines, $line;
    my ($first) = $lines[0] =~ /^(\d{3})[ -]/
      or die "client: not a reply: $lines[0]\n";
    last if $line =~ /^$first /;
  }
  $self->{raw_reply} = join '', map { "$_\r\n" } @lines;
  my $code = substr $lines[0], 0, 3;
  return $self->_note_reply($code,
    join "\n", map { s/^\Q$code\E[ -]//r } @lines);
}

sub _note_reply ($self, $code, $text) {
  $self->{took} = now() - ($self->{sent_at} // 0);
  $self->{last} = [ $code + 0, $text ];
  return $self->last_reply;
}

sub _end_text ($self) {
  my $stream = $self->{stream};
  return join ': ', 'connection ended', grep { length }
    $stream->eof // '', $stream->alert // '', $stream->error;
}

sub _line ($self, $deadline) {
  while ($self->{buffer} !~ /\n/) {
    my $left = $deadline - now();
    my $got  = $self->{stream}->read_within($left);
    die "client: no reply to '" . ($self->{line} // 'connect')
      . "' in time; so far: '$self->{buffer}'\n" if !defined $got;
    return undef if !length $got;
    $self->{buffer} .= $got;
  }
  $self->{buffer} =~ s/^([^\n]*)\n//;
  my $line = $1;
  $line =~ s/\r$// or die "client: line without CR: $line\n";
  return $line;
}

sub no_reply ($self, $seconds) {
  return 0 if length $self->{buffer};
  my $got = $self->{stream}->read_within($seconds) // return 1;
  $self->{buffer} .= $got;
  return 0;
}

my ($IAC, $IP, $DM) = ("\xff", "\xf4", "\xf2");

sub abort ($self, $how = 'plain') {
  $self->{line} = 'ABOR';
  return $self->raw("ABOR\r\n")                    if $how eq 'plain';
  return $self->raw("$IAC$IP$IAC${DM}ABOR\r\n")    if $how eq 'telnet';
  die "client: no abort named '$how'\n"            if $how ne 'urgent';
  die "client: urgent data on a TLS connection\n"  if $self->is_tls;
  $self->raw("$IAC$IP$IAC");
  $self->{stream}->raw($DM, MSG_OOB);
  return $self->raw("ABOR\r\n");
}

sub ccc ($self, $how = 'notify', %o) {
  my @reply = $self->cmd('CCC');
  return @reply if $reply[0] != 200;
  my $stream = $self->{stream};
  $stream->notify if $how eq 'notify';
  $self->wire($o{then}) if defined $o{then};
  $stream->wait_notify;
  $stream->go_on_in_clear;
  return @reply;
}

# The session bytes that a policy word stands for; undef for a full handshake.
sub offer_session ($self, $policy = $self->{data_session}) {
  return undef if $policy eq 'none';
  return $policy if $policy !~ /^(?:reuse|same)$/;
  return $self->{last_offer} if $policy eq 'same' && $self->{last_offer};
  my $sessions = $self->sessions;
  my $single_use = ($self->version // '') eq 'TLSv1.3';
  $self->{last_offer} = $single_use ? pop @$sessions : $sessions->[-1];
  return $self->{last_offer};
}

sub data ($self, %o) { return FTPS::Test::Data->new($self, %o) }

sub list ($self, $arg = '', %o) { return $self->_listing('LIST', $arg, %o) }
sub nlst ($self, $arg = '', %o) { return $self->_listing('NLST', $arg, %o) }
sub mlsd ($self, $arg = '', %o) { return $self->_listing('MLSD', $arg, %o) }

sub _listing ($self, $verb, $arg, %o) {
  return $self->_transfer(length $arg ? "$verb $arg" : $verb, %o);
}

sub retr ($self, $name, %o) { return $self->_transfer("RETR $name", %o) }

sub stor ($self, $name, $bytes = '', %o) {
  my $verb = delete $o{cmd} // 'STOR';
  my $line = $verb eq 'STOU' && !length $name ? $verb : "$verb $name";
  return $self->_transfer($line, upload => $bytes, %o);
}

# True when the handshake is finished.
sub _begin_early ($d, $how) {
  $d->hello(2) if $how eq 'hello';
  return $how eq 'handshake' && $d->handshake;
}

sub _transfer ($self, $line, %o) {
  my %own = map { $_ => delete $o{$_} } qw(upload rest finish during
    early);
  my (%r, %times);
  my $start = my $at = now();
  my $lap = sub ($step) {
    my $now = now();
    ($times{$step}, $at) = ($now - $at, $now);
  };
  my $d = $self->data(%o);
  $self->cmd("REST $own{rest}") if defined $own{rest};
  my $shaken = _begin_early($d, $own{early} // '');
  $lap->('open');
  $r{pre} = [ $self->cmd($line) ];
  $lap->('preliminary');
  if ($r{pre}[0] >= 100 && $r{pre}[0] < 200) {
    $shaken ||= $d->accept && $d->handshake;
    $lap->('handshake');
    $r{data} = $shaken ? $self->_move($d, \%own) : '';
    $d->close if !$shaken;
    $lap->('move');
    $r{final} = [ $self->reply ];
    $lap->('final');
  } else {
    $r{final} = $r{pre};
    $d->close;
  }
  $times{total} = now() - $start;
  my ($code, $text) = $r{final}->@*;
  return { %r, code => $code, text => $text, times => \%times, $d->facts,
    ok => $code >= 200 && $code < 300 ? 1 : 0, connection => $d };
}

sub _move ($self, $d, $own) {
  my $finish = $own->{finish} // 'wait';
  if ($own->{during}) {
    my $got = $own->{during}->($self, $d) // '';
    return $got . ($d->is_open ? $d->finish($finish) : '');
  }
  if (defined $own->{upload}) {
    $d->write($own->{upload});
    return $d->finish($finish);
  }
  my $got = $d->wait_notify;
  return $got . $d->finish($finish);
}

sub quit ($self) {
  my @reply = $self->cmd('QUIT');
  $self->{stream}->notify if $self->is_tls;
  $self->close;
  return @reply;
}

sub close ($self) { return $self->{stream} && $self->{stream}->close }
sub reset ($self) { return $self->{stream} && $self->{stream}->reset }

1;
