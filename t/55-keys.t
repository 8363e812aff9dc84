#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Private keys in memory with TLSKeyIsolation off (t/55-signer.t has the rest):
# the daemon has their numbers in its own pages and
# nowhere else.  A session has the keys of the servers that it can become until
# its handshake, and none afterwards.  If CCC may follow and make full
# handshakes possible, it keeps its own key until the first data connection has
# resumed; most subtests exclude this.
#
# t/lib/memscan.c searches for the numbers. "Own pages" are mappings that are
# kept out of core dumps (dd in /proc/PID/smaps).
#
# Servers: main (P-256) and rsa.test (RSA-2048) share a port, p384.test has its
# own.

use v5.36;
use File::Basename qw(dirname);
use File::Temp ();
use Test::More;

use lib dirname(__FILE__) . '/lib';
use FTPS::Test::Build;
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Server;

my $temp = File::Temp->newdir('ftps-keys-XXXXXX', TMPDIR => 1);
my $pki  = FTPS::Test::PKI->new;
my %key  = map { $_ => "$temp/$_.pem" } qw(main rsa p384);
my %cert = map { $_ => "$temp/$_-cert.pem" } keys %key;
my %like = (main => 'server', rsa => 'server-rsa', p384 => 'server-p384');
renew($_) for keys %key;

my $strict = 'TLSOptions SessionReuseRequiredAfterCCC';
my $OFF    = 'TLSKeyIsolation off';
my $srv = FTPS::Test::Server->new(
  tls    => [ tls_lines('main', 'EC'), $strict ],
  vhosts => [
    { name => 'rsa.test', tls => [ tls_lines('rsa', 'RSA'), $strict ] },
    { name => 'p384.test', port => 'own',
      tls => [ tls_lines('p384', 'EC'), $strict ] },
  ]);
my $memscan = FTPS::Test::Build->program("$temp/memscan");
$srv->start;

my $all = join ' ', sort keys %key;

subtest 'the daemon' => sub {
  daemon_is_fine('at start');
};

subtest 'a session before AUTH' => sub {
  for my $case ([ 'shared port', 'main', 'main rsa' ],
    [ 'own port', 'p384.test', 'p384' ]) {
    my ($name, $vhost, $keys) = @$case;
    my $c = $srv->connection(vhost => $vhost);
    $c->connect;
    holds_in_pages(session(), $keys, $name);
    leave($c);
  }
};

for my $version ('1.2', '1.3') {
  for my $case ([ 'P-256' ], [ 'RSA-2048', sni => 'rsa.test' ],
    [ 'P-384', vhost => 'p384.test' ]) {
    my ($name, %to) = @$case;
    subtest "a session with $name, TLS $version" => sub {
      FTPS::Test::Server->need_host if $to{sni};
      session_forgets(min => $version, max => $version, %to);
    };
  }
}

subtest 'a session that logs in without TLS' => sub {
  my $c = $srv->connection;
  $c->connect;
  $c->cmd('USER proftpd');
  is(($c->cmd('PASS test'))[0], 230, 'login');
  holds_nothing(session(), 'after login');
  leave($c);
};

subtest 'the daemon after sessions' => sub {
  daemon_is_fine('after sessions');
};

subtest 'after SIGHUP' => sub {
  ok $srv->hup, 'configuration read again';
  daemon_is_fine('after SIGHUP');
  my $c = $srv->connection;
  $c->connect;
  holds_in_pages(session(), 'main rsa', 'before AUTH');
  leave($c);
  session_forgets();
};

subtest 'files replaced while the daemon runs' => sub {
  my $old = slurp($key{main});
  my $new = renew('main');
  spew("$temp/old.pem", $old);
  $key{old} = "$temp/old.pem";

  my $c = $srv->client;
  is $c->peer_fingerprint, $new, 'the new certificate is used';
  holds_nothing(session(), 'after login');
  ok $c->list->{ok}, 'a transfer';
  holds_nothing(session(), 'after a transfer');
  leave($c);
  delete $key{old};
};

subtest 'CCC may come' => sub {
  $srv->rewrite(tls => [ tls_lines('main', 'EC') ]);
  ok $srv->hup, 'configuration read again';
  my $c = $srv->client;
  holds_in_pages(session(), 'main', 'after login');
  ok $c->list->{reused}, 'a transfer';
  holds_nothing(session(), 'after a transfer that resumed');
  leave($c);

  $c = $srv->client;
  $c->ccc;
  for my $n (1, 2) {
    my $r = $c->list('', session => 'none');
    ok $r->{ok}, "after CCC: transfer $n with a full handshake";
    holds_in_pages(session(), 'main', "after CCC and transfer $n");
  }
  leave($c);
};

subtest 'CCC cannot come' => sub {
  for my $lines ([ 'TLSRequired on' ], [ 'TLSRequired ctrl' ],
      [ '<Limit CCC>', 'DenyAll', '</Limit>' ]) {
    $srv->rewrite(tls => [ tls_lines('main', 'EC') ], extra => $lines);
    ok $srv->hup, "configuration read again: @$lines";
    my $c = $srv->client;
    holds_nothing(session(), "@$lines: after login");
    leave($c);
  }
  $srv->rewrite(extra => []);
};

