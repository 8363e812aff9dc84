#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Servers with the same files share what was read from them, and each of them
# still sees when these change.  The daemon reads the changed keys of all of
# them at once.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Copy qw(copy);
use File::Temp ();
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::PKI;
use FTPS::Test::Server;
use Test::More;

my $PASS = 'shared by all';
my $pki  = FTPS::Test::PKI->new;
my $temp = File::Temp->newdir('ftps-sharing-XXXXXX', TMPDIR => 1);
my ($ca, $both) = ("$temp/ca.pem", "$temp/both.pem");
chmod 0755, $temp->dirname;

sub put_ca ($name) {
  copy($pki->cert($name)->{ca}, "$ca.new") or die "$ca: $!";
  rename "$ca.new", $ca or die "$ca: $!";
  return;
}

sub renew (@pass) {
  return $pki->issue(like => 'server', both => $both, @pass);
}

spew("$temp/provider",
  "#!/bin/sh\necho \$\$ >> $temp/asked\nprintf '%s' '$PASS'\n", 0755);

sub asked () { return scalar(() = slurp("$temp/asked", '') =~ /\n/g) }

put_ca('client');
my $first = renew();
my @tls = ("TLSCACertificateFile $ca", "TLSECCertificateFile $both",
  "TLSECCertificateKeyFile $both");
my @names = map { "s$_.test" } 1 .. 4;
my $srv = FTPS::Test::Server->new(tls => [@tls, 'TLSVerifyClient on',
    "TLSPassPhraseProvider $temp/provider"],
  vhosts => [ map { { name => $_, port => 'own',
    tls => [ @tls, 'TLSVerifyClient ' . ($_ eq 's4.test' ? 'off' : 'on') ] } }
    @names ]);
$srv->start;

sub print_of ($name, $cert) {
  my $c = $srv->connection(vhost => $name, $pki->pair($cert), max => '1.2');
  $c->connect;
  my $print = $c->auth ? $c->peer_fingerprint : '';
  $c->close;
  return $print;
}

is join(' ', map { print_of($_, 'client') eq $first } @names), '1 1 1 1',
  'all let in whom their CA knows';
is join(' ', map { print_of($_, 'client-other') ne '' } @names),
  join(' ', '', '', '', 1), 'and nobody else, where they ask';

put_ca('client-other');
is join(' ', map { print_of($_, 'client') ne '' } @names),
  join(' ', '', '', '', 1), 'another CA in the same file: at once, in all';
is join(' ', map { print_of($_, 'client-other') ne '' } @names), '1 1 1 1',
  'its clients are let in';

SKIP: {
  skip 'FTPS_SLOW is not set', 3 if !$ENV{FTPS_SLOW};
  renew(pass => $PASS);
  ok $srv->hup, 'SIGHUP with an encrypted key';
  my $before = asked();
  my $lines = () = $srv->systemlog =~ /in use now/g;
  renew(pass => $PASS);
  ok FTPS::Test::Process->until(sub {
    my $now = () = $srv->systemlog =~ /in use now/g;
    return $now >= $lines + 5;
  }), 'the daemon finds a renewed pair';
  is asked() - $before, 1, 'and reads it once for all five';
}

is $srv->stop, 0, 'the daemon ends';
done_testing;
