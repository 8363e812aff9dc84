#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# cost.pl: what a handshake costs the server before anybody has logged in, for
# everything that a client may ask of the default settings: groups, cipher
# suites, client certificates of all kinds and chains of all lengths.
#
#   t/cost/cost.pl [--times N] [--most MILLISECONDS]
#
#   --times  handshakes for each row, of which the cheapest counts (5)
#   --most   how much CPU time one may take (4)
#
# Counted is the CPU time of the session and of all other processes of the
# daemon, from AUTH to the first reply after the handshake.  A busy machine
# makes a row dearer now and then, hence the cheapest of several.  Rows that the
# server refuses are counted as well.  TLSHandshakeLimit counts what costs more
# than that for more.  Rows of P-384 and DHE may cost up to twice as much:
# OpenSSL has no fast code for them, and clients without X25519 and P-256 have
# nothing else (doc/internals/measurements.md).  Rows below "by configuration"
# cost what the administrator has chosen: TLSVerifyClient, or keys and parameters
# of which the daemon tells at its start what they cost.  Exit status 1: a row
# costs more.
#
# `make cost` runs it, as root.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Temp ();
use FTPS::Test::File qw(slurp append);
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Server;
use Getopt::Long;

my %opt = (times => 5, most => 4);
GetOptions(\%opt, qw(times=i most=f)) or die "cost: see the head of $0\n";

my $temp = File::Temp->newdir('ftps-cost-XXXXXX', TMPDIR => 1);
my $pki = FTPS::Test::PKI->new;
my $ca = $pki->cert('client-ca')->{cert};

sub openssl (@args) {
  return FTPS::Test::Process->must(['openssl', @args], seconds => 900);
}

# A certificate of a key of this type, like that of a client or server, or by
# itself ('self'); followed by so many others.
my %issued;
sub certificate ($type, $issuer, $more = 0) {
  my $name = "$type-$issuer-$more" =~ s/\W/_/gr;
  return $issued{$name} if $issued{$name};
  my ($cert, $key) = map { "$temp/$name.$_" } qw(cert key);
  if ($issuer eq 'self') {
    my @key = $type =~ /^RSA:(\d+)/ ? ('-newkey', "rsa:$1")
      : ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:' . $type =~ s/.*://r);
    openssl(qw(req -x509 -nodes -subj /CN=stranger -days 9), @key, '-out',
      $cert, '-keyout', $key);
  } else {
    $pki->issue(like => $issuer, key_type => $type, cert => $cert, key => $key);
  }
  append($cert, slurp($ca) x $more) if $more > 0;
  return $issued{$name} = { cert => $cert, key => $key };
}

sub dh_file ($bits) {
  openssl(qw(genpkey -genparam -algorithm DH -pkeyopt), "group:ffdhe$bits",
    '-out', "$temp/dh$bits");
  return "TLSDHParamFile $temp/dh$bits";
}

sub rsa_lines ($bits) {
  my $rsa = certificate("RSA:$bits", 'server-rsa');
  return ("TLSRSACertificateFile $rsa->{cert}",
    "TLSRSACertificateKeyFile $rsa->{key}");
}

my %strange = map { $_ => 1 } signers();
my $srv = FTPS::Test::Server->new(max_instances => 100, allow_log => qr/./,
  vhosts => [
    { name => 'rsa', port => 'own', cert => 'server-rsa' },
    { name => 'verify', port => 'own',
      tls => [ 'TLSVerifyClient optional', "TLSCACertificateFile $ca" ] },
    map({ { name => "rsa$_", port => 'own', cert => undef,
      tls => [ 'TLSEngine on', rsa_lines($_) ] } } 3072, 4096),
    map({ { name => "dh$_", port => 'own', cert => 'server-rsa',
      tls => dh_file($_) } } 3072, 4096, 8192),
  ])->start;

