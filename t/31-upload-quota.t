#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Uploads that mod_quotatab ends.  It reports that the bytes are too many after
# it has written them, and under a hard limit it removes the file.  What the
# upload has written goes, so that the user can go on; what was there before
# stays, also where mod_quotatab removes the file of a command that it has
# refused.  With the stock module that file is lost.

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp ();
use Test::More;

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::Server;

my @missing = FTPS::Test::Config->lacking_quota;
plan skip_all => "not installed: @missing" if @missing;

my $LIMIT = 300_000;
my $LARGE = 'x' x 1_000_000;
my $OLD   = 'old bytes ' x 30;

my $tables = File::Temp->newdir('ftps-tables-XXXXXX', TMPDIR => 1);
chmod 0755, $tables->dirname;

sub make_tables ($name) {
  my $dir = "$tables/$name";
  mkdir $dir or die "$dir: $!";
  return ('QuotaEngine on', FTPS::Test::Config->quota_lines($dir, $LIMIT));
}

my @PLACE = (
  [ 'hard' ], [ 'deleting', 'DeleteAbortedStores on' ],
  [ 'hidden', 'HiddenStores on' ],
);
my $srv = FTPS::Test::Server->new(
  modules => [qw(mod_quotatab mod_quotatab_file)],
  vhosts => [ map { my ($name, @lines) = @$_; { name => $name, port => 'own',
    extra => [ make_tables($name), @lines ] } } @PLACE ])->start;

sub files () {
  return join ' ', map { m{([^/]+)$} } grep { -f }
    glob $srv->home . '/{.in.*,*}';
}

for my $place (map { $_->[0] } @PLACE) {
  my $c = $srv->client(vhost => $place);
  is $c->stor('f', $LARGE)->{code}, 552, "$place: STOR: too many bytes";
  is files(), '', "$place: nothing is left";
  is $c->stor('f', 'a few')->{code}, 226, "$place: STOR again";
  is $c->stor('f', $LARGE)->{code}, 552, "$place: STOR over it";
  is files(), $place eq 'hidden' ? 'f' : '', "$place: what was overwritten";
  unlink $srv->path('f');

  $srv->write_file('f', $OLD);
  is $c->stor('f', $LARGE, cmd => 'APPE')->{code}, 552, "$place: APPE";
  is substr($srv->read_file('f') // '', 0, length $OLD), $OLD,
    "$place: the old bytes are there";
  $c->quit;

  # It is the first command of its session, too.
  $c = $srv->client(vhost => $place);
  for my $command (qw(STOR APPE)) {
    $c->data;
    is(($c->cmd("$command f"))[0], 552, "$place: $command: refused");
    is substr($srv->read_file('f') // '', 0, length $OLD), $OLD,
      "$place: $command: the file is there";
  }
  is(($c->cmd('DELE f'))[0], 250, "$place: the user may remove it");
  $c->quit;
}

is $srv->stop, 0, 'the daemon ends';
done_testing;
