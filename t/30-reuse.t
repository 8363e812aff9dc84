#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# A data connection is accepted if it resumes the session of its own control
# connection, and only then: TLSOptions OwnSessionOnly is set here, and
# t/30-same-login.t tests what is accepted without it.  One table says what the client offers, in which
# version and for which command.  Accepted transfers are compared byte for byte.
# A refusal must give the reason to the client and to TLSLog, at once, and must
# leave files and control session alone.
#
# After the table: options that switch the rule off, tickets that are used once,
# resumption of control sessions, and events that may not end a session's life.

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp ();
use Test::More;
use Time::HiRes ();

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::PKI;
use FTPS::Test::Server;
use FTPS::Test::Stolen qw(damaged without_secret);

FTPS::Test::Server->any_user;

my @VERSION = (
  { name => 'TLS 1.2 tickets', tls => { max => '1.2' }, tickets => 1 },
  { name => 'TLS 1.2 ids', tls => { max => '1.2', tickets => 0 } },
  { name => 'TLS 1.3', tls => { min => '1.3' }, tickets => 1, fresh => 1 },
);

# What the client offers for resumption.
my @OFFER = (
  { name => 'own', is_good => 1, session => sub ($s) { return 'reuse' } },
  { name => 'of another login', session => sub ($s) {
      return $s->{other}->session } },
  { name => 'of a previous connection', session => sub ($s) {
      return $s->{previous} } },
  { name => 'none', session => sub ($s) { return 'none' } },
  { name => 'damaged', session => sub ($s) {
      return damaged($s->{client}->session) } },
);

my $REFUSED = "TLS session of the control connection was not resumed; "
  . "switch on TLS session reuse in the client\n"
  . 'Unable to build data connection: Operation not permitted';
my $LOGGED = 'client did not reuse TLS session, rejecting data connection '
  . '(see the NoSessionReuseRequired TLSOptions parameter)';

my $OLD = "bytes that were there before\n";
my $NEW = join '', map { chr($_ * 7 % 256) } 1 .. 5000;
my $BIG = pattern(10 << 20);

# file: what the upload's file holds afterwards.  few: a part of the rows only.
my @COMMAND = (
  { name => 'LIST', run => sub ($c, %o) { return $c->list('dir', %o) },
    shows => listing('-rw-r--r--   1 proftpd  proftpd  %8d Sep  9  2001 %s') },
  { name => 'NLST', run => sub ($c, %o) { return $c->nlst('dir', %o) },
    shows => "dir/a\r\ndir/b\r\n" },
  { name => 'MLSD', run => sub ($c, %o) { return $c->mlsd('dir', %o) },
    shows => listing('modify=20010909014640;perm=adfrw;size=%d;type=file;'
      . 'unique=U;UNIX.group=' . FTPS::Test::Config->gid
      . ';UNIX.groupname=proftpd;UNIX.mode=0644;UNIX.owner='
      . FTPS::Test::Config->uid . ';UNIX.ownername=proftpd; %s') },
  { name => 'RETR', run => sub ($c, %o) { return $c->retr('source', %o) },
    shows => $NEW },
  upload('STOR over a file', 'STOR', 'old', $NEW, $NEW),
  upload('STOR', 'STOR', 'new', $NEW, $NEW),
  upload('STOR of nothing', 'STOR', 'old', '', ''),
  upload('STOR of nothing, new', 'STOR', 'new', '', ''),
  upload('APPE', 'APPE', 'old', $NEW, "$OLD$NEW"),
  upload('APPE, new', 'APPE', 'new', $NEW, $NEW),
  upload('STOU', 'STOU', 'unique', $NEW, $NEW),
  { upload('STOR of 10 MB', 'STOR', 'old', $BIG, $BIG)->%*, few => 1 },
);

sub pattern ($size) {
  my $line = join ' ', 'a line that comes often:', 1 .. 300;
  my $text = '';
  $text .= sprintf "%08x %s\n", length $text, $line while length $text < $size;
  return substr $text, 0, $size;
}

# What a listing of "dir" says, lines sorted; sizes and names are known.
sub listing ($format) {
  return join '', map { sprintf "$format\r\n", @$_ } [ 1, 'a' ], [ 22, 'b' ];
}

