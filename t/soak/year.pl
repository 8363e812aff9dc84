#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# year.pl: a year in the life of a server whose certificates live for six days.
# Clients without pause connect to many names, upload and download, while the
# certificates of the names and the server's own are renewed, one after the
# other.  One renewal is broken and mended later, one comes too late.  What is
# looked for: a transfer that fails, a certificate that is not of the name or
# that was never issued, a renewal or fault that the logs do not tell once, a
# daemon that was restarted or has more processes than before.
#
#   t/soak/year.pl [--renewals N] [--clients N] [--names N]
#
#   --renewals  how many (60)
#   --clients   at work at the same time (30)
#   --names     in TLSCertificateDirectory (12)
#
# `make year` runs it; t/86-year.t runs a small one.  As root.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Path qw(make_path);
use File::Temp ();
use FTPS::Test::Controls;
use FTPS::Test::File qw(slurp spew append);
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Server;
use Getopt::Long;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my %opt = (renewals => 60, clients => 30, names => 12);
GetOptions(\%opt, qw(renewals=i clients=i names=i))
  or die "year: see the head of $0\n";

my $PATIENCE = 120;    # seconds for what happens at once on a quiet machine
my $DAY  = 86400;
my $temp = File::Temp->newdir('ftps-year-XXXXXX', TMPDIR => 1);
my $live = "$temp/live";
my $pki  = FTPS::Test::PKI->new;
my $started = time;
make_path($live, "$temp/archive", "$temp/issued", "$temp/own");

my @names = map { "n$_.year.example" } 1 .. $opt{names};
my $OWN = 'own.year.example';
my %number;

# Where the files of a name are; the server's own are not in the directory.
sub folder ($name) { return $name eq $OWN ? "$temp/own" : "$live/$name" }

# As certbot does it.  The print is known before the certificate is in use.
sub renew ($name, %o) {
  my $n = ++$number{$name};
  my $spoil = delete $o{spoil};
  my $archive = "$temp/archive/$name";
  make_path($archive, folder($name));
  my $print = $pki->issue(like => 'server', cn => $name, san => "DNS:$name",
    from => -$DAY, to => 5 * $DAY, %o, cert => "$archive/fullchain$n.pem",
    key => "$archive/privkey$n.pem");
  truncate "$archive/privkey$n.pem", 40 if $spoil;
  append("$temp/issued/$name", $spoil ? () : "$print\n");
  for my $file (qw(fullchain privkey)) {
    my $link = folder($name) . "/$file.pem";
    symlink "$archive/$file$n.pem", "$link.new" or die "year: $link: $!\n";
    rename "$link.new", $link or die "year: $link: $!\n";
  }
  return $print;
}

# One certificate has lived for too long.
my $LATE = $names[-1];
renew($_, $_ eq $LATE ? (from => -5.5 * $DAY, to => $DAY / 2) : ())
  for @names, $OWN;

my $srv = FTPS::Test::Server->new(max_instances => 4 * $opt{clients} + 50,
  allow_log => qr/./,
  extra => [FTPS::Test::Controls->lines],
  tls => ['TLSRequired on', "TLSCertificate $temp/own/fullchain.pem "
      . "$temp/own/privkey.pem", "TLSCertificateDirectory $live",
    'TLSControlsACLs all allow user root']);
$srv->start;
my $daemon = $srv->pid;
mkdir $srv->dir . '/year';

# The first client of a name makes the daemon read it.
for my $name (@names) {
  my $client = $srv->client(ca => undef, sni => $name);
  is $client->peer_fingerprint, (split /\n/, slurp("$temp/issued/$name"))[0],
    "$name: its certificate";
  $client->quit;
}
my %client = map { start_client($_) => $_ } 1 .. $opt{clients};
await(sub { keys %client == (() = glob $srv->dir . '/year/*.begun') },
  'all clients are at work');
live();
spew_end();
judge();
is $srv->stop, 0, 'the daemon ends well';
done_testing;

# ---- one client, a process of its own

sub start_client ($number) {
  my $pid = fork // die "year: fork: $!\n";
  return $pid if $pid;
  srand $number;
  my $state = { number => $number, count => {} };
  eval { work($state); 1 } or fault($state, "died: $@");
  report($state);
  POSIX::_exit(0);
}

