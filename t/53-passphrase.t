# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Keys that are not plain PEM files: encrypted, in a PKCS#12 file, DSA;
# TLSPassPhraseProvider and the terminal.  Neither passphrase nor key is in the
# memory of a session.
#
# Tests that take 10 seconds or more need FTPS_SLOW=1.  Needs: root,
# proftpd-core, openssl.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fcntl qw(O_RDWR O_NOCTTY);
use File::Temp ();
use FTPS::Test::Build;
use FTPS::Test::File qw(slurp replace);
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

my $PASS  = 'correct horse battery staple';
my $OTHER = 'another passphrase for the other key';
my $ENCRYPTED = 'the private key is encrypted, and';

my $temp = File::Temp->newdir('ftps-passphrase-XXXXXX', TMPDIR => 1);
my $srv  = FTPS::Test::Server->new(cert => undef);
my $pki  = $srv->pki;
my $ca   = $pki->cert('ca');
my $prog = "$temp/provider";

my %print = (
  ec => renew('ec', 'server', $PASS), rsa => renew('rsa', 'server-rsa', $OTHER),
  both => $pki->issue(like => 'server', both => "$temp/both", pass => $PASS),
);
my @EC = ("TLSECCertificateFile $temp/ec", "TLSECCertificateKeyFile $temp/ec.k");
my @RSA =
  ("TLSRSACertificateFile $temp/rsa", "TLSRSACertificateKeyFile $temp/rsa.k");
my @PROVIDER = ("TLSPassPhraseProvider $prog");

sub renew ($name, $like, $pass) {
  return $pki->issue(like => $like, cert => "$temp/$name",
    key => "$temp/$name.k", pass => $pass);
}

sub openssl (@args) { return FTPS::Test::Process->must(['openssl', @args]) }

sub provider ($body) {
  return replace($prog, "#!/bin/sh\n$body\n", 0700);
}

# One that knows them all, and writes down what it is asked.
sub good_provider () {
  return provider(qq(printf '%s|' "\$0" "\$@" >>$temp/asked\n)
    . qq(echo >>$temp/asked\n)
    . qq{case "\$2" in RSA) echo '$OTHER';; *) echo '$PASS';; esac});
}

sub fits ($name, @lines) {
  my ($status, $output) = $srv->config_error(@lines);
  is $status, 0, $name or diag $output;
  return $output;
}

sub refused ($name, $lines, @texts) {
  my ($status, $output) = $srv->config_error(@$lines);
  my @line = $output =~ /(server "FTPS test": .*)/g;
  my @lacking = grep { !@line || index($line[0], $_) < 0 } @texts;
  ok $status == 1 && @line == 1 && !@lacking, $name
    or diag "status $status, lacks: @lacking\n$output";
  return;
}

subtest 'the program is run' => sub {
  provider(qq({ for i in "\$0" "\$@"; do echo "\$i"; done; env | sort; pwd; )
    . qq(id -u; id -ru; cat; ls /proc/self/fd | wc -l; ls -l /proc/\$\$/fd/0; )
    . qq(tty; } >$temp/seen 2>&1; printf '%s' '$PASS'));
  local $ENV{SECRET} = 'not for it';
  fits('and its passphrase fits', @EC, @PROVIDER);
  my @seen = split /\n/, slurp("$temp/seen", '');
  is_deeply [@seen[0 .. 2]], [$prog, 'FTPS test:' . $srv->port, 'EC'],
    'with server and kind';
  my @vars = grep { /^\w+=/ && !/^(?:_|PWD|SHLVL|OLDPWD)=/ } @seen;
  like "@vars", qr{^PATH=\S+$}, 'nothing else in the environment';
  my ($at) = grep { $seen[$_] eq '/' } 0 .. $#seen;
  is_deeply [@seen[$at .. $at + 3]], ['/', 0, 0, 4], 'where and as whom';
  like $seen[$at + 4], qr{/dev/null$}, 'standard input';
  is $seen[$at + 5], 'not a tty', 'no terminal';
};

