# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# The configurations that people copy: from the questions and answers about
# mod_tls, from wikis and blogs. t/data/seeds/*.conf has their lines as they are
# written, except for the paths.  Each goes through `proftpd -t`, and serves a
# real client as its author wished, or is refused with a line that has the
# reason.  The steps with lftp, s_client and other tools in the same text are
# tested as well.
#
# Needs: root, proftpd-core, openssl; mod_ifsession and lftp for some.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Basename qw(basename);
use File::Temp ();
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Pasted qw(lines_of transfers in_clear);
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

my $SEEDS = "$FindBin::Bin/data/seeds";
my $PROFTPD = $ENV{FTPS_PROFTPD} // '/usr/sbin/proftpd';

my $first = FTPS::Test::Server->new(cert => undef);
my $pki   = $first->pki;
my $temp  = File::Temp->newdir('ftps-seeds-XXXXXX', TMPDIR => 1);
my %ec    = $pki->cert('server')->%*;
my %rsa   = $pki->cert('server-rsa')->%*;
my %chain = $pki->cert('server-chain')->%*;

sub run (@argv) { return FTPS::Test::Process->run([@argv]) }

# As the guides say, with the size of key that the row asks for.
sub make_self_signed ($bits) {
  my @file = map { "$temp/self-$bits.$_" } qw(cert key);
  FTPS::Test::Process->must(['openssl', 'req', '-new', '-x509', '-nodes',
    '-days', 365, '-newkey', "rsa:$bits", '-subj', '/CN=ftp.example.com',
    '-addext', 'subjectAltName=DNS:ftp.example.com,IP:127.0.0.1',
    '-out', $file[0], '-keyout', $file[1]]);
  return @file;
}

my @self = make_self_signed(2048);
$pki->issue(like => 'server', cert => "$temp/secret", key => "$temp/secret.key",
  pass => 'open sesame');

my %PATH = (
  '/etc/ftpd/server-rsa.cert.pem' => $rsa{cert},
  '/etc/ftpd/server-rsa.key.pem' => $rsa{key},
  '/etc/ftpd/server-rsa.both.pem' => $rsa{both},
  '/etc/proftpd/ssl/proftpd.crt' => $rsa{cert},
  '/etc/proftpd/ssl/proftpd.key' => $rsa{key},
  '/etc/ftpd/server-ec.cert.pem' => $ec{cert},
  '/etc/ftpd/server-ec.key.pem' => $ec{key},
  '/etc/ftpd/certA.pem' => $chain{cert},
  '/etc/ftpd/certA.key.pem' => $chain{key},
  '/etc/ftpd/my-chain.pem' => spew("$temp/chain",
    slurp($pki->cert('intermediate')->{cert}) . slurp($ec{ca}), 0644),
  '/etc/ftpd/root.cert.pem' => $ec{ca},
  '/etc/ftpd/client-ca.cert.pem' => $pki->cert('client-ca')->{cert},
  '/etc/ftpd/self.cert.pem' => $self[0],
  '/etc/ftpd/self.key.pem' => $self[1],
  '/etc/ftpd/secret.cert.pem' => "$temp/secret",
  '/etc/ftpd/secret.key.pem' => "$temp/secret.key",
  '/etc/ftpd/passphrase.sh' =>
    spew("$temp/passphrase.sh", "#!/bin/sh\necho open sesame\n", 0700),
);

# The lines of a seed for this server.
sub lines_of_seed ($srv, $seed) {
  my $text = slurp("$SEEDS/$seed.conf") =~ s{(?<=<IfGroup )trusted}{other}r;
  return [lines_of($text, sub ($directive, $path) {
    return "$srv->{dir}/log/tls" if $directive eq 'TLSLog';
    return $PATH{$path} // die "$seed: no $path\n";
  })];
}

