#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Transfers over TLS do what they do without it, byte for byte and as fast:
# every command, passive and active, IPv4 and IPv6, TLS 1.2 and 1.3; REST,
# ASCII, empty files, ABOR, PROT C, what AUTH SSL and implicit TLS imply, MODE
# Z, TransferLog.

use v5.36;

use Compress::Zlib ();
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use List::Util qw(min);
use Socket qw(MSG_PEEK);
use Test::More;

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::Checks qw(check_each is_bytes name_of);
use FTPS::Test::File qw(spew);
use FTPS::Test::Patience qw(now patience);
use FTPS::Test::Server;

FTPS::Test::Server->any_user;

my $HAS_DEFLATE = !FTPS::Test::Config->lacking('mod_deflate');

# Instrumented code is slow by its nature.
my $SLOWER = $ENV{FTPS_ASAN} ? 5 : 1;

my @VERSION = ({ max => '1.2' }, { min => '1.3' });
my @WAY = (
  [ 'pasv', '127.0.0.1' ], [ 'epsv', '127.0.0.1' ],
  [ 'port', '127.0.0.1' ], [ 'eprt', '127.0.0.1' ],
  [ 'epsv', '::1' ], [ 'eprt', '::1' ],
);

my $SMALL = join '', map { chr($_ * 7 % 256) } 1 .. 4096;
my $BIG = join '', map { pack 'N', $_ * 2654435761 % 2**32 } 1 .. 5 << 18;

my $srv;
my @open;

# Sessions stay open till the end: the daemon accepts nothing for 0.2 s after
# one of its children has ended.
sub login (%o) {
  push @open, $srv->client(%o);
  return $open[-1];
}

sub is_done ($r, $name) {
  return ok($r->{code} == 226 && $r->{text} eq 'Transfer complete'
    && !$r->{tickets} && !length $r->{tls_error}, $name)
    || diag("$r->{code} $r->{text}; tickets $r->{tickets}; $r->{tls_error}");
}

