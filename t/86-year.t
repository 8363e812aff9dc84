#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# t/soak/year.pl works: a small year, in which no transfer may fail.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

FTPS::Test::Server->new;    # skips where no daemon can run

my ($status, $output) = FTPS::Test::Process->run(
  [ $^X, "$FindBin::Bin/soak/year.pl", '--renewals', 9, '--clients', 3,
    '--names', 4 ], seconds => 600);

is $status, 0, 'the small year ends well' or diag $output;
like $output, qr/\d+ transfers, 9 renewals of 5 names/, 'it has transferred';

done_testing;
