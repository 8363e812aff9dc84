# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Files and combinations that cannot work: the daemon does not start, and
# `proftpd -t` fails, with status 1 and one line that names directive, value,
# what is wrong and what to do.  Where mod_tls starts, and its server alone
# serves nobody, there is the line, and that server has no TLS.  At SIGHUP the same faults stop nothing: the old
# certificate stays in use, and the corrected files are used.  Things that work,
# but not as intended, are warnings.
#
# Needs: root, proftpd-core.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::Build;
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Process;
use FTPS::Test::Server;
use POSIX ();
use Test::More;

my $GOES_ON = qr/servers named above go on with their old/;

my $srv  = FTPS::Test::Server->new(cert => undef);
my $pki  = $srv->pki;
my $temp = File::Temp->newdir('ftps-faults-XXXXXX', TMPDIR => 1);
my $ec   = $pki->cert('server');
my $rsa  = $pki->cert('server-rsa');
make_files();

my $own_pair = pair('EC', $ec->{cert}, $ec->{key});

# What makes a directive complete.
my %WITH = (
  TLSRSACertificateFile    => "TLSRSACertificateKeyFile $rsa->{key}",
  TLSRSACertificateKeyFile => "TLSRSACertificateFile $rsa->{cert}",
  TLSECCertificateFile     => "TLSECCertificateKeyFile $ec->{key}",
  TLSECCertificateKeyFile  => "TLSECCertificateFile $ec->{cert}",
  TLSCertificateChainFile  => $own_pair,
  TLSCACertificateFile     => $own_pair,
  TLSCACertificatePath     => $own_pair,
);
my @certs = qw(TLSRSACertificateFile TLSECCertificateFile);
my @keys  = qw(TLSRSACertificateKeyFile TLSECCertificateKeyFile);
my $chain = 'TLSCertificateChainFile';
my $trust = 'TLSCACertificateFile';
my $path  = 'TLSCACertificatePath';
my @files = (@certs, @keys, $chain, $trust);

# Files, what is wrong, what to do, directives.
my @file_faults = (
  ['missing', 'No such file', 'check the path', @files, $path],
  ['missing/file', 'No such file', 'check the path', @files, $path],
  ['good/below', 'Not a directory', 'check the path', @files, $path],
  ['loop', 'symbolic links', 'check the path', @files, $path],
  ['directory', 'is not a regular file', 'name ', @files],
  ['fifo', 'is not a regular file', 'name ', @files],
  ['good', 'is not a directory', 'name one', $path],
  ['open-directory', 'is world-writable', 'chmod o-w', $path],
  ['world-writable', 'is world-writable', 'chmod o-w', @files],
  ['huge', 'is larger than 4 MiB', 'name a PEM file', @certs, @keys, $chain],
  (map {
    [$_, 'holds no certificate', 'openssl x509', @certs, $chain],
    [$_, 'holds no readable CA cert', 'name a PEM file', $trust],
  } qw(garbage binary empty der only-key half)),
  ['one-and-half', 'holds no readable CA cert', 'name a PEM file', $trust],
  (map { [$_, 'holds no readable private key', 'openssl genpkey', @keys] }
    qw(garbage binary empty der only-cert half-key)),
  ['encrypted', 'is encrypted', 'openssl pkey', @keys],
);

# Lines, value, what is wrong, what to do; mod_tls serves with these.
my @served = (
  (map { my $file = /RSA/ ? 'rsa-and-half' : 'one-and-half';
    ["$_ with half a certificate at its end", ["$_ $temp/$file", $WITH{$_}],
      "$_ $temp/$file", 'is damaged', 'write it anew'] } @certs, $chain),
  ['the second pair is wrong',
    [pair('RSA', $rsa->{cert}, $rsa->{key}),
      pair('EC', $ec->{cert}, $rsa->{key})], $ec->{cert},
    'does not fit this certificate', 'goes on with its other certificates'],
);

# The same; mod_tls starts with these.
my @of_servers = (
  (map { ["$_ with hundreds of certificates", ["$_ $temp/many", $WITH{$_}],
    "$_ $temp/many", 'holds too many', 'leave only the chain'] }
    $certs[1], $chain),
  ['a key of another certificate',
    [pair('EC', $ec->{cert}, $pki->cert('a.test')->{key})], $ec->{cert},
    'does not fit this certificate', 'configure the key'],
  ['a key of another kind', [pair('EC', $ec->{cert}, $rsa->{key})],
    $ec->{cert}, 'does not fit this certificate', 'configure the key'],
  (map { ["a key behind the damage, $_", ["TLSECCertificateFile $temp/$_"],
    "TLSECCertificateFile $temp/$_", 'is damaged', 'write it anew'] }
    qw(half-and-key with-half-key)),
  ['a key that is too short',
    [pair('RSA', "$temp/weak", "$temp/weak.key")],
    "TLSRSACertificateFile $temp/weak", 'too small', 'stronger key'],
);

