#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# filezilla.pl: FileZilla below Xvfb, which lists a directory when it has
# connected.  Prints its message log.  It resumes, so the test preloads
# noresume.c.
#
# DIAGNOSTICS: 1 when the listing has neither come nor failed after 20 s.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/..";
use FileZilla;
use Time::HiRes qw(sleep time);

my $preload = delete $ENV{LD_PRELOAD};
my ($host, $port) = @ENV{qw(FTPS_HOST FTPS_PORT)};
my $ended = qr/Directory listing of|Failed to retrieve directory listing/;

my $filezilla = FileZilla->new;
$filezilla->trust(scalar `openssl s_client -starttls ftp -connect \\
  $host:$port </dev/null 2>/dev/null`);
$filezilla->start({ LC_ALL => 'C.UTF-8', LD_PRELOAD => $preload // '' },
  "ftpes://$ENV{FTPS_USER}:$ENV{FTPS_PASSWORD}\@$host:$port/");
my $until = time + 20;
sleep 0.1 while time < $until && $filezilla->messages !~ $ended;
$filezilla->stop;
print $filezilla->messages;
exit($filezilla->messages =~ $ended ? 0 : 1);
