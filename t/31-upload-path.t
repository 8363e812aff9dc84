#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# A file that is not there is made when its first byte arrives, and what ProFTPD
# has checked before (<Limit> of a directory) is about the path at the command.
# A user who has put a link there meanwhile, in the place of the file or of its
# folder, does not reach what the section forbids; nothing is emptied, made or
# appended to elsewhere.  An upload that nobody disturbs works in all places.
#
# The stock module makes the file at the command, so that SITE SYMLINK fails.

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp ();
use Test::More;

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Server;

my @missing = FTPS::Test::Config->lacking(qw(mod_site_misc mod_vroot));
plan skip_all => "not installed: @missing" if @missing;

my @GUARDED = ('<Directory ~/guarded>', '<Limit WRITE>', 'DenyAll', '</Limit>',
  '</Directory>');
my $vault = File::Temp->newdir('ftps-vault-XXXXXX', TMPDIR => 1);
chmod 0777, $vault;
spew("$vault/file", 'old');    # without it mod_vroot takes no alias
my @PLACE = (
  { name => 'plain' },
  { name => 'rooted', conf => ['DefaultRoot ~'] },
  { name => 'vroot', conf => [ 'VRootEngine on', 'DefaultRoot ~',
    "VRootAlias $vault/file ~/alias" ] },
  { name => 'deleting', conf => ['DeleteAbortedStores on'] },
);

my $srv = FTPS::Test::Server->new(modules => [qw(mod_site_misc mod_vroot)],
  vhosts => [ map { { name => $_->{name}, port => 'own',
    extra => [ ($_->{conf} // [])->@*, @GUARDED ] } } @PLACE ])->start;
my $uid = $srv->config->uid('proftpd');

sub prepare () {
  my $home = $srv->home;
  system 'rm', '-rf', map { "$home/$_" } qw(guarded up moved f);
  for my $folder (qw(guarded up)) {
    mkdir "$home/$folder" or die "$folder: $!";
    chown $uid, $uid, "$home/$folder";
  }
  $srv->write_file('guarded/rules', 'old rules');
  return;
}

sub guarded () {
  my $home = $srv->home;
  return join ' ', map { m{([^/]+)$}; "$1: " . $srv->read_file("guarded/$1") }
    glob "$home/guarded/*";
}

# What the other session does between the command and the first byte.
my @TRICK = (
  { name => 'a link in place of the file', path => 'f',
    do => ['SITE SYMLINK guarded/rules f'] },
  { name => 'a link to a new file', path => 'f',
    do => [ sub ($home) { symlink 'guarded/new', "$home/f" } ] },
  { name => 'a link in place of the folder', path => 'up/new',
    do => [ 'RNFR up', 'RNTO moved', 'SITE SYMLINK guarded up' ] },
  { name => 'a link in place of the folder, the same name', path => 'up/rules',
    do => [ 'RNFR up', 'RNTO moved', 'SITE SYMLINK guarded up' ] },
);

sub play ($place, $trick, $command, $bytes) {
  prepare();
  my ($client, $other) =
    map { $srv->client(vhost => $place->{name}) } 1, 2;
  my $name = "$place->{name}: $command, $trick->{name}, "
    . (length $bytes ? 'bytes' : 'empty');
  my $d = $client->data;
  is(($client->cmd("$command $trick->{path}"))[0], 150, "$name: 150");
  ok $d->accept && $d->handshake, "$name: the data connection";
  my @done = map { ref ? $_->($srv->home) : ($other->cmd($_))[0] == 200 }
    $trick->{do}->@*;
  ok $done[-1], "$name: the trick works";
  $d->write($bytes) if length $bytes;
  $d->finish('wait');
  my ($code) = $client->reply;
  is $code, length $bytes ? 426 : 550, "$name: refused";
  is guarded(), 'rules: old rules', "$name: nothing has changed there";
  is(($client->cmd('NOOP'))[0], 200, "$name: the session goes on");
  $_->close for $client, $other;
  return;
}

for my $place (@PLACE) {
  for my $trick (@TRICK) {
    play($place, $trick, $_, 'MINE') for 'STOR', 'APPE';
  }
  play($place, $_, 'STOR', '') for @TRICK[0, 2];
}
$srv->like_tlslog(qr/upload refused: its path leads elsewhere/);

# Without tricks.
for my $place (@PLACE) {
  prepare();
  my $client = $srv->client(vhost => $place->{name});
  for my $path ('f', 'up/new') {
    is $client->stor($path, 'bytes')->{code}, 226, "$place->{name}: $path";
    is $srv->read_file($path), 'bytes', "$place->{name}: $path: the file";
  }
  is $client->stor('up/none', '')->{code}, 226, "$place->{name}: empty";
  is $srv->read_file('up/none'), '', "$place->{name}: an empty file";

  # Another session makes the file first: it is emptied, as always.
  my $d = $client->data;
  is(($client->cmd('STOR up/both'))[0], 150, "$place->{name}: STOR");
  ok $d->accept && $d->handshake, "$place->{name}: its data connection";
  $srv->write_file('up/both', 'of somebody else');
  $d->write('mine');
  $d->finish('wait');
  is(($client->reply)[0], 226, "$place->{name}: a file that came meanwhile");
  is $srv->read_file('up/both'), 'mine', "$place->{name}: it has the new bytes";
  $client->close;
}

# mod_vroot has aliases of files, which the folder does not know.
{
  my ($client, $file) = ($srv->client(vhost => 'vroot'), "$vault/file");
  for my $bytes ('bytes', '') {
    unlink $file;
    is $client->stor('alias', $bytes)->{code}, 226, 'an alias, no file yet';
    is slurp($file), $bytes, 'it is made where the alias leads';
  }
  $client->close;
}

is $srv->stop, 0, 'the daemon ends';
done_testing;