my @combinations = (
  ['a certificate without its key', ["TLSECCertificateFile $ec->{cert}"],
    "TLSECCertificateFile $ec->{cert}", 'holds no readable private key',
    'name the file with the private key'],
  ['two certificates of one kind',
    [map { my $c = $pki->cert($_); "TLSCertificate $c->{cert} $c->{key}" }
      qw(server server-p384)],
    'TLSCertificate ', 'its key is of the same kind as that of TLSCertificate',
    'take one of the two out'],
  ['seven certificates', [("TLSCertificate $rsa->{both}") x 7],
    'TLSCertificate: ', '7 certificates are too many', 'name up to 6'],
);

# Lines, and what the one warning says.
my $expired = $pki->cert('server-expired');
my $future  = $pki->cert('server-future');
my @warnings = (
  ['one key without its certificate',
    [$own_pair, "TLSRSACertificateKeyFile $rsa->{key}"],
    "TLSRSACertificateKeyFile $rsa->{key}", 'is not used', 'is missing',
    'set TLSRSACertificateFile'],
  ['server info that is not there',
    [$own_pair, 'TLSServerInfoFile /nonexistent/info.pem'],
    'TLSServerInfoFile /nonexistent/info.pem', 'is not used',
    'No such file', 'write it anew'],
  ['server info that is a FIFO', [$own_pair, "TLSServerInfoFile $temp/fifo"],
    "TLSServerInfoFile $temp/fifo", 'is not used', 'SERVERINFO FOR',
    'take the line out'],
  ['server info that is none', [$own_pair, "TLSServerInfoFile $ec->{cert}"],
    "TLSServerInfoFile $ec->{cert}", 'is not used', 'SERVERINFO FOR',
    'take the line out'],
  (map { ["protocols that the library forbids: @$_",
    [$own_pair, "TLSProtocol @$_"],
    'TLSProtocol', @$_, 'nobody can connect by TLS', 'TLSProfile old'],
  } ['TLSv1'], ['TLSv1.1'], ['SSLv3', 'TLSv1']),
  ['ciphers of another kind of certificate',
    [$own_pair, 'TLSProtocol TLSv1.2', 'TLSCipherSuite aRSA'],
    'TLSCipherSuite aRSA', 'no cipher in it works', 'openssl ciphers'],
  ['RSA certificate, ECDSA ciphers',
    [pair('RSA', $rsa->{cert}, $rsa->{key}), 'TLSProtocol TLSv1.2',
      'TLSCipherSuite aECDSA'],
    'TLSCipherSuite aECDSA', 'no cipher in it works', 'openssl ciphers'],
  ['an expired certificate', [pair('EC', $expired->{cert}, $expired->{key})],
    "TLSECCertificateFile $expired->{cert}", 'has expired', 'renew it'],
  ['not yet valid', [pair('EC', $future->{cert}, $future->{key})],
    "TLSECCertificateFile $future->{cert}", 'is not valid yet', 'clock'],
  ['no certificate', ['TLSRequired on'], 'TLSEngine on',
    'there is no certificate', '431', 'set TLSCertificate'],
  ['implicit TLS without certificate', ['TLSOptions UseImplicitSSL'],
    'TLSOptions UseImplicitSSL', 'there is no certificate',
    'each session is ended', 'set TLSCertificate'],
  ['clients of any CA', [$own_pair, 'TLSVerifyClient on'],
    'TLSVerifyClient on', 'every CA', 'set TLSCACertificateFile'],
  ['clients of any CA', [$own_pair, 'TLSVerifyClient optional'],
    'TLSVerifyClient optional', 'every CA', 'set TLSCACertificateFile'],
  (map { ["no intermediate CA: depth $_", [$own_pair, 'TLSVerifyClient on',
    "TLSCACertificateFile $ec->{ca}", "TLSVerifyDepth $_"],
    "TLSVerifyDepth $_: counts every CA", 'are refused',
    'write "TLSVerifyDepth ' . ($_ + 2) . '"' ] } 0, 1),
  ['suites of TLS 1.3 among older ones',
    [$own_pair, 'TLSCipherSuite TLS_AES_256_GCM_SHA384:HIGH'],
    'TLSCipherSuite TLS_AES_256_GCM_SHA384:HIGH', 'have no effect',
    'TLSCipherSuite TLSv1.3 ...'],
  ['suites without TLS 1.3',
    [$own_pair, 'TLSProtocol TLSv1.2',
      'TLSCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256'],
    'TLSCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256', 'has no effect',
    'add TLSv1.3'],
  ['old protocols, when allowed',
    [$own_pair, 'TLSProtocol TLSv1.1', 'TLSOptions AllowWeakSecurity'],
    'TLSOptions AllowWeakSecurity', 'before TLS 1.2', 'take it out'],
);

