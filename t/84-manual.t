# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# The examples of the manuals, doc/*.html, as their readers copy them: each
# configuration goes through `proftpd -t` unchanged, except for the paths, and
# each directive of our own has an example.
#
# Needs: root, proftpd-core, openssl; mod_ifsession for some.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Basename qw(basename);
use File::Temp ();
use FTPS::Test::CRL;
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

my $TOP = "$FindBin::Bin/..";

# All of ProFTPD's are within reach; examples load what they need.
my @there = map { basename($_, '.so') }
  glob FTPS::Test::Config->stock_dir . '/mod_*.so';
my %is_there = map { $_ => 1 } @there, 'mod_ftps', 'mod_ftps_shmcache',
  'mod_ftps_memcache';
my $srv = FTPS::Test::Server->new(cert => undef, modules => \@there,
  ours => ['mod_ftps_shmcache', 'mod_ftps_memcache']);
my $pki  = $srv->pki;
my $temp = File::Temp->newdir('ftps-manual-XXXXXX', TMPDIR => 1);
mkdir "$temp/$_" for qw(clients lists cache);
chmod 0700, "$temp/cache";

sub openssl (@args) { return FTPS::Test::Process->must(['openssl', @args]) }

# Text of every <pre> of a manual.
sub examples ($path) {
  my @found;
  my $html = slurp($path);
  while ($html =~ m{<pre>\n?(.*?)</pre>}gs) {
    my $text = $1 =~ s/<[^>]+>//gr;
    $text =~ s/&lt;/</g;
    $text =~ s/&gt;/>/g;
    $text =~ s/&quot;/"/g;
    $text =~ s/&amp;/&/g;
    push @found, $text;
  }
  return @found;
}

my @manuals = glob "$TOP/doc/*.html";
my %examples = map { basename($_) => [examples($_)] } @manuals;
my @all = map { @$_ } values %examples;

# The files that the examples name.
sub example_with ($words) { return (grep { /$words/ } @all)[0] }

my %ec    = $pki->cert('server')->%*;
my %rsa   = $pki->cert('server-rsa')->%*;
my %chain = $pki->cert('server-chain')->%*;

