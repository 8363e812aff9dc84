#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# What packages say and do, as far as that needs no chroot: the version stands
# in all of them; ProFTPD's configure finds its marks; Debian's scripts never
# leave a line behind that loads a module which is gone. "make check-deb" does
# the rest with apt.

use v5.36;

use Cwd qw(abs_path);
use File::Path qw(make_path);
use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::File qw(slurp spew);
use Test::More;

my $TOP = abs_path("$FindBin::Bin/..");
my $DEBIAN = "$TOP/packaging/debian/proftpd-mod-ftps";

my ($version) = slurp("$TOP/mod_ftps/version.h") =~ m{"mod_ftps/(.*?)"};
like slurp("$TOP/packaging/mod_ftps.spec"), qr/^Version: +\Q$version\E$/m,
  'the version of the spec';
like slurp("$TOP/packaging/debian/changelog"),
  qr/\Aproftpd-mod-ftps \(\Q$version\E-/, 'the version of the Debian package';
like slurp("$TOP/CHANGELOG.md"), qr/^## \Q$version\E$/m,
  'the version has its changes';
my $marks = slurp("$TOP/mod_ftps.h");
like $marks, qr/\$Archive: mod_ftps\.a\$/, 'mark of the archive';
like $marks, qr/\$Libraries: -lssl -lcrypto\$/, 'mark of the libraries';

my $temp = File::Temp->newdir('ftps-packages-XXXXXX', TMPDIR => 1);
my ($dir, %before);

# The files of Debian, with paths below $dir; commands that the scripts call.
sub new_system (%o) {
  $dir = "$temp/" . ($o{name} =~ s/\W+/-/gr);
  make_path(map { "$dir/$_" } qw(etc/proftpd/conf.d etc/default lib bin));
  %before = (
    'proftpd.conf' => "Include /etc/proftpd/modules.conf\nPort 21\n",
    'modules.conf' => "#LoadModule mod_sql.c\n" . ($o{line} // '') . "# end\n",
    'conf.d/a.conf' => $o{second} // "MaxClients 5\n",
  );
  spew("$dir/etc/proftpd/$_", $before{$_}, 0644) for keys %before;
  spew("$dir/lib/mod_tls.so", '', 0644) if $o{has_mod_tls};
  link_away('modules.conf') if $o{is_linked};
  spew("$dir/etc/default/proftpd", qq(OPTIONS="-D A -D TLS"\n), 0644);
  my %command = (
    proftpd => $o{says} ? "echo '$o{says}'"
      : $o{refuses} ? qq{case "\$*" in *"$o{refuses}"*) echo fatal;; esac}
      : $o{elsewhere}
      ? q{case "$*" in *-d*) echo "mod_dso: loading 'mod_ftps.c'";; esac}
      : 'true',
    'dpkg-query' => 'echo ' . ($o{core} // 'install'),
    'invoke-rc.d' => 'true',
  );
  spew("$dir/bin/$_", "#!/bin/sh\n$command{$_}\n", 0755) for keys %command;
  return;
}

# As tools do that keep the configuration in a folder of their own.
sub link_away ($file) {
  make_path("$dir/managed");
  rename "$dir/etc/proftpd/$file", "$dir/managed/$file";
  return symlink "../../managed/$file", "$dir/etc/proftpd/$file";
}

my $on_terminal;

sub play ($script, @words) {
  my $text = slurp("$DEBIAN.$script");
  $text =~ s{/etc/(?=(?:default/)?proftpd)}{$dir/etc/}g;
  $text =~ s{/usr/lib/proftpd}{$dir/lib}g;
  $text =~ s{/run/proftpd\.pid}{$dir/pid}g;
  spew("$dir/$script", $text, 0755);
  local $ENV{PATH} = "$dir/bin:$ENV{PATH}";
  my $command = "sh $dir/$script @words";
  $command = "script -qec '$command' /dev/null </dev/null" if $on_terminal;
  my $output = `$command 2>&1`;
  is $?, 0, "$script @words" or diag $output;
  return $output;
}

sub now ($file) { return slurp("$dir/etc/proftpd/$file") }

sub unchanged ($name) {
  return is_deeply { map { $_ => now($_) } keys %before }, \%before, $name;
}

my $LINE = "LoadModule mod_ftps.c\n";
my $loads = qr/^\s*LoadModule\s+mod_ftps/mi;

subtest 'mod_tls takes over' => sub {
  new_system(name => 'over', line => $LINE, has_mod_tls => 1,
    second => "  loadmodule mod_ftps_shmcache.c\n");
  play('prerm', 'remove');
  like now('modules.conf'), qr/^LoadModule mod_tls\.c$/m, 'in its place';
  unlike now($_), $loads, "$_ does not load it" for keys %before;
  is now('proftpd.conf'), $before{'proftpd.conf'}, 'the main file stays';
};

subtest 'behind a symbolic link' => sub {
  new_system(name => 'linked', line => $LINE, has_mod_tls => 1, is_linked => 1);
  play('prerm', 'remove');
  like now('modules.conf'), qr/^LoadModule mod_tls\.c$/m, 'mod_tls takes over';
  ok -l "$dir/etc/proftpd/modules.conf", 'the link stays';
};

# ProFTPD would ask there for a passphrase, and the package manager would wait.
subtest 'on a terminal' => sub {
  plan skip_all => 'script is not installed' if system 'command -v script >/dev/null';
  new_system(name => 'terminal', line => $LINE, has_mod_tls => 1);
  spew("$dir/bin/proftpd", "#!/bin/sh\n(: >/dev/tty) 2>/dev/null && "
      . "echo asks >>$dir/asked\nexit 0\n", 0755);
  spew("$dir/pid", $$);
  $on_terminal = 1;
  play('postinst', 'configure', '1.0');
  play('prerm', 'remove');
  $on_terminal = 0;
  ok !-e "$dir/asked", 'ProFTPD has no terminal';
};

# What ProFTPD loads, though no file below its folder says so.
for my $has (0, 1) {
  subtest "included from elsewhere, mod_tls there: $has" => sub {
    new_system(name => "elsewhere $has", elsewhere => 1, has_mod_tls => $has);
    like play('prerm', 'remove'), qr/does not start any more/, 'says so';
    like now('proftpd.conf'), qr/\A(?:#.*\n)+LoadModule mod_ftps\.c\n/,
      'the main file stops the start';
    play('postinst', 'configure', '');
    unchanged('installed again: as before');
  };
}

my @closed = (
  { name => 'no mod_tls' },
  { name => 'no mod_tls, and a link', is_linked => 1 },
  { name => 'mod_tls refuses', has_mod_tls => 1,
    says => "fatal: unknown TLSOption 'NoCertRequest'" },
  { name => 'mod_tls refuses a section of the daemon', has_mod_tls => 1,
    refuses => '-D A -D TLS' },
  { name => 'mod_tls, status 0', has_mod_tls => 1,
    says => 'unable to include modules.conf' },
);
for my $row (@closed) {
  subtest "closed: $row->{name}" => sub {
    new_system(%$row, line => "  $LINE");
    like play('prerm', 'remove'), qr/does not start any more/, 'says so';
    unlike now('modules.conf'), $loads, 'no included file loads it';
    like now('proftpd.conf'), qr/\A(?:#.*\n)+LoadModule mod_ftps\.c\n/,
      'the main file does, so the daemon does not start';
    play('postinst', 'configure', '');
    unchanged('installed again: as before');
  };
}

for my $row (
  { name => 'ProFTPD goes too', line => $LINE, core => 'deinstall' },
  { name => 'nothing loads it', line => "#$LINE" },
  { name => 'an upgrade', line => $LINE, words => [ 'upgrade', '1.0.1-1' ] },
) {
  subtest $row->{name} => sub {
    new_system(%$row);
    play('prerm', ($row->{words} // ['remove'])->@*);
    unchanged('no file is changed');
  };
}

subtest 'the main file loads it already' => sub {
  new_system(name => 'main');
  spew("$dir/etc/proftpd/proftpd.conf", "$LINE$before{'proftpd.conf'}", 0644);
  play('prerm', 'remove');
  is now('proftpd.conf'), "$LINE$before{'proftpd.conf'}", 'and that stays';
};

done_testing;
