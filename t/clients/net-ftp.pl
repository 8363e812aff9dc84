#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# net-ftp.pl PLAN: works off a plan (FTPS::Test::Clients) with Perl's Net::FTP.
#
# Net::FTP shares the session cache with data connections, but looks there under
# a name with the data port in it, so that it never resumes unless one name is
# given to all.
#
# DIAGNOSTICS: dies with the reply to the first transfer that fails.

use v5.36;
use IO::Socket::SSL;
use Net::FTP;

IO::Socket::SSL::set_args_filter_hack(
  sub ($is_server, $args) { $args->{SSL_session_key} = 'all' });

my $ftp = Net::FTP->new($ENV{FTPS_HOST}, Port => $ENV{FTPS_PORT},
  Passive => 1, Timeout => 10, SSL_ca_file => $ENV{FTPS_CA})
  or die "connecting: $@\n";
$ftp->starttls or die 'AUTH TLS: ', $ftp->message;
$ftp->login($ENV{FTPS_USER}, $ENV{FTPS_PASSWORD})
  or die 'login: ', $ftp->message;
$ftp->binary;
open my $plan, '<', $ARGV[0] or die "$ARGV[0]: $!\n";
while (my $line = <$plan>) {
  my ($direction, $from, $to) = split ' ', $line;
  my $done = $direction eq 'put' ? $ftp->put($from, $to)
    : $ftp->get($from, $to);
  die "$direction $from: ", $ftp->message if !defined $done;
}
$ftp->quit;
