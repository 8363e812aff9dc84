# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# The advice of `proftpd -t`: each thing that works now and will cause trouble
# later is one line, with directive, value or file, and remedy, and exit status
# 0.  A start logs the same; a SIGHUP logs only what is new; the same
# certificate in many virtual hosts is logged once.
#
# Needs: root, proftpd-core, openssl.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::CRL;
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

my $DAY = 86400;

my $srv  = FTPS::Test::Server->new(cert => undef, modules => ['mod_ban']);
my $pki  = $srv->pki;
my $temp = File::Temp->newdir('ftps-advice-XXXXXX', TMPDIR => 1);
my $ca   = $pki->cert('ca')->{cert};
my $lists = FTPS::Test::CRL->new($pki, "$temp/ca");

# What is linked into the folder of modules can be loaded by a row.
$srv->config->link_stock('mod_sftp');

sub host_key () {
  put('host.key', $pki->cert('server-rsa')->{key});
  chmod 0600, "$temp/host.key";
  return "$temp/host.key";
}

# A certificate without a fault: its CA is a trusted one here.
my $quiet = ['TLSRequired on', "TLSCACertificateFile $ca"];

# The list is of the one CA.
my @lists = (@$quiet, 'TLSVerifyClient optional');

sub key ($name, $mode, $group = 0) {
  put($name, $pki->cert('server')->{key});
  chown 0, $group, "$temp/$name" or die;
  chmod $mode, "$temp/$name" or die;
  return pair($pki->cert('server')->{cert}, "$temp/$name");
}

sub put ($name, @files) {
  return spew("$temp/$name", join '', map { slurp($_) } @files);
}

# The lines for a certificate of its own.
sub issued ($name, %words) {
  $pki->issue(cert => "$temp/$name", key => "$temp/$name.key", %words);
  return pair("$temp/$name", "$temp/$name.key");
}

sub pair ($cert, $key) {
  return "TLSECCertificateFile $cert\nTLSECCertificateKeyFile $key";
}

my $chain = $pki->cert('server-chain');
my $inner = $pki->cert('intermediate')->{cert};
my $good  = pair($pki->cert('server')->@{qw(cert key)});

sub openssl (@args) { return FTPS::Test::Process->must(['openssl', @args]) }

sub nameless () {
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt',
    'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=ftp.example.com',
    '-keyout', "$temp/nameless.key", '-out', "$temp/nameless");
  return pair("$temp/nameless", "$temp/nameless.key");
}

sub list ($name, $days, %o) {
  $lists->put("$temp/$name", $lists->make('ca', from => -90 * $DAY,
    to => $days * $DAY, %o));
  return "$temp/$name";
}