sub check_commands ($way, $tls) {
  my ($mode, $host) = @$way;
  my $client = login(host => $host, data_mode => $mode, %$tls);
  my $name = uc($mode) . " $host " . name_of($tls);
  $srv->write_file('source', $SMALL);

  my %seen = map { $_ => $client->$_($_ eq 'mlsd' ? '' : 'source') }
    qw(list nlst mlsd);
  is_done($seen{$_}, "$name: \U$_") for sort keys %seen;
  like($seen{list}{data}, qr/^-rw-r--r-- [^\n]* 4096 [^\n]* source\r\n\z/,
    "$name: LIST names the file");
  is($seen{nlst}{data}, "source\r\n", "$name: NLST names the file");
  like($seen{mlsd}{data}, qr/^\S*size=4096;\S* source\r\n/m,
    "$name: MLSD names the file");

  my $r = $client->retr('source');
  is_done($r, "$name: RETR");
  is_bytes($r->{data}, $SMALL, "$name: bytes of RETR");
  is_done($client->stor('sent', $SMALL), "$name: STOR");
  is_bytes($srv->read_file('sent'), $SMALL, "$name: bytes of STOR");
  is_done($client->stor('sent', 'more', cmd => 'APPE'), "$name: APPE");
  is_bytes($srv->read_file('sent'), "${SMALL}more", "$name: bytes of APPE");
  $r = $client->stor('', $SMALL, cmd => 'STOU');
  is_done($r, "$name: STOU");
  my ($unique) = $r->{pre}[1] =~ /^FILE: (\S+)$/;
  ok(defined $unique, "$name: STOU's name stands in the 150")
    or diag("$r->{pre}[0] $r->{pre}[1]");
  is_bytes($srv->read_file($unique // ''), $SMALL, "$name: bytes of STOU");
  unlink $srv->path($unique // 'sent');
  return;
}

sub check_offsets_and_empty_files ($tls) {
  my $client = login(%$tls);
  my $name = name_of($tls);
  $srv->write_file('source', $BIG);
  for my $at (0, 1, 100_000, length($BIG) - 1, length $BIG) {
    my $r = $client->retr('source', rest => $at);
    is_bytes($r->{data}, substr($BIG, $at), "$name: REST $at, RETR")
      or diag("$r->{code} $r->{text}");
  }

  $srv->write_file('target', substr $BIG, 0, 300_000);
  is_done($client->stor('target', substr($BIG, 200_000), rest => 200_000),
    "$name: REST 200000, STOR");
  is_bytes($srv->read_file('target'), $BIG, "$name: bytes of it");

  $srv->write_file('empty', '');
  my $r = $client->retr('empty');
  is_done($r, "$name: RETR of an empty file");
  is("$r->{data}$r->{eof}", 'close_notify', "$name: it is empty");
  for my $how (qw(wait notify fin close)) {
    $srv->write_file('target', $how =~ /fin|close/ ? '' : 'old');
    is($client->stor('target', '', finish => $how)->{code}, 226,
      "$name: STOR of nothing, finish $how");
    is($srv->read_file('target'), '', "$name: bytes of nothing, $how");
  }
  return;
}

sub check_ascii ($tls) {
  my $client = login(%$tls);
  my $name = name_of($tls);
  my $lines = join '', map { 'x' x ($_ % 97) . "\n" } 1 .. 20_000;
  my $on_wire = $lines =~ s/\n/\r\n/gr;
  $client->cmd('TYPE A');
  $srv->write_file('lines', $lines);
  is_bytes($client->retr('lines')->{data}, $on_wire, "$name: ASCII RETR");
  is_done($client->stor('lines', $on_wire), "$name: ASCII STOR");
  is_bytes($srv->read_file('lines'), $lines, "$name: bytes of ASCII STOR");
  is_done($client->stor('lines', "last\r\n", cmd => 'APPE'),
    "$name: ASCII APPE");
  is_bytes($srv->read_file('lines'), "${lines}last\n",
    "$name: bytes of ASCII APPE");
  return;
}

# One session with a transfer that makes no progress, and ABOR sent.
sub start_abort ($tls, $how, $verb, $after) {
  my $client = login(%$tls);
  my $d = $client->data;
  $client->cmd($verb eq 'RETR' ? 'RETR huge' : "STOR aborted");
  $d->handshake;
  my $moved = $verb eq 'RETR' ? length $d->read_some : $d->write('x' x 5000);
  my $run = { client => $client, d => $d, after => $after, moved => $moved,
    name => join ' ', name_of($tls), $how, "ABOR during $verb,", $after };
  $client->abort($how);
  return $run;
}

sub finish_abort ($run) {
  my ($client, $d, $name) = $run->@{qw(client d name)};
  if ($run->{after} eq 'closing') {
    $d->close;
  } elsif ($run->{after} eq 'reading') {
    $d->wait_notify;
    $d->close;
  }
  my @codes = map { ($client->reply)[0] } 1, 2;
  ok($run->{moved}, "$name: the transfer was under way");
  is_deeply(\@codes, [ 426, 226 ], "$name: 426 and 226");
  $d->close;
  my $r = $client->retr('small');
  is_bytes($r->{data}, $SMALL, "$name: the next transfer works")
    or diag("$r->{code} $r->{text}");
  return;
}

# The client waits with its ClientHello, and thinks better of it.
sub check_abort_before_handshake () {
  my $client = login($VERSION[0]->%*);
  $srv->write_file('small', $SMALL);
  my $d = $client->data;
  is(($client->cmd('RETR small'))[0], 150, 'ABOR before a handshake: 150');
  my $start = now();
  $client->abort('plain');
  my ($code, $text) = $client->reply;
  is($code, 425, 'ABOR before a handshake: refused');
  like($text, qr/^waiting for a TLS handshake was interrupted$/m, 'and why');
  is(($client->reply)[0], 226, 'ABOR before a handshake: answered');
  cmp_ok(now() - $start, '<', patience(30), 'ABOR before a handshake: at once');
  $d->close;
  is_bytes($client->retr('small')->{data}, $SMALL, 'and the next one works');
  return;
}

# Side by side: the server may look for ABOR once a second.
sub check_aborts () {
  truncate spew($srv->path('huge'), ''), 200 << 20;
  $srv->write_file('small', $SMALL);
  my @runs;
  for my $tls (@VERSION) {
    for my $how ('plain', 'telnet') {
      push @runs, map { start_abort($tls, $how, RETR => $_) }
        qw(waiting reading closing);
      push @runs, map { start_abort($tls, $how, STOR => $_) }
        qw(waiting closing);
    }
  }
  my $start = now();
  for my $run (@runs) {
    eval { finish_abort($run); 1 } or fail("$run->{name}: $@");
  }
  my $took = now() - $start;
  cmp_ok($took, '<', patience(30), 'aborts do not wait for a timeout');
  return;
}

# Replies of earlier commands are left where they are until PASV's is needed.
package Impatient {
  use parent -norequire, 'FTPS::Test::Client';

  sub cmd ($self, $line) {
    $self->send_line($line);
    my @reply = $self->reply;
    while ($line eq 'PASV' && $reply[0] != 227) {
      push $self->{late}->@*, $reply[0];
      @reply = $self->reply;
    }
    return @reply;
  }
}

sub check_back_to_back ($tls) {
  my $name = name_of($tls);
  $srv->write_file('source', $SMALL);
  my $client = Impatient->open(port => $srv->port, %$tls,
    data_session => 'same');
  push @open, $client;
  for my $n (1 .. 3) {
    my $d = $client->data;
    $client->send_line('RETR source');
    $d->handshake;
    is_bytes($d->wait_notify, $SMALL,
      "$name: transfer $n, replies left unread");
    $d->finish('notify');
  }
  is_deeply([ $client->{late}->@*, map { ($client->reply)[0] } 1, 2 ],
    [ (150, 226) x 3 ], "$name: each reply comes once");

  my $first = $client->data;
  $client->cmd('RETR source');
  $first->handshake;
  my $got = $first->read_some;
  my $r = $client->retr('source');
  is_bytes($got . $first->wait_notify, $SMALL,
    "$name: a transfer whose close_notify is read late");
  is($first->eof, 'close_notify', "$name: it was there");
  is_bytes($r->{data}, $SMALL, "$name: the transfer meanwhile");
  return;
}

sub check_prot_c ($tls) {
  my $client = login(%$tls);
  my $name = name_of($tls);
  $srv->write_file('source', $BIG);
  for my $level (qw(C P C P)) {
    is(($client->cmd("PROT $level"))[0], 200, "$name: PROT $level");
    my $r = $client->retr('source');
    is_bytes($r->{data}, $BIG, "$name: RETR under PROT $level");
    is($r->{eof}, $level eq 'P' ? 'close_notify' : 'fin',
      "$name: it ends as PROT $level says");
    $r = $client->stor('sent', $SMALL);
    is($r->{code}, 226, "$name: STOR under PROT $level");
    is_bytes($srv->read_file('sent'), $SMALL, "$name: its bytes");
  }
  return;
}

# The first byte on the wire is a handshake record (22), and what follows can
# be read by TLS alone: nothing went past it.
sub check_first_byte ($client, $name) {
  my $d = $client->data(protected => 1);
  is(($client->cmd('RETR source'))[0], 150, "$name: 150");
  is($d->read_within(0.05), undef, "$name: the server waits for a handshake");
  delete $d->{eof};
  $d->hello(5);
  recv $d->sock, my $byte, 1, MSG_PEEK;
  is(ord $byte, 22, "$name: the first byte belongs to a TLS handshake");
  ok($d->handshake, "$name: handshake") or diag($d->error);
  my $got = $d->wait_notify;
  is_bytes($got . $d->finish('wait'), $BIG, "$name: bytes of RETR");
  is(($client->reply)[0], 226, "$name: 226");
  $client->{prot} = 'P';
  is_done($client->stor('implied', $SMALL), "$name: STOR");
  is_bytes($srv->read_file('implied'), $SMALL, "$name: bytes of STOR");
  return;
}

sub check_implied ($tls) {
  $srv->write_file('source', $BIG);
  for my $mechanism ('SSL', 'TLS-P', 'ssl') {
    my $client = $srv->connection(%$tls);
    push @open, $client;
    $client->connect;
    $client->auth($mechanism);
    $client->cmd($_) for 'USER proftpd', 'PASS test', 'TYPE I';
    check_first_byte($client, name_of($tls) . " AUTH $mechanism, no PROT");
  }
  my $client = $srv->connection(%$tls, implicit => 1, vhost => 'implicit');
  push @open, $client;
  $client->connect;
  $client->cmd($_) for 'USER proftpd', 'PASS test', 'TYPE I';
  check_first_byte($client, name_of($tls) . ' implicit TLS, no PROT');
  return;
}

# AUTH TLS implies nothing: RETR is in clear until PROT P.
sub check_not_implied ($tls) {
  my $client = $srv->connection(%$tls);
  push @open, $client;
  $client->connect;
  $client->auth;
  $client->cmd($_) for 'USER proftpd', 'PASS test', 'TYPE I';
  is_bytes($client->retr('source')->{data}, $BIG,
    name_of($tls) . ' AUTH TLS, no PROT: in clear');
  return;
}

sub check_prot_in_transfer ($tls) {
  my $client = login(%$tls);
  my $name = name_of($tls) . ', PROT C in the middle of RETR';
  my $huge = $BIG x 3;
  $srv->write_file('middle', $huge);
  my $d = $client->data;
  $client->cmd('RETR middle');
  $d->handshake;
  my $got = $d->read_some;
  $client->raw("PROT C\r\n");
  $got .= $d->wait_notify;
  is($d->eof, 'close_notify', "$name: TLS to the end") or diag($d->error);
  is_bytes($got, $huge, "$name: every byte");
  $d->finish;
  my @replies = map { [ $client->reply ] } 1, 2;
  is_deeply([ sort map { $_->[0] } @replies ], [ 226, 503 ],
    "$name: refused, and the transfer is complete")
    or diag(join "\n", map { "@$_" } @replies);
  my $r = $client->retr('small');
  is($r->{eof}, 'close_notify', "$name: the next one is protected");
  is_bytes($r->{data}, $SMALL, "$name: and right");
  return;
}

# Python's unwrap() answers the close_notify; some clients keep the socket open
# until they have read the 226.
sub read_and_keep_open ($client, $d) {
  my $got = $d->wait_notify;
  $d->notify;
  return $got;
}

# ProFTPD corks data sockets (200 ms), peers delay acknowledgements (40 ms):
# a wait that is built in shows in the fastest run as well, a busy machine does
# not.
sub check_latency ($tls, $mode) {
  my $client = login(%$tls, data_mode => $mode);
  my $name = name_of($tls) . ' ' . uc $mode;
  $srv->write_file('source', $SMALL);
  my %run = (
    LIST => sub { return $client->list('source') },
    RETR => sub { return $client->retr('source') },
    'STOR, close_notify waited for' => sub {
      return $client->stor('sent', $SMALL) },
    'STOR, nothing waited for' => sub {
      return $client->stor('sent', $SMALL, finish => 'notify') },
    'STOR of nothing' => sub { return $client->stor('sent', '') },
    'RETR, closed after the reply' => sub {
      return $client->retr('source', finish => 'open',
        during => \&read_and_keep_open) },
  );
  for my $what (sort keys %run) {
    my @took = map { $run{$what}->()->{times}{total} } 1 .. 9;
    cmp_ok(min(@took), '<', 0.030 * $SLOWER, "$name: $what, fastest of nine")
      or diag(join ' ', map { sprintf '%.1f ms', 1000 * $_ } @took);
  }
  return;
}

sub check_transfer_log ($tls) {
  my $client = login(%$tls);
  my $prefix = 'log' . name_of($tls) =~ s/\W//gr;
  my %row = (
    retr => [ 4096, 'o', 'c', sub ($f) { $client->retr($f) } ],
    stor => [ 4096, 'i', 'c', sub ($f) { $client->stor($f, $SMALL) } ],
    appe => [ 4096, 'i', 'c', sub ($f) {
        $client->stor($f, $SMALL, cmd => 'APPE') } ],
    none => [ 0, 'i', 'c', sub ($f) { $client->stor($f, '') } ],
    part => [ 4096, 'i', 'i', sub ($f) {
        $client->stor($f, $SMALL, finish => 'reset') } ],
    refused => [ 0, 'i', 'i', sub ($f) {
        $client->stor($f, $SMALL, session => 'none') } ],
  );
  for my $case (sort keys %row) {
    my ($size, $direction, $status, $run) = $row{$case}->@*;
    my $file = "$prefix$case";
    $srv->write_file($file, $SMALL) if $case eq 'retr';
    $run->($file);
    my $path = $srv->path($file);
    my $line = qr/^.* 127\.0\.0\.1\ (\d+)\ \Q$path\E\ b\ _\ $direction
      \ r\ proftpd\ \w+\ 0\ \*\ $status$/mx;
    ok($srv->wait_log($line, 'xfer'), "TransferLog: $file")
      or diag($srv->xferlog);
    my ($logged) = $srv->xferlog =~ $line;
    is($logged, $size, "TransferLog: size of $file") if $case ne 'part';
  }
  return;
}

sub check_mode_z ($tls) {
  SKIP: {
    skip 'mod_deflate is not installed', 1 if !$HAS_DEFLATE;
    my $client = login(%$tls, vhost => 'deflate');
    my $name = name_of($tls) . ' MODE Z';
    $srv->write_file('source', $BIG);
    is(($client->cmd('MODE Z'))[0], 200, $name);
    is_bytes(Compress::Zlib::uncompress($client->retr('source')->{data}),
      $BIG, "$name: bytes of RETR");
    # mod_deflate itself sleeps 0.2 s for every 8 KiB of an upload.
    for my $bytes ($SMALL, 'x') {
      is_done($client->stor('deflated', Compress::Zlib::compress($bytes)),
        "$name: STOR");
      is_bytes($srv->read_file('deflated'), $bytes, "$name: bytes of STOR");
    }
    my $r = $client->stor('deflated', 'x', session => 'none');
    is($r->{code}, 425, "$name: what is not resumed is refused");
    is(($client->cmd('MODE S'))[0], 200, "$name: MODE S again");
    is_bytes($client->retr('source')->{data}, $BIG, "$name: RETR after it");
  }
  return;
}

# ProFTPD waits TimeoutLinger for clients that keep a data connection open
# without a word.
$srv = FTPS::Test::Server->new(ipv6 => 1, max_instances => 80,
  global => 'TimeoutLinger 1',
  modules => [ $HAS_DEFLATE ? 'mod_deflate' : () ],
  vhosts => [
    { name => 'implicit', port => 'own', tls => 'TLSOptions UseImplicitSSL' },
    { name => 'deflate', port => 'own',
      extra => $HAS_DEFLATE ? 'DeflateEngine on' : [] },
  ])->start;

my @checks = (
  (map { my $way = $_; sub ($tls) { check_commands($way, $tls) } } @WAY),
  \&check_offsets_and_empty_files, \&check_ascii, \&check_back_to_back,
  \&check_prot_c, \&check_implied, \&check_not_implied,
  (map { my $mode = $_; sub ($tls) { check_latency($tls, $mode) } }
    qw(pasv port)),
  \&check_transfer_log, \&check_mode_z,
);
eval { check_aborts(); check_abort_before_handshake(); 1 }
  or fail("ABOR: $@");
check_each(\@VERSION, @checks, \&check_prot_in_transfer);

$_->close for @open;
is($srv->stop, 0, 'the daemon ended well');
done_testing;
