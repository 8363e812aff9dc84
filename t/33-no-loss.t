#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# No data lost, no session lost: uploads by clients that never read, cut and
# reset transfers, TLSTruncation, handshakes that never start or stop half way,
# clients that disconnect.  A failure on a data connection becomes a reply, the
# control session goes on, and the next transfer works.

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use POSIX ();
use Test::More;

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::Checks qw(check_each is_bytes name_of);
use FTPS::Test::File qw(spew);
use FTPS::Test::Patience qw(now patience);
use FTPS::Test::Process;
use FTPS::Test::Server;

my @VERSION = ({ max => '1.2' }, { max => '1.2', tickets => 0 },
  { min => '1.3' });

my $SMALL = join '', map { chr($_ * 7 % 256) } 1 .. 4096;
my $BIG = join '', map { pack 'N', $_ * 2654435761 % 2**32 } 1 .. 5 << 19;
my $OLD = "bytes that were there before\n";

my $srv;
my @open;

# Sessions stay open till the end: the daemon accepts nothing for 0.2 s after
# one of its children has ended.
sub login (%o) {
  push @open, $srv->client(%o);
  return $open[-1];
}

sub check_next_transfer ($client, $name) {
  my $bytes = "$name $SMALL";
  my $up = $client->stor('next', $bytes);
  my $down = $client->retr('next');
  is_deeply([ $up->@{qw(code reused)}, $down->@{qw(code reused)} ],
    [ 226, 1, 226, 1 ], "$name: the next transfers work")
    or diag("$up->{code} $up->{text}; $down->{code} $down->{text}");
  return is_bytes($down->{data}, $bytes, "$name: with every byte");
}