my @rows = (
  ['nothing to say', [@$quiet, $good]],
  ['an expired certificate',
    [@$quiet, pair($pki->cert('server-expired')->@{qw(cert key)})],
    'TLSECCertificateFile ', 'server-expired/cert.pem: ', 'has expired',
    'renew it'],
  ['one that expires soon',
    [@$quiet, issued('soon', from => -300 * $DAY, to => 12 * $DAY + 60)],
    "TLSECCertificateFile $temp/soon: ", 'expires in 12 days', 'renew it'],
  ['one without names', ['TLSRequired on', nameless()],
    "TLSECCertificateFile $temp/nameless: ", 'no subjectAltName',
    'have it issued anew'],
  ['the name of somebody else',
    [@$quiet, $good, 'ServerName ftp.example.com'],
    'TLSECCertificateFile ', '"ftp.example.com" (ServerName)',
    'have it issued for that name'],
  ['an alias of somebody else', [@$quiet, $good, 'ServerName ftps.test',
      'ServerAlias ftps.test ftp.example.org'],
    'TLSECCertificateFile ', '"ftp.example.org" (ServerAlias)',
    'correct the ServerAlias'],
  ['names that are right', [@$quiet, $good, 'ServerName ftps.test',
    'ServerAlias localhost *.test']],
  ['a chain without its intermediate',
    ['TLSRequired on', pair($chain->{cert}, $chain->{key})],
    "TLSECCertificateFile $chain->{cert}: ", 'FTPS test intermediate CA',
    'append it to the file'],
  ['a chain in its file',
    ['TLSRequired on', pair($chain->{full}, $chain->{key})]],
  ['a chain file', ['TLSRequired on', pair($chain->{cert}, $chain->{key}),
    "TLSCertificateChainFile $inner"]],
  ['the intermediate is a trusted CA',
    ['TLSRequired on', pair($chain->{cert}, $chain->{key}),
    "TLSCACertificateFile $inner"]],
  ['a chain out of order',
    ['TLSRequired on', pair(put('mixed', $chain->{cert}, $ca, $inner),
      $chain->{key})],
    "TLSECCertificateFile $temp/mixed: ", 'out of order',
    'behind what it issued'],
  ['a chain file out of order',
    ['TLSRequired on', pair($chain->{cert}, $chain->{key}),
      'TLSCertificateChainFile ' . put('order', $ca, $inner)],
    "TLSCertificateChainFile $temp/order: ", 'out of order',
    'behind what it issued'],
  ['TLSKeyLogFile', [@$quiet, $good, "TLSKeyLogFile $temp/keys"],
    "TLSKeyLogFile $temp/keys: ", 'can read recorded passwords', 'take it out'],
  ['TLSSessionReuse log', [@$quiet, $good, 'TLSSessionReuse log'],
    'TLSSessionReuse log', 'behind the client', 'see in TLSLog'],
  ['TLSSessionReuse certificate', [@$quiet, $good,
      'TLSSessionReuse certificate'],
    'TLSSessionReuse certificate', 'no effect', 'set TLSVerifyClient'],
  ['TLSSessionReuse off', [@$quiet, $good, 'TLSSessionReuse off'],
    'TLSSessionReuse off', 'of anybody', 'take it out'],
  ['TLSSessionReuse require', [@$quiet, $good, 'TLSSessionReuse require',
      'TLSOptions NoSessionReuseRequired']],
  ['TLSProfile old', [@$quiet, $good, 'TLSProfile old'],
    'TLSProfile old', 'before TLS 1.2', 'take it out'],
  ['TLSProfile modern', [@$quiet, $good, 'TLSProfile modern']],
  ['a chain file beside TLSCertificate', ['TLSRequired on',
      "TLSCertificate $chain->{full} $chain->{key}",
      "TLSCertificateChainFile $inner"],
    "TLSCertificateChainFile $inner: ", 'no effect on TLSCertificate',
    'take it out'],
  ['TLSCertificate and an older directive', [@$quiet, $good,
      'TLSCertificate ' . $pki->cert('server')->{both}],
    'TLSECCertificateFile ', 'is not used, because another certificate of this '
      . 'server, which counts first, has a key of the same kind',
    'take one of the two out'],
  ['an expired list',
    [@lists, $good, 'TLSCARevocationFile ' . list('old', -1)],
    "TLSCARevocationFile $temp/old: ", '"O = FTPS tests, CN = FTPS test CA"',
    'has expired', 'fetch the new one'],
  ['a list that expires soon',
    [@lists, $good, 'TLSCARevocationFile ' . list('soon-crl', 3.5)],
    "TLSCARevocationFile $temp/soon-crl: ", 'expires in 3 days',
    'fetch the new one'],
  ['a fresh list', [@lists, $good, 'TLSCARevocationFile ' . list('new', 60)]],
  ['a CA without a list', [@lists[0, 2], $good, 'TLSCACertificateFile '
      . put('cas', $ca, $pki->cert('client-ca')->{cert}),
    'TLSCARevocationFile ' . list('new', 60)],
    "TLSCACertificateFile $temp/cas: ",
    'no complete revocation list of the CA "', 'client CA',
    'are refused; add its list'],
  ['a CA with a delta list alone', [@lists, $good, 'TLSVerifyOrder crl ocsp',
    'TLSCARevocationFile ' . list('delta', 60, delta => 1)],
    "TLSCACertificateFile $ca: ", 'no complete revocation list of the CA "',
    'of CAs below it, are refused; add its list'],
  (map { my ($line, $what) = @$_;
    ["$what without TLSVerifyClient", [@$quiet, $good, $line],
      "server \"FTPS test\": $what: has no effect", 'set TLSVerifyClient']
  } ['TLSCARevocationFile ' . list('new', 60), 'TLSCARevocationFile'],
    (map { ["TLSOptions $_", "TLSOptions $_"] }
      qw(dNSNameRequired iPAddressRequired CommonNameRequired))),
  ['data connections of anybody',
    [@$quiet, $good, 'TLSOptions NoSessionReuseRequired'],
    'server "FTPS test": TLSOptions NoSessionReuseRequired', 'quicker',
    'take it out'],
  ['a key that all can read', [@$quiet, key('open', 0644)],
    "TLSECCertificateKeyFile $temp/open: ", 'by everybody', 'mode 0644',
    'chmod 0600'],
  ['a key that a strange group can read', [@$quiet, key('lent', 0640, 12345)],
    "TLSECCertificateKeyFile $temp/lent: ", 'the group 12345', 'mode 0640',
    'chmod 0600'],
  ['a key that the group of root can read', [@$quiet, key('own', 0640, 0)]],
  ['TLSRequired for the control connection in a directory',
    [$good, $quiet->[1], 'TLSRequired auth', '<Directory /srv/x>',
      'TLSRequired ctrl', '</Directory>']],
  ['the same, without protection around it',
    [$good, $quiet->[1], 'TLSRequired data', '<Directory /srv/x>',
      'TLSRequired ctrl', '</Directory>'],
    [['passwords'], ['<Directory /srv/x>', 'has no effect', 'TLSRequired data']]],
  ['TLSRequired on and off', [@$quiet, $good, 'TLSRequired off'],
    'TLSRequired: "off" on line', 'does not count', 'take one of them out'],
  ['TLSRequired off and on', [$good, $quiet->[1], 'TLSRequired off',
    'TLSRequired on'],
    [['TLSRequired: "on" on line', 'does not count'], ['passwords']]],
  ['another directive twice', [@$quiet, $good, 'TLSVerifyDepth 1',
    'TLSVerifyDepth 2'], 'TLSVerifyDepth: "2" on line', 'does not count'],
  ['a server that is not like <Global>', [@$quiet, $good, '<Global>',
    'TLSRequired off', '</Global>']],
  ['TLSRequired without TLSEngine', ['TLSEngine off', 'TLSRequired on'],
    'server "FTPS test": TLSRequired has no effect without TLSEngine',
    'write "TLSEngine on"'],
  ['the same by <Global>', ['TLSEngine off', '<Global>', 'TLSRequired on',
    '</Global>'], 'server "FTPS test": TLSRequired has no effect without'],
  ['the same behind a TLSRequired that asks for nothing',
    ['TLSEngine off', 'TLSRequired off', 'TLSRequired data'],
    [['TLSRequired has no effect without TLSEngine'], ['does not count']]],
  ['the same in a section', ['TLSEngine off', '<Directory /srv>',
    'TLSRequired data', '</Directory>'],
    'server "FTPS test": TLSRequired has no effect without TLSEngine'],
  (FTPS::Test::Config->lacking('mod_sftp') ? ()
    : ['TLSRequired without TLSEngine, for SFTP',
      ['TLSEngine off', 'TLSRequired on', 'LoadModule mod_sftp.c',
        'SFTPEngine on', "SFTPHostKey " . host_key()]]),
  ['TLSRequired off without TLSEngine', ['TLSEngine off', 'TLSRequired off']],
  ['weak protocols',
    [@$quiet, $good, 'TLSProtocol TLSv1 TLSv1.1 TLSv1.2',
      'TLSOptions AllowWeakSecurity'],
    'TLSOptions AllowWeakSecurity', 'before TLS 1.2', 'take it out'],
  ['the security level by hand',
    [@$quiet, $good, 'TLSCipherSuite DEFAULT@SECLEVEL=0'],
    'TLSCipherSuite @SECLEVEL=0', 'can be broken', 'take it out'],
  ['weak protocols that the library does not take',
    [@$quiet, $good, 'TLSProtocol SSLv23']],
  ['ciphers without encryption',
    [@$quiet, $good, 'TLSCipherSuite ALL:COMPLEMENTOFALL',
      'TLSOptions AllowWeakSecurity'], [
      ['TLSOptions AllowWeakSecurity', 'take it out'],
      ['TLSCipherSuite ALL:COMPLEMENTOFALL', 'ADH-', ' more ciphers whose',
        ':!aNULL:!eNULL']]],
  ['old lists of ciphers that harm nobody any more',
    [@$quiet, $good, 'TLSCipherSuite ALL:!ADH:!DES']],
  ['passwords in clear', [$good, $quiet->[1]],
    'server "FTPS test": TLSRequired', 'passwords', 'TLSRequired auth'],
  ['passwords in clear, files not',
    [$good, $quiet->[1], 'TLSRequired data'],
    'server "FTPS test": TLSRequired', 'passwords', 'TLSRequired auth'],
  ['passwords are protected', [$good, $quiet->[1], 'TLSRequired auth']],
  ['implicit TLS on port 21',
    [@$quiet, $good, 'Port 21', 'TLSOptions UseImplicitSSL'],
    'TLSOptions UseImplicitSSL', 'port 21', 'Port 990'],
  ['explicit TLS on port 990', [@$quiet, $good, 'Port 990'],
    'Port 990', 'begin with TLS', 'set TLSOptions UseImplicitSSL'],
  ['implicit TLS on port 990',
    [@$quiet, $good, 'Port 990', 'TLSOptions UseImplicitSSL']],
  ['a module behind us that may refuse clients',
    [@$quiet, $good, 'LoadModule mod_ban.c', 'TLSOptions UseImplicitSSL']],
);