# Directories come in no order; two of MLSD's lines are not of files.
sub seen ($command, $data) {
  return $data if $command->{name} !~ /LIST|NLST|MLSD/;
  my @lines = grep { !/type=[cp]dir/ } $data =~ /[^\n]*\n/g;
  s/unique=\w+/unique=U/ for @lines;
  return join '', sort @lines;
}

sub upload ($name, $command, $file, $bytes, $result) {
  return { name => $name, file => { $file => $result },
    run => sub ($c, %o) {
      my $target = $command eq 'STOU' ? '' : $file;
      return $c->stor($target, $bytes, cmd => $command, %o);
    } };
}

sub prepare_files ($srv) {
  unlink grep { -f } glob $srv->home . '/*';
  $srv->write_file('old', $OLD);
  $srv->write_file('source', $NEW);
  return;
}

sub snapshot ($srv) {
  my %seen;
  for my $path (grep { -f } glob $srv->home . '/*') {
    my ($name) = $path =~ m{([^/]+)$};
    my $bytes = $srv->read_file($name);
    $seen{ $name =~ /^ftp\w{6}$/ ? 'unique' : $name } = $bytes;
  }
  return \%seen;
}

# Large contents are compared by this, and shown shortened.
sub shorten ($files) {
  my %short = %$files;
  for (grep { length > 100 } values %short) {
    $_ = sprintf '%d bytes, %s', length, unpack '%32C*', $_;
  }
  return \%short;
}

sub refusals ($srv) {
  my $text = $srv->tlslog;
  return scalar(() = $text =~ /\Q$LOGGED\E/g);
}

# Sessions stay open till the end: the daemon accepts nothing for 0.2 s after
# one of its children has ended.
my @open;

sub login ($srv, %tls) {
  push @open, $srv->client(%tls);
  return $open[-1];
}

sub start_state ($srv, $version) {
  my $previous = $srv->client($version->{tls}->%*);
  my $session = $previous->session;
  $previous->quit;
  return { version => $version, previous => $session,
    other  => login($srv, $version->{tls}->%*),
    client => login($srv, $version->{tls}->%*) };
}

# What a row must show; contents are compared apart.
sub check_row ($srv, $state, $offer, $command) {
  my ($client, $version) = $state->@{qw(client version)};
  my $is_good = $offer->{is_good} // 0;
  my $name = "$version->{name}, session $offer->{name}: $command->{name}";
  prepare_files($srv);
  my %want = snapshot($srv)->%*;
  %want = (%want, $command->{file}->%*) if $is_good && $command->{file};

  # ProFTPD makes this name before it has a data connection, and anybody may
  # have opened the file since.
  $want{unique} = '' if !$is_good && $command->{name} eq 'STOU';

  my $logged = refusals($srv);
  my $tickets = $client->stream->tickets;
  my $r = $command->{run}->($client, session => $offer->{session}->($state));
  my $waited = $r->{times}{handshake} + $r->{times}{move} + $r->{times}{final};
  is_deeply(
    { code => $r->{code}, reused => $r->{reused}, tickets => $r->{tickets},
      fresh => $client->stream->tickets - $tickets,
      logged => refusals($srv) - $logged,
      files => shorten(snapshot($srv)),
      text => $is_good ? '' : $r->{text}, is_late => $waited > 1 ? 1 : 0,
      seen => seen($command, $r->{data}) },
    { code => $is_good ? 226 : 425, reused => $is_good, tickets => 0,
      fresh => $version->{fresh} // 0, logged => $is_good ? 0 : 1,
      files => shorten(\%want), text => $is_good ? '' : $REFUSED,
      is_late => 0, seen => $is_good && $command->{shows} || '' }, $name)
    or diag(explain({ $r->%*, connection => '', data => '' }));
  return;
}

sub check_next_transfer ($client, $name) {
  my $r = $client->retr('source');
  ok($r->{ok} && $r->{data} eq $NEW && $r->{reused},
    "$name: the next transfer is good") or diag("$r->{code} $r->{text}");
  return;
}

sub check_table ($srv) {
  for my $version (@VERSION) {
    my $state = start_state($srv, $version);
    for my $offer (@OFFER) {
      for my $command (@COMMAND) {
        next if $command->{few}
          && !($offer->{is_good} || $offer->{name} eq 'none');
        check_row($srv, $state, $offer, $command);
        check_next_transfer($state->{client},
          "$version->{name}, after $command->{name}")
          if !$offer->{is_good};
      }
    }
  }
  return;
}

