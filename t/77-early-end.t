#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# The end of a data connection (conn/drain.c): a client that sends something
# before it has read all of a download (a close_notify, a KeyUpdate, a FIN or
# plain bytes) still gets every byte; and a connection that was reset is no 226.
# A download that is cut on our side has no close_notify, which would say that
# it is whole.
#
# Needs: root, proftpd-core, openssl.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::Checks qw(check_each is_bytes name_of);
use FTPS::Test::Patience qw(now);
use FTPS::Test::Process;
use FTPS::Test::Server;
use Fcntl qw(F_SETPIPE_SZ);
use IPC::Open2 qw(open2);
use Test::More;

my @VERSION = ({ max => '1.2' }, { min => '1.3' });
my $SMALL = join '', map { chr($_ * 7 % 256) } 1 .. 4096;
# More than the client's kernel takes unread, less than the server's holds.
my $LONG = join '', map { pack 'N', $_ * 2654435761 % 2**32 } 1 .. 75_000;
my $HUGE = 64 << 20;
my $TEXT = join '', map { sprintf "line %06d of a text\n", $_ } 1 .. 15_000;
# The longer one must not be over when a reply comes, however busy the machine
# is.
my $LINGER = 3;
my $LONG_LINGER = 40;

my $srv = FTPS::Test::Server->new(max_instances => 60,
  global => "TimeoutLinger $LONG_LINGER",
  vhosts => [
    { name => 'slow', port => 'own', extra => "TimeoutLinger $LINGER" },
    { name => 'flight', port => 'own', tls => 'TLSOptions DataWithHandshake' },
    { name => 'early', port => 'own', tls => 'TLSOptions EarlyDataHandshake' },
    { name => 'free', port => 'own',
      tls => 'TLSOptions NoSessionReuseRequired' },
  ])->start;

