#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Runs every fuzz target with the files of its corpus and changed copies of
# them: the short form of "make fuzz".

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Basename qw(basename dirname);
use FTPS::Test::Process;
use Test::More;

my $module = $ENV{FTPS_MODULE_SO} // "$FindBin::Bin/../build/mod_ftps.so";
my $programs = dirname($module) . '/fuzz';
my @names = map { basename($_, '.c') } glob "$FindBin::Bin/fuzz/*_fuzz.c";
ok @names > 5, 'there are targets';

for my $name (@names) {
  my @files = glob "$FindBin::Bin/fuzz/corpus/" . $name =~ s/_fuzz$//r . '/*';
  ok scalar @files, "$name has a corpus";
  my ($status, $output) =
    FTPS::Test::Process->run(["$programs/$name", @files], seconds => 120);
  is $status, 0, "$name: nothing found" or diag $output;
}
done_testing;