# Certificates with keys of one kind, in older directives, and the one that
# counts, as with mod_tls; sites have an EC key under TLSRSACertificateFile since
# their ACME client makes such keys.
my ($first, $second) = map { $pki->cert($_) } qw(server a.test);
my %also = (rsa => "$temp/also-rsa.pem");
$also{print} = $pki->issue(like => 'server-rsa', both => $also{rsa});
my @doubles = (
  ['EC keys, RSA and EC', [pair('EC', $second->{cert}, $second->{key}),
    pair('RSA', $first->{full}, $first->{key})], $first->{cert}],
  ['EC keys, PKCS#12 and EC', [pair('EC', $second->{cert}, $second->{key}),
    "TLSPKCS12File $temp/first.p12"], $first->{cert}],
  ['RSA keys, RSA and PKCS#12', ["TLSPKCS12File $temp/rsa.p12",
    "TLSRSACertificateFile $also{rsa}"], $also{rsa}],
  ['RSA keys, EC and DSA', [pair('DSA', $rsa->{cert}, $rsa->{key}),
    "TLSECCertificateFile $also{rsa}"], $also{rsa}],
  ['one certificate, without and with its chain',
    [pair('RSA', $first->{cert}, $first->{key}),
      pair('EC', $first->{both}, $first->{key})], $first->{cert}],
);

my @good = (
  ['one pair in two directives', [$own_pair, pair('RSA', $ec->{cert},
    $ec->{key})]],
  ['a pair', [$own_pair]],
  ['certificate and key in one file', ["TLSECCertificateFile $ec->{both}"]],
  ['a key file that has the certificate too',
    [pair('EC', $ec->{cert}, $ec->{both})]],
  ['both kinds', [$own_pair, pair('RSA', $rsa->{cert}, $rsa->{key})]],
  ['an EC certificate as RSA', [pair('RSA', $ec->{cert}, $ec->{key})]],
  ['text around the PEM blocks', [pair('EC', "$temp/text", $ec->{key})]],
  ['line ends of DOS', [pair('EC', "$temp/dos", $ec->{key})]],
  ['a symbolic link', [pair('EC', "$temp/link", $ec->{key})]],
  ['both CA directives', [$own_pair, 'TLSVerifyClient on',
    "TLSCACertificateFile $ec->{ca}", "TLSCACertificatePath $temp/directory"]],
  ['a FIFO among CA certificates', [$own_pair, 'TLSVerifyClient on',
    "TLSCACertificatePath $temp/with-fifo"]],
  ['suites of TLS 1.3 only', [$own_pair, 'TLSProtocol TLSv1.3',
    'TLSCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256']],
  ['TLS 1.3 makes up for ciphers that do not fit',
    [$own_pair, 'TLSCipherSuite aRSA']],
  ['implicit TLS with a certificate', [$own_pair, 'TLSOptions UseImplicitSSL']],
);

for my $row (@file_faults) {
  my ($file, $what, $remedy, @directives) = @$row;
  for my $directive (@directives) {
    refused("$directive $file",
      ["$directive $temp/$file", $WITH{$directive}],
      "$directive $temp/$file: ", $what, $remedy);
  }
}

for my $row (@combinations) {
  my ($name, $lines, @texts) = @$row;
  refused($name, $lines, @texts);
}

for my $row (@of_servers) {
  my ($name, $lines, @texts) = @$row;
  my ($status, @told) = check(@$lines);
  is $status, 0, "$name: the others are served";
  says($name, [grep { !/$GOES_ON/ } @told], @texts);
}

for my $row (@served) {
  my ($name, $lines, @texts) = @$row;
  my ($status, @told) = check(@$lines);
  is $status, 0, "$name: taken";
  says($name, \@told, @texts);
}

