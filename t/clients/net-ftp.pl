#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# net-ftp.pl [--without-reuse] PLAN: works off a plan (FTPS::Test::Clients) with
# Perl's Net::FTP.
#
# Net::FTP shares the session cache with data connections, but looks there under
# a name with the data port in it, so that it never resumes unless one name is
# given to all; with --without-reuse it stays as it is.
#
# DIAGNOSTICS: dies with the reply to the first transfer that fails; 77 for words
# that there are none for.

use v5.36;
use IO::Socket::SSL;
use Net::FTP;

my $is_bare = $ARGV[0] eq '--without-reuse' ? shift @ARGV : 0;
my $ftp;

# What has arrived of a file stays; the rest goes behind it.
sub resume_put ($from, $to) {
  open my $in, '<:raw', $from or die "$from: $!\n";
  seek $in, $ftp->size($to) // die('SIZE: ', $ftp->message), 0;
  return $ftp->append($in, $to);
}

sub list ($dir, $to) {
  my $names = $ftp->ls($dir) // return undef;
  open my $out, '>', $to or die "$to: $!\n";
  say {$out} $_ for @$names;
  return close $out;
}

my %DO = (
  put => sub ($from, $to) { return $ftp->put($from, $to) },
  get => sub ($from, $to) { return $ftp->get($from, $to) },
  reput => \&resume_put,
  reget => sub ($from, $to) { return $ftp->get($from, $to, -s $to) },
  list => \&list,
);

open my $in, '<', $ARGV[0] or die "$ARGV[0]: $!\n";
my @plan = map { [split] } <$in>;
exit 77 if grep { !$DO{ $_->[0] } } @plan;

IO::Socket::SSL::set_args_filter_hack(
  sub ($is_server, $args) { $args->{SSL_session_key} = 'all' }) if !$is_bare;
$ftp = Net::FTP->new($ENV{FTPS_HOST}, Port => $ENV{FTPS_PORT},
  Passive => 1, Timeout => 10, SSL_ca_file => $ENV{FTPS_CA},
  $ENV{FTPS_IMPLICIT} ? (SSL => 1) : (),
  $ENV{FTPS_CERT} ? (SSL_cert_file => $ENV{FTPS_CERT},
    SSL_key_file => $ENV{FTPS_KEY}) : ())
  or die "connecting: $@\n";
$ENV{FTPS_IMPLICIT} || $ftp->starttls or die 'AUTH TLS: ', $ftp->message;
$ftp->login($ENV{FTPS_USER}, $ENV{FTPS_PASSWORD})
  or die 'login: ', $ftp->message;
$ftp->prot('P') if $ENV{FTPS_IMPLICIT};
!$ENV{FTPS_CCC} || $ftp->stoptls or die 'CCC: ', $ftp->message;
$ftp->binary;
for my $line (@plan) {
  my ($word, $from, $to) = @$line;
  die "$word $from: ", $ftp->message if !defined $DO{$word}->($from, $to);
}
$ftp->quit;
