#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# t/soak/soak.pl works: a small run of it, in which nothing may be lost.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

FTPS::Test::Server->new;    # skips where no daemon can run

my ($status, $output) = FTPS::Test::Process->run(
  [ $^X, "$FindBin::Bin/soak/soak.pl", '--transfers', 200, '--workers', 3,
    '--held', 5, '--every', 1 ], seconds => 240);

is $status, 0, 'the small soak ends well' or diag $output;
like $output, qr/\d+ uploads/, 'it has transferred';
like $output, qr/\d+ files compared/, 'it has compared';

done_testing;