# Those that sign are no children of the daemon.
sub signers () {
  my @pids;
  for my $comm (glob '/proc/[0-9]*/comm') {
    open my $in, '<', $comm or next;
    push @pids, $comm =~ /(\d+)/ if (<$in> // '') =~ /^ftps-(?:signer|keeper)$/;
  }
  return @pids;
}
my @ours = grep { !$strange{$_} } signers();

# Nanoseconds of the daemon's processes, by number; those that have ended and
# that the daemon has not noticed yet do not count.
sub cpu () {
  my (%ns, %parent);
  for my $stat (glob '/proc/[0-9]*/stat') {
    open my $in, '<', $stat or next;
    my ($pid, $parent) = (<$in> // '') =~ /^(\d+) \(.*\) [^Z] (\d+)/s or next;
    $parent{$pid} = $parent;
  }
  $parent{$_} = $srv->pid for @ours;
  for my $pid (keys %parent) {
    next if $pid != $srv->pid && $parent{$pid} != $srv->pid;
    open my $in, '<', "/proc/$pid/schedstat" or next;
    $ns{$pid} = (split ' ', <$in> // 0)[0];
  }
  return \%ns;
}

# The session does not end before it was counted: its client is idle.
sub measure ($name, %tls) {
  my $c = $srv->connection(vhost => $name, %tls);
  $c->connect;
  my $before = cpu();
  my $done = $c->auth;
  my ($code) = $done ? eval { $c->cmd('FEAT') } : 0;
  my ($after, $ms) = (cpu(), 0);
  $ms += ($after->{$_} - ($before->{$_} // 0)) / 1e6 for keys %$after;
  $c->close;
  $srv->wait_sessions(0);
  return ($ms, ($code // 0) == 211);
}

my $faults = 0;

sub row ($text, $is_own, $name, %tls) {
  my ($least, $took) = measure($name, %tls);
  for (2 .. $opt{times}) {
    my ($ms) = measure($name, %tls);
    $least = $ms if $ms < $least;
  }
  my $is_dear = $least > $opt{most}
    * ($text =~ /P-384|(?<!EC)DHE-RSA/ ? 2 : 1);
  $faults++ if $is_dear && !$is_own;
  printf "%7.2f ms  %-8s %s%s\n", $least, $took ? 'accepted' : 'refused', $text,
    $is_dear ? $is_own ? '' : '  MORE THAN IT MAY' : '';
  return;
}

my @GROUPS = (qw(X25519 X448 P-256 P-384 P-521 brainpoolP256r1 brainpoolP384r1
  brainpoolP512r1), map { "ffdhe$_" } qw(2048 3072 4096 6144 8192));
push @GROUPS, 'X25519MLKEM768' if openssl('version') =~ /^OpenSSL 3\.[5-9]/;
for my $version ('1.3', '1.2') {
  for my $group (@GROUPS) {
    next if $version eq '1.2' && $group =~ /^ffdhe/;
    row("TLS $version, $group", 0, 'main', max => $version, min => $version,
      groups => $group);
  }
}
row('TLS 1.3, P-384 after a second hello', 0, 'main', groups => 'X448:P-384');

my @suites = grep { !/^TLS_|PSK|SRP/ } split /[:\n]/,
  openssl(qw(ciphers -s -tls1_2), 'ALL:COMPLEMENTOFALL:@SECLEVEL=0');
for my $suite (@suites) {
  row("TLS 1.2, $suite", 0, $suite =~ /ECDSA/ ? 'main' : 'rsa', max => '1.2',
    ciphers => "$suite:\@SECLEVEL=0");
}

say 'by configuration:';
for my $type (qw(EC:prime256v1 EC:secp384r1 EC:secp521r1 RSA:2048 RSA:4096
    RSA:8192 RSA:16384)) {
  next if $type =~ /:(?:8192|16384)$/ && !$ENV{FTPS_SLOW};
  for my $issuer (qw(client self)) {
    row("client certificate, $type, like $issuer", 1, 'verify',
      certificate($type, $issuer)->%*);
  }
}
for my $more (1, 9, 50, 90, 200) {
  row("client certificate, and $more more", 1, 'verify',
    certificate('EC:prime256v1', 'client', $more)->%*);
}

row("RSA certificate of $_ bits", 1, "rsa$_") for 3072, 4096;
row("DHE of $_ bits", 1, "dh$_", max => '1.2',
  ciphers => 'DHE-RSA-AES128-GCM-SHA256') for 3072, 4096, 8192;

$srv->stop;
say $faults ? "$faults rows cost more than $opt{most} ms"
  : "no client can ask for more than $opt{most} ms, but with P-384 and DHE";
exit($faults ? 1 : 0);
