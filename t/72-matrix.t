#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# The matrix of clients (t/clients/matrix.pl, `make clients`) in small, so that
# its programs and its judgement do not rot: two clients can do all that the page
# says of them, one that does not resume is found out, and so is one that the
# other module serves better.
#
# Needs: root, proftpd-core; lftp, python3.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::ClientTable;
use FTPS::Test::File qw(slurp);
use FTPS::Test::Matrix;
use FTPS::Test::MatrixTables;
use Test::More;

my %client = map { $_->{name} => $_ } FTPS::Test::ClientTable->all;
my $matrix = FTPS::Test::Matrix->new(transfers => 6, relax => 0,
  versions => ['1.3']);

my %CANNOT = (
  lftp => [],
  'Python ftplib, with the subclass' => ['FXP 1.3'],
);
for my $name (sort keys %CANNOT) {
  SKIP: {
    my $missing = $matrix->missing($client{$name});
    skip "$name: $missing", 1 if defined $missing;
    my $results = $matrix->try($client{$name});
    my %by;
    push $by{ $results->{$_}{result} }->@*, $_ for sort keys %$results;
    is_deeply [ @by{qw(no cannot)} ],
      [ undef, $CANNOT{$name}->@* ? $CANNOT{$name} : undef ],
      "$name: all else works" or diag explain $results;
    is scalar $by{yes}->@*, 19 - $CANNOT{$name}->@*, "$name: all was tried";
  }
}

SKIP: {
  my $bare = $client{'Python ftplib'};
  my $missing = $matrix->missing($bare);
  skip "Python ftplib: $missing", 1 if defined $missing;
  my $got = $matrix->word($bare, 'explicit', '1.3', 'put');
  is $got->{result}, 'no', 'without reuse: refused';
  like $got->{why}, qr/425.*not resumed/,
    'without reuse: the reason is what the client shows';
  is $matrix->word($bare, 'implicit', '1.3', 'put')->{result}, 'cannot',
    'without reuse: no implicit TLS';
}
is $matrix->stop, 0, 'the daemons end well';

# Results as they might be.
sub result ($result, %o) { return { result => $result, %o } }

my @FREE = (with => 'NoSessionReuseRequired', why => 'it said so');
my $tables = FTPS::Test::MatrixTables->new(names => ['x'],
  ours => { x => { version => '7', tls => 'OpenSSL', results => {
    'explicit 1.2 put' => result('yes'), 'explicit 1.3 put' => result('no',
      why => 'broken'), 'explicit 1.3 get' => result('yes', @FREE),
    'explicit 1.3 list' => result('cannot'), 'wrong CA' => result('yes') } } },
  stock => { x => { results => {
    'explicit 1.2 put' => result('no', why => 'hangs'),
    'explicit 1.3 put' => result('yes', @FREE),
    'explicit 1.3 get' => result('yes', @FREE),
    'explicit 1.3 list' => result('yes'), 'wrong CA' => result('no') } } });
is_deeply [ $tables->worse('x') ],
  ['explicit 1.3 put: no (broken), with mod_tls N'], 'worse than mod_tls';
is_deeply [ $tables->failures('x') ], ['explicit 1.3 put: broken'], 'failures';
my $text = $tables->text;
like $text, qr/^\| x \(OpenSSL\) \| 7 \| 1\.2: yes, 1\.3: no \| – \| – \|/m,
  'a row';
like $text, qr/^\| x \| explicit 1\.2 put, wrong CA \| yes \| no \|$/m,
  'a difference';

# A client that was not tried keeps what the page has of it.
my $page = File::Temp->new;
my $other = 'y (a, b)';
sub client ($version, $what) {
  return { version => $version, tls => 'GnuTLS', results => {
    'explicit 1.3 put' => result('no', why => $what) } };
}

sub page_with ($ours, $stock) {
  FTPS::Test::MatrixTables->new(names => [ 'x', $other, 'z' ], ours => $ours,
    stock => $stock)->write_into("$page", 'sid');
  return slurp("$page");
}

print {$page} "before\n<!-- sid -->\n<!-- end of sid -->\nafter\n";
$page->flush;
my $better = { results => { 'explicit 1.3 put' => result('yes') } };
my $first = page_with({ x => client(1, 'x fails'), $other => client(2, 'y fails'),
  z => client(3, 'z fails') }, { x => $better, z => $better });
my $second = page_with({ z => client(4, 'z hangs') }, {});
is $second, $first =~ s/^\| z \| .*\n//mr =~ s/z fails/z hangs/r
  =~ s/\| 3 \|/| 4 |/r =~ s/(Not tried .* y \(a, b\))\./$1; z./r,
  'a page: only what was tried changes';
like $second, qr/^before\n.*^Not\ tried\ with\ stock\ mod_tls:\ y\ \(a,\ b\);\ z\.\n
  .*^after\n/msx, 'a page: with whom there is nothing to compare';
is page_with({}, {}), $second, 'a page: nothing tried';

# What the page tells people to copy is what the programs do.
sub squeeze ($text) { return $text =~ s/\s+/ /gr }

my $programs = join '', map { squeeze(slurp($_)) } glob "$FindBin::Bin/clients/*.*";
my @recipes = slurp("$FindBin::Bin/../doc/clients.md")
  =~ /^```(?:java|python|perl|js|go|php)\n(.*?)^```/msg;
cmp_ok scalar @recipes, '>=', 4, 'the page has recipes';
ok index($programs, squeeze($_)) >= 0, 'a recipe is code of t/clients' or diag $_
  for @recipes;
done_testing;
