#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Debian's mod_proxy with TLS on the client side (base/watched.h): it reads and
# writes the data of transfers itself and polls the data descriptor itself.
# Reverse and forward proxy, to a server in clear and to one with TLS; clients
# that wait for the server's close_notify, and clients that do not; TLS from
# this module on either side.  And mod_vroot and mod_case together with it.
#
# Needs: root, proftpd-mod-proxy; proftpd-mod-vroot and proftpd-mod-case for
# their parts.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::Checks qw(is_bytes);
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;
use Time::HiRes ();

my @VERSION = ({ max => '1.2' }, { min => '1.3' });
my $SMALL = join '', map { chr($_ * 7 % 256) } 1 .. 4096;
my $BIG = join '', map { pack 'N', $_ * 2654435761 % 2**32 } 1 .. 500_000;

plan skip_all => 'no mod_proxy (Debian package: proftpd-mod-proxy)'
  if FTPS::Test::Config->lacking('mod_proxy');

my @more = grep { !FTPS::Test::Config->lacking($_) } qw(mod_vroot mod_case);
my $srv = FTPS::Test::Server->new(max_instances => 60,
  modules => [ 'mod_proxy', @more ],
  vhosts => [ map { { name => $_, port => 'own' } }
    qw(reverse deep forward far backend plain beside narrow options
      implicit) ]);
my $dir = $srv->dir;
my %port = map { $_ => $srv->vhost_port($_) } qw(plain backend);

sub proxy (@lines) {
  return ('ProxyEngine on', "ProxyLog $dir/log/proxy", @lines);
}

sub reverse_to ($backend, @lines) {
  return proxy('ProxyRole reverse',
    "ProxyReverseServers ftp://127.0.0.1:$port{$backend}", @lines);
}

my $ca = $srv->pki->cert('server')->{ca};
my @tls_backend = ('ProxyTLSEngine on', "ProxyTLSCACertificateFile $ca",
  'ProxyTLSVerifyServer off');
my %lines = (
  reverse => [ reverse_to('plain') ],
  narrow => [ reverse_to('plain'), 'SocketOptions rcvbuf 4000' ],
  options => [ reverse_to('plain') ],
  implicit => [ reverse_to('plain') ],
  far => [ proxy('ProxyRole forward', 'ProxyForwardMethod user@host',
    'ProxyForwardTo .*', @tls_backend) ],
  deep => [ reverse_to('backend', @tls_backend) ],
  forward => [ proxy('ProxyRole forward',
    'ProxyForwardMethod user@host', 'ProxyForwardTo .*') ],
  beside => [ grep { defined } $more[0] ? 'VRootEngine on' : undef,
    "@more" =~ /mod_case/ ? ('CaseEngine on', 'CaseIgnore on') : () ],
);
my @vhosts = map { my $name = $_->{name};
  +{ %$_, port => $srv->vhost_port($name), extra => $lines{$name} // [],
    $name eq 'plain' ? (tls => 'TLSEngine off') : (),
    $name eq 'implicit' ? (tls => 'TLSOptions UseImplicitSSL') : (),
    $name eq 'options' ? (tls => 'TLSOptions DataWithHandshake '
      . 'EarlyDataHandshake ReplyWhenSent KernelTLS') : () }
} $srv->config->{vhosts}->@*;
mkdir "$dir/tables";
$srv->rewrite(vhosts => \@vhosts, extra => [ "ProxyTables $dir/tables",
  '<Class local>', 'From 127.0.0.1', 'ProxyForwardEnabled on', '</Class>' ]);
$srv->start;

sub client ($vhost, %o) {
  my %user = (forward => 'plain', far => 'backend');
  my $user = $user{$vhost} && "proftpd\@127.0.0.1:$port{$user{$vhost}}";
  $o{implicit} = 1 if $vhost eq 'implicit';
  return $srv->client(vhost => $vhost,
    defined $user ? (user => $user) : (), %o);
}