subtest 'NoSessionReuseRequired' => sub {
  my @more = ('TLSOptions NoSessionReuseRequired');
  $srv->config->{vhosts}[0]{tls} = [ tls_lines('rsa', 'RSA'), @more ];
  $srv->rewrite(tls => [ tls_lines('main', 'EC'), @more ]);
  ok $srv->hup, 'configuration read again';
  daemon_is_fine('with the option');

  for my $case ([ 'main' ], [ 'rsa', sni => 'rsa.test' ]) {
    my ($own, %to) = @$case;
    subtest $own => sub {
      FTPS::Test::Server->need_host if $to{sni};
      my $c = $srv->client(%to);
      holds_in_pages(session(), $own, 'after login');
      my $r = $c->list('', session => 'none');
      ok $r->{ok}, 'a transfer with a full handshake';
      holds_in_pages(session(), $own, 'after the transfer');
      leave($c);
    };
  }
};

subtest 'a configuration without the module' => sub {
  $srv->rewrite(module => 'none', tls => [], vhosts => []);
  ok $srv->hup, 'configuration read again';
  holds_nothing($srv->pid, 'the daemon');
};

is $srv->stop, 0, 'the daemon ends';
done_testing;

sub tls_lines ($name, $type) {
  return ($OFF, "TLS${type}CertificateFile $cert{$name}",
    "TLS${type}CertificateKeyFile $key{$name}");
}

sub renew ($name) {
  return $pki->issue(like => $like{$name}, cert => $cert{$name},
    key => $key{$name});
}

sub session () {
  $srv->wait_sessions(1) or die 'there is more or less than one session';
  return ($srv->sessions)[0];
}

sub leave ($client) {
  $client->quit;
  $srv->wait_sessions(0) or die 'the session does not end';
  return;
}

# Finds in the memory of a process, as { range, key, what, line }.
sub scan ($pid) {
  my ($status, $output) = FTPS::Test::Process->run(
    [ $memscan, $pid, map { $key{$_} } sort keys %key ]);
  die "memscan: $output" if $status > 1;
  return map {
    my (undef, $range, undef, undef, $what) = split / /;
    my ($key) = $what =~ /^(\w+)\.pem:/;
    +{ range => $range, key => $key, what => $what, line => $_ };
  } split /\n/, $output;
}

# Ranges of the mappings that are kept out of core dumps.
sub own_pages ($pid) {
  my ($range, %own);
  for (split /\n/, slurp("/proc/$pid/smaps")) {
    $range = $1 if /^([0-9a-f]+-[0-9a-f]+) /;
    $own{$range} = 1 if /^VmFlags:.* dd\b/;
  }
  return \%own;
}

sub holds_in_pages ($pid, $keys, $name) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my @found = scan($pid);
  my $own   = own_pages($pid);
  my %seen  = map { $_->{key} => 1 } @found;
  is join(' ', sort keys %seen), $keys, "$name: these keys are in memory";
  shows_none($name, 'outside of the own pages',
    grep { !$own->{ $_->{range} } } @found);
  shows_none($name, 'of text of a key file',
    grep { $_->{what} =~ /:text:/ } @found);
  return;
}

sub holds_nothing ($pid, $name) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  shows_none($name, 'at all', scan($pid));
  return;
}

sub shows_none ($name, $which, @found) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  ok !@found, "$name: no find $which"
    or diag join "\n", map { $_->{line} } @found;
  return;
}

# A restart may be under way: while pages come and go, what is found where and
# whose mapping that is are not of the same moment.
sub daemon_is_fine ($name) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  $srv->wait_sessions(0) or die 'there is a session left';
  FTPS::Test::Process->until(sub {
    my %before = own_pages($srv->pid)->%*;
    my @found = scan($srv->pid);
    my $own = own_pages($srv->pid);
    return @found && !grep { !$own->{$_->{range}} || !$before{$_->{range}} }
      @found;
  });
  holds_in_pages($srv->pid, $all, $name);
  return;
}

sub session_forgets (%to) {
  my $c = $srv->connection(%to);
  $c->connect;
  ok $c->auth, 'handshake' or diag $c->error;
  $c->cmd('NOOP');
  holds_nothing(session(), 'after the handshake');

  $c->login;
  holds_nothing(session(), 'after login');
  for my $n (1, 2) {
    my $r = $c->list;
    ok $r->{ok} && $r->{connection}->session_reused, "resumed transfer $n";
    holds_nothing(session(), "after transfer $n");
  }

  $c->cmd('NOOP');
  my $ticket = $c->session;
  leave($c);

  $c = $srv->client(%to, session => $ticket);
  ok $c->session_reused, 'a second connection resumes';
  holds_nothing(session(), 'resumed');
  ok $c->list->{ok}, 'a transfer there';
  holds_nothing(session(), 'resumed, after a transfer');
  leave($c);
  return;
}
