#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# TLSKeyIsolation: no daemon and no session has a private number, at any time
# and with any option; the keeper and the signer have them, and no privileges.
# Those that are killed are replaced, and no login is lost.  Each kind of key
# works.
#
# Servers: main (P-256) and rsa.test (RSA-2048) share a port.

use v5.36;
use File::Basename qw(dirname);
use File::Temp ();
use POSIX qw(WNOHANG);
use Test::More;

use lib dirname(__FILE__) . '/lib';
use FTPS::Test::Build;
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Server;

my $temp = File::Temp->newdir('ftps-signer-XXXXXX', TMPDIR => 1);
my $pki  = FTPS::Test::PKI->new;
my %key  = map { $_ => "$temp/$_.pem" } qw(main rsa);
my %cert = map { $_ => "$temp/$_-cert.pem" } keys %key;
my %like = (main => 'server', rsa => 'server-rsa');
renew($_) for keys %key;

my $isolate = 'TLSKeyIsolation required';
my $srv = FTPS::Test::Server->new(
  tls    => [ tls_lines('main', 'EC'), $isolate ],
  vhosts => [ { name => 'rsa.test',
    tls => [ "TLSCertificate $cert{rsa} $key{rsa}", $isolate ] } ]);
my $memscan = FTPS::Test::Build->program("$temp/memscan");
$srv->start;