sub make_files () {
  my $lists = FTPS::Test::CRL->new($pki, "$temp/ca");
  $lists->put_hashed("$temp/lists", 'client-ca', $lists->make('client-ca'));
  $lists->put("$temp/list", $lists->make('client-ca'));
  spew("$temp/clients/ca.pem", slurp($pki->cert('client-ca')->{cert}), 0644);
  openssl('rehash', "$temp/clients");
  openssl('genpkey', '-genparam', '-algorithm', 'DSA', '-pkeyopt',
    'dsa_paramgen_bits:2048', '-out', "$temp/dsa.param");
  openssl('genpkey', '-paramfile', "$temp/dsa.param", '-out', "$temp/dsa.key");
  openssl('req', '-x509', '-key', "$temp/dsa.key", '-subj', '/CN=localhost',
    '-out', "$temp/dsa");
  openssl('pkcs12', '-export', '-in', $ec{cert}, '-inkey', $ec{key},
    '-passout', 'pass:secret', '-out', "$temp/p12");
  spew("$temp/dh", openssl('dhparam', '-dsaparam', '2048'), 0644);
  spew("$temp/modules.conf", "# no more modules\n", 0644);
  spew("$temp/secret", openssl('rand', '-hex', 32), 0600);
  spew("$temp/map", example_with('san-upn:') =~ s/4E:11:\.\.\.:07/'07' x 32/er
    =~ s/^  //gmr, 0644);
  spew("$temp/program", example_with('#!/bin/sh') =~ s/^  //gmr
    =~ s{cat \S+}{echo secret}gr, 0700);
  spew("$temp/info", "-----BEGIN SERVERINFO FOR x-----\nA+gAA2FiYw==\n"
    . "-----END SERVERINFO FOR x-----\n", 0644);
  return;
}

make_files();
my %PATH = (
  'client-ca.pem' => $pki->cert('client-ca')->{cert},
  'clients-ca.pem' => $pki->cert('client-ca')->{cert},
  'our-servers-ca.pem' => $ec{ca},
  'client-cas' => "$temp/clients", 'crls' => "$temp/lists",
  'clients.crl.pem' => "$temp/list", 'cache-secret' => "$temp/secret",
  'cert.pem' => $chain{cert}, 'key.pem' => $chain{key},
  'live' => "$temp/clients",
  'chain.pem' => $chain{chain}, 'fullchain.pem' => $chain{full},
  'privkey.pem' => $chain{key}, 'rsa.pem' => $rsa{both},
  'rsa.crt' => $rsa{cert}, 'rsa.key' => $rsa{key},
  'ec.crt' => $ec{cert}, 'ec.key' => $ec{key},
  'dsa.pem' => "$temp/dsa", 'dsa-key.pem' => "$temp/dsa.key",
  'ftp.example.com.p12' => "$temp/p12", 'dh.pem' => "$temp/dh",
  'backup.psk' => "$temp/secret", 'sct.pem' => "$temp/info",
  'users.map' => "$temp/map", 'passphrase' => "$temp/program",
  'modules.conf' => "$temp/modules.conf",
  'keys.log' => "$temp/keys",
  'seed' => "$temp/seed", 'tls.log' => "$srv->{dir}/log/tls",
  'ocsp' => "$temp/cache/ocsp", 'tls' => "$temp/cache/tls",
);

# What is no configuration: log lines, commands, maps, programs.
sub is_config ($text) {
  my ($first) = grep { !/^\s*(?:#|$)/ } split /\n/, $text;
  return 0 if $first =~ /: .*: |\.\.\.$/;
  return $first =~ /^\s*(?:<[A-Z]|(?:TLS|LoadModule|ModulePath|Memcache|Allow)\w*\s)/;
}

# An example as a whole configuration: beside a certificate, if it has none, and
# the passphrase of the one PKCS#12 file.
sub lines_of ($text) {
  my @lines;
  for my $line (split /\n/, $text) {
    next if $line =~ /^\s*(?:\#|(?:ModulePath|Port|ServerName|User|Group)\s)
      |LoadModule\ mod_ftps/x;
    $line =~ s{(?<=[\s=:])/(?:etc|var)/[^\s&]*?([^/\s&]+)(?=[\s&]|$)}
      {$PATH{$1} // die "no file for $1\n"}ge;
    $line =~ s{ /srv/ftp/private}{ /tmp};
    push @lines, $line;
  }
  my $has = join "\n", @lines;
  unshift @lines, "TLSECCertificateFile $ec{cert}",
    "TLSECCertificateKeyFile $ec{key}"
    if $has !~ /TLS(?:RSA|EC)CertificateFile|TLSCertificate |PKCS12/;
  push @lines, "TLSPassPhraseProvider $temp/program" if $has =~ /PKCS12/;
  return \@lines;
}

my ($n, %shown) = 0;
for my $manual (sort keys %examples) {
  my $k = 0;
  for my $text ($examples{$manual}->@*) {
    $k++;
    next if !is_config($text);
    $shown{$_}++ for $text =~ /^\s*((?:TLS|Memcache)\w+)/mg;
    SKIP: {
      my @needs = ($text =~ /LoadModule (\w+)\.c/g,
        $text =~ /<If(?:User|Group|Class)/ ? 'mod_ifsession' : ());
      my @lacking = grep { !$is_there{$_} } @needs;
      skip "no @lacking", 1 if @lacking;
      $n++;
      my ($status, $output) = $srv->rewrite(tls => lines_of($text),
        modules => [grep { /ifsession/ } @needs])->syntax_check;
      is $status, 0, "$manual, example $k" or diag "$text\n$output";
    }
  }
}
cmp_ok $n, '>', 40, 'examples were found';

my @directives = slurp("$TOP/mod_ftps/host/config/directives.c")
  =~ /^ +\{ "(TLS\w+)", IN_\w+,/mg;
is join(' ', grep { !$shown{$_} } @directives), '',
  'every directive has an example';

# Who goes back to mod_tls has to remove what it does not know.
my ($back) = slurp("$TOP/doc/migrate-from-mod_tls.md")
  =~ /^## The way back\n(.*)/ms;
my ($new) = slurp("$TOP/tools/ftps-migrate") =~ /^my \@NEW = qw\((.*?)\);/ms;
my @options = map { s{</?code>}{}gr } grep { /<code>/ }
  slurp("$TOP/doc/mod_ftps.html") =~ m{<li>(<code>\w+</code>)\n(?:(?!<li>).)*?
    mod_tls\ does\s+not\s+have\s+this\s+option}xsg;
cmp_ok scalar @options, '>', 6, 'options of our own were found';
is join(' ', grep { $back !~ /`$_`/ } split(' ', $new), @options), '',
  'the guide says what to remove on the way back';

# The first release is 1.0, so nothing is older.
my ($version) = slurp("$TOP/mod_ftps/version.h") =~ m{"mod_ftps/(\d+\.\d+)};
like slurp("$TOP/doc/mod_ftps.html"), qr/the manual of version \Q$version\E\./,
  'the manual is of this version';
for my $manual (map { basename($_) } glob "$TOP/doc/*.html") {
  my @odd = grep { $_ < 1 || $_ > $version }
    slurp("$TOP/doc/$manual") =~ m{Compatibility:.* (\d+\.\d+) and later}g;
  is "@odd", '', "$manual: no directive of another version";
}

done_testing;