# Clients that write, close at once and read nothing: no ticket and no alert
# may lie unread in their socket then, or their kernel resets the connection.
# On a slow machine the answer to their close_notify may be there already: that
# is one record, and the server has read everything before it.
my %CLOSE_NOTIFY = ('1.3' => 24, '1.2' => 31);
sub check_never_reading ($tls, $vhost = undef) {
  my $client = login(%$tls, vhost => $vhost);
  my $session = $vhost ? 'none' : 'reuse';
  for my $how (qw(notify close fin)) {
    my $name = name_of($tls) . ($vhost ? ", $vhost" : '') . ", finish $how";
    for my $verb (qw(STOR APPE)) {
      $srv->write_file('big', $OLD);
      my $r = $client->stor('big', $BIG, cmd => $verb, finish => $how,
        session => $session);
      $r->{unread} = 0 if $how eq 'notify'
        && $r->{unread} == $CLOSE_NOTIFY{ $tls->{max} // $tls->{min} };
      is_deeply([ $r->@{qw(code text unread)} ],
        [ 226, 'Transfer complete', 0 ], "$name: $verb of 10 MB");
      is_bytes($srv->read_file('big'), $verb eq 'STOR' ? $BIG : $OLD . $BIG,
        "$name: bytes of $verb");
    }
  }
  return;
}

# A reset is never success, however much has come before it.
sub check_reset_uploads ($tls) {
  my $client = login(%$tls);
  for my $size (0, 1, 70_000, length $BIG) {
    my $name = name_of($tls) . ", reset after $size bytes";
    for my $verb (qw(STOR APPE STOU)) {
      my $r = $client->stor($verb eq 'STOU' ? '' : 'reset',
        substr($BIG, 0, $size), cmd => $verb, finish => 'reset');
      like("$r->{code} $r->{text}", qr/^426 Transfer aborted\./,
        "$name: $verb");
    }
    check_next_transfer($client, $name);
  }
  return;
}

my $ENDED = 'upload ended without TLS close_notify, ';
my %TRUNCATION = (
  strict => { code => 426, text => $ENDED . "it may be truncated\n"
      . 'Transfer aborted. Data connection closed', logged => 1 },
  log => { code => 226, text => 'Transfer complete', logged => 1 },
  off => { code => 226, text => 'Transfer complete', logged => 0 },
);

sub truncations_logged ($policy) {
  my $text = $srv->tlslog;
  return scalar(() = $text
    =~ /\Q${ENDED}the file may be truncated (TLSTruncation $policy)\E/g);
}

my $EMPTY_END = 'upload ended without a byte and without TLS close_notify, the '
  . "file stays as it was\nTransfer aborted. Data connection closed";

# A network that cuts the connection must not be able to empty a file.  .NET's
# clients never send close_notify: what they store anew is good.
sub check_empty_end ($client, $policy, $want, $tls) {
  for my $verb (qw(STOR APPE)) {
    for my $old (undef, '', $OLD) {
      my $name = "$tls, TLSTruncation $policy, $verb, empty without an end, "
        . (!defined $old ? 'new' : length $old ? 'old' : 'empty') . ' file';
      unlink $srv->path('cut');
      $srv->write_file('cut', $old) if defined $old;
      my $is_saved = length($old // '') && $policy ne 'off';
      my $r = $client->stor('cut', '', cmd => $verb, finish => 'fin');
      is_deeply([ $r->@{qw(code text)}, $srv->read_file('cut') ],
        $is_saved ? [ 426, $EMPTY_END, $OLD ]
        : [ $want->@{qw(code text)}, $want->{code} == 226
          ? $verb eq 'APPE' ? $old // '' : '' : $old ], $name);
      $r = $client->stor('cut', '', cmd => $verb);
      is_deeply([ $r->{code}, $srv->read_file('cut') ],
        [ 226, $verb eq 'APPE' ? $old // '' : '' ], "$name; then with one");
    }
  }
  return;
}

sub check_truncation ($tls) {
  for my $policy (sort keys %TRUNCATION) {
    my $want = $TRUNCATION{$policy};
    my $client = login(%$tls, vhost => $policy);
    for my $verb (qw(STOR APPE STOU)) {
      for my $how (qw(fin close notify wait)) {
        my $name = name_of($tls) . ", TLSTruncation $policy, $verb, $how";
        my $is_cut = $how =~ /fin|close/;
        my $logged = truncations_logged($policy);
        unlink $srv->path('cut');
        my $r = $client->stor($verb eq 'STOU' ? '' : 'cut', $SMALL,
          cmd => $verb, finish => $how);
        is_deeply([ $r->@{qw(code text)}, truncations_logged($policy) ],
          $is_cut ? [ $want->@{qw(code text)}, $logged + $want->{logged} ]
          : [ 226, 'Transfer complete', $logged ], $name);
        is_bytes($srv->read_file('cut'), $SMALL, "$name: what came is there")
          if $verb ne 'STOU' && $r->{code} == 226;
      }
    }
    check_empty_end($client, $policy, $want, name_of($tls));
    check_next_transfer($client, name_of($tls) . " TLSTruncation $policy");
  }
  return;
}

# Whatever the policy: where a part of a record has come, bytes are missing.
my %PART = ('part of a header' => "\x17\x03", 'a header' =>
  "\x17\x03\x03\x20\x00", 'part of a record' =>
  "\x17\x03\x03\x20\x00" . 'x' x 100);

sub check_cut_records ($tls) {
  for my $policy (sort keys %TRUNCATION) {
    my $client = login(%$tls, vhost => $policy);
    for my $part (sort keys %PART) {
      for my $bytes ('', $SMALL) {
        my $r = $client->stor('cut', '', during => sub ($c, $d) {
          $d->write($bytes) if length $bytes;
          $d->raw($PART{$part});
          $d->half_close;
          $d->wait_notify;
        });
        is("$r->{code} $r->{text}", '426 upload ended in the middle of a TLS '
          . "record, it is truncated\nTransfer aborted. Data connection closed",
          name_of($tls) . ", TLSTruncation $policy, " . length($bytes)
          . " bytes and $part");
      }
    }
    check_next_transfer($client, name_of($tls) . " $policy, cut records");
  }
  return;
}

# Clients take an alert after a finished transfer for a failure.
sub check_no_alert ($tls) {
  my $client = login(%$tls);
  for my $bytes ('', 'x', $SMALL) {
    for my $verb (qw(STOR APPE STOU)) {
      for my $how (qw(wait fin)) {
        my $name = sprintf '%s, %s of %d bytes, finish %s: no alert',
          name_of($tls), $verb, length $bytes, $how;
        my $r = $client->stor($verb eq 'STOU' ? '' : 'calm', $bytes,
          cmd => $verb, finish => $how);
        is_deeply([ $r->@{qw(code alert eof tls_error tickets)} ],
          [ 226, 'close notify', 'close_notify', '', 0 ], $name);
      }
    }
  }
  for my $r ($client->list, $client->retr('calm')) {
    is_deeply([ $r->@{qw(code alert eof tls_error tickets)} ],
      [ 226, 'close notify', 'close_notify', '', 0 ],
      name_of($tls) . ', download: no alert');
  }
  return;
}

# By both ports: another connection, or one that has ended, may have the same
# one at this end.  The table may leave out a line while others come and go.
sub child_of ($client) {
  return FTPS::Test::Process->until(sub { look_for_child($client) });
}

sub look_for_child ($client) {
  my $sock = $client->stream->sock;
  my ($local, $remote) = map { sprintf '0100007F:%04X', $_ }
    $sock->peerport, $sock->sockport;
  open my $table, '<', '/proc/net/tcp' or return;
  my ($inode) = map { (split)[9] }
    grep { /^\s*\d+: $local $remote 01 / } <$table>;
  return if !$inode;
  for my $pid ($srv->sessions) {
    return $pid if grep { (readlink // '') eq "socket:[$inode]" }
      glob "/proc/$pid/fd/*";
  }
  return;
}

# Clock ticks of CPU time; undef when the process has gone.
sub cpu_of ($pid) {
  open my $stat, '<', "/proc/$pid/stat" or return;
  my ($rest) = (<$stat> // return) =~ /\) (.*)/;
  my @field = split / /, $rest;
  return $field[11] + $field[12];
}

sub make_huge_file () {
  truncate spew($srv->path('huge'), ''), 200 << 20;
  mkdir $srv->path('many');
  $srv->write_file("many/$_-" . 'n' x 100, '') for 1 .. 500;
  return;
}

sub check_reset_downloads ($tls) {
  my $client = login(%$tls);
  for my $how (qw(reset close notify)) {
    my $name = name_of($tls) . ", download ended by the client, $how";
    my $r = $client->retr('huge', finish => $how,
      during => sub ($c, $d) { return $d->read_some });
    like("$r->{code} $r->{text}", qr/^426 Transfer aborted\./, $name);
    check_next_transfer($client, $name);
  }
  my $r = $client->list('many', finish => 'reset',
    during => sub ($c, $d) { return '' });
  like($r->{code}, qr/^4/,
    name_of($tls) . ', LIST reset by the client: no success');
  check_next_transfer($client, name_of($tls) . ', LIST reset');
  return $client;
}

# A client process that is killed in the middle of a transfer; its pid.
sub start_victim ($tls, $line) {
  pipe my $ready, my $say or die "pipe: $!";
  my $pid = fork // die "fork: $!";
  if (!$pid) {
    my $client = $srv->client(%$tls);
    my $d = $client->data;
    $client->cmd($line);
    $d->handshake;
    $line =~ /^STOR/ ? $d->write($SMALL) : $line =~ /^RETR/ && $d->read_some;
    syswrite $say, '.';
    sleep 60;
    POSIX::_exit(0);
  }
  close $say;
  sysread $ready, my $byte, 1;
  return $pid;
}

sub check_killed_clients () {
  my %before = map { $_ => 1 } $srv->sessions;
  my @victims = map { my $tls = $_;
    map { start_victim($tls, $_) } 'RETR huge', 'STOR killed', 'LIST many'
  } @VERSION;
  my @orphans = grep { !$before{$_} } $srv->sessions;
  is(scalar @orphans, scalar @victims, 'a session for each of nine clients');
  kill KILL => @victims;
  waitpid $_, 0 for @victims;
  my $are_gone = sub {
    return !grep { FTPS::Test::Process->lives($_) } @orphans;
  };
  ok(FTPS::Test::Process->until($are_gone),
    'sessions of killed clients end within seconds');
  check_killed_uploads();
  return;
}

# The last record has come whole, and there is no close_notify on either
# connection.
sub check_killed_uploads () {
  for my $tls (@VERSION) {
    my $name = name_of($tls) . ', killed while it stores';
    $srv->write_file('kept', 'good');
    my $pid = start_victim({ %$tls, vhost => 'hidden' }, 'STOR kept');
    my $has_some = sub { grep { -s } glob $srv->home . '/.in.kept.*' };
    ok(FTPS::Test::Process->until($has_some), "$name: bytes have come");
    kill KILL => $pid;
    waitpid $pid, 0;
    my $has_none = sub { !glob $srv->home . '/.in.kept.*' };
    ok(FTPS::Test::Process->until($has_none), "$name: they are removed");
    is_bytes($srv->read_file('kept'), 'good', "$name: the old file stays");
  }
  my $path = $srv->path('kept');
  my $ends = sub { $srv->xferlog =~ /^.* \Q$path\E .*$/mg };
  FTPS::Test::Process->until(sub { @VERSION == (() = $ends->()) });
  is(scalar(grep { /c$/ } $ends->()), 0, 'TransferLog: none is complete');
  return;
}

# Sessions with nothing to do, after all that was done to them, do nothing.
sub check_idle (@clients) {
  my @answers = map { ($_->cmd('NOOP'))[0] } @clients;
  is("@answers", join(' ', (200) x @clients), 'the sessions live');
  my @pids = grep { $_ } map { child_of($_) } @clients;
  is(scalar @pids, scalar @clients, 'a process for each session');
  my %before = map { $_ => cpu_of($_) } @pids;
  Time::HiRes::sleep(0.3);
  my @busy = grep { cpu_of($_) - $before{$_} > 3 } @pids;
  is("@busy", '', 'no session is busy without work');
  return;
}

# What a client may do in place of a data handshake.  waits: the server learns
# of it by TLSTimeoutHandshake (3 s) only.
my @BAD_START = (
  { name => 'no handshake', waits => 1, act => sub ($d) { } },
  { name => 'ClientHello only', waits => 1, act => sub ($d) { $d->hello(2) } },
  { name => 'half a record', waits => 1,
    act => sub ($d) { $d->raw("\x16\x03\x01\x02") } },
  { name => 'text', act => sub ($d) { $d->raw("GET / HTTP/1.0\r\n\r\n") } },
  { name => 'a broken record',
    act => sub ($d) { $d->raw("\x16\x03\x01\x00\x10" . 'x' x 16) } },
  { name => 'close', act => sub ($d) { $d->close } },
  { name => 'reset', act => sub ($d) { $d->reset } },
  { name => 'close after ClientHello',
    act => sub ($d) { $d->hello(2); $d->close } },
  { name => 'reset after ClientHello',
    act => sub ($d) { $d->hello(2); $d->reset } },
);
my @BAD_LINES = ('STOR untouched', 'APPE untouched', 'RETR next', 'LIST');

sub start_badly ($run) {
  my ($client, $line, $mode) = $run->@{qw(client line mode)};
  my $d = $run->{d} = $client->data(mode => $mode);
  $client->cmd($line);
  $d->accept;
  $run->{bad}{act}->($d);
  $run->{since} = now();
  return;
}

sub wait_badly ($run) {
  $run->{reply} = [ $run->{client}->reply ];
  $run->{took} = now() - $run->{since};
  return;
}

sub finish_badly ($run) {
  my ($client, $took, $name) = $run->@{qw(client took name)};
  my ($code, $text) = $run->{reply}->@*;
  is($code, 425, "$name: 425");
  like($text, qr/^\S.*\nUnable to build data connection: Operation not p/,
    "$name: with a reason");
  like($text, qr/within the TLSTimeoutHandshake limit/, "$name: which it is")
    if $run->{bad}{waits};
  cmp_ok($took, '<', patience(30), "$name: soon");
  $run->{d}->close;
  check_next_transfer($client, $name);
  return;
}

# Side by side, since some of them wait for the timeout; all are logged in before
# the first one begins, since a login takes longer than a refusal.
sub check_bad_starts () {
  $srv->write_file('untouched', $OLD);
  $srv->write_file('next', $SMALL);
  my ($n, @runs) = 0;
  for my $tls ($VERSION[0], $VERSION[2]) {
    for my $bad (@BAD_START) {
      my $line = $BAD_LINES[ $n % @BAD_LINES ];
      my $mode = $n % 3 ? 'pasv' : 'port';
      push @runs, { bad => $bad, line => $line, mode => $mode,
        client => login(%$tls, vhost => 'hasty'),
        name => join ' ', name_of($tls), uc "$mode,", "$line,", $bad->{name} };
      $n++;
    }
  }
  for my $step (\&start_badly, \&wait_badly, \&finish_badly) {
    for my $run (@runs) {
      eval { $step->($run); 1 } or fail("$run->{name}: $@");
    }
  }
  is_bytes($srv->read_file('untouched'), $OLD, 'no refused upload changed it');
  $srv->like_tlslog(qr/unable to accept data connection: no TLS handshake/);

  my $client = login(vhost => 'hasty');
  my $d = $client->data(mode => 'port');
  delete($d->{listener})->close;
  my ($code) = $client->cmd('RETR next');
  ($code) = $client->reply if $code < 200;
  is($code, 425, 'PORT that nobody listens at: 425');
  check_next_transfer($client, 'PORT that nobody listens at');
  return;
}

sub rss_of ($pid) {
  open my $status, '<', "/proc/$pid/status" or return 0;
  return (map { /^RssAnon:\s+(\d+)/ ? $1 : () } <$status>)[0] // 0;
}

# One session, many small files, everything mixed.
sub check_many_files ($tls) {
  my $client = login(%$tls);
  my $name = name_of($tls) . ', 300 small files';
  my $pid = child_of($client);
  my (@faults, $rss);
  for my $n (1 .. 300) {
    my $bytes = substr "$n $SMALL", 0, $n * 13 % 4096;
    my $how = (qw(wait notify fin close))[ $n % 4 ];
    my $r = $client->stor("many$n", $bytes, finish => $how,
      cmd => $n % 5 ? 'STOR' : 'APPE');
    push @faults, "STOR $n, $how: $r->{code} $r->{text}"
      if $r->{code} != 226 || $srv->read_file("many$n") ne $bytes;
    if ($n % 2) {
      $r = $client->retr("many$n");
      push @faults, "RETR $n: $r->{code} $r->{text}"
        if $r->{code} != 226 || $r->{data} ne $bytes;
    }
    if ($n % 50 == 0) {
      $r = $client->nlst;
      push @faults, "NLST $n: $r->{code} $r->{text}"
        if $r->{code} != 226 || $r->{data} !~ /^many$n\r$/m;
    }
    unlink $srv->path("many$n");
    $rss = rss_of($pid) if $n == 100;
  }
  is("@faults[0 .. ($#faults > 4 ? 4 : $#faults)]", '',
    "$name: every one, byte for byte");
  my $growth = rss_of($pid) - $rss;
  SKIP: {
    skip 'memory is different when instrumented', 1 if $ENV{FTPS_ASAN};
    cmp_ok($growth, '<', 200, "$name: memory does not grow (kB)");
  }
  return;
}

# Transfers of several sessions of one client, step by step in turn.
sub check_parallel ($tls) {
  my $name = name_of($tls) . ', parallel sessions';
  my @run = map { { n => $_, client => login(%$tls) } } 1 .. 4;
  for my $round (1 .. 3) {
    $_->{d} = $_->{client}->data for @run;
    $_->{client}->send_line("STOR parallel$_->{n}") for @run;
    $_->{client}->reply for reverse @run;
    ok($_->{d}->handshake, "$name: handshake $_->{n}") for @run;
    for my $part (0 .. 9) {
      $_->{d}->write(substr "$_->{n}$round$SMALL", $part * 410, 410) for @run;
    }
    $_->{d}->finish('notify') for reverse @run;
    for (@run) {
      is(($_->{client}->reply)[0], 226, "$name: upload $_->{n}");
      is_bytes($srv->read_file("parallel$_->{n}"),
        "$_->{n}$round$SMALL", "$name: bytes of upload $_->{n}");
    }
  }
  return;
}

# ProFTPD ends a session whose transfer makes no progress.
sub check_stalled ($tls) {
  my @runs;
  for my $line ('RETR huge', 'STOR stalled') {
    my $client = login(%$tls, vhost => 'stalled');
    my $d = $client->data;
    $client->cmd($line);
    $d->handshake;
    push @runs, { client => $client, d => $d, pid => child_of($client),
      name => name_of($tls) . ", $line, TimeoutStalled" };
  }
  return @runs;
}

sub finish_stalled ($run) {
  my ($client, $name) = $run->@{qw(client name)};
  my @reply = $client->reply(8);
  @reply = $client->reply(8) while $reply[0] && $reply[0] != 421;
  is($client->stream->eof // 'close_notify', 'close_notify',
    "$name: the control connection is not just cut");
  $run->{d}->close;
  ok(FTPS::Test::Process->until(
      sub { !FTPS::Test::Process->lives($run->{pid}) }),
    "$name: the session has ended");
  return;
}

$srv = FTPS::Test::Server->new(max_instances => 100,
  global => 'TimeoutLinger 2',
  vhosts => [
    (map { { name => $_, port => 'own', tls => "TLSTruncation $_" } }
      sort keys %TRUNCATION),
    { name => 'hasty', port => 'own', tls => 'TLSTimeoutHandshake 3' },
    { name => 'relaxed', port => 'own',
      tls => 'TLSOptions NoSessionReuseRequired' },
    { name => 'hidden', port => 'own', extra => 'HiddenStores on' },
    { name => 'stalled', port => 'own', extra => 'TimeoutStalled 1' },
  ])->start;
make_huge_file();

my @stalled = map { check_stalled($_) } @VERSION;
my @maltreated;
check_each(\@VERSION,
  \&check_never_reading, sub ($tls) { check_never_reading($tls, 'relaxed') },
  \&check_reset_uploads, \&check_truncation, \&check_cut_records,
  \&check_no_alert,
  sub ($tls) { push @maltreated, check_reset_downloads($tls) },
  \&check_many_files, \&check_parallel);
for my $check (sub { finish_stalled($_) for @stalled },
  \&check_bad_starts, sub { check_idle(@maltreated) },
  \&check_killed_clients) {
  eval { $check->(); 1 } or fail("a check died: $@");
}

# ProFTPD 1.3.8c and 1.3.9e use memory that is gone when a session ends by
# TimeoutStalled, with any module and with none: that is the last thing it does.
if (@stalled
  && FTPS::Test::Server->host_version =~ /^1\.3\.(?:8[c-z]|9)/) {
  my $pids = join '|', map { $_->{pid} } @stalled;
  $srv->{allow_log} = qr/proftpd\[(?:$pids)\] /;
}
$_->close for @open;
ok($srv->wait_sessions(0), 'every session ends when its client goes');
is($srv->stop, 0, 'the daemon ended well');
done_testing;
