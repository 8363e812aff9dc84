#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# CCC: the control connection goes on in clear, with every way in which a client
# may use its close_notify, and no command is swallowed or invented.  Data
# connections may resume the session of the control connection as before.  Data
# connections from the client's address need not, unless TLSOptions
# SessionReuseRequiredAfterCCC is set; those from elsewhere always must.
# Commands in clear weaken nothing.  Replies are in 21-replies.t, real clients
# in 71-clients-ccc.t.

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Socket qw(IPPROTO_TCP);
use Test::More;

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::Server;

FTPS::Test::Server->any_user;

my $TCP_CORK = 3;
my $TICKETS = 16;
my @VERSION = (
  { name => 'TLS 1.2', tls => { max => '1.2' } },
  { name => 'TLS 1.2 ids', tls => { max => '1.2', tickets => 0 } },
  { name => 'TLS 1.3', tls => { min => '1.3' }, single_use => 1 },
);

my $BIG = join '', map { pack('N', $_) x 256 } 1 .. 10240;
my $REFUSED = "TLS session of the control connection was not resumed; "
  . "switch on TLS session reuse in the client\n"
  . 'Unable to build data connection: Operation not permitted';

sub in_one_segment ($c, $code) {
  my $sock = $c->stream->sock;
  setsockopt $sock, IPPROTO_TCP, $TCP_CORK, 1 or die "TCP_CORK: $!\n";
  $code->();
  setsockopt $sock, IPPROTO_TCP, $TCP_CORK, 0 or die "TCP_CORK: $!\n";
  return;
}

# The server's close_notify, and clear text from here on.
sub cleared ($c) {
  is $c->stream->wait_notify, '', 'nothing more comes under TLS';
  is $c->stream->eof, 'close_notify', 'the server sends close_notify';
  $c->stream->go_on_in_clear;
  return;
}

sub ask_ccc ($c) {
  my ($code, $text) = $c->cmd('CCC');
  is "$code $text", '200 Clearing control channel protection', 'CCC';
  return;
}

sub answers ($c, $name) {
  my ($code, $text) = $c->reply;
  is "$code $text", '200 NOOP command successful', $name;
  return;
}

# What clients do after the 200.  Each ends with one NOOP under way in clear.
my %CLIENT = (
  'close_notify, waits for the other, command' => sub ($c) {
    ask_ccc($c);
    $c->stream->notify;
    cleared($c);
    $c->raw("NOOP\r\n");
  },
  'close_notify and command at once' => sub ($c) {
    ask_ccc($c);
    $c->stream->notify;
    $c->wire("NOOP\r\n");
    cleared($c);
  },
  'close_notify and command in one segment' => sub ($c) {
    ask_ccc($c);
    in_one_segment($c, sub {
      $c->stream->notify;
      $c->wire("NOOP\r\n");
    });
    cleared($c);
  },
  'close_notify and the CR in one segment, the LF behind it' => sub ($c) {
    ask_ccc($c);
    in_one_segment($c, sub {
      $c->stream->notify;
      $c->wire("NOOP\r");
    });
    cleared($c);
    $c->raw("\n");
  },
  'a command without close_notify' => sub ($c) {
    ask_ccc($c);
    $c->wire("NOOP\r\n");
    cleared($c);
  },
  'a command without close_notify, later' => sub ($c) {
    ask_ccc($c);
    cleared($c);
    ok $c->no_reply(0.3), 'the server waits';
    $c->raw("NOOP\r\n");
  },
  'close_notify late, command later' => sub ($c) {
    ask_ccc($c);
    ok !length $c->stream->wait_notify, 'close_notify of the server';
    select undef, undef, undef, 0.3;
    $c->stream->notify;
    $c->stream->go_on_in_clear;
    ok $c->no_reply(0.3), 'it is not taken for a command';
    $c->raw("NOOP\r\n");
  },
  'close_notify in pieces' => sub ($c) {
    ask_ccc($c);
    cleared_by_hand($c);
    $c->raw("NOOP\r\n");
  },
  'commands under TLS behind CCC' => sub ($c) {
    in_one_segment($c, sub {
      $c->raw("CCC\r\nNOOP\r\n");
      $c->raw("NOOP\r\n");
      $c->stream->notify;
      $c->wire("NOOP\r\n");
    });
    my ($code) = $c->reply;
    is $code, 200, 'CCC';
    cleared($c);
    answers($c, 'the command in the same record');
    answers($c, 'the command in a record of its own');
  },
);

# The client's close_notify is caught on its way and sent in two pieces.
sub cleared_by_hand ($c) {
  my $stream = $c->stream;
  socketpair my $ours, my $caught, Socket::AF_UNIX(), Socket::SOCK_STREAM(), 0
    or die "socketpair: $!\n";
  Net::SSLeay::set_wfd($stream->ssl, fileno $ours);
  $stream->notify;
  Net::SSLeay::set_fd($stream->ssl, fileno $stream->sock);
  sysread $caught, my $record, 100 or die "no close_notify: $!\n";
  cmp_ok length($record), '>=', 7, 'a record';
  $stream->raw(substr $record, 0, 3);
  cleared($c);
  $stream->raw(substr $record, 3);
  return;
}