sub check_transfers ($vhost, $tls) {
  my $name = "$vhost, TLS " . ($tls->{max} // $tls->{min});
  my $client = client($vhost, %$tls);
  for my $mode (qw(pasv port)) {
    for my $finish ($vhost eq 'reverse' ? qw(wait notify fin close) : 'wait') {
      for my $bytes ('', 'x', $SMALL, $BIG) {
        my $row = sprintf '%s, %s, %s, %d bytes', $name, $mode, $finish,
          length $bytes;
        my $r = $client->stor('up', $bytes, mode => $mode, finish => $finish);
        is("$r->{code} $r->{text}", '226 Transfer complete', "$row: STOR");
        is_bytes($srv->read_file('up'), $bytes, "$row: its bytes");
        next if $finish eq 'fin';
        $r = $client->retr('up', mode => $mode, finish => $finish);
        is("$r->{code} $r->{text}", '226 Transfer complete', "$row: RETR");
        is_bytes($r->{data}, $bytes, "$row: its bytes");
      }
    }
    my $r = $client->nlst('', mode => $mode);
    is($r->{code}, 226, "$name, $mode: NLST");
    like($r->{data}, qr/^up\r$/m, "$name, $mode: the file's name");
  }
  $client->quit;
  return;
}

# All of a small upload, and its end, come with the client's Finished.
sub check_at_once ($vhost, $tls) {
  my $name = "$vhost, TLS " . ($tls->{max} // $tls->{min}) . ', at once';
  my $client = client($vhost, %$tls);
  for (1 .. 5) {
    my $d = $client->data;
    $client->send_line('STOR once');
    $client->reply;
    $d->handshake;
    $d->write($SMALL);
    $d->notify;
    is(($client->reply)[0], 226, "$name: STOR");
    is($d->wait_notify, '', "$name: and nothing else");
    is($d->eof, 'close_notify', "$name: but close_notify");
    $d->close;
    is_bytes($srv->read_file('once'), $SMALL, "$name: its bytes");
  }
  $client->quit;
  return;
}

sub check_early_end ($vhost, $tls) {
  my $name = "$vhost, TLS " . ($tls->{max} // $tls->{min});
  my $client = client($vhost, %$tls);
  $srv->write_file('big', $BIG);
  my $r = $client->retr('big', finish => 'close', during => sub ($c, $d) {
    $d->notify;
    return $d->wait_notify;
  });
  is($r->{code}, 226, "$name: a client that says its end first");
  is_bytes($r->{data}, $BIG, "$name: has every byte");
  $client->quit;
  return;
}

# mod_proxy tries again after an error, and is not told of it for ever.
sub check_faults ($vhost, $tls) {
  my $name = "$vhost, TLS " . ($tls->{max} // $tls->{min});
  my $client = client($vhost, %$tls);
  my $r = $client->stor('cut', $BIG, finish => 'reset');
  ok($r->{code}, "$name: an upload that is reset is answered");
  $r = $client->stor('cut', $SMALL, finish => 'open', during => sub ($c, $d) {
    $d->write($SMALL);
    $d->raw("\x17\x03\x03\x00\x20" . 'x' x 32);
    $d->half_close;
    return '';
  });
  ok($r->{code}, "$name: an upload with a broken record is answered");
  is(($client->cmd('NOOP'))[0], 200, "$name: the session lives");
  $r = $client->stor('next', $SMALL);
  is($r->{code}, 226, "$name: the next upload");

  # mod_proxy passes ABOR on when the transfer is over.
  my $d = $client->data;
  $client->cmd('STOR aborted');
  $d->handshake;
  $d->write($SMALL);
  $d->raw("\x17\x03\x03\x40\x00" . 'x' x 100);
  $client->abort;
  Time::HiRes::sleep(0.1);
  $d->close;
  my @codes = map { ($client->reply)[0] } 1, 2;
  like("@codes", qr/^\d+ 2\d+$/, "$name: ABOR is answered");
  for (1, 2) {
    $r = $client->stor('next', $BIG);
    is($r->{code}, 226, "$name: an upload after ABOR");
    is_bytes($srv->read_file('next'), $BIG, "$name: its bytes");
  }

  # What mod_proxy would read next from its server is not the reply to the next
  # command.
  $r = $client->retr('next', session => 'none');
  is($r->{code}, 421, "$name: the session is not resumed: the end");
  like($r->{text}, qr/not resumed; closing connection/, "$name: and why");
  is(($client->cmd('NOOP'))[0], 0, "$name: no wrong replies");
  return;
}

for my $tls (@VERSION) {
  for my $vhost (qw(reverse deep forward far narrow options implicit)) {
    for my $check (\&check_transfers, \&check_at_once, \&check_early_end,
      \&check_faults) {
      eval { $check->($vhost, $tls); 1 } or fail("$vhost: a check died: $@");
    }
  }
}

SKIP: {
  skip 'no mod_vroot, mod_case', 1 if @more < 2;
  for my $tls (@VERSION) {
    my $client = client('beside', %$tls);
    for my $bytes ('', $SMALL, $BIG) {
      is($client->stor('Mixed', $bytes)->{code}, 226, 'mod_vroot: STOR');
      is_bytes($srv->read_file('Mixed'), $bytes, 'mod_vroot: its bytes');
      my $r = $client->retr('mIXED');
      is($r->{code}, 226, 'mod_case: RETR of the name in other letters');
      is_bytes($r->{data}, $bytes, 'mod_case: its bytes');
    }
    $client->quit;
  }
}

is($srv->stop, 0, 'the daemon ended well');
done_testing;
