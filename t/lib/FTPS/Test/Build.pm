# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::Build;

=head1 NAME

FTPS::Test::Build - C of t/lib, built for a test

=head1 SYNOPSIS

  plan skip_all => FTPS::Test::Build->lack if FTPS::Test::Build->lack;
  FTPS::Test::Build->module($srv, 'mod_probe_files');
  my $scan = FTPS::Test::Build->program("$temp/memscan");

=head1 METHODS

All methods die with the compiler's output on failure.

=over

=item lack

The reason why no module can be built, or the empty string.

=item module(SERVER, NAME, %words)

t/lib/NAME.c as NAME.so among the modules of a server.  source: another file;
include: folder of headers instead of mod_ftps/include; flags: more of them.
Each is compiled once in a test.

=item load(SO, NUMBER, TEXT, BUILD, OBJECTS)

mod_ftps.so of these objects, as if built for the ProFTPD of that number.

=item program(PATH, FLAGS)

t/lib/NAME.c as a program, NAME being the last part of PATH; returns PATH.

=item preload(PATH)

t/lib/NAME.c as a library for LD_PRELOAD, NAME being the last part of PATH;
returns PATH.  Skips the running test or subtest where that cannot be.

=back

=cut

use v5.36;
use Cwd ();
use File::Basename qw(basename dirname);
use File::Temp ();
use FTPS::Test::Process;
use Test::More ();

my $LIB     = Cwd::abs_path(dirname(__FILE__) . '/../..');
my $OWN     = Cwd::abs_path("$LIB/../../mod_ftps/include");
my $HEADERS = '/usr/include/proftpd';

sub lack ($class) {
  return -e "$HEADERS/conf.h" ? ''
    : "no $HEADERS (Debian package: proftpd-dev)";
}

sub _compile (@argv) {
  FTPS::Test::Process->must([ $ENV{CC} // 'cc', '-D_GNU_SOURCE', @argv ]);
  return;
}

sub module ($class, $server, $name, %o) {
  state $folder = File::Temp->newdir('ftps-build-XXXXXX', TMPDIR => 1);
  state %built;
  chmod 0755, "$folder";    # after a SIGHUP the daemon is nobody
  my $source  = $o{source} // "$LIB/$name.c";
  my $include = $o{include} // $OWN;
  $built{"$source $include"} //= do {
    my $so = "$folder/" . keys(%built) . '.so';
    _compile(qw(-shared -fPIC -std=gnu11 -Wall -Wextra -Werror),
      ($o{flags} // [])->@*, '-I', $include, '-isystem', $HEADERS, '-o', $so,
      $source);
    $so;
  };
  my $link = $server->dir . "/modules/$name.so";
  unlink $link;
  symlink $built{"$source $include"}, $link or die "build: $link: $!\n";
  return;
}

sub load ($class, $so, $number, $text, $build, @objects) {
  my $top = "$LIB/../..";
  my $object = "$so.o";
  _compile(qw(-c -std=c11 -fPIC -fvisibility=hidden),
    sprintf('-DFTPS_BUILT_FOR=0x%xUL', $number),
    qq(-DFTPS_BUILT_FOR_TEXT="$text"), '-I', "$top/mod_ftps", '-isystem',
    $HEADERS, '-o', $object, "$top/mod_ftps/load.c");
  _compile('-shared', '-Wl,-z,now,-z,nodelete', '-o', $so, $object,
    grep({ $_ ne "$build/mod_ftps/load.o" } @objects),
    '-Wl,--no-as-needed', '-lssl', '-lcrypto');
  return;
}

sub _source_of ($path) {
  return "$LIB/" . basename($path) =~ s/\.\w+$//r . '.c';
}

sub program ($class, $path, @flags) {
  _compile(qw(-std=c11 -O2 -Wall -Wextra -Werror), @flags, '-o', $path,
    _source_of($path), '-lcrypto')
    if !-e $path;
  return $path;
}

sub preload ($class, $path) {
  my $cc = $ENV{CC} // 'cc';
  Test::More::plan(skip_all => 'the sanitizers are preloaded already')
    if $ENV{FTPS_ASAN};
  Test::More::plan(skip_all => 'no C compiler')
    if system "command -v $cc >/dev/null";
  _compile(qw(-shared -fPIC), '-o', $path, _source_of($path), '-ldl');
  return $path;
}

1;