# What the program does; what the line says, or nothing when it is good.
my $LONG = 'x' x 1024;
my @PROGRAMS = (
  ['line ends behind it', "printf '$PASS\\r\\n\\n'"],
  ['status 1 and the passphrase', "echo '$PASS'; exit 1"],
  ['something in the background', "sleep 5 & echo '$PASS'"],
  ['a wrong passphrase', 'echo wrong', 'prints a passphrase that does not fit',
    "see what \"$prog 'FTPS test:"],
  ['a blank before it', "echo ' $PASS'", 'prints a passphrase that does not'],
  ['status 3', 'echo "no  key\\tfor you" >&2; exit 3',
    'prints no passphrase, and ends with status 3 (it says: no  key for you)'],
  ['wrong, and status 4', 'echo wrong; exit 4',
    'prints one that does not fit, and ends with status 4'],
  ['a signal', 'kill -KILL $$', 'ends with status 137'],
  ['no output', 'true', 'prints no passphrase'],
  ['too much', "echo $LONG", 'printed more than 1023 bytes'],
  ['output without end', 'yes', 'printed more than 1023 bytes'],
);

subtest 'what the program does' => sub {
  for my $row (@PROGRAMS) {
    my ($name, $body, @texts) = @$row;
    provider($body);
    if (!@texts) {
      fits($name, @EC, @PROVIDER);
      next;
    }
    refused($name, [@EC, @PROVIDER], "TLSECCertificateKeyFile $temp/ec.k: "
      . "$ENCRYPTED TLSPassPhraseProvider $prog: ", @texts);
  }
  provider("echo '$PASS'; echo hello >&2");
  like fits('a complaint', @EC, @PROVIDER),
    qr/TLSPassPhraseProvider \Q$prog\E 'FTPS test:\d+' EC says: hello/,
    'is told';
};

my @PATHS = (
  ['no such file', sub { unlink $prog }, 'No such file or directory'],
  ['not executable', sub { replace($prog, "#!/bin/sh\n", 0600) },
    'is not executable: run chmod u+x on it'],
  ['world-writable', sub { replace($prog, "#!/bin/sh\n", 0702) },
    'is world-writable: run chmod o-w on it'],
  ['of another user', sub { provider('echo x'); chown 65534, 65534, $prog },
    'belongs to another user'],
  ['a directory', sub { unlink $prog; mkdir $prog }, 'is not a regular file'],
  ['no program', sub { rmdir $prog; replace($prog, "\1\2\n", 0700) },
    'ends with status 127 (it says: Exec format error)'],
);

subtest 'what the program is' => sub {
  for my $row (@PATHS) {
    my ($name, $prepare, $text) = @$row;
    $prepare->();
    refused($name, [@EC, @PROVIDER], $ENCRYPTED, "$prog: ", $text);
  }
};

subtest 'neither program nor terminal' => sub {
  refused('a key', \@EC, "TLSECCertificateKeyFile $temp/ec.k: $ENCRYPTED there "
    . 'is no terminal to ask', 'set TLSPassPhraseProvider', 'openssl pkey');
  refused('in the certificate file', ["TLSECCertificateFile $temp/both"],
    "TLSECCertificateFile $temp/both: $ENCRYPTED there is no terminal");
};

subtest 'a program that takes its time' => sub {
  plan skip_all => 'FTPS_SLOW is not set' if !$ENV{FTPS_SLOW};
  provider("trap '' TERM; sleep 60; echo '$PASS'");
  my $begin = time;
  refused('10 seconds', [@EC, @PROVIDER], $ENCRYPTED,
    'did not end within 10 seconds');
  my $took = time - $begin;
  ok $took >= 10 && $took < 14, "took $took s";
};