sub fault ($state, $what) {
  push $state->{faults}->@*, $what =~ s/\s+/ /gr
    if @{ $state->{faults} // [] } < 20;
  return;
}

sub work ($state) {
  my $base = $srv->dir . '/year';
  until (-e "$base/end") {
    my $name = (@names, $OWN)[ rand @names + 1 ];
    visit($state, $name);
    spew("$base/$state->{number}.begun", '') if $state->{count}{visits} == 1;
  }
  return;
}

sub visit ($state, $name) {
  $state->{count}{visits}++;
  my $client = eval { $srv->client(ca => undef,
    rand > 0.5 ? (min => '1.3') : (max => '1.2'),
    $name eq $OWN && rand > 0.5 ? () : (sni => $name)) };
  return fault($state, "$name: no login: $@") if !$client;
  my $print = $client->peer_fingerprint;
  fault($state, "$name: a certificate that was never issued for it")
    if index(slurp("$temp/issued/$name"), $print) < 0;
  for my $n (1 .. 1 + int rand 3) {
    transfer($state, $client, $name);
  }
  eval { $client->quit };
  return;
}

sub transfer ($state, $client, $name) {
  my $file = "y$state->{number}";
  my $bytes = pack 'N*', map { int rand 2**32 } 1 .. 1 + int rand 5000;
  my $up = eval { $client->stor($file, $bytes) };
  my $down = eval { $client->retr($file) };
  $state->{count}{transfers} += 2;
  return if $up && $up->{code} == 226 && $down && $down->{code} == 226
    && $down->{data} eq $bytes;
  return fault($state, "$name: a transfer failed: $@ "
    . join ' / ', map { $_ ? "$_->{code} $_->{text}" : '(none)' } $up, $down);
}

sub report ($state) {
  open my $out, '>', $srv->dir . "/year/$state->{number}.report" or return;
  print {$out} "count\t$_\t$state->{count}{$_}\n"
    for sort keys $state->{count}->%*;
  print {$out} "fault\t$_\n" for @{ $state->{faults} // [] };
  close $out;
  return;
}

# ---- what happens in the year

sub await ($code, $name) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  return ok(FTPS::Test::Process->until($PATIENCE, $code), $name)
    || diag $srv->systemlog;
}

# How often the system log says that files of a name are in use.
sub told ($name) {
  my $what = $name eq $OWN
    ? qr/server "FTPS test": changed certificate files are in use now/
    : qr/the changed certificate of "\Q$name\E" is in use now/;
  return scalar(() = $srv->systemlog =~ /$what/g);
}

sub live () {
  my @all = (@names, $OWN);
  my $broken_at = int($opt{renewals} / 3);
  my $BROKEN = $names[0];
  for my $i (1 .. $opt{renewals}) {
    my $name = $i == $broken_at + 1 ? $BROKEN
      : $i == $broken_at ? $BROKEN : $all[ $i % @all ];
    my $before = told($name);
    if ($i == $broken_at) {
      renew($name, spoil => 1);
      await(sub { faults_of($name) == 1 }, "renewal $i, broken: a line");
      next;
    }
    renew($name);
    await(sub { told($name) == $before + 1 }, "renewal $i, $name: in use");
  }
  is faults_of($BROKEN), 1, 'the broken one was told once';
  return;
}

sub faults_of ($name) {
  return scalar(() = $srv->systemlog =~
    /\Q$name\E.*holds no readable private key.*the old certificate stays in use/g);
}

sub spew_end () {
  spew($srv->dir . '/year/end', '');
  while (%client) {
    my $pid = waitpid -1, 0;
    last if $pid < 0;
    delete $client{$pid};
  }
  return;
}

# ---- the end

sub judge () {
  my (%count, @faults);
  for my $path (glob $srv->dir . '/year/*.report') {
    for (split /\n/, slurp($path)) {
      my ($what, $name, $n) = split /\t/;
      $what eq 'count' ? ($count{$name} += $n) : push @faults, $name;
    }
  }
  is scalar(@faults), 0, 'no login and no transfer has failed'
    or diag join "\n", @faults[ 0 .. ($#faults < 20 ? $#faults : 20) ];
  cmp_ok $count{transfers}, '>', $opt{clients}, 'there were transfers';
  note sprintf '%d logins, %d transfers, %d renewals of %d names in %d s',
    @count{qw(visits transfers)}, $opt{renewals}, @names + 1, time - $started;

  is $srv->pid, $daemon, 'the same daemon';
  unlike $srv->systemlog, qr/SIGHUP|restart/i, 'which was not restarted';
  like $srv->systemlog, qr/\Q$LATE\E.*the certificate expires in/,
    'the one that nobody renewed was told before its end';
  is scalar(() = $srv->systemlog =~ /" was renewed too late, when/g), 1,
    'one was renewed too late';
  like $srv->systemlog, qr/CN = \Q$LATE\E" was renewed too late, when/,
    'the one that was';
  unlike $srv->systemlog, qr/after the end of the one before/,
    'and none after its end';
  await(sub {
    my %found = FTPS::Test::Process->key_processes($srv->pid);
    return 2 == map { @$_ } values %found;
  }, 'one keeper and one signer');
  check_metrics();
  return;
}

sub check_metrics () {
  SKIP: {
    skip 'no ftpdctl', 2 if !FTPS::Test::Controls->is_installed;
    my ($text) = FTPS::Test::Controls->new($srv)->ask('tls metrics');
    my %count = $text =~ /^ftps_certificates_renewed_total\{when="(\w+)"\} (\d+)/mg;
    is $count{late}, 1, 'metrics: one was late';
    is $count{in_time}, $opt{renewals} - 2, 'metrics: the others were not';
  }
  return;
}