sub told ($text) {
  return map { s/^.*?mod_ftps: //r } grep { /mod_ftps: / } split /\n/, $text;
}

sub says ($name, $told, @texts) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my @want = ref $texts[0] ? $texts[0]->@* : @texts ? [@texts] : ();
  my @missing;
  for my $i (0 .. $#want) {
    push @missing, grep { index($told->[$i] // '', $_) < 0 } $want[$i]->@*;
  }
  return ok(@$told == @want && !@missing, $name)
    || diag join "\n", "lacking: @missing", @$told;
}

for my $row (@rows) {
  my ($name, $lines, @texts) = @$row;
  $srv->rewrite(tls => $lines, vhosts => [], modules => []);
  my ($status, $output) = $srv->syntax_check;
  is $status, 0, "$name: taken" or diag $output;
  says($name, [told($output)], @texts);
}

# Three virtual hosts that the main server's lines are good for as well.
my @hosts = map {
  { name => "v$_", port => 'own', cert => undef }
} 1 .. 3;
my $soon = issued('live', from => -300 * $DAY, to => 12 * $DAY + 600);

subtest 'many virtual hosts' => sub {
  my $many = FTPS::Test::Server->new(cert => undef,
    vhosts => [map {
      { %$_, tls => [$soon, "TLSCACertificateFile $ca"] }
    } @hosts],
    tls => [$soon, "TLSCACertificateFile $ca"]);
  my ($status, $output) = $many->syntax_check;
  is $status, 0, 'taken';
  says('each thing once', [told($output)],
    [['server "FTPS test" and 3 more: TLSRequired', 'passwords'],
     ["TLSECCertificateFile $temp/live: ", 'expires in 12 days']]);
};

subtest 'the start, and SIGHUP' => sub {
  $srv->rewrite(vhosts => [], modules => [],
    tls => [$soon, "TLSCACertificateFile $ca"]);
  my $before = length $srv->stderr;
  $srv->start;
  my @told = told(substr $srv->stderr, $before);
  my @lines = (['passwords'], ['expires in 12 days']);
  says('the start tells', \@told, [@lines]);
  ok $srv->wait_log(qr/expires in 12 days/, 'system'),
    'the system log as well';
  says('of all', [told($srv->systemlog)], [@lines]);

  for (1 .. 2) {
    $before = length $srv->systemlog;
    ok $srv->hup, 'SIGHUP';
    says('tells it not again', [told(substr $srv->systemlog, $before)]);
  }

  issued('live', from => -300 * $DAY, to => 11 * $DAY + 600);
  $before = length $srv->systemlog;
  ok $srv->hup, 'SIGHUP with another file';
  says('tells what is new', [told(substr $srv->systemlog, $before)],
    [['was renewed too late'], ['expires in 11 days']]);
  is $srv->stop, 0, 'the daemon ends';
};

done_testing;
