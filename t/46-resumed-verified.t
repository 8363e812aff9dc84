# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# A control connection that resumes an earlier TLS session must meet the rules
# of a full handshake now: the client certificate has expired or was revoked
# meanwhile, other CAs, another TLSVerifyClient, an expired list, a removed
# pre-shared key, a cipher that is not accepted any more.  And sessions of one virtual host do not work at another one
# (the class of CVE-2025-23419), by port, by SNI, by HOST.
#
# Rows are virtual hosts; each is tested with tickets of TLS 1.2 and 1.3, and
# with session ids of TLS 1.2, which are found in a cache.  Needs: root,
# openssl.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::CRL;
use FTPS::Test::File qw(slurp replace append);
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

my @VERSIONS = ('1.2', '1.3', '1.2-ids');
my $PSK = 'ECDHE-PSK-CHACHA20-POLY1305';
my ($STRONG, $WEAK) = qw(ECDHE-ECDSA-AES256-GCM-SHA384
  ECDHE-ECDSA-AES128-SHA);
my $ANY = "$PSK:ECDHE-ECDSA-AES256-GCM-SHA384";
my $AGAIN = 'session not resumed, a full handshake is asked for: the client '
  . 'certificate in it is not accepted now:';

my $pki   = FTPS::Test::PKI->new;
my $temp  = File::Temp->newdir('ftps-resumed-XXXXXX', TMPDIR => 1);
my $lists = FTPS::Test::CRL->new($pki, "$temp/lists");
my %CLIENT = map { $_ => new_client() } qw(first second), @VERSIONS;
$CLIENT{below} = new_client(issuer => 'intermediate');
append($CLIENT{below}{cert}, slurp($pki->cert('intermediate')->{cert}));

# Files that change while the daemon runs.
my $client_ca = slurp($pki->cert('client-ca')->{cert});
my $other_ca  = slurp($pki->cert('other-ca')->{cert});
put("ca-$_", $client_ca) for 'swapped', @VERSIONS;
put('ca-both', $client_ca, slurp($pki->cert('ca')->{cert}));
put('ca-all', slurp("$temp/ca-both"),
  slurp($pki->cert('intermediate')->{cert}));
my $empty = $lists->make('client-ca');
put("crl-$_", $empty) for @VERSIONS, 'due';
my $key = join '', map { sprintf '%02x', $_ * 7 % 256 } 1 .. 32;
put("psk-$_", "$key\n") for qw(me you);

sub ca ($name) { return "TLSCACertificateFile $temp/ca-$name" }

my @on = ('TLSVerifyClient on');
my %TLS = (
  on => [ca('swapped'), @on],
  optional => [ca('swapped'), 'TLSVerifyClient optional'],
  user => [ca('swapped'), @on, 'TLSUserName CommonName'],
  map => [ca('swapped'), @on, "TLSUserMapFile $temp/map"],
  due => [ca('swapped'), @on, "TLSCARevocationFile $temp/crl-due"],
  root => [ca('both'), @on],
  all => [ca('all'), @on],
  ciphers => [ca('swapped'), "TLSCipherSuite $STRONG:$WEAK"],
  psk => ["TLSPreSharedKey me hex:$temp/psk-me",
    "TLSPreSharedKey you hex:$temp/psk-you"],
  map({ ("ca$_" => [ca($_), @on],
    "crl$_" => [ca('swapped'), @on, "TLSCARevocationFile $temp/crl-$_"]) }
    @VERSIONS),
);
put('map', "cn:proftpd proftpd\n");

my $srv = FTPS::Test::Server->new(
  max_instances => 200, ours => ['mod_ftps_shmcache'],
  extra => ["TLSSessionCache shm:/file=$temp/cache"],
  tls => [ca('swapped'), 'TLSVerifyClient off'],
  vhosts => [
    (map { { name => $_, port => 'own', cert => 'server', tls => $TLS{$_} } }
      sort keys %TLS),
    (map { { name => "$_.test", alias => ["$_.test"],
      tls => [ca('swapped'), "TLSVerifyClient $_"] } } qw(optional off)),
    { name => 'strict.test', alias => ['strict.test'],
      tls => [ca('swapped'), @on] },
    { name => 'twin.test', alias => ['twin.test'],
      tls => [ca('swapped'), @on] },
  ]);
$srv->start;

sub new_client (@words) {
  state $n = 0;
  return { $pki->issue_to("$temp/client" . ++$n, like => 'client', @words) };
}

sub put ($name, @texts) {
  return replace("$temp/$name", join('', @texts), 0600);
}

# A version of @VERSIONS as words of a client.
sub words ($version) {
  my ($number, $ids) = split /-/, $version;
  return (min => $number, max => $number, $ids ? (tickets => 0) : ());
}