# The daemon waits for one server's at a time, and accepts clients in between.
subtest 'a program that hangs, and many keys' => sub {
  plan skip_all => 'FTPS_SLOW is not set' if !$ENV{FTPS_SLOW};
  good_provider();
  my @names = map { "many$_" } 1 .. 5;
  renew($_, 'server', $PASS) for @names;
  my $many = FTPS::Test::Server->new(allow_log => qr/./, extra => \@PROVIDER,
    vhosts => [map { { name => "$_.test", port => 'own', tls => [
      "TLSECCertificateFile $temp/$_", "TLSECCertificateKeyFile $temp/$_.k" ] }
    } @names]);
  $many->start;
  provider('sleep 60');
  renew($_, 'server', $PASS) for @names;
  my $longest = 0;
  my $told = FTPS::Test::Process->until(120, sub {
    my $begin = time;
    $many->connection(timeout => 100)->connect;
    my $took = time - $begin;
    $longest = $took if $took > $longest;
    return 5 == (() = $many->systemlog =~ /did not end within 10 seconds/g);
  });
  ok $told, 'told for each server';
  cmp_ok $longest, '<', 20, "a client waited $longest s at most";
  my $begin = time;
  ok $many->hup, 'SIGHUP';
  cmp_ok time - $begin, '<', 25, 'the program is not waited for five times';
  good_provider();
  is $many->stop, 0, 'the daemon ends';
};

subtest 'TLSCertificate' => sub {
  good_provider();
  unlink "$temp/asked";
  fits('each key has the words of its kind', @PROVIDER,
    map { "TLSCertificate $temp/$_ $temp/$_.k" } qw(ec rsa));
  my @kinds = sort map { (split /\|/)[2] } split /\n/, slurp("$temp/asked", '');
  is_deeply \@kinds, [qw(EC RSA)], 'which the program gets';
};

good_provider();
make_dsa();
make_stores();

subtest 'PKCS#12' => sub {
  my @p12 = map { ["TLSPKCS12File $temp/$_.p12", @PROVIDER] }
    qw(chain wrong nokey rsa);
  fits('with a password', $p12[0]->@*);
  fits('with the empty one, and no program', "TLSPKCS12File $temp/empty.p12");
  fits('beside another kind of key', $p12[0]->@*, @RSA);
  fits('with the encryption of old', "TLSPKCS12File $temp/old.p12", @PROVIDER);
  refused('no program', ["TLSPKCS12File $temp/chain.p12"],
    "TLSPKCS12File $temp/chain.p12: $ENCRYPTED there is no terminal");
  refused('another password', $p12[1], "TLSPKCS12File $temp/wrong.p12",
    'prints a passphrase that does not fit', ' PKCS12" prints');
  like fits('no key', $p12[2]->@*),
    qr{nokey\.p12: lacks the certificate or its private key; .*pkcs12 -export},
    'and a line says that the server has no TLS';
  refused('not PKCS#12', ["TLSPKCS12File $temp/ec"], 'is not a PKCS#12 file',
    'openssl pkcs12 -export');
  like fits('two keys of one kind', $p12[3]->@*, @RSA),
    qr{TLSPKCS12File $temp/rsa.p12: is not used, .* of the same kind},
    'and a line says which one counts';
};

subtest 'DSA' => sub {
  my @dsa = ("TLSDSACertificateFile $temp/dsa",
    "TLSDSACertificateKeyFile $temp/dsa.k", @PROVIDER);
  like fits('DSA without a cipher', @dsa), qr/no cipher in it works/,
    'and a line says that nobody can connect';
  fits('DSA beside EC', @dsa, @EC);
  like fits('DSA key alone', "TLSDSACertificateKeyFile $temp/dsa.k"),
    qr/set TLSDSACertificateFile as well/, 'and a line says that it is not used';
};