# State and bytes that are not acknowledged of the server's end; empty when it
# has none any more.
sub server_end ($sock) {
  my @ports = map { sprintf '%04X', $_ } $sock->peerport, $sock->sockport;
  open my $table, '<', '/proc/net/tcp' or die "/proc/net/tcp: $!";
  for my $line (<$table>) {
    my ($local, $remote, $state, $queue) = (split ' ', $line)[1 .. 4];
    return ($state, hex $queue =~ s/:.*//r)
      if $local =~ /:$ports[0]$/ && $remote =~ /:$ports[1]$/;
  }
  return ();
}

# FIN_WAIT1 or FIN_WAIT2, LAST_ACK, CLOSING: the server has sent its end.
sub has_ended ($sock) {
  return FTPS::Test::Process->until(sub {
    my ($state) = server_end($sock);
    return !defined $state || $state =~ /^0[459B7]$/;
  });
}

my %SAY = (
  'close_notify' => sub ($d) { $d->notify },
  'close_notify and FIN' => sub ($d) { $d->notify; $d->half_close },
  'FIN' => sub ($d) { $d->half_close },
  'bytes' => sub ($d) { $d->write($SMALL) },
  'bytes that are no TLS' => sub ($d) { $d->raw('nothing') },
);

# Says it, and reads only when the server has sent all.
sub say_early ($say) {
  return sub ($client, $d) {
    $say->($d);
    has_ended($d->sock);
    return $d->wait_notify;
  };
}

sub check_early ($tls) {
  for my $vhost (undef, 'flight', 'early') {
    my $client = $srv->client(%$tls, vhost => $vhost);
    for my $what ($vhost ? ('close_notify', 'FIN') : sort keys %SAY) {
      my $mode = $vhost ? 'pasv' : (qw(pasv port))[ length($what) % 2 ];
      my $name = join ' ', name_of($tls), $vhost // 'plain', $mode, $what;
      my @how = (mode => $mode, finish => 'close',
        during => say_early($SAY{$what}),
        ($vhost // '') eq 'early' ? (early => 'handshake') : ());
      my $since = now();
      my $r = $client->retr('long', @how, rest => 7);
      is("$r->{code} $r->{eof}", '226 close_notify', "$name: RETR");
      is_bytes($r->{data}, substr($LONG, 7), "$name: every byte");
      $r = $client->mlsd('many', @how);
      is("$r->{code} $r->{eof}", '226 close_notify', "$name: MLSD");
      is(scalar(() = $r->{data} =~ /\r\n/g), 702, "$name: every name");
      cmp_ok(now() - $since, '<', $LONG_LINGER, "$name: without a wait");
    }
    is(($client->cmd('NOOP'))[0], 200, name_of($tls) . ': the session lives');
    $client->quit;
  }
  return;
}

# Reads all, then goes as clients go.
sub check_good_ends ($tls) {
  my $client = $srv->client(%$tls);
  my %end = (
    'close' => sub ($d) { $d->close },
    'close_notify, close' => sub ($d) { $d->notify; $d->close },
    'close_notify, reset' => sub ($d) { $d->notify; $d->reset },
    'close with the end unread' => undef,
  );
  for my $how (sort keys %end) {
    my $name = name_of($tls) . ", all read, $how";
    my $r = $client->retr('long', during => sub ($c, $d) {
      my $got = '';
      $got .= $d->read_some while length $got < length $LONG;
      $d->wait_notify if $end{$how};
      $end{$how} ? $end{$how}->($d) : $d->finish('notify');
      return $got;
    });
    is($r->{code}, 226, $name);
    is_bytes($r->{data}, $LONG, "$name: every byte");
  }
  return;
}

# Whatever the kernels have taken: nobody has read it.
sub check_resets ($tls) {
  for my $vhost (undef, 'flight') {
    my $client = $srv->client(%$tls, vhost => $vhost);
    for my $line ('RETR long', 'RETR small', 'LIST many', 'NLST many',
      'MLSD many') {
      my $name = join ' ', name_of($tls), $vhost // 'plain', $line;
      my $d = $client->data;
      $client->cmd($line);
      $d->handshake;
      has_ended($d->sock);
      $d->reset;
      my ($code, $text) = $client->reply;
      is($code, 426, "$name, reset by the client: 426") or diag($text);
      like($text, qr/reset/, "$name: and why");
      my $r = $client->retr('small');
      is("$r->{code} $r->{text}", '226 Transfer complete', "$name: the next");
      is_bytes($r->{data}, $SMALL, "$name: its bytes");
    }
    # A close_notify before it does not make it whole.
    my $r = $client->retr('long', finish => 'reset', during => sub ($c, $d) {
      $d->notify;
      has_ended($d->sock);
      return '';
    });
    is($r->{code}, 426, name_of($tls) . ': close_notify, then a reset: 426');
    $client->protect('C');
    is($client->retr('small')->{code}, 226, name_of($tls) . ': in clear: 226');
    $client->quit;
  }
  $srv->like_tlslog(qr/data connection was reset by the client/);
  return;
}

# At any moment of a transfer.
sub check_quick_resets ($tls) {
  my $client = $srv->client(%$tls);
  for my $line ('RETR small', 'RETR long', 'LIST many', 'NLST many',
    'MLSD many') {
    my %codes;
    for my $n (0 .. 11) {
      my $d = $client->data;
      $client->cmd($line);
      $d->handshake;
      Time::HiRes::usleep($n * 150);
      $d->reset;
      $codes{ ($client->reply)[0] }++;
    }
    my @good = grep { $_ < 400 } sort keys %codes;
    is("@good", '', name_of($tls) . ", $line, reset at once: no success");
  }
  return;
}

# Uploads that have come whole are whole.
sub check_uploads ($tls) {
  my $client = $srv->client(%$tls);
  for my $bytes ('', $SMALL, $LONG) {
    my $r = $client->stor('up', $bytes, finish => 'open', during => sub
      ($c, $d) { $d->write($bytes); $d->notify; has_ended($d->sock);
        $d->reset; return '' });
    is($r->{code}, 226, name_of($tls) . ', upload, reset after its end: 226');
    is_bytes($srv->read_file('up'), $bytes, 'its bytes');
  }
  return;
}

# How a session ends in the middle of a download.  ABOR ends the download alone,
# and its client knows that there is more.
my %CUT = (
  'the control connection is closed' => sub ($c) { $c->close },
  'the control connection is reset' => sub ($c) { $c->reset },
  'close_notify on it' => sub ($c) { $c->stream->notify },
  'garbage on it' => sub ($c) { $c->wire("\x17\x03\x03\0\x20" . 'x' x 32) },
  'QUIT' => sub ($c) { $c->send_line('QUIT') },
  'the session is told to end' => sub ($c) {
    kill TERM => $srv->sessions;
  },
);

sub check_cut ($tls) {
  for my $vhost (undef, 'flight', 'early') {
    for my $how (sort(keys %CUT), 'ABOR') {
      my $name = join ' ', name_of($tls), $vhost // 'plain', "cut: $how";
      $srv->wait_sessions(0);
      my $client = $srv->client(%$tls, vhost => $vhost);
      my $d = $client->data;
      $d->handshake if ($vhost // '') eq 'early';
      $client->cmd('RETR huge');
      $d->handshake if ($vhost // '') ne 'early';
      $d->read_some(1000);
      $how eq 'ABOR' ? $client->abort : $CUT{$how}->($client);
      cmp_ok(length $d->wait_notify, '<', $HUGE - 1000, "$name: not whole");
      is($d->eof, $how eq 'ABOR' ? 'close_notify' : 'fin', "$name: the end");
      $d->close;
      $client->close;
    }
  }
  return;
}

# Nobody has that much to say.
sub check_flood ($tls) {
  my $name = name_of($tls) . ', a client that goes on talking';
  my $client = $srv->client(%$tls);
  my $d = $client->data;
  $client->cmd('RETR small');
  $d->handshake;
  local $SIG{PIPE} = 'IGNORE';
  my $since = now();
  my $is_cut = FTPS::Test::Process->until(
      sub { !eval { $d->raw('x' x 4096) } });
  ok($is_cut, "$name: is cut off");
  my ($code) = $client->reply;
  like($code, qr/^(?:226|426)$/, "$name: and answered");
  cmp_ok(now() - $since, '<', $LONG_LINGER, "$name: before TimeoutLinger");
  return;
}

# TimeoutLinger, and then the rest after the reply.
sub check_slow ($tls) {
  my $name = name_of($tls) . ', a slow reader';
  my $client = $srv->client(%$tls, vhost => 'slow');
  my $d = $client->data;
  $client->cmd('RETR long');
  $d->handshake;
  my $since = now();
  is(($client->reply)[0], 226, "$name: 226");
  cmp_ok(now() - $since, '>=', $LINGER - 1, "$name: after TimeoutLinger");
  cmp_ok(now() - $since, '<', $LONG_LINGER, "$name: no later");
  $d->write('late');
  is(($client->cmd('NOOP'))[0], 200, "$name: the session goes on");
  $d->notify;
  is_bytes($d->wait_notify, $LONG, "$name: every byte");
  is($d->eof, 'close_notify', "$name: and the end");
  $d->close;
  return;
}

# "openssl s_client" sends a KeyUpdate for a line that begins with "k" or "K"
# (with a request for another one); it prints what it is sent.
sub check_key_updates () {
  for my $key (qw(k K)) {
    my $client = $srv->client(vhost => 'free', min => '1.3');
    my ($port) = ($client->cmd('EPSV'))[1] =~ /\|(\d+)\|/;
    my $pid = open2(my $out, my $in, 'exec openssl s_client -tls1_3 -connect '
      . "127.0.0.1:$port 2>/dev/null");
    fcntl $out, F_SETPIPE_SZ, 4096;
    $in->autoflush;
    print {$in} "$key\n";
    my ($code) = $client->cmd('RETR text');
    is($code, 150, "KeyUpdate $key: RETR");
    my $data_end = sub {
      open my $table, '<', '/proc/net/tcp' or die $!;
      return !grep { (split)[1] =~ /:\Q${\sprintf '%04X', $port}\E$/
          && (split)[3] =~ /^0[16A8]$/ } <$table>;
    };
    FTPS::Test::Process->until($data_end);
    my $said = '';
    while (sysread $out, my $piece, 65536) {
      $said .= $piece;
      last if $said =~ /line 015000 of a text\r?\n/;
    }
    my $text = $said =~ s/\r//gr;
    ok(index($text, $TEXT) >= 0, "KeyUpdate $key: every byte");
    close $in;
    kill TERM => $pid;
    waitpid $pid, 0;
    is(($client->reply)[0], 226, "KeyUpdate $key: 226");
    $client->quit;
  }
  return;
}

$srv->write_file('long', $LONG);
$srv->write_file('small', $SMALL);
$srv->write_file('text', $TEXT);
truncate $srv->write_file('huge', ''), $HUGE;
mkdir $srv->path('many');
$srv->write_file("many/$_-" . 'n' x 200, '') for 1 .. 700;
check_each(\@VERSION, \&check_early, \&check_good_ends, \&check_resets,
  \&check_quick_resets, \&check_uploads, \&check_cut, \&check_flood);
eval { check_slow($VERSION[1]); 1 } or fail("a slow reader: $@");
eval { check_key_updates(); 1 } or fail("KeyUpdate: $@");
is($srv->stop, 0, 'the daemon ended well');
done_testing;