# Where: a server with a port of its own, or a name for SNI.
sub place ($where) {
  return $where =~ /\.test$/ ? (sni => $where) : (vhost => $where);
}

# Each session that ends stops the daemon from accepting others for 0.2 s, so
# they stay until the end of their subtest.
my @kept;

sub dial ($where, $version, $who = undef, %o) {
  my %with = defined $who ? $CLIENT{$who}->%* : ();
  my $c = $srv->connection(place($where), words($version), %with, %o);
  push @kept, $c;
  $c->connect;
  return $c;
}

# "resumed", "full" or "refused".  In TLS 1.3 a refusal shows with the next reply.
sub outcome ($c) {
  return 'refused' if !$c->auth || ($c->cmd('NOOP'))[0] != 200;
  return $c->session_reused ? 'resumed' : 'full';
}

sub session_of ($where, $version, $who = undef, %o) {
  my $c = dial($where, $version, $who, %o);
  my $got = outcome($c);
  # In TLS 1.3 a pre-shared key is a session that is resumed.
  $got eq ($o{psk} && $version eq '1.3' ? 'resumed' : 'full') or die "$where, TLS $version: $got: " . $c->error . "\n";
  return $c->session;
}

# A new control connection with an old session.
sub again_is ($where, $version, $session, $who, $want, $name, %o) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my $c = dial($where, $version, $who, session => $session, %o);
  my $got = outcome($c);
  is $got, $want, "TLS $version: $name" or diag $c->error;
  return $c;
}

# What the log says since the last call.
sub logged ($pattern, $name) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  $srv->like_new($pattern, $name);
  return $srv->mark;
}

# Certificates that are good for a few seconds from now, and a list.
my $soon = time + 4;
$pki->issue(like => 'client', $CLIENT{$_}->%*, to => $soon - time)
  for @VERSIONS;
put('crl-due', $lists->make('client-ca', to => $soon - time));
my %aging = map {
  my $version = $_;
  $version => {
    on => session_of('on', $version, $version),
    optional => session_of('optional', $version, $version),
    due => session_of('due', $version, 'first'),
  }
} @VERSIONS;

for my $version (@VERSIONS) {
  @kept = ();
  subtest "nothing has changed, TLS $version" => sub {
    for my $where (qw(on optional)) {
      my $session = session_of($where, $version, 'first');
      again_is($where, $version, $session, undef, 'resumed', "$where: resumed");
    }
    my $session = session_of('user', $version, 'first');
    my $c = again_is('user', $version, $session, undef, 'resumed',
      'its certificate is that of the session');
    is(($c->cmd('USER other'))[0], 331, 'which is not everybody\'s');
    is(($c->cmd('USER proftpd'))[0], 232, 'but admits its user');
    my $r = $c->protect('P') && $c->list;
    ok $r->{ok} && $r->{reused}, 'a transfer';
  };

  subtest "the map of users has changed, TLS $version" => sub {
    put('map', "cn:proftpd proftpd\n");
    my $session = session_of('map', $version, 'first');
    put('map', "cn:proftpd other\n");
    my $c = again_is('map', $version, $session, undef, 'resumed', 'resumed');
    is(($c->cmd('USER proftpd'))[0], 331, 'not admitted any more');
    is(($c->cmd('USER other'))[0], 232, 'admitted now');
  };

  subtest "an intermediate CA, TLS $version" => sub {
    my $session = session_of('root', $version, 'below');
    again_is('root', $version, $session, 'below', 'full',
      'that only the client has: a full handshake');
    logged(qr/\Q$AGAIN\E unable to get local issuer certificate/, 'and why');
    $session = session_of('all', $version, 'below');
    again_is('all', $version, $session, 'below', 'resumed',
      'that the server has as well');
  };

  subtest "revoked since, TLS $version" => sub {
    my ($first, $second) =
      map { session_of("crl$version", $version, $_) } qw(first second);
    put("crl-$version",
      $lists->make('client-ca', revoked => [$CLIENT{first}{cert}]));
    again_is("crl$version", $version, $first, 'first', 'refused', 'refused');
    logged(qr/client certificate refused: certificate revoked/, 'and why');
    again_is("crl$version", $version, $first, undef, 'refused',
      'refused without a certificate');
    again_is("crl$version", $version, $second, 'second', 'full',
      'another client: a full handshake');
  };

  subtest "other CAs since, TLS $version" => sub {
    my $session = session_of("ca$version", $version, 'first');
    put("ca-$version", $other_ca);
    again_is("ca$version", $version, $session, 'first', 'refused', 'refused');
    put("ca-$version", $client_ca, $other_ca);
    again_is("ca$version", $version, $session, 'first', 'full',
      'one more: a full handshake');
    put("ca-$version", $client_ca);
    again_is("ca$version", $version, $session, 'first', 'resumed',
      'as it was: resumed');
  };

  subtest "at another virtual host, TLS $version" => sub {
    FTPS::Test::Server->need_host;
    my %session = map { $_ => session_of($_, $version, 'first') }
      qw(on main strict.test optional.test off.test);
    for my $row (['main', 'on', 'refused'], ['on', 'main', 'full'],
      ['main', 'strict.test', 'refused'], ['off.test', 'strict.test', 'refused'],
      ['optional.test', 'strict.test', 'refused'],
      ['strict.test', 'optional.test', 'full'],
      ['strict.test', 'off.test', 'full'], ['strict.test', 'main', 'full'],
      ['strict.test', 'twin.test', 'refused'], ['strict.test', 'on', 'refused'],
      ['strict.test', 'strict.test', 'resumed'])
    {
      my ($from, $to, $want) = @$row;
      again_is($to, $version, $session{$from}, undef, $want,
        "session of $from at $to");
    }

    my $c = dial('main', $version, undef, session => $session{main});
    is(($c->cmd('HOST strict.test'))[0], 220, 'HOST strict.test');
    is outcome($c), 'refused', 'session of main after HOST';
  };
}