# The intermediate CA stands in the store only.
sub make_stores () {
  my $server = $pki->cert('server-chain');
  my @chain = ('-certfile', $server->{chain});
  my @made = (
    [chain => $server, $PASS, @chain], [empty => $server, '', @chain],
    [wrong => $server, 'unknown', @chain],
    [nokey => $server, $PASS, '-nokeys'],
    [rsa => $pki->cert('server-rsa'), $PASS],
    [old => $server, $PASS, '-legacy'],
  );
  for (@made) {
    my ($name, $from, $pass, @more) = @$_;
    openssl('pkcs12', '-export', '-in', $from->{cert}, '-inkey', $from->{key},
      '-passout', "pass:$pass", '-out', "$temp/$name.p12", @more);
  }
  return;
}

sub make_dsa () {
  openssl('genpkey', '-genparam', '-algorithm', 'DSA', '-pkeyopt',
    'dsa_paramgen_bits:2048', '-out', "$temp/dsa.param");
  openssl('genpkey', '-paramfile', "$temp/dsa.param", '-out', "$temp/dsa.pem");
  openssl('pkey', '-in', "$temp/dsa.pem", '-aes256', '-passout', "pass:$PASS",
    '-out', "$temp/dsa.k");
  openssl('req', '-new', '-key', "$temp/dsa.pem", '-subj', '/CN=localhost',
    '-out', "$temp/dsa.req");
  replace("$temp/dsa.ext", "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  openssl('x509', '-req', '-in', "$temp/dsa.req", '-CA', $ca->{cert}, '-CAkey',
    $ca->{key}, '-set_serial', '77', '-days', '30', '-extfile',
    "$temp/dsa.ext", '-out', "$temp/dsa");
  return;
}

# Plain copies of the keys, for the scanner.
sub plain_key ($name, $pass) {
  openssl('pkey', '-in', "$temp/$name.k", '-passin', "pass:$pass", '-out',
    "$temp/$name.plain");
  return "$temp/$name.plain";
}

my $memscan = FTPS::Test::Build->program("$temp/memscan");

# Ranges of the mappings that are kept out of core dumps.
sub own_pages ($pid) {
  my ($range, %own);
  for (split /\n/, slurp("/proc/$pid/smaps", '')) {
    $range = $1 if /^([0-9a-f]+-[0-9a-f]+) /;
    $own{$range} = 1 if /^VmFlags:.* dd\b/;
  }
  return \%own;
}

sub scan ($pid, @what) {
  my ($end, $text) = FTPS::Test::Process->run([$memscan, $pid, @what]);
  die "memscan: $text" if $end > 1;
  return split /\n/, $text;
}

sub session_has_none ($name, $client, @what) {
  $srv->wait_sessions(1) or die 'there is more or less than one session';
  is join("\n", scan(($srv->sessions)[0], @what)), '', "$name: session";
  my ($got) = $client->cmd('NOOP');
  is $got, 200, "$name: it lives";
  return;
}

sub daemon_keeps ($name, $is_there, @what) {
  my $own = own_pages($srv->pid);
  my @found = scan($srv->pid, @what);
  is !!@found, !!$is_there, "$name: daemon";
  is join("\n", grep { !$own->{ (split / /)[1] } } @found), '',
    "$name: nothing outside of its own pages";
  return;
}

sub in_use (%to) {
  my $c = $srv->connection(%to);
  $c->connect;
  my $print = $c->auth ? $c->peer_fingerprint : $c->error // 'refused';
  $c->quit;
  $srv->wait_sessions(0) or die 'a session does not end';
  return $print;
}

sub asked () {
  return scalar(() = slurp("$temp/asked", '') =~ /\n/g);
}

my $only_dss = 'DHE-DSS-AES128-GCM-SHA256';
my @vhosts = (
  { name => 'p12.test', port => 'own',
    tls => ["TLSPKCS12File $temp/chain.p12"] },
  { name => 'dsa.test', port => 'own',
    tls => ["TLSDSACertificateFile $temp/dsa",
      "TLSDSACertificateKeyFile $temp/dsa.k", "TLSCipherSuite $only_dss"] },
  { name => 'both.test', port => 'own',
    tls => ["TLSECCertificateFile $temp/both"] },
);