sub play_client ($srv, $version, $name) {
  my $c = $srv->client($version->{tls}->%*);
  $CLIENT{$name}->($c);
  answers($c, 'the first command in clear');
  my ($code, $text) = $c->cmd('NOOP');
  is "$code $text", '200 NOOP command successful', 'and the next';
  ok $c->no_reply(0.05), 'and that is all';
  return $c;
}

# The daemon accepts nobody for a moment after a session has ended, so they all
# end together.
sub quit_all (@clients) {
  $_->send_line('QUIT') for @clients;
  is_deeply [$_->reply], [221, 'Goodbye.'], 'QUIT' for @clients;
  $_->close for @clients;
  return;
}

sub transfers_well ($srv, $c, $version) {
  my %reused = (reused => 1, tickets => 0, code => 226);
  my $check = sub ($name, $r, %more) {
    my %want = (%reused, %more);
    is_deeply { map { $_ => $r->{$_} } keys %want }, \%want, $name
      or diag explain $r;
  };
  $srv->write_file('source', 'some bytes');
  $check->('LIST', $c->list);
  $check->('MLSD', $c->mlsd);
  $check->('RETR', $c->retr('source'), data => 'some bytes');
  $check->('RETR, active', $c->retr('source', mode => 'port'),
    data => 'some bytes');
  $check->('STOR by a client that never reads',
    $c->stor('big', $BIG, finish => 'notify'));
  ok $srv->read_file('big') eq $BIG, 'the file is complete';
  $check->('APPE', $c->stor('source', ' and more', cmd => 'APPE'));
  is $srv->read_file('source'), 'some bytes and more', 'the file';
  return;
}

sub is_refused ($srv, $c, $name, %o) {
  $srv->write_file('old', 'old bytes');
  my $r = $c->stor('old', 'new bytes', %o);
  is "$r->{code} $r->{text}", "425 $REFUSED", "$name: refused";
  is $srv->read_file('old'), 'old bytes', "$name: the file";
  return;
}

sub refuses_others ($srv, $c, $other) {
  my %case = ('no session' => 'none', 'of another login' => $other->session);
  for my $name (sort keys %case) {
    is_refused($srv, $c, $name, session => $case{$name});
  }
  $srv->like_tlslog(qr/client did not reuse TLS session, rejecting data /);
  return;
}

# Who is on the way writes into the control connection what he likes.
sub weakens_nothing ($c) {
  is_deeply [$c->cmd('PROT C')],
    [534, 'Unwilling to accept security parameters'], 'PROT C';
  is_deeply [$c->cmd('SSCN ON')],
    [503, 'SSCN ON not allowed on insecure control connection'], 'SSCN ON';
  is_deeply [$c->cmd('SSCN')], [200, 'SSCN:SERVER METHOD'], 'SSCN';
  $c->{prot} = 'P';
  my $r = $c->retr('old');
  is "$r->{code} $r->{data}", '226 old bytes', 'RETR is still protected';
  return;
}

# Nobody reads the control connection while the data connection is stuck.
sub aborts ($c) {
  my $r = $c->retr('big', finish => 'reset', during => sub ($client, $d) {
    $d->read_some(1000);
    select undef, undef, undef, 0.1;
    $client->abort('plain');
    return '';
  });
  like "$r->{code} $r->{text}", qr/^426 Transfer aborted/, 'ABOR: 426';
  is +($c->reply)[0], 226, 'and 226';
  return;
}

# A client that spends each ticket once.
sub runs_dry ($srv, $c) {
  my @tickets = $c->sessions->@*;
  my $good = grep { $c->retr('old', session => $_)->{reused} } @tickets;
  is $good, @tickets, "one transfer with each of $good tickets";
  my $r = $c->retr('old', session => 'none');
  is "$r->{code} $r->{text}", "425 $REFUSED", 'then none';
  is $c->retr('old', session => $tickets[0])->{code}, 226,
    'but a ticket serves again';
  return;
}

sub play_data ($srv, $version) {
  my %to = (vhost => 'strict.test', $version->{tls}->%*);
  my $other = $srv->client(%to, user => 'third');
  my $c = $srv->client(%to);
  my $before = $c->stream->tickets;
  is +($c->ccc)[0], 200, 'CCC';
  if ($version->{single_use}) {
    is $c->stream->tickets - $before, $TICKETS, 'tickets with the reply';
  }
  transfers_well($srv, $c, $version);
  refuses_others($srv, $c, $other);
  weakens_nothing($c);
  aborts($c);
  runs_dry($srv, $c) if $version->{single_use};
  is +($c->cmd('NOOP'))[0], 200, 'the session goes on';
  $_->quit for $c, $other;
  return;
}

