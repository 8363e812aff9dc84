#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# The release archive: two packings of the same tree have the same bytes, also
# from another folder and under other settings; every file that git knows is in
# it; no file of it is younger than another, so that make does not call
# autoconf.  "make distcheck" builds what is packed.

use v5.36;

use Cwd qw(abs_path);
use Digest::SHA;
use File::Basename qw(dirname);
use File::Temp ();
use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";
use FTPS::Test::Process;

my $TOP = abs_path("$FindBin::Bin/..");
my $NAME = 'mod_ftps-test';

plan skip_all => 'no git and no MANIFEST here'
  if !-e "$TOP/MANIFEST" && (!-e "$TOP/.git" || system('git', '-C', $TOP,
    'rev-parse', '-q', '--verify', 'HEAD^{commit}') != 0);
plan skip_all => 'no configure here' if !-e "$TOP/configure";

my $dir = File::Temp->newdir('ftps-dist-XXXXXX', TMPDIR => 1);

sub run_ok ($name, @argv) {
  my ($status, $output) = FTPS::Test::Process->run(\@argv);
  is $status, 0, $name or diag $output;
  return $output;
}

sub pack_into ($folder, $tree = $TOP) {
  mkdir "$dir/$folder";
  run_ok("$folder is packed", "$tree/packaging/dist", $NAME, "$dir/$folder");
  my $file = "$dir/$folder/$NAME.tar.gz";
  return -e $file ? Digest::SHA->new(256)->addfile($file, 'b')->hexdigest : '';
}

my $first = pack_into('first');
{
  local $ENV{TZ} = 'Pacific/Auckland';
  local $ENV{TMPDIR} = "$dir";
  umask 0077;
  is pack_into('second'), $first, 'other time zone and umask: the same bytes';
  umask 0022;
}
mkdir "$dir/unpacked";
run_ok('unpacked', 'tar', '-C', "$dir/unpacked", '-xzf',
  "$dir/first/$NAME.tar.gz");
my $unpacked = "$dir/unpacked/$NAME";
is pack_into('third', $unpacked), $first, 'the archive packs itself: the same';

my @members = split /\n/, run_ok('list', 'tar', '-tzf',
  "$dir/first/$NAME.tar.gz");
my %has = map { s{^\Q$NAME\E/}{}r => 1 } grep { !m{/$} } @members;
my @manifest = do {
  open my $in, '<', "$unpacked/MANIFEST" or die "MANIFEST: $!";
  map { chomp; $_ } <$in>;
};
is_deeply [sort keys %has], [sort @manifest], 'MANIFEST lists what is there';
ok $has{$_}, "$_ is in it"
  for qw(configure COPYING README.md runtests mod_ftps/mod_ftps.c);
my %times = map { (stat "$unpacked/$_")[9] => 1 } @manifest;
is scalar keys %times, 1, 'all files have one time';

# What operators read is installed; doc/internals is for developers.
my %linked;
for my $page (glob "$TOP/doc/*.md") {
  open my $in, '<', $page or die "$page: $!";
  local $/ = undef;
  $linked{$_} = 1 for grep { -d "$TOP/doc/$_" } <$in> =~ m{\]\(([\w-]+)/}g;
}
delete $linked{internals};
open my $makefile, '<', "$TOP/Makefile.in" or die "Makefile.in: $!";
my %installed = map { m{put,.*\$\(docdir\)/(\w+)\)} ? ($1 => 1) : () }
  <$makefile>;
is_deeply [grep { !$installed{$_} } sort keys %linked], [],
  'folders to which pages lead are installed';
cmp_ok scalar keys %linked, '>=', 3, 'pages lead to several folders';

done_testing;