subtest 'a daemon with a program' => sub {
  unlink "$temp/asked";
  $srv->rewrite(vhosts => \@vhosts, tls => [@EC, @RSA, @PROVIDER]);
  $srv->start;
  is asked(), 5, 'asked once for each key';
  my @keys = (plain_key('ec', $PASS), plain_key('rsa', $OTHER),
    plain_key('dsa', $PASS), "=$PASS", "=$OTHER");

  my @served = (
    ['EC', $print{ec}, ciphers => 'ECDHE-ECDSA-AES128-GCM-SHA256',
      max => '1.2'],
    ['RSA', $print{rsa}, ciphers => 'ECDHE-RSA-AES128-GCM-SHA256',
      max => '1.2'],
    ['PKCS#12', $pki->fingerprint($pki->cert('server-chain')->{cert}),
      vhost => 'p12.test'],
    ['DSA', $pki->fingerprint("$temp/dsa"), max => '1.2',
      ciphers => $only_dss, vhost => 'dsa.test'],
    ['in the certificate file', $print{both},
      vhost => 'both.test'],
  );
  for (@served) {
    my ($name, $is, %to) = @$_;
    my $c = $srv->client(%to);
    is $c->peer_fingerprint, $is, "$name: certificate";
    ok $c->list->{ok}, "$name: transfer";
    session_has_none($name, $c, @keys);
    $c->quit;
    $srv->wait_sessions(0) or die 'a session does not end';
  }
  daemon_keeps('passphrases', 0, @keys[3, 4]);
  daemon_keeps('keys of RSA and EC', 0, @keys[0, 1]);
  daemon_keeps('a key of DSA', 1, $keys[2]);

  ok $srv->hup, 'SIGHUP';
  is asked(), 10, 'asked again';
  is in_use(), $print{ec}, 'and in use';
};

subtest 'renewed' => sub {
  my $before = length $srv->systemlog;
  my $new = renew('ec', 'server', $PASS);
  is in_use(), $print{ec}, 'a session stays with the old one';
  is substr($srv->systemlog, $before), '', 'silently';
  is asked(), 10, 'and asks nobody';
  ok $srv->hup, 'SIGHUP';
  is in_use(), $new, 'the new one is in use';

  $print{ec} = $new;
  provider('exit 2');
  ok $srv->hup, 'SIGHUP, the program fails';
  like $srv->systemlog, qr/prints no passphrase, and ends with status 2/,
    'the log says so';
  is in_use(), $new, 'the old one is in use';
  good_provider();
};

subtest 'renewed, and found by the daemon' => sub {
  plan skip_all => 'FTPS_SLOW is not set' if !$ENV{FTPS_SLOW};
  ok $srv->hup, 'SIGHUP';
  my $new = renew('ec', 'server', $PASS);
  ok $srv->wait_log(qr/changed certificate files are in use now\n\z/,
    'system'), 'picked up';
  is in_use(), $new, 'and in use';

  # The files do not tell that the program works again.
  my $before = length $srv->systemlog;
  provider('exit 3');
  $new = renew('ec', 'server', $PASS);
  ok $srv->wait_log(qr/ends with status 3/, 'system'), 'the program fails';
  good_provider();
  ok $srv->wait_log(qr/changed certificate files are in use now\n\z/,
    'system'), 'picked up when the program works again';
  is scalar(() = substr($srv->systemlog, $before) =~ /status 3/g), 1,
    'its fault was told once';
  is in_use(), $new, 'and in use';
};

is $srv->stop, 0, 'the daemon ends';

# A terminal with these lines typed in; returns its controlling side.
sub terminal (@lines) {
  sysopen my $master, '/dev/ptmx', O_RDWR | O_NOCTTY or die "ptmx: $!";
  my ($unlocked, $number) = (pack('i', 0), pack('i', 0));
  ioctl $master, 0x40045431, $unlocked or die "unlocking a terminal: $!";
  ioctl $master, 0x80045430, $number or die "number of a terminal: $!";
  my $path = '/dev/pts/' . unpack 'i', $number;
  sysopen my $slave, $path, O_RDWR | O_NOCTTY or die "$path: $!";
  $srv->input($path);
  syswrite $master, join '', map { "$_\n" } @lines;
  return [$master, $slave];
}