# Clients that cannot resume, at the other server.
sub play_full ($srv, $version) {
  my %full = (session => 'none');
  my $c = $srv->client($version->{tls}->%*);
  is +($c->ccc)[0], 200, 'CCC';
  $srv->write_file('source', 'some bytes');
  for my $mode (qw(pasv port)) {
    my $r = $c->retr('source', mode => $mode, %full);
    is "$r->{code} $r->{data}", '226 some bytes', "RETR, $mode";
    ok !$r->{reused}, 'with a full handshake';
    is $r->{tickets}, 0, 'and without tickets';
  }
  $srv->like_tlslog(qr/data connection after CCC did not reuse the TLS session/);
  is $c->stor('new', $BIG, finish => 'notify', %full)->{code}, 226, 'STOR';
  ok $srv->read_file('new') eq $BIG, 'the file is complete';
  is $c->retr('source')->{reused}, 1, 'it may resume as well';
  {
    local $c->{bind} = '127.0.0.2';
    is_refused($srv, $c, 'from elsewhere', %full);
    my $r = $c->stor('old', 'again');
    is "$r->{code} $r->{reused}", '226 1', 'from elsewhere, resumed';
  }
  weakens_nothing($c) if $srv->write_file('old', 'old bytes');
  $c->quit;
  return;
}

# Who has resumed is able to.
sub play_full_too_late ($srv) {
  my $c = $srv->client;
  is $c->list->{reused}, 1, 'a listing';
  is +($c->ccc)[0], 200, 'CCC';
  is_refused($srv, $c, 'no session', session => 'none');
  $c->quit;
  return;
}

# PORT comes in clear after CCC.
sub ends_client_role ($srv) {
  my $c = $srv->client;
  is_deeply [$c->cmd('SSCN ON')], [200, 'SSCN:CLIENT METHOD'], 'SSCN ON';
  $c->ccc;
  is_deeply [$c->cmd('SSCN')], [200, 'SSCN:SERVER METHOD'], 'OFF after CCC';
  $srv->like_tlslog(qr/SSCN OFF: after CCC/);
  $c->quit;
  return;
}

my $srv = FTPS::Test::Server->new(
  extra => ['AllowForeignAddress on'],
  vhosts => [{ name => 'strict.test', port => 'own',
    tls => 'TLSOptions SessionReuseRequiredAfterCCC' }]);
$srv->start;
my @clients;
for my $version (@VERSION) {
  next if $version->{name} =~ /ids/;
  for my $name (sort keys %CLIENT) {
    subtest "$version->{name}: $name" =>
      sub { push @clients, play_client($srv, $version, $name) };
  }
}
subtest 'QUIT' => sub { quit_all(@clients) };
for my $version (@VERSION) {
  subtest "$version->{name}: data connections" =>
    sub { play_data($srv, $version) };
  subtest "$version->{name}: data connections that do not resume" =>
    sub { play_full($srv, $version) };
}
subtest 'full handshakes after resumed ones' =>
  sub { play_full_too_late($srv) };
subtest 'SSCN ON before CCC' => sub { ends_client_role($srv) };

subtest 'the connection ends' => sub {
  for my $how (qw(close reset)) {
    my $c = $srv->client;
    $c->ccc('bare');
    $c->$how;
  }
  ok $srv->wait_sessions(0), 'and so do the sessions';
};
$srv->like_tlslog(qr/received CCC, clearing control channel protection/);
is $srv->stop, 0, 'exit status';

subtest 'refused' => sub {
  for my $case (
    ['TLSRequired on', [], qr/refused: CCC: TLSRequired/],
    ['TLSRequired ctrl', [], qr/refused: CCC: TLSRequired/],
    ['TLSRequired off', ['<Limit CCC>', 'DenyAll', '</Limit>'],
      qr/refused: CCC: denied by <Limit>/],
  ) {
    my ($tls, $extra, $line) = @$case;
    my $server = FTPS::Test::Server->new(tls => [$tls], extra => $extra);
    $server->start;
    my $c = $server->client;
    is_deeply [$c->cmd('CCC')], [534, 'Unwilling to accept security parameters'],
      "$tls @$extra";
    is +($c->cmd('NOOP'))[0], 200, 'still under TLS';
    $server->like_tlslog($line);
    $c->quit;
    is $server->stop, 0, 'exit status';
  }
};

subtest 'implicit TLS' => sub {
  my $server = FTPS::Test::Server->new(tls => ['TLSOptions UseImplicitSSL']);
  $server->start;
  my $c = $server->client(implicit => 1);
  $c->ccc;
  is +($c->cmd('NOOP'))[0], 200, 'NOOP';
  $server->write_file('source', 'some bytes');
  is $c->retr('source')->{data}, 'some bytes', 'RETR';
  $c->quit;
  is $server->stop, 0, 'exit status';
};

done_testing;
