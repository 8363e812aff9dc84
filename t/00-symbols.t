#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# What the modules export to the daemon and to other modules: their records, and
# from mod_ftps also the registry of caches and the five functions that binary
# cache modules import.  They export nothing else, and are linked so that they
# stay where they are loaded (nodelete) and have no lazy binding. mod_ftps loads
# libssl and libcrypto.
#
# It also checks the state that mod_ftps has outside of its structures: a table
# of HACKING.md names each static variable that is not constant, with its
# reason.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::File qw(slurp);
use Test::More;

my %EXPORTED = (
  mod_ftps => [qw(
    ftps_module
    ftps_cache_register ftps_cache_unregister
    tls_log
    tls_sess_cache_register tls_sess_cache_unregister
    tls_ocsp_cache_register tls_ocsp_cache_unregister
  )],
  mod_ftps_memcache => [qw(ftps_memcache_module)],
  mod_ftps_shmcache => [qw(ftps_shmcache_module)],
);

my $built = dirname($ENV{FTPS_MODULE_SO}
  || dirname(abs_path($0)) . '/../build/mod_ftps.so');

for my $tool (qw(nm objdump readelf)) {
  plan skip_all => "no $tool (Debian package: binutils)"
    if system("$tool --version >/dev/null 2>&1") != 0;
}

sub check_module {
  my ($name) = @_;
  my $module = "$built/$name.so";
  return fail("$module is not built: run make") if !-f $module;

  # The sanitizer adds symbols of its own, whose names are reserved.
  my @seen = sort grep { !/^__(?:odr_)?(?:asan|ubsan)/ }
    map { (split)[-1] } `nm -D --defined-only '$module'`;
  is_deeply(\@seen, [sort @{ $EXPORTED{$name} }], 'exports what it should')
    or diag("exported: @seen");

  my $dynamic = `readelf -dW '$module'`;
  if ($name eq 'mod_ftps') {
    like($dynamic, qr/\(NEEDED\).*\[libssl\.so/, 'brings libssl');
    like($dynamic, qr/\(NEEDED\).*\[libcrypto\.so/, 'brings libcrypto');
  }
  like($dynamic, qr/FLAGS_1\).*\bNODELETE\b/, 'stays loaded');
  like($dynamic, qr/BIND_NOW|FLAGS_1\).*\bNOW\b/, 'binds at once');
  unlike($dynamic, qr/\((?:RPATH|RUNPATH)\)/, 'has no search path of its own');

  my $headers = `readelf -lW '$module'`;
  like($headers, qr/GNU_RELRO/, 'tables are read-only after relocation');
  like($headers, qr/GNU_STACK\s+(?:\S+\s+){5}RW\s/, 'stack is not executable');
  return;
}

# Tables that ProFTPD reads and writes.
my %TABLES = map { $_ => 1 } qw(
  ftps_module commands ftps_conftable ftps_login_authtable actions
);
my $STATICS_MAX = 12;

# File => its variables that lie in writable memory for as long as the process
# lives.  What the linker makes read-only after relocation is constant.
sub statics_of {
  my %found;
  for my $object (glob "$built/mod_ftps/*.o $built/mod_ftps/*/*.o"
    . " $built/mod_ftps/*/*/*.o") {
    (my $file = $object) =~ s{^\Q$built\E/mod_ftps/(.*)\.o$}{$1.c};
    next if !-f "$FindBin::Bin/../mod_ftps/$file";    # moved since
    for (`objdump -t '$object'`) {
      my ($section, $name) = /\sO\s+(\.t?(?:data|bss)\S*)\s.*?(\S+)$/ or next;
      next if $section =~ /^\.data\.rel\.ro/ || $name =~ /^(?:\.|__)/;
      $name =~ s/\.\d+$//;
      push @{ $found{$file} }, $name unless $TABLES{$name};
    }
  }
  return %found;
}

sub listed_statics {
  open my $in, '<', dirname(abs_path($0)) . '/../HACKING.md'
    or die "HACKING.md: $!";
  return map { /^\| `(\w+)` \((\S+\.c)\) \| \S/ ? ("$2: $1" => 1) : () } <$in>;
}

# A ProFTPD may have no controls: Makefile.in leaves controls_SOURCES out then,
# and no other object may need them (load.c: see base/compat.h).  Whoever adds
# to an answer needs them.
subtest 'only controls_SOURCES need the controls of ProFTPD' => sub {
  my ($list) = slurp("$FindBin::Bin/../Makefile.in") =~
    /^controls_SOURCES = \\\n((?:  \S+ *\\?\n)+)/m;
  my %may = map { s/\.c$/.o/r => 1 } $list =~ /(\S+\.c)/g;
  my @objects = grep { -f "$FindBin::Bin/../" . s{^\Q$built\E/(.*)\.o$}{$1.c}r }
    map { glob "$built/$_/*.o" } qw(mod_ftps mod_ftps/* mod_ftps/*/*);
  plan skip_all => 'no objects' unless @objects;
  my %needs = map { s{^\Q$built/\E}{}r => 1 }
    grep { `nm -u '$_'` =~ /\b(?:pr_\w*ctrls_|ftps_controls_say\b)/ } @objects;
  delete $needs{'mod_ftps/load.o'};
  is_deeply([sort keys %needs], [sort keys %may], 'the lists agree');
};

subtest 'mutable statics' => sub {
  my %found = statics_of();
  plan skip_all => 'no objects' unless %found;
  my %listed = listed_statics();
  my @found = map { my $file = $_; map { "$file: $_" } @{ $found{$file} } }
    sort keys %found;
  is_deeply([grep { !$listed{$_} } @found], [],
    'HACKING.md has a reason for each');
  is_deeply([grep { my $row = $_; !grep { $_ eq $row } @found }
      sort keys %listed], [], 'and for no other');
  cmp_ok(scalar @found, '<=', $STATICS_MAX, "there are at most $STATICS_MAX");
};

for my $name (sort keys %EXPORTED) {
  subtest $name => sub { check_module($name) };
}

done_testing();
