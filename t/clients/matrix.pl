#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# matrix.pl: what each FTPS client that is installed can do with mod_ftps, and
# the same with stock mod_tls; written into doc/clients.md.
#
#   t/clients/matrix.pl [--clients REGEX] [--chroot DIR] [--release NAME]
#     [--modules LIST] [--results DIR] [--npm DIR] [--transfers N] [--quick] [--write]
#
#   --clients    only those whose name matches
#   --chroot     the clients of another system, made by debootstrap; the daemon
#                stays this one's
#   --release    what doc/clients.md calls it (the name of this system's release)
#   --modules    mod_ftps,mod_tls
#   --results    where the result of each client is kept (build/matrix), so that
#                some clients can be tried again, or several at the same time
#   --npm        where npm's packages are installed (build/npm)
#   --transfers  in a row on one control connection (50)
#   --quick      only mod_ftps, with nothing relaxed
#   --write      writes the tables of this release into doc/clients.md; a client
#                that was not tried keeps what it has there
#
# `make clients` runs it.  As root.  Ends with status 1 if a client fails with
# mod_ftps where it succeeds with mod_tls, or if --quick and anything fails.

use v5.36;
use Cwd qw(abs_path);
use File::Path qw(make_path);
use FindBin;
use lib "$FindBin::Bin/../lib";
use FTPS::Test::ClientTable;
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Matrix;
use FTPS::Test::MatrixTables;
use Getopt::Long;
use JSON::PP;
use Test::More;
use Time::HiRes qw(time);

my $PAGE = "$FindBin::Bin/../../doc/clients.md";
my %opt = (clients => '', transfers => 50,
  npm => 'build/npm', results => 'build/matrix',
  modules => 'mod_ftps,mod_tls');
GetOptions(\%opt, qw(clients=s chroot=s release=s npm=s results=s modules=s transfers=i quick write))
  or die "matrix: see the head of $0\n";
$opt{release} //= own_release() // die "matrix: --release is missing\n";
select((select(STDOUT), $| = 1)[0]);

sub own_release () {
  return undef if $opt{chroot};
  open my $in, '<', '/etc/os-release' or return undef;
  return (map { /^VERSION_CODENAME=(\w+)/ ? $1 : () } <$in>)[0];
}

# A chroot gets what programs expect of a system, as long as this one runs.
sub enter_namespace () {
  return if !$opt{chroot} || $ENV{FTPS_IN_NAMESPACE};
  $opt{chroot} = abs_path($opt{chroot});
  local $ENV{FTPS_IN_NAMESPACE} = 1;
  exec 'unshare', '--mount', 'sh', '-c', 'root=$1; shift;'
    . ' mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" &&'
    . ' exec "$@"', 'sh', $opt{chroot}, $^X, $0, map { defined $opt{$_}
      ? ("--$_", $_ =~ /quick|write/ ? () : $opt{$_}) : () } sort keys %opt;
}

sub install_npm () {
  make_path($opt{npm});
  my $dir = abs_path($opt{npm});
  my $log = "$dir/log";
  system "cd '$dir' && npm install --no-audit --no-fund --prefix . "
    . join(' ', FTPS::Test::ClientTable->npm_packages) . ">'$log' 2>&1";
  say "npm: see $log" if $?;
  return "$dir/node_modules";
}

sub file_of ($module, $client) {
  my $dir = "$opt{results}/$opt{release}/$module";
  make_path($dir);
  return "$dir/" . $client->{name} =~ s/[^\w.-]/_/gr . '.json';
}

sub keep ($module, $client, $tried) {
  return spew(file_of($module, $client),
    JSON::PP->new->canonical->pretty->encode($tried));
}

# Of this run and of earlier ones.
sub kept ($module) {
  my %tried;
  for my $client (FTPS::Test::ClientTable->all) {
    my $text = slurp(file_of($module, $client), undef) // next;
    $tried{ $client->{name} } = decode_json($text);
  }
  return \%tried;
}

sub try_all ($module, $npm, @clients) {
  my $matrix = FTPS::Test::Matrix->new(module => $module, npm => $npm,
    transfers => $opt{transfers}, root => $opt{chroot} // '',
    relax => !$opt{quick});
  for my $client (@clients) {
    my $missing = $matrix->missing($client);
    if (defined $missing) {
      say "$client->{name}: $missing";
      next;
    }
    my $since = time;
    my $results = eval { $matrix->try($client) };
    die $@ if $@ =~ /^ended by SIG/;
    if (!$results) {
      fail "$client->{name}: it cannot be tried" or diag $@;
      next;
    }
    my %count = (yes => 0, no => 0, cannot => 0);
    $count{ $_->{result} }++ for values %$results;
    say sprintf '%s: %s: %d yes, %d no, %d cannot (%d s)', $module,
      $client->{name}, @count{qw(yes no cannot)}, time - $since;
    keep($module, $client, { results => $results,
      version => $matrix->version($client), tls => $client->{tls} });
  }
  is $matrix->stop, 0, "$module: the daemons end well";
  return;
}

enter_namespace();
my $npm = $opt{quick} && !-d $opt{npm} ? undef : install_npm();
my @clients = grep { $_->{name} =~ /$opt{clients}/i }
  FTPS::Test::ClientTable->all;
try_all($_, $npm, @clients)
  for $opt{quick} ? 'mod_ftps' : split /,/, $opt{modules};
my ($ours, $stock) = map { kept($_) } 'mod_ftps', 'mod_tls';
my $tables = FTPS::Test::MatrixTables->new(ours => $ours, stock => $stock,
  names => [ map { $_->{name} } FTPS::Test::ClientTable->all ]);
for my $name (map { $_->{name} } @clients) {
  next if !$ours->{$name};
  my @worse = $opt{quick} ? $tables->failures($name) : $tables->worse($name);
  is_deeply \@worse, [], $opt{quick} ? "$name: what fails"
    : "$name: what fails here, but not with mod_tls";
}
print $tables->text if !$opt{write};
$tables->write_into($PAGE, $opt{release}) if $opt{write};
done_testing;