subtest 'the processes' => sub {
  awaited('ftps-signer');
  my %found = helpers();
  is_deeply([ map { scalar @{ $found{$_} // [] } } qw(ftps-keeper ftps-signer) ],
    [ 1, 1 ], 'one keeper, one signer') or return;
  for my $name (sort keys %found) {
    my $pid = $found{$name}[0];
    my $status = slurp("/proc/$pid/status");
    unlike($status, qr/^Uid:.*\t0\b/m, "$name: not root");
    like($status, qr/^CapPrm:\t0+$/m, "$name: no capabilities");
    like($status, qr/^CapEff:\t0+$/m, "$name: none in effect");
    like($status, qr/^NoNewPrivs:\t1$/m, "$name: no new privileges");
    like(slurp("/proc/$pid/limits"), qr/^Max core file size +0 +0 /m,
      "$name: no core");
    is((stat "/proc/$pid/mem")[4], 0, "$name: no debugger");
    holds_all($pid, $name);
  }
  like(slurp("/proc/$found{'ftps-signer'}[0]/status"), qr/^Seccomp:\t2$/m,
    'the signer has a filter for system calls');
};

subtest 'memory' => sub {
  holds_nothing($srv->pid, 'the daemon');
  for my $version ('1.2', '1.3') {
    visits("TLS $version", min => $version, max => $version);
  }
  subtest "RSA" => sub {
    FTPS::Test::Server->need_host;
    visits('RSA', sni => 'rsa.test');
  };
  holds_nothing($srv->pid, 'the daemon after sessions');
};

subtest 'NoSessionReuseRequired' => sub {
  my @before = map { @$_ } values { helpers() }->%*;
  $srv->rewrite(tls =>
    [ tls_lines('main', 'EC'), $isolate, 'TLSOptions NoSessionReuseRequired' ]);
  ok $srv->hup, 'configuration read again';
  ok(FTPS::Test::Process->until(sub {
    !grep { FTPS::Test::Process->lives($_) } @before;
  }), 'the processes of before have ended');
  holds_nothing($srv->pid, 'the daemon');

  for my $version ('1.2', '1.3') {
    my $c = $srv->client(min => $version, max => $version);
    for my $n (1 .. 12) {
      my $r = $c->list('', session => 'none');
      ok $r->{ok} && !$r->{reused}, "TLS $version: full handshake $n";
    }
    holds_nothing(session(), "TLS $version: after full handshakes");
    leave($c);
  }
};

# After CCC data connections need not resume: as many full handshakes as there
# are transfers.
subtest 'CCC' => sub {
  $srv->rewrite(tls => [ tls_lines('main', 'EC'), $isolate ]);
  ok $srv->hup, 'configuration read again';
  my $c = $srv->client;
  $c->ccc;
  my @bad = grep { !$c->list('', session => 'none')->{ok} } 1 .. 20;
  is "@bad", '', 'full handshakes after CCC';
  holds_nothing(session(), 'after CCC');
  leave($c);
};

# The session that finds it reads the certificate, and not the key.
subtest 'a renewed key' => sub {
  my @before = sort map { @$_ } values { helpers() }->%*;
  for my $n (1 .. 3) {
    my $new = renew('main');
    my $c = $srv->connection;
    $c->connect;
    holds_nothing(session(), "$n: the session that finds it");
    ok $c->auth, "$n: handshake" or diag $c->error;
    is $c->peer_fingerprint, $new, "$n: with the new certificate";
    holds_nothing(session(), "$n: after the handshake");
    leave($c);
    holds_nothing($srv->pid, "$n: the daemon");
  }
  is_deeply [sort map { @$_ } values { helpers() }->%*], \@before,
    'the processes are those of before';
};

subtest 'AllowPerUser, and a handshake that fails' => sub {
  $srv->rewrite(tls => [ tls_lines('main', 'EC'), $isolate,
    'TLSOptions AllowPerUser' ]);
  ok $srv->hup, 'configuration read again';
  my $c = $srv->connection;
  $c->connect;
  $c->cmd('USER proftpd');
  is(($c->cmd('PASS test'))[0], 230, 'a login in clear');
  holds_nothing(session(), 'after it');
  ok $c->auth, 'AUTH after the login' or diag $c->error;
  holds_nothing(session(), 'after that');
  my $r = $c->protect('P') && $c->list('', session => 'none');
  is $r->{code}, 425, 'a data connection that did not resume';
  holds_nothing(session(), 'after its end');
  leave($c);

  $c = $srv->connection(max => '1.2', ciphers => 'NULL-SHA256:@SECLEVEL=0');
  $c->connect;
  ok !$c->auth, 'no cipher in common';
  holds_nothing($srv->pid, 'the daemon after it');
  $c->close;
  $srv->rewrite(tls => [ tls_lines('main', 'EC'), $isolate,
    'TLSOptions NoSessionReuseRequired' ]);
  ok $srv->hup, 'configuration read again';
};

subtest 'killed keeper' => sub {
  my ($keeper) = awaited('ftps-keeper');
  my ($signer) = awaited('ftps-signer');
  kill KILL => $keeper;
  my $c = $srv->client;
  ok $c->list('', session => 'none')->{ok}, 'login and data connection';
  ok(FTPS::Test::Process->until(sub {
    return !FTPS::Test::Process->lives($signer)
      && join(' ', map { scalar @$_ } values { helpers() }->%*) eq '1 1';
  }), 'there is another pair, and the signer of before has ended');
  ok $c->list('', session => 'none')->{ok}, 'the session goes on with it';
  holds_nothing(session(), 'the session');
  leave($c);
  ok $srv->wait_log(qr/"ftps-keeper" was ended by somebody/, 'system'),
    'a line says so';
  holds_nothing($srv->pid, 'the daemon');
};

# Sessions that wait for a signature when there is neither keeper nor signer get
# it from the next ones.
subtest 'kills under load' => sub {
  my $n = $ENV{FTPS_SLOW} ? 200 : 6;
  my %working = map { work($n) => 1 } 1 .. 3;
  my ($kills, $failed) = (0, 0);
  while (%working) {
    my %found = helpers();
    kill KILL => map { @{ $found{$_} // [] } }
      'ftps-signer', $kills++ % 2 ? 'ftps-keeper' : ();
    for (1 .. 10) {
      my $pid = waitpid -1, WNOHANG;
      $failed += $? >> 8 if delete $working{$pid};
      select undef, undef, undef, 0.02;
    }
  }
  cmp_ok $kills, '>', 1, "$kills times";
  is $failed, 0, 'no login and no data connection is lost';
  ok $srv->wait_sessions(0), 'all have left';
  my $c = $srv->client;
  ok $c->list('', session => 'none')->{ok}, 'and no key';
  leave($c);
};

# What "openssl req -newkey" is told.
my %KIND = (
  'p521' => ['ec', '-pkeyopt', 'ec_paramgen_curve:P-521'],
  'k256' => ['ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'],
  'brainpool' => ['ec', '-pkeyopt', 'ec_paramgen_curve:brainpoolP256r1'],
  'pss' => ['rsa-pss', '-pkeyopt', 'rsa_keygen_bits:2048'],
  'pss384' => [qw(rsa-pss -sha384 -pkeyopt rsa_keygen_bits:2048 -pkeyopt
    rsa_pss_keygen_md:sha384 -pkeyopt rsa_pss_keygen_mgf1_md:sha384
    -pkeyopt rsa_pss_keygen_saltlen:48)],
  'ed25519' => ['ed25519'], 'ed448' => ['ed448'],
  map { ("mldsa$_" => ["ml-dsa-$_"]) } qw(44 65 87),
);

subtest 'kinds of keys' => sub {
  my $program = "$temp/secret";
  spew($program, "#!/bin/sh\necho secret\n", 0700);
  my %lines = map { $_ => scalar(kind_lines($_)) } sort keys %KIND;
  $lines{encrypted} = encrypted_lines();
  $lines{pkcs12} = pkcs12_lines($lines{p521}) if $lines{p521};
  my @names = grep { $lines{$_} } sort keys %lines;
  $srv->rewrite(tls => [ tls_lines('main', 'EC'), $isolate ],
    extra => ["TLSPassPhraseProvider $program"],
    vhosts => [ map { { name => "$_.test", port => 'own',
      tls => [ $lines{$_}->@*, $isolate ] } } @names ]);
  ok $srv->hup, 'configuration read again' or return;
  for my $name (sort keys %lines) {
    SKIP: {
      skip "$name: this OpenSSL does not know it", 1 if !$lines{$name};
      subtest $name => sub {
        signs_for($name, $_) for $name =~ /^mldsa/ ? '1.3'
          : $name =~ /^(?:k256|brainpool)$/ ? '1.2' : ('1.2', '1.3');
      };
    }
  }
  holds_nothing($srv->pid, 'the daemon');
  delete @key{ grep { !/^(?:main|rsa)$/ } keys %key };
  $srv->rewrite(extra => [], vhosts => []);
};

subtest 'what does not go together' => sub {
  my $list = 'TLSCipherSuite AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256';
  my @rsa = tls_lines('rsa', 'RSA');
  like($srv->config_error(@rsa, $list, $isolate),
    qr/RSA key exchange.*append ":!kRSA/, 'required: an error');
  $srv->rewrite(tls => [ @rsa, $list, 'TLSKeyIsolation on' ]);
  ok $srv->hup, 'configuration read again';
  ok($srv->wait_log(qr/RSA key exchange.*each session has the private key/,
    'system'), 'on: a line');
  my $c = $srv->client(max => '1.2', ciphers => 'AES128-SHA');
  ok $c->list->{ok}, 'and RSA key exchange works';
  leave($c);

  # An RSA key under another directive decrypts as well.
  $srv->rewrite(tls => [ tls_lines('rsa', 'EC'), $list, 'TLSKeyIsolation on' ]);
  ok $srv->hup, 'configuration read again';
  $c = $srv->client(max => '1.2', ciphers => 'AES128-SHA');
  ok $c->list->{ok}, 'RSA key exchange, TLSECCertificateFile';
  leave($c);

  # A key of another kind decrypts nothing, so it is in no session.
  for my $row (['TLSCertificate', "TLSCertificate $cert{main} $key{main}"],
    ['TLSRSACertificateFile', tls_lines('main', 'RSA')]) {
    my ($name, @lines) = @$row;
    my $before = length $srv->systemlog;
    $srv->rewrite(tls => [ @lines, 'TLSCipherSuite HIGH:!aNULL', $isolate ]);
    ok $srv->hup, "$name: configuration read again";
    unlike substr($srv->systemlog, $before), qr/TLSKeyIsolation|old settings/,
      "$name with an EC key, and RSA key exchange: no line";
    visits("$name with an EC key", max => '1.2');
  }
  $srv->rewrite(tls => [ tls_lines('main', 'EC'), @rsa, 'TLSCipherSuite '
    . 'HIGH:!aNULL', 'TLSKeyIsolation on' ]);
  ok $srv->hup, 'both kinds: configuration read again';
  for my $ciphers ('AES128-SHA', 'ECDHE-ECDSA-AES128-GCM-SHA256') {
    $c = $srv->client(max => '1.2', ciphers => $ciphers);
    ok $c->list->{ok}, "both kinds: $ciphers";
    leave($c);
  }
};

my @rest = map { @$_ } values { helpers() }->%*;
is $srv->stop, 0, 'the daemon ends';
ok(FTPS::Test::Process->until(sub {
  !grep { FTPS::Test::Process->lives($_) } @rest;
}), 'and the others with it');
done_testing;

# A session from before AUTH to its end.
sub visits ($name, %to) {
  my $c = $srv->connection(%to);
  $c->connect;
  holds_nothing(session(), "$name: before AUTH");
  ok $c->auth, "$name: handshake" or diag $c->error;
  $c->cmd('NOOP');
  holds_nothing(session(), "$name: after the handshake");
  $c->login;
  ok $c->list->{ok}, "$name: a transfer";
  holds_nothing(session(), "$name: after a transfer");

  my $r = $c->list('', session => 'none');
  is $r->{code}, 425, "$name: a full handshake is refused";
  ok $r->{close_notify_seen}, "$name: but finished";
  is(($c->cmd('NOOP'))[0], 200, "$name: the next command has its own reply");
  holds_nothing(session(), "$name: after the refusal");
  leave($c);
  return;
}

# A process that logs in $n times; its status says how often it could not.
sub work ($n) {
  my $pid = fork // die "fork: $!";
  return $pid if $pid;
  my $lost = 0;
  for (1 .. $n) {
    my $c = eval { $srv->client } or $lost++, warn($@), next;
    my $r = $c->list('', session => 'none');
    $lost++ if !$r->{ok};
    $c->quit;
  }
  POSIX::_exit($lost > 255 ? 255 : $lost);
}

sub signs_for ($name, $version) {
  my %ca = (encrypted => $pki->cert('server')->{ca},
    pkcs12 => "$temp/p521-cert.pem");
  my $ca = $ca{$name} // "$temp/$name-cert.pem";
  my $c = eval { $srv->client(vhost => "$name.test",
    min => $version, max => $version, ca => $ca,
    $name =~ /^(?:k256|brainpool)$/
      ? (groups => 'X25519:P-256:secp256k1:brainpoolP256r1') : ()) };
  ok $c && $c->list->{ok}, "TLS $version: login and transfer" or diag $@;
  return if !$c;
  holds_nothing(session(), "TLS $version");
  leave($c);
  return;
}

# A pair of this kind, and the lines for it; nothing where OpenSSL has no such
# keys.
sub kind_lines ($name) {
  my ($new, $old) = map { "$temp/$name$_.pem" } '', '-cert';
  my ($status) = FTPS::Test::Process->run([qw(openssl req -x509 -newkey),
    $KIND{$name}->@*, qw(-nodes -subj /CN=localhost -days 9 -keyout), $new,
    '-out', $old]);
  return if $status != 0;
  chmod 0600, $new;
  $key{$name} = $new;
  my $type = $name =~ /^pss/ ? 'RSA' : 'EC';
  return ["TLS${type}CertificateFile $old", "TLS${type}CertificateKeyFile $new"];
}

sub encrypted_lines () {
  my @to = map { "$temp/encrypted$_.pem" } '', '-cert';
  $pki->issue(like => 'server', key => $to[0], cert => $to[1],
    pass => 'secret');
  return ["TLSECCertificateFile $to[1]", "TLSECCertificateKeyFile $to[0]"];
}

sub pkcs12_lines ($lines) {
  my ($cert, $key) = map { (split)[1] } @$lines;
  FTPS::Test::Process->must([qw(openssl pkcs12 -export -passout pass:secret
    -in), $cert, '-inkey', $key, '-out', "$temp/store"]);
  return ["TLSPKCS12File $temp/store"];
}

sub helpers () { return FTPS::Test::Process->key_processes($srv->pid) }

# Of one name, when it is there.
sub awaited ($name) {
  my @pids;
  FTPS::Test::Process->until(sub {
    @pids = ({ helpers() }->{$name} // [])->@*;
    return scalar @pids;
  });
  return @pids;
}

sub tls_lines ($name, $type) {
  return ("TLS${type}CertificateFile $cert{$name}",
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
  $client->quit if $client;
  $srv->wait_sessions(0) or die 'the session does not end';
  return;
}

sub scan ($pid) {
  my ($status, $output) = FTPS::Test::Process->run(
    [ $memscan, $pid, map { $key{$_} } sort keys %key ]);
  die "memscan: $output" if $status > 1;
  return split /\n/, $output;
}

sub holds_nothing ($pid, $name) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  is join("\n", scan($pid)), '', "$name: no private number";
  return;
}

sub holds_all ($pid, $name) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my %seen = map { /(\w+)\.pem:/ ? ($1 => 1) : () } scan($pid);
  is join(' ', sort keys %seen), 'main rsa', "$name: has the keys";
  return;
}