# The reason stands in the first line of a reply of many lines.
sub check_form ($srv) {
  my $client = login($srv);
  $client->stor('refused', 'x', session => 'none');
  is($client->{raw_reply}, $REFUSED =~ s/^(.*)\n/425-$1\r\n425 /r . "\r\n",
    'the whole reply of a refusal');
  return;
}

# A session that is right but for its master secret: the proof of possession
# fails, which is no full handshake but the end of it.
sub check_stolen_id ($srv) {
  for my $version (@VERSION) {
    my $client = login($srv, $version->{tls}->%*);
    my $r = $client->stor('stolen', 'x',
      session => without_secret($client->session));
    is_deeply([ $r->{code}, $srv->read_file('stolen') ], [ 425, undef ],
      "$version->{name}: an own session with a wrong secret is refused");
    like($r->{text}, qr/^TLS handshake failed: .*\nUnable to build data /,
      "$version->{name}: and the reply says so");
    check_next_transfer($client, "$version->{name}, after a wrong secret");
  }
  $srv->like_tlslog(qr/unable to accept data connection: TLS handshake failed/);
  return;
}

# Options that make full handshakes acceptable; a resumed one stays welcome.
sub check_not_required ($srv, $daemon) {
  for my $version (@VERSION) {
    my $state = start_state($srv, $version);
    my $client = $state->{client};
    for my $offer (@OFFER) {
      for my $command (grep { !$_->{few} } @COMMAND) {
        prepare_files($srv);
        my %want = snapshot($srv)->%*;
        %want = (%want, ($command->{file} // {})->%*);
        my $tickets = $client->stream->tickets;
        my $r = $command->{run}->($client,
          session => $offer->{session}->($state));
        is_deeply(
          [ $r->{code}, $r->{reused}, $r->{tickets},
            $client->stream->tickets - $tickets,
            shorten(snapshot($srv)), seen($command, $r->{data}) ],
          [ 226, $offer->{is_good} // 0, 0, $version->{fresh} // 0,
            shorten(\%want), $command->{shows} // '' ],
          "$daemon, $version->{name}, session $offer->{name}: $command->{name}"
        ) or diag("$r->{code} $r->{text}; $r->{tls_error}");
      }
    }
  }
  return;
}

# Clients on OpenSSL spend each ticket once.
# TLSSessionReuse: may a data connection without its session come from this
# address, and with this certificate?  A refusal is a 425.
sub check_policies () {
  my $pki = FTPS::Test::PKI->new;
  my $ca = 'TLSCACertificateFile ' . $pki->cert('client-ca')->{cert};
  my @optional = ($ca, 'TLSVerifyClient optional');
  my %mine = $pki->pair('client');
  my $temp = File::Temp->newdir('ftps-reuse-XXXXXX', TMPDIR => 1);
  my %second = $pki->issue_to("$temp/second", like => 'client');
  my %POLICY = (
    require => ['TLSSessionReuse require', 'TLSOptions NoSessionReuseRequired'],
    certificate => ['TLSSessionReuse certificate', @optional],
    log => ['TLSSessionReuse log', @optional],
    off => ['TLSSessionReuse off'],
  );
  my $srv = FTPS::Test::Server->new(max_instances => 100, vhosts => [ map {
    { name => $_, port => 'own', tls => $POLICY{$_},
      extra => ['AllowForeignAddress on'] }
  } sort keys %POLICY ])->start;
  my $line = 'did not reuse the TLS session, number 1 of this session; '
    . 'TLSSessionReuse';
  my @rows = (
    ['require', 425], ['require', 226, [], session => 'reuse'],
    ['off', 226], ['off', 226, [], bind => '127.0.0.2'],
    ['log', 226, [], log => "$line log accepts it from the client's address"],
    ['log', 425, [], bind => '127.0.0.2'],
    ['log', 226, [%mine]],
    ['log', 226, [], session => 'reuse', bind => '127.0.0.2'],
    ['certificate', 425], ['certificate', 226, [], session => 'reuse'],
    ['certificate', 226, [%mine], log => "$line certificate accepts it"],
    ['certificate', 226, [%mine], bind => '127.0.0.2'],
    ['certificate', 425, [%mine], %second],
    ['certificate', 425, [%mine], bare => 1],
  );
  for my $version (@VERSION) {
    for my $row (@rows) {
      my ($policy, $code, $control, %o) = @$row;
      my $log = delete $o{log};
      my $name = "$version->{name}: TLSSessionReuse $policy, "
        . join ' ', map { $_ // 'none' } %o, @{$control // []} ? 'mine' : ();
      my $from = length $srv->tlslog;
      my $c = login($srv, $version->{tls}->%*, @{$control // []},
        vhost => $policy);
      $c->{bind} = delete $o{bind};
      delete $c->{tls}->@{qw(cert key)} if delete $o{bare};
      my $r = $c->stor('policy', $NEW, session => 'none', %o);
      is($r->{code}, $code, "$name: code");
      is(($c->cmd('NOOP'))[0], 200, "$name: the control session lives");
      ok(index(substr($srv->tlslog, $from), $log) >= 0, "$name: TLSLog")
        if $log;
    }
  }
  return is($srv->stop, 0, 'TLSSessionReuse: the daemon ended well');
}

sub check_single_use ($srv) {
  my $client = login($srv, min => '1.3');
  my %offered;
  for my $n (1 .. 50) {
    my $session = $client->offer_session('reuse') // 'none';
    $offered{$session}++;
    my $bytes = "$n:" . $NEW;
    my $r = $n % 2 ? $client->stor('many', $bytes, session => $session,
        finish => $n % 3 ? 'notify' : 'wait')
      : $client->retr('source', session => $session);
    my $got = $n % 2 ? $srv->read_file('many') eq $bytes : $r->{data} eq $NEW;
    next if $r->{code} == 226 && $r->{reused} && $got;
    fail("transfer $n with a new ticket: $r->{code} $r->{text}");
  }
  is(scalar keys %offered, 50, '50 transfers, each with a ticket of its own');
  is($client->sessions->@* < 4, 1, 'and no pile of tickets is left over');
  return;
}

# The session of one control connection, resumed by another one, whose data
# connections then resume what they got there.
sub check_control_resumption ($srv) {
  for my $version (grep { $_->{tickets} } @VERSION) {
    my $first = login($srv, $version->{tls}->%*);
    my $second = login($srv, $version->{tls}->%*, session => $first->session);
    my $name = "$version->{name}, resumed control connection";
    ok($second->session_reused, "$name: it is one");
    for my $n (1 .. 3) {
      my $r = $second->stor("resumed$n", $NEW);
      is_deeply([ $r->@{qw(code reused tickets)} ], [ 226, 1, 0 ],
        "$name: upload $n");
      is($srv->read_file("resumed$n"), $NEW, "$name: bytes of upload $n");
    }
    check_next_transfer($_, $name) for $first, $second;
  }
  return;
}

# Ways to maltreat a data connection after the 150.
my @MALTREATMENT = (
  [ 'no close_notify' => sub ($d) { $d->handshake; $d->close } ],
  [ 'a reset' => sub ($d) { $d->handshake; $d->reset } ],
  [ 'a reset in mid-upload' => sub ($d) {
      $d->handshake; $d->write('x' x 70000); $d->reset } ],
  [ 'an end before the handshake' => sub ($d) { $d->close } ],
  [ 'an end in mid-handshake' => sub ($d) { $d->hello(2); $d->close } ],
  [ 'a reset in mid-handshake' => sub ($d) { $d->hello(2); $d->reset } ],
  [ 'bytes that are no handshake' => sub ($d) {
      $d->raw("GET / HTTP/1.0\r\n\r\n"); $d->half_close; $d->close } ],
  [ 'a record that is garbage' => sub ($d) {
      $d->raw("\x16\x03\x01\x00\x10" . 'x' x 16); $d->wait_notify; $d->close;
    } ],
  [ 'garbage after the handshake' => sub ($d) {
      $d->handshake; $d->raw('x' x 2000); $d->wait_notify; $d->close } ],
);

sub check_maltreated ($srv) {
  for my $version (@VERSION) {
    my $client = login($srv, $version->{tls}->%*);
    for (@MALTREATMENT) {
      my ($name, $act) = @$_;
      my $d = $client->data;
      $client->cmd('STOR maltreated');
      $act->($d);
      my ($code) = $client->reply;
      ok($code =~ /^(?:226|42[56]|451)$/, "$version->{name}, $name: answered")
        or diag("code $code");
      check_next_transfer($client, "$version->{name}, $name");
    }
    my $id = $client->stor('maltreated', $NEW);
    is_deeply([ $id->@{qw(code reused)}, $srv->read_file('maltreated') ],
      [ 226, 1, $NEW ], "$version->{name}: still resumed after all of it");
  }
  return;
}

sub start_aging ($srv) {
  my @aging = map { { version => $_, client => login($srv,
    $_->{tls}->%*) } } @VERSION;
  return { since => Time::HiRes::time(), aging => \@aging };
}

# Clients that come again and again, always with their newest ticket, until that
# is refused: the last one of each version.
sub come_often ($srv) {
  my %last;
  my $until = Time::HiRes::time() + 10;
  my @ticketed = grep { $_->{tickets} } @VERSION;
  for my $version (@ticketed) {
    my $client = login($srv, $version->{tls}->%*);
    $last{ $version->{name} } = { tls => $version->{tls},
      session => $client->session };
  }
  while (!all_full($srv, \%last)) {
    die "resumed for ever\n" if Time::HiRes::time() > $until;
  }
  return %last;
}

# Whoever makes a full handshake keeps the ticket from before it.
sub all_full ($srv, $last) {
  my $resumed = 0;
  for my $try (values %$last) {
    my $client = $srv->client($try->{tls}->%*, session => $try->{session});
    my $is_resumed = $client->session_reused;
    $try->{session} = $client->session if $is_resumed;
    $resumed++ if $is_resumed;
    $client->quit;
  }
  return !$resumed;
}

# TLSSessionCache's lifetime is of sessions across control connections; data
# connections resume for as long as theirs lasts.
sub check_aged ($srv, $aged) {
  my %last = come_often($srv);
  for my $name (sort keys %last) {
    my $client = login($srv, $last{$name}{tls}->%*,
      session => $last{$name}{session});
    ok(!$client->session_reused,
      "$name: a session that is resumed often does not become younger");
  }

  for ($aged->{aging}->@*) {
    my ($version, $client) = $_->@{qw(version client)};
    my $name = "$version->{name}, older than the session cache's lifetime";
    my $session = $client->session;
    my $later = login($srv, $version->{tls}->%*, session => $session);
    ok(!$later->session_reused, "$name: no resumption by a new connection");
    for my $try ('reuse', 'reuse') {
      my $r = $client->stor('aged', $NEW, session => $try);
      is_deeply([ $r->@{qw(code reused)}, $srv->read_file('aged') ],
        [ 226, 1, $NEW ], "$name: data connections resume");
    }
    my $young = login($srv, $version->{tls}->%*);
    my $next = login($srv, $version->{tls}->%*, session => $young->session);
    is($next->session_reused ? 1 : 0, $version->{tickets} // 0,
      "$version->{name}: a young session is resumed by a new connection");
  }
  return;
}

# TLSSessionCache is one for all virtual hosts: a daemon for each value.
my %DAEMON = (
  strict => ['TLSOptions OwnSessionOnly'],
  relaxed => ['TLSOptions NoSessionReuseRequired'],
  cacheless => ['TLSSessionCache off'],
  short => ['TLSSessionCache internal: 1'],
);

my %srv = map { $_ => FTPS::Test::Server->new(tls => $DAEMON{$_})->start }
  sort keys %DAEMON;
for my $srv (values %srv) {
  mkdir $srv->path('dir');
  utime 1_000_000_000, 1_000_000_000, $srv->write_file('dir/a', 'x'),
    $srv->write_file('dir/b', 'x' x 22);
}

my $aging = start_aging($srv{short});
my $strict = $srv{strict};
for my $check (
  sub { check_table($strict) },
  sub { check_form($strict) },
  sub { check_stolen_id($strict) },
  sub { check_not_required($srv{$_}, $_) for qw(relaxed cacheless) },
  \&check_policies,
  sub { check_single_use($strict) },
  sub { check_control_resumption($strict) },
  sub { check_maltreated($strict) },
  sub { check_aged($srv{short}, $aging) },
) {
  eval { $check->(); 1 } or fail("a check died: $@");
}

$_->close for @open;
is($srv{$_}->stop, 0, "$_: the daemon ended well") for sort keys %srv;
done_testing;