subtest 'expired since' => sub {
  sleep 1 while time <= $soon;
  for my $version (@VERSIONS) {
    my $session = $aging{$version};
    again_is('on', $version, $session->{on}, $version, 'refused', 'refused');
    logged(qr/\Q$AGAIN\E certificate has expired$/m, 'and why');
    again_is('on', $version, $session->{on}, undef, 'refused',
      'refused without a certificate');
    again_is('on', $version, $session->{on}, 'first', 'full',
      'with another certificate: a full handshake');
    again_is('optional', $version, $session->{optional}, undef, 'full',
      'optional: a full handshake');
    again_is('optional', $version, $session->{optional}, $version, 'refused',
      'optional, with the certificate: refused');
    again_is('due', $version, $session->{due}, 'first', 'refused',
      'an old revocation list: refused');
    logged(qr/\Q$AGAIN\E CRL has expired$/m, 'and why');
  }
};

# A client of TLS 1.2 offers a session of a PSK cipher only when it has a key.
sub again_words ($version) {
  return () if $version eq '1.3';
  return (psk => ['you', $key], ciphers => $ANY);
}

sub cipher_words (@names) { return (ciphers => join ':', @names) }

# What the configuration changes: one restart.
my (%before, %open);
for my $version (@VERSIONS) {
  my @psk = (psk => ['me', $key], $version ne '1.3' ? (ciphers => $PSK) : ());
  my @again = again_words($version);
  $before{$version} = {
    psk => session_of('psk', $version, undef, @psk),
    map({ ($_ => session_of('ciphers', $version, undef, cipher_words($_))) }
      $STRONG, $WEAK),
    map { $_ => session_of($_, $version, 'first') } qw(optional on user),
  };
  my $c = $srv->client(place('psk'), words($version), @psk);
  ok $c->list->{reused}, "TLS $version: a session by pre-shared key";
  $open{$version} = $c;
  again_is('psk', $version, $before{$version}{psk}, undef, 'resumed',
    'and another one', @again);
}
shift $TLS{psk}->@*;
$TLS{ciphers}[1] = "TLSCipherSuite $STRONG";
$TLS{optional}[1] = 'TLSVerifyClient on';
$TLS{on}[1] = 'TLSVerifyClient optional';
push $TLS{user}->@*, 'TLSVerifyDepth 3';
$srv->rewrite;
ok $srv->hup, 'other settings';

for my $version (@VERSIONS) {
  my $session = $before{$version};
  again_is('psk', $version, $session->{psk}, undef, 'full',
    'the pre-shared key is gone', again_words($version));
  again_is('ciphers', $version, $session->{$STRONG}, undef, 'resumed',
    'a cipher that is accepted as before', cipher_words($STRONG, $WEAK));
  my $c = again_is('ciphers', $version, $session->{$WEAK}, undef,
    $version eq '1.3' ? 'resumed' : 'full',
    'a cipher that is not accepted any more', cipher_words($STRONG, $WEAK));
  isnt $c->cipher, $WEAK, "TLS $version: it is not used";
  again_is('optional', $version, $session->{optional}, undef, 'refused',
    'optional is on now');
  again_is('on', $version, $session->{on}, undef, 'full', 'on is optional now');
  again_is('user', $version, $session->{user}, 'first', 'full',
    'another TLSVerifyDepth');
  my $r = $open{$version}->list;
  ok $r->{ok} && $r->{reused}, "TLS $version: what was open goes on";
}

is $srv->stop, 0, 'the daemon ends';
done_testing;