sub prompts () { return scalar(() = $srv->stderr =~ /Passphrase of the/g) }

subtest 'a daemon at a terminal' => sub {
  $print{ec}  = renew('ec', 'server', $PASS);
  my $tty = terminal('not this one', $OTHER, $PASS);
  my $before = length $srv->stderr;
  $srv->rewrite(tls => [@EC, @RSA,
    'TLSOptions SessionReuseRequiredAfterCCC']);
  $srv->start;
  my $said = substr $srv->stderr, $before;
  my $port = $srv->port;
  like $said, qr/(?<!fit\. )Passphrase\ of\ the\ RSA\ key\ of\ server
    \ FTPS\ test:$port\ in\ \Q$temp\E\/rsa\.k:/x, 'asked for RSA';
  like $said, qr/It\ does\ not\ fit\.\ Passphrase\ of\ the\ RSA\ key/x,
    'asked again';
  unlike $said, qr/of the (?:DSA|PKCS12)/, 'one typed for another key fits';
  unlike $said, qr/horse|another/, 'nothing typed is shown';
  is prompts(), 3, 'three in all';
  my @keys = (plain_key('ec', $PASS), plain_key('rsa', $OTHER), "=$PASS",
    "=$OTHER", '=not this one');
  daemon_keeps('passphrases', 1, @keys[2, 3]);
  daemon_keeps('what did not fit', 0, $keys[4]);
  daemon_keeps('keys', 0, @keys[0, 1]);
  for my $vhost ('main', 'p12.test') {
    my $c = $srv->connection(vhost => $vhost);
    $c->connect;
    session_has_none('before AUTH', $c, @keys[2 .. 4]);
    ok $c->auth, 'handshake';
    session_has_none('after AUTH', $c, @keys);
    $c->quit;
    $srv->wait_sessions(0) or die 'a session does not end';
  }

  undef $tty;
  $print{ec} = renew('ec', 'server', $PASS);
  ok $srv->hup, 'SIGHUP without a terminal';
  is in_use(max => '1.2', ciphers => 'ECDHE-ECDSA-AES128-GCM-SHA256'),
    $print{ec}, 'a renewed key with the same passphrase';
  daemon_keeps('after SIGHUP', 1, @keys[2, 3]);

  my $new = renew('ec', 'server', 'a passphrase that nobody typed');
  ok $srv->hup, 'SIGHUP, another passphrase';
  like $srv->systemlog, qr/TLSECCertificateKeyFile\ \Q$temp\E\/ec\.k:
    \ \Q$ENCRYPTED\E\ no\ passphrase\ that\ was\ typed\ at\ the\ start\ fits;
    \ set\ TLSPassPhraseProvider/x, 'the log says so';
  is in_use(max => '1.2', ciphers => 'ECDHE-ECDSA-AES128-GCM-SHA256'),
    $print{ec}, 'the old pair is in use';
  is prompts(), 3, 'nobody was asked again';
  is $srv->stop, 0, 'the daemon ends';
};

subtest 'nothing right is typed' => sub {
  my $tty = terminal('one', 'two', 'three', $PASS);
  $srv->rewrite(tls => [],
    vhosts => [{ name => 'rsa.test', port => 'own', tls => [@RSA] }]);
  my ($end, $output) = $srv->config_error(@EC);
  is $end, 1, 'a fault';
  like $output, qr/ec\.k: \Q$ENCRYPTED\E none of the passphrases that were/,
    'after three times';
  like $output, qr/rsa\.k: \Q$ENCRYPTED\E nobody was asked for it after/,
    'other keys are not asked for then';
};

done_testing;