# A kind of key that is not used; OpenSSL 3.5 knows it.
for my $row (['SLH-DSA-SHA2-128f']) {
  my ($kind, @options) = @$row;
  subtest "a key of $kind" => sub {
    my ($cert, $key) = ("$temp/$kind.cert", "$temp/$kind.key");
    my ($status) = FTPS::Test::Process->run(['openssl', 'req', '-x509',
      '-newkey', $kind, @options, '-noenc', '-subj', '/CN=localhost',
      '-days', 2, '-keyout', $key, '-out', $cert]);
    plan skip_all => 'this OpenSSL makes none' if $status;
    refused('refused', [pair('EC', $cert, $key)],
      "TLSECCertificateFile $cert: the private key in $key: ",
      "key type $kind cannot be used", 'make a key of type RSA');
  };
}

for my $row (@warnings) {
  my ($name, $lines, @texts) = @$row;
  my ($status, @told) = check(@$lines);
  is $status, 0, "$name: taken";
  says($name, \@told, @texts);
}

{
  my ($status, $output) = $srv->config_error($own_pair, 'TLSLog off');
  is $status, 0, 'a log that is no path: taken';
  like $output, qr{warning: TLSLog: "off" is not an absolute path.*file\|none"},
    'and a warning';
}

for my $row (@good) {
  my ($name, $lines) = @$row;
  my ($status, @told) = check(@$lines);
  is "$status @told", '0 ', "$name: taken without a word";
}

subtest 'two certificates of one kind of key' => sub {
  for my $module ('mod_ftps', 'mod_tls') {
    next if $module eq 'mod_tls' && FTPS::Test::Config->lacking($module);
    my $two = FTPS::Test::Server->new(module => $module, vhosts => [map {
      +{ name => "row$_", port => 'own', cert => undef,
        tls => $doubles[$_][1] } } 0 .. $#doubles]);
    $two->start;
    for my $n (0 .. $#doubles) {
      my ($name, undef, $counts) = $doubles[$n]->@*;
      my $c = $two->client(vhost => "row$n");
      is $c->peer_fingerprint, $pki->fingerprint($counts), "$module: $name";
      $c->quit;
    }
    is scalar(() = $two->stderr =~ /is not used, because another cert/g),
      scalar @doubles, 'a line for each' if $module eq 'mod_ftps';
    is $two->stop, 0, 'the daemon ends';
  }
};

subtest 'a fault in one virtual host' => sub {
  my $lines = "<VirtualHost 127.0.0.1>\nServerName second\nPort 20999\n"
    . "TLSEngine on\n%s\n</VirtualHost>";
  refused('is told with its name',
    [$own_pair, sprintf $lines, pair('EC', $ec->{cert}, "$temp/missing")],
    'server "second"', "TLSECCertificateKeyFile $temp/missing", 'No such',
    'check the path');
  my ($status, @told) = check($own_pair,
    sprintf $lines =~ s/on$/off/mr, pair('EC', $ec->{cert}, "$temp/missing"));
  is "$status @told", '0 ', 'and of no interest with TLSEngine off';
};

# TLSv1 alone in one virtual host ended the whole daemon.
subtest 'a server that nobody can connect to by TLS' => sub {
  my $old = FTPS::Test::Server->new(vhosts => [ { name => 'old',
    port => 'own', tls => ['TLSProtocol TLSv1', 'TLSRequired on'] },
    { name => 'implicit', port => 'own', cert => undef,
      tls => ['TLSOptions UseImplicitSSL'] } ]);
  $old->start;
  ok $old->client->list->{ok}, 'the others work';
  my $c = $old->connection(vhost => 'old');
  $c->connect;
  is +($c->cmd('USER proftpd'))[0], 550, 'no login in clear there';
  ok !$c->auth, 'and no TLS';
  $c = $old->connection(vhost => 'implicit');
  is +($c->connect)[0], 0, 'implicit TLS without a certificate: no banner';
  is $old->stop, 0, 'the daemon ends';
};

# Type of the file system, mode of the folder, taken or not.
# Under mod_tls its sessions end before they are served, and the others go on.
subtest 'a server whose key is another one' => sub {
  my $key = "$temp/wrong.key";
  put('wrong.key', slurp($rsa->{key}));
  for my $module ('mod_ftps', 'mod_tls') {
    next if $module eq 'mod_tls' && FTPS::Test::Config->lacking($module);
    my $host = FTPS::Test::Server->new(module => $module, vhosts => [
      map { +{ name => "wrong-$_", port => 'own', cert => undef,
        tls => [pair('EC', $ec->{cert}, $key), "TLSRequired $_"] } }
        qw(on off) ]);
    $host->start;
    ok $host->client->list->{ok}, "$module: the others are served";
    test_wrong_key($host, $key) if $module eq 'mod_ftps';
    is $host->stop, 0, "$module: the daemon ends";
  }
};

sub test_wrong_key ($host, $key) {
  my $to = sub ($name) {
    my $c = $host->connection(port => $host->vhost_port("wrong-$name"));
    $c->connect;
    return $c;
  };
  for my $name (qw(on off)) {
    my $c = $to->($name);
    ok !$c->auth, "TLSRequired $name: no TLS";
    is +($c->last_reply)[0], 431, "TLSRequired $name: 431";
    is +($c->cmd('USER proftpd'))[0], $name eq 'on' ? 550 : 331,
      "TLSRequired $name: a login in clear";
  }
  put('wrong.key.new', slurp($ec->{key}));
  rename "$key.new", $key or die;
  ok $to->('on')->auth, 'the corrected key is used without a restart';
  return;
}

subtest 'file systems without modes' => sub {
  my $so = FTPS::Test::Build->preload("$temp/modeless.so");
  mkdir "$temp/mount" or die;
  my %file = map { $_ => "$temp/mount/$_" } qw(cert key ca);
  put('mount/cert', slurp($ec->{cert}), 0777);
  put('mount/key', slurp($ec->{key}), 0777);
  put('mount/ca', slurp($ec->{ca}), 0777);
  for my $row (['ff534d42', 'CIFS', 0777, 1], ['fe534d42', 'SMB 2', 0700, 1],
    ['5346544e', 'NTFS', 0777, 1], ['4d44', 'FAT', 0777, 1],
    ['65735546', 'FUSE without modes', 0777, 1],
    ['65735546', 'FUSE with modes', 0755, 0], ['ef53', 'ext4', 0777, 0]) {
    my ($type, $name, $mode, $is_good) = @$row;
    chmod $mode, "$temp/mount" or die;
    local %ENV = (%ENV, LD_PRELOAD => $so,
      MODELESS_PATH => "$temp/mount", MODELESS_TYPE => $type);
    my ($status, @told) = check(pair('EC', @file{qw(cert key)}),
      "TLSCACertificateFile $file{ca}");
    is $status, $is_good ? 0 : 1, "$name: " . ($is_good ? 'taken' : 'refused');
    next if !$is_good;
    is scalar(grep { /chmod does not help on its file system; mount/ } @told),
      3, "$name: a line for each file";
  }
};

subtest 'a start' => sub {
  $srv->rewrite(tls => [pair('EC', "$temp/missing", $ec->{key})]);
  my $before = length $srv->stderr;
  my $start = FTPS::Test::Process->start(
    ['/usr/sbin/proftpd', '-n', '-q', '-c', $srv->config->file],
    output => "$srv->{dir}/log/stderr", env => $srv->_sanitizer_env);
  ok $start->wait, 'ends';
  is $start->status, 1, 'with status 1';
  $start->kill_now;
  says('the reason',
    [told(substr($srv->stderr, $before) . $srv->systemlog)],
    "TLSECCertificateFile $temp/missing", 'No such file', 'check the path');
};

subtest 'without certificate' => sub {
  $srv->rewrite(tls => ['TLSRequired on']);
  $srv->start;
  my $c = $srv->connection;
  $c->connect;
  ok !$c->auth, 'no TLS';
  like join(' ', $c->last_reply), qr/^431 /, 'AUTH is answered with 431';
  like +($c->cmd('USER proftpd'))[0], qr/^550$/, 'and USER with 550';
  $c->quit;
  is $srv->stop, 0, 'the daemon ends';
};

# One running daemon, hit by each kind of fault in turn.
subtest 'at SIGHUP' => sub {
  my %live = map { $_ => "$temp/live-$_.pem" } qw(cert key);
  my $print = $pki->issue(like => 'server', %live);
  my $good  = pair('EC', $live{cert}, $live{key});
  $srv->rewrite(tls => [$good]);
  $srv->start;
  my @later = (
    @combinations, @of_servers,
    (map { [@$_[0 .. 3], $_->[4] =~ /^goes on/ ? 'configure' : $_->[4]] }
      @served),
    (map { ["$_ $temp/missing", ["$_ $temp/missing", $WITH{$_}],
      "$_ $temp/missing: ", 'No such', 'check the path'] } @files, $path));
  for my $row (@later) {
    my ($name, $lines, @texts) = @$row;
    my $before = length $srv->systemlog;
    $srv->rewrite(tls => $lines);
    ok $srv->hup, "$name: the daemon lives";
    my @told = told(substr $srv->systemlog, $before);
    says($name, [grep { !/$GOES_ON/ } @told], @texts);
    is peer(), $print, "$name: the old certificate is in use";
  }
  $srv->rewrite(tls => [$good]);
  ok $srv->hup, 'good again';
  is peer(), $print, 'and in use';
  is $srv->stop, 0, 'the daemon ends';
};

done_testing;

sub pair ($type, $cert, $key) {
  return "TLS${type}CertificateFile $cert\nTLS${type}CertificateKeyFile $key";
}

sub peer () {
  my $c = eval { $srv->client } or return "no client: $@";
  my $print = $c->peer_fingerprint;
  $c->quit;
  return $print;
}

# Lines of the module, each without what the log puts before it, and without
# the advice that is good for all these configurations (58-advice.t).
sub told ($text) {
  return grep { !/TLSRequired says nothing|certificate of its issuer/ }
    map { s/^.*?mod_ftps: //r } grep { /mod_ftps: / } split /\n/, $text;
}

sub check (@lines) {
  my ($status, $output) = $srv->config_error(@lines);
  return ($status, told($output));
}

sub refused ($name, $lines, @texts) {
  my ($status, @told) = check(@$lines);
  is $status, 1, "$name: refused";
  return says($name, \@told, @texts);
}

# One line, with all these texts.
sub says ($name, $told, @texts) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my $line = $told->[0] // '';
  my @lacking = grep { index($line, $_) < 0 } @texts;
  return ok(@$told == 1 && !@lacking, "$name: one line says why")
    || diag join "\n", "lacking: @lacking", @$told;
}

sub put ($name, $bytes, $mode = 0600) {
  return spew("$temp/$name", $bytes, $mode);
}

sub make_files () {
  my ($cert, $key) = map { slurp($_) } $ec->@{qw(cert key)};
  put('good', $cert);
  put('garbage', "-----BEGIN SOMETHING-----\nnot PEM\n" x 20);
  put('binary', join '', map { chr int rand 256 } 1 .. 5000);
  put('empty', '');
  put('der', "\x30\x82\x01\x0a" . "\x02" x 300);
  put('only-key', $key);
  put('only-cert', $cert);
  put('half', substr $cert, 0, length($cert) / 2);
  put('half-key', substr $key, 0, length($key) / 2);
  put('one-and-half', $cert . substr $cert, 0, length($cert) / 2);
  put('half-and-key', $cert . substr($cert, 0, length($cert) / 2) . $key);
  put('with-half-key', $cert . substr $key, 0, length($key) / 2);
  put('rsa-and-half', slurp($rsa->{cert}) . substr $cert, 0, 300);
  put('many', $cert . slurp($rsa->{cert}) x 400);
  put('huge', $cert . "\n" x (4 * 1024 * 1024));
  put('world-writable', slurp($ec->{both}), 0602);
  put('text', "subject=x\n\n" . $cert . "\nand more text\n");
  put('dos', $cert =~ s/\n/\r\n/gr);
  symlink 'good', "$temp/link";
  symlink 'loop', "$temp/loop";
  mkdir "$temp/directory";
  mkdir "$temp/open-directory";
  chmod 0777, "$temp/open-directory";
  mkdir "$temp/with-fifo";
  put('with-fifo/ca.pem', slurp($ec->{ca}));
  FTPS::Test::Process->must(['openssl', 'rehash', "$temp/with-fifo"]);
  for my $name ('fifo', 'with-fifo/fifo') {
    POSIX::mkfifo("$temp/$name", 0600) or die "$name: $!";
  }
  $pki->issue(like => 'server', key => "$temp/encrypted", pass => 'secret');
  for my $row (['first', $ec], ['rsa', $rsa]) {
    my ($name, $pair) = @$row;
    FTPS::Test::Process->must(['openssl', 'pkcs12', '-export', '-in',
      $pair->{cert}, '-inkey', $pair->{key}, '-passout', 'pass:', '-out',
      "$temp/$name.p12"]);
  }
  $pki->issue(like => 'server-rsa', key_type => 'RSA:1024',
    cert => "$temp/weak", key => "$temp/weak.key");
  return;
}