# `loads`: modules that the seed itself loads.
sub server ($seed, %words) {
  my @loads = (delete $words{loads} // [])->@*;
  delete $words{not_asan};
  my @modules = ($words{modules} // [])->@*;
  my $srv = FTPS::Test::Server->new(cert => undef, %words,
    modules => [@modules, @loads]);
  return $srv->rewrite(modules => \@modules, tls => lines_of_seed($srv, $seed));
}

my %used;

# Starts a seed's server, lets the sub talk to it, stops it.
sub seed ($seed, $talk, %words) {
  $used{$seed} = 1;
  return subtest $seed => sub {
    my @lacking = FTPS::Test::Config->lacking(
      map { ($words{$_} // [])->@* } qw(modules loads));
    plan skip_all => "no @lacking" if @lacking;
    plan skip_all => $words{not_asan} if $words{not_asan} && $ENV{FTPS_ASAN};
    my $srv = server($seed, %words);
    my ($status, $output) = $srv->syntax_check;
    is $status, 0, 'proftpd -t takes it' or diag $output;
    $srv->start;
    $talk->($srv);
    is $srv->stop, 0, 'the daemon ends';
  };
}

sub refused ($srv, $name, $pattern, %words) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my $c = $srv->connection(%words);
  $c->connect;
  ok !$c->is_let_in, "$name: refused";
  return $srv->like_tlslog($pattern, "$name: TLSLog says why");
}

seed('faq-example', sub ($srv) {
  transfers($srv->client, 'a client');
  transfers($srv->client(max => '1.2', ciphers => 'aRSA'), 'one that knows RSA');
  is in_clear($srv), '331 230', 'one without TLS';
}, loads => ['mod_tls']);

seed('verify-client', sub ($srv) {
  transfers($srv->client($pki->pair('client')), 'with certificate');
  refused($srv, 'without certificate', qr/peer did not return a certificate/);
});

seed('no-reuse', sub ($srv) {
  transfers($srv->client, 'a client that does not resume', session => 'none');
  transfers($srv->client, 'one that does');
});

seed('only-tls12', sub ($srv) {
  my $c = $srv->client;
  is $c->version, 'TLSv1.2', 'TLS 1.2';
  transfers($c, 'a client');
  refused($srv, 'TLS 1.3 only', qr/unsupported protocol/, min => '1.3');
  my $v = $srv->client(vhost => 'other');
  is $v->version, 'TLSv1.2', 'in a virtual host as well';
}, vhosts => [{ name => 'other', port => 'own', cert => undef }]);

seed('anonymous', sub ($srv) {
  is in_clear($srv, 'anonymous'), '331 230', 'anonymous without TLS';
  is in_clear($srv), '331 530', 'a user without TLS';
  transfers($srv->client, 'a user with TLS');
});

seed('trusted-group', sub ($srv) {
  is in_clear($srv, 'other'), '331 230', 'of that group without TLS';
  is in_clear($srv), '331 530', 'another user without TLS';
  transfers($srv->client, 'another user with TLS');
}, modules => ['mod_ifsession'],
  not_asan => 'ProFTPD itself reads freed memory where there is <IfGroup>');

seed('clear-command-channel', sub ($srv) {
  is in_clear($srv), '550', 'no login without TLS';
  my $c = $srv->client;
  is(($c->ccc('notify'))[0], 200, 'CCC');
  transfers($c, 'after CCC');
  is(($c->cmd('PROT C'))[0], 534, 'data connections stay protected');
});

seed('clear-data', sub ($srv) {
  is in_clear($srv), '550', 'no login without TLS';
  my $c = $srv->client;
  is(($c->cmd('PROT C'))[0], 200, 'PROT C');
  transfers($c, 'in clear', protected => 0);
});

seed('no-tls-data', sub ($srv) {
  is in_clear($srv), '331 230', 'without TLS';
  my $c = $srv->connection;
  $c->connect;
  ok $c->auth, 'AUTH TLS';
  is(($c->cmd('USER proftpd'))[0], 331, 'USER');
  is(($c->cmd('PASS test'))[0], 230, 'PASS');
  is(($c->cmd('PROT P'))[0], 534, 'PROT P is refused');
});

seed('big-uploads', sub ($srv) {
  transfers($srv->client(max => '1.2'), 'TLS 1.2');
  transfers($srv->client, 'TLS 1.3');
});

seed('lenient-renegotiation', sub ($srv) { transfers($srv->client, 'TLS') });

seed('some-protocols', sub ($srv) {
  transfers($srv->client, 'a client of today');
  refused($srv, 'TLS 1.0 only',
    qr/unsupported protocol|version too low|no protocols/,
    min => '1.0', max => '1.0', ciphers => 'DEFAULT@SECLEVEL=0');
});

seed('no-depth', sub ($srv) {
  refused($srv, 'a certificate below its CA', qr/certificate chain too long/,
    $pki->pair('client'));
});

seed('local-clients', sub ($srv) {
  is in_clear($srv), '331 230', 'a local client without TLS';
  is in_clear($srv, 'proftpd', bind => '127.0.0.9'), '550',
    'one from elsewhere without TLS';
  transfers($srv->client(bind => '127.0.0.9'), 'one from elsewhere with TLS');
}, modules => ['mod_ifsession']);

# What s_client prints of one handshake.
sub s_client ($srv, @options) {
  my $script = spew("$temp/s_client.sh", '#!/bin/sh' . "\n"
    . '(sleep 0.3; echo QUIT) | openssl s_client -starttls ftp -crlf '
    . '-connect 127.0.0.1:' . $srv->port . " \"\$@\" 2>&1\n", 0755);
  return (run($script, @options))[1];
}

seed('two-hierarchies', sub ($srv) {
  my $seen = s_client($srv, '-showcerts');
  is_deeply [$seen =~ /^ *\d s:.*CN *= *(.*)/mg],
    ['localhost', 'FTPS test intermediate CA'],
    'the chain from its file, but for the root, which clients know or refuse';
  like $seen, qr/^Acceptable client certificate CA names\n.*CN ?= ?FTPS test client CA\n/m,
    'its client CA is named';
  my ($names) = $seen =~ /^Acceptable client.*?\n(.*?)^(?:Client|Requested)/ms;
  unlike $names, qr/intermediate|FTPS test CA/, 'its own CAs are not';
  ok $srv->client($pki->pair('client')), 'a client of theirs';
  refused($srv, 'one of my own CA', qr/client certificate refused/,
    $pki->issue_to("$temp/mine", like => 'client', issuer => 'intermediate'));
});

seed('wiki-tls', sub ($srv) {
  transfers($srv->client, 'without reuse', session => 'none');
  is in_clear($srv), '550', 'no login without TLS';
  like s_client($srv), qr/^No client certificate CA names sent$/m,
    'nobody is asked for a certificate';
  my $c = $srv->client(port => $srv->port, max => '1.2');
  is $c->version, 'TLSv1.2', 'SSLv23: whatever the library does';
});

seed('passphrase', sub ($srv) { transfers($srv->client, 'TLS') });

seed('global-certificates', sub ($srv) {
  transfers($srv->client, 'the main server');
  transfers($srv->client(vhost => 'other'), 'a virtual host');
}, vhosts => [{ name => 'other', port => 'own', cert => undef }]);

seed('implicit', sub ($srv) {
  transfers($srv->client(implicit => 1), 'ftps://');
});

# The story of a self-signed certificate: openssl and lftp as told there.
seed('self-signed', sub ($srv) {
  is in_clear($srv), '331 230', 'without TLS';
  SKIP: {
    skip 'no lftp', 6 if run('lftp', '--version');
    my ($cert) = s_client($srv, '-showcerts') =~
      /(-----BEGIN CERT.*?-----END CERTIFICATE-----\n)/s;
    my $file = spew("$temp/mycert.crt", $cert, 0644);
    $srv->write_file('hello', "hello\n");
    my @lftp = ('lftp', '--norc', '-c');
    my $url = 'set net:max-retries 1; set cmd:fail-exit yes; %s open'
      . ' ftp://proftpd:test@%s:' . $srv->port . '; cat hello';

    my ($status, $output) = run(@lftp, sprintf $url, '', '127.0.0.1');
    like $output, qr/Certificate verification:.*(?:Not trusted|trust|signed)/i,
      'lftp refuses what it does not know';
    ($status, $output) = run(@lftp,
      sprintf $url, "set ssl:ca-file \"$file\";", '127.0.0.1');
    is "$status $output", "0 hello\n", 'set ssl:ca-file';
    ($status, $output) = run(@lftp,
      sprintf $url, "set ssl:ca-file \"$file\";", 'localhost');
    like $output, qr/Certificate verification:.*name/i,
      'another name than the one in the certificate';
    ($status, $output) = run(@lftp, sprintf $url,
      "set ssl:ca-file \"$file\"; set ssl:check-hostname no;", 'localhost');
    is "$status $output", "0 hello\n", 'set ssl:check-hostname no';
    ($status, $output) = run(@lftp,
      sprintf $url, 'set ssl:verify-certificate no;', '127.0.0.1');
    is "$status $output", "0 hello\n", 'set ssl:verify-certificate no';
    ($status, $output) = run(@lftp, sprintf $url,
      "set ssl:ca-file \"$file\"; set ftp:ssl-force yes;", '127.0.0.1');
    is "$status $output", "0 hello\n", 'set ftp:ssl-force yes';
  }
});

# Schannel insists on it since 2019.
subtest 'extended master secret' => sub {
  my $srv = server('big-uploads')->start;
  like s_client($srv, '-tls1_2'), qr/^ *Extended master secret: yes$/m,
    'TLS 1.2 has it';
  is $srv->stop, 0, 'the daemon ends';
};

subtest 'what cannot work' => sub {
  $used{impossible} = 1;
  my ($status, $output) = server('impossible')->syntax_check;
  is $status, 1, 'per user and for all: refused';
  like $output, qr/TLSOptions AllowPerUser: cannot be enforced together/,
    'and why';

  my @weak = make_self_signed(1024);
  my $srv = FTPS::Test::Server->new(cert => undef,
    tls => ["TLSRSACertificateFile $weak[0]",
      "TLSRSACertificateKeyFile $weak[1]"]);
  ($status, $output) = $srv->syntax_check;
  is $status, 0, 'rsa:1024 of old guides: mod_tls starts, and serves nobody';
  like $output, qr/TLSRSACertificateFile .*too small.*stronger key/,
    'and what to do';
};

# Where no FIPS provider is installed, the start says so.
subtest '-DTLS_USE_FIPS' => sub {
  my $srv = server('big-uploads');
  my $file = $srv->config->file;
  my ($status, $output) = FTPS::Test::Process->run(
    [$PROFTPD, '-t', '-DTLS_USE_FIPS', '-c', $file],
    env => $srv->_sanitizer_env);
  if ($output =~ /FIPS provider only/) {
    is $status, 0, 'the FIPS provider is used';
  } else {
    is $status, 1, 'no FIPS provider: refused';
    like $output, qr/mod_ftps: -DTLS_USE_FIPS: OpenSSL's FIPS provider cannot/,
      'and why';
    like $output, qr/openssl fipsinstall/, 'and what to do';
  }
};

my @all = map { basename($_, '.conf') } glob "$SEEDS/*.conf";
is "@{[sort keys %used]}", "@{[sort @all]}", 'every file there was tried';

done_testing;
