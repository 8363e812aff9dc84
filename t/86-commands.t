#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# t/soak/commands.pl works: a few sessions of it, the same ones each time.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

FTPS::Test::Server->new;    # skips where no daemon can run

my ($status, $output) = FTPS::Test::Process->run(
  [ $^X, "$FindBin::Bin/soak/commands.pl", '--seed', 1000, '--rounds', 40,
    '--steps', 12, '--workers', 4 ], seconds => 240);

is $status, 0, 'no session finds anything' or diag $output;
like $output, qr/\b40 rounds/, 'all were played';
like $output, qr/\d+ uploads/, 'there were uploads';

done_testing;
