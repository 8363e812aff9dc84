#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# net-ftp.pl: Perl's Net::FTP, as python-ftplib.py.  It resumes only where its
# caller makes a cache of sessions.

use v5.36;
use Net::FTP;

my $big = $ENV{FTPS_BIG};
my $ftp = Net::FTP->new($ENV{FTPS_HOST}, Port => $ENV{FTPS_PORT}, Passive => 1,
  Timeout => 10, SSL_ca_file => $ENV{FTPS_CA}, SSL_reuse_ctx => undef)
  or die "connect: $@\n";
$ftp->starttls or die $ftp->message;
$ftp->login($ENV{FTPS_USER}, $ENV{FTPS_PASSWORD}) or die $ftp->message;
$ftp->binary;
my %step = (
  list => sub { return $ftp->ls },
  get  => sub { return $ftp->get('file', \*STDERR) },
  put  => sub { open my $in, '<', \'bytes'; return $ftp->put($in, 'new') },
  big  => sub { return $ftp->put($big, 'big') },
);
for my $name (qw(list get put big)) {
  my $done = $step{$name}->();
  say "$name ", defined $done ? 'done ' : 'undef ', $ftp->code, ' ',
    join ' | ', map { s/\s+$//r } $ftp->message;
  $ftp->quot('NOOP');
  say "$name next ", $ftp->code, ' ', map { s/\s+$//r } $ftp->message;
}
$ftp->quit;
