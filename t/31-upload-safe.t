#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# An upload that is refused, or fails before its first byte, leaves the target as it was: bytes, mtime, mode, owner, inode, and no file if there was none.
# ProFTPD makes STOU's file before there is a data connection: it stays, empty.
# A completed upload does what it does without the protection.
#
# One daemon, with a virtual host for each surrounding that handles files in its
# own way; some have a check of their own.  FTPS_MODULE=mod_tls runs the same
# table with the stock module, which fails many rows: this checks the harness.

use v5.36;

use Compress::Zlib ();
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp ();
use Test::More;
use Time::HiRes ();

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::Server;

my $IS_STOCK = ($ENV{FTPS_MODULE} // '') eq 'mod_tls';
my $VERSION  = FTPS::Test::Server->host_version;

my $OLD   = "forty bytes that were there before this\n";
my $OTHER = 65533;      # group of the existing file, not the user's own; "other"
my $LIMIT = 90;         # MaxStoreFileSize

# needs: stock modules.  lacks: commands that ProFTPD itself refuses there
# (REST under HiddenStores: 501; STOU under mod_vroot: 550).  hides: an
# existing file is replaced by a new one (STOR only).  more: all of @FAILURE.
# crashes: a ProFTPD whose session crashes there, with any module and with none.
my @SURROUNDING = (
  { name => 'plain12', max => '1.2' },
  { name => 'plain13', more => 1 },
  { name => 'chroot', conf => ['DefaultRoot ~'] },
  { name => 'hidden', conf => ['HiddenStores on'], hides => 1,
    lacks => 'REST' },
  { name => 'delete', conf => ['DeleteAbortedStores on'], more => 1 },
  { name => 'owner', owner => $OTHER,
    conf => [ '<Directory ~>', 'UserOwner other', '</Directory>' ] },
  { name => 'vroot', conf => [ 'VRootEngine on', 'DefaultRoot ~' ],
    needs => ['mod_vroot'], lacks => 'STOU' },
  { name => 'quota', conf => [ 'QuotaEngine on', "MaxStoreFileSize $LIMIT B" ],
    needs => [ 'mod_quotatab', 'mod_quotatab_file' ], limit => 1 },
  { name => 'statcache', conf => ['StatCacheEngine on'],
    needs => ['mod_statcache'] },
  { name => 'deflate', conf => ['DeflateEngine on'], mode_z => 1,
    needs => ['mod_deflate'] },
  { name => 'together', conf => [ 'VRootEngine on', 'DefaultRoot ~',
      'QuotaEngine on', "MaxStoreFileSize $LIMIT B",
      'DeleteAbortedStores on' ],
    needs => [ 'mod_vroot', 'mod_quotatab', 'mod_quotatab_file' ],
    lacks => 'STOU', limit => 1 },
  { name => 'brief', conf => ['TimeoutSession 3'], check => \&check_timeout,
    crashes => qr/^1\.3\.(?:8c|9e)$/ },
  { name => 'large', conf => [ 'DeleteAbortedStores on',
      'MaxStoreFileSize 100 Kb' ], check => \&check_large },
  { name => 'large hidden', conf => [ 'DeleteAbortedStores on',
      'HiddenStores on', 'MaxStoreFileSize 100 Kb' ], check => \&check_large },
);

# What the file holds when the upload is complete.
my %CONTENT = (
  STOR => sub ($old, $new) { return $new },
  STOU => sub ($old, $new) { return $new },
  APPE => sub ($old, $new) { return $old . $new },
  REST => sub ($old, $new) {
    my $end = 7 + length $new;
    return substr($old, 0, 7) . $new
      . ($end < length $old ? substr $old, $end : '');
  },
);

$CONTENT{'REST APPE'} = $CONTENT{REST};

my @TARGET = (
  [ STOR => 'existing' ], [ STOR => 'new' ],
  [ APPE => 'existing' ], [ APPE => 'new' ],
  [ REST => 'existing' ], [ REST => 'new' ], [ 'REST APPE' => 'existing' ],
  [ STOU => 'new' ],
);

# Each way to fail: the reply, and how the client behaves (words of "stor").
my @FAILURE = (
  { name => 'not resumed', code => 425,
    how => { session => 'none', finish => 'close' } },
  { name => 'no handshake', code => 425, more => 1, no_handshake => 1 },
  { name => 'reset before the first byte', code => 426, more => 1,
    bytes => '', how => { finish => 'reset' } },
);

my %BYTES = (
  shorter => 'ten bytes.', longer => 'x' x 60, empty => '',
);

sub missing_for ($s) {
  my @missing = FTPS::Test::Config->lacking(($s->{needs} // [])->@*);
  push @missing, FTPS::Test::Config->lacking_quota if $s->{limit};
  push @missing, "another ProFTPD than $VERSION"
    if $s->{crashes} && $VERSION =~ $s->{crashes};
  return @missing;
}

sub start_server ($dir, @surrounding) {
  my %needed = map { $_ => 1 } map { ($_->{needs} // [])->@* } @surrounding;
  my @quota = grep { $_->{limit} } @surrounding;
  my @tables = @quota
    ? FTPS::Test::Config->quota_lines($dir, 100_000_000) : ();
  return FTPS::Test::Server->new(
    modules => [ sort keys %needed ],
    extra => [ 'TimeoutLinger 1', $needed{mod_statcache}
        ? ( "StatCacheTable $dir/statcache", 'StatCacheEngine off' ) : () ],
    vhosts => [ map { {
      name => $_->{name}, port => 'own',
      extra => [ 'TimeoutLinger 1', $_->{limit} ? @tables : (),
        ($_->{conf} // [])->@* ],
    } } @surrounding ],
  )->start;
}

sub login ($srv, $s) {
  my $client = $srv->client(vhost => $s->{name},
    max => $IS_STOCK ? '1.2' : $s->{max});
  if ($s->{mode_z}) {
    my ($code, $text) = $client->cmd('MODE Z');
    die "MODE Z: $code $text\n" if $code != 200;
  }
  return $client;
}

# Name => what a stat and a read tell.  STOU's name is not known before.
sub snapshot ($srv) {
  my %seen;
  for my $path (glob $srv->home . '/{.in.*,*}') {
    next if !-f $path;
    my ($ino, $mode, $uid, $gid, $mtime) =
      (Time::HiRes::stat($path))[ 1, 2, 4, 5, 9 ];
    my ($name) = $path =~ m{([^/]+)$};
    $name = 'unique' if $name =~ /^ftp\w{6}$/;
    $seen{$name} = { bytes => $srv->read_file($path =~ s{.*/}{}r), ino => $ino,
      mode => sprintf('%04o', $mode & 07777), uid => $uid, gid => $gid,
      mtime => $mtime };
  }
  return \%seen;
}

sub prepare ($srv, $kind) {
  unlink glob $srv->home . '/{.in.*,*}';
  return {} if $kind eq 'new';
  my $path = $srv->write_file('f', $OLD);
  chown -1, $OTHER, $path;
  chmod 0640, $path;
  utime 1_000_000_000, 1_000_000_000, $path;
  return snapshot($srv);
}

sub upload ($client, $s, $command, $bytes, %how) {
  my $sent = $s->{mode_z} ? Compress::Zlib::compress($bytes) : $bytes;
  my $r = $client->stor($command eq 'STOU' ? '' : 'f', $sent,
    cmd => $command =~ s/^REST ?//r || 'STOR',
    $command =~ /^REST/ ? (rest => 7) : (), %how);
  return $r->{code};
}

sub fail_upload ($client, $s, $command, $failure) {
  if (!$failure->{no_handshake}) {
    my $bytes = $failure->{bytes} // $BYTES{shorter};
    my $mode_z = $s->{mode_z} && length $bytes;
    return upload($client, { mode_z => $mode_z }, $command, $bytes,
      $failure->{how}->%*);
  }
  my $data = $client->data;
  $client->cmd('REST 7') if $command =~ /^REST/;
  my ($code) = $client->cmd($command eq 'STOU' ? 'STOU'
    : $command =~ /APPE/ ? 'APPE f' : 'STOR f');
  return $code if $code >= 200;
  $data->accept;
  $data->close;
  ($code) = $client->reply;
  return $code;
}

sub check_failures ($srv, $client, $s, $command, $kind) {
  for my $failure (@FAILURE) {
    next if $failure->{more} && !$s->{more};
    my $before = prepare($srv, $kind);
    my $code = fail_upload($client, $s, $command, $failure);
    my $name = "$s->{name}: $command, $kind file, $failure->{name}";
    my $want = $command eq 'REST' && $kind eq 'new' ? 550 : $failure->{code};
    my $after = snapshot($srv);
    $before->{unique} = { ($after->{unique} // {})->%*, bytes => '' }
      if $command eq 'STOU';
    is_deeply([ $code, $after ], [ $want, $before ], $name);
  }
  return;
}

# Inode and mtime of a changed file are the system's business.
sub expected ($srv, $s, $command, $before, $bytes) {
  my $old = $before->{f};
  my $is_kept = $old && !($s->{hides} && $command eq 'STOR');
  my $uid = $srv->config->uid('proftpd');
  my $content = $CONTENT{$command}->($old ? $old->{bytes} : '', $bytes);
  return { ($command eq 'STOU' ? 'unique' : 'f') => {
      bytes => $content, uid => $uid,
      gid  => $is_kept ? $old->{gid} : $uid,
      mode => $is_kept ? $old->{mode} : '0644',
    } };
}

sub check_completions ($srv, $client, $s, $command, $kind) {
  return if $command eq 'REST' && $kind eq 'new';
  for my $size (sort keys %BYTES) {
    my $before = prepare($srv, $kind);
    my $want = expected($srv, $s, $command, $before, $BYTES{$size});
    my ($file) = values %$want;
    next if $s->{limit} && length $OLD . $BYTES{$size} > $LIMIT
      && $command =~ /APPE|REST/;
    my $code = upload($client, $s, $command, $BYTES{$size});
    my $after = snapshot($srv);
    delete @{$_}{qw(ino mtime)} for values %$after;
    is_deeply([ $code, $after ], [ 226, $want ],
      "$s->{name}: $command, $kind file, $size upload completed");
  }
  return;
}

# The limit is found with the first bytes in hand, before they are written.
sub check_limit ($srv, $client, $s) {
  for my $kind ('existing', 'new') {
    my $before = prepare($srv, $kind);
    my $code = upload($client, $s, 'STOR', 'y' x ($LIMIT + 1));
    is_deeply([ $code, snapshot($srv) ], [ 552, $before ],
      "$s->{name}: STOR, $kind file, larger than MaxStoreFileSize");
  }
  return;
}

# ProFTPD closes the file before it says that the session is over.
sub check_timeout ($srv, $s) {
  my $before = prepare($srv, 'existing');
  my @waiting = map { [ login($srv, $s), $_ ] } 'STOR f', 'APPE f', 'STOR g';
  for my $waiting (@waiting) {
    my ($client, $command) = @$waiting;
    my $data = $client->data;
    is(($client->cmd($command))[0], 150, "$s->{name}: $command");
    $data->accept;
    ok($data->handshake, "$s->{name}: $command: its data connection");
    push @$waiting, $data;
  }
  for my $waiting (@waiting) {
    my ($client, $command) = @$waiting;
    my @codes = map { ($client->reply)[0] } 1, 2;
    is_deeply(\@codes, [ 421, 0 ], "$s->{name}: $command: TimeoutSession");
  }
  $srv->wait_sessions(0);
  is_deeply(snapshot($srv), $before, "$s->{name}: no file has changed");
  return;
}

# A part of it has been written when the limit is found.
sub check_large ($srv, $s) {
  my $client = login($srv, $s);
  for my $bytes ('x' x 1_000_000, "is small\n") {
    prepare($srv, 'new') if length $bytes > 1000;
    my $is_large = length $bytes > 1000;
    my $code = upload($client, $s, 'STOR', $bytes);
    is_deeply([ $code, map { $_->{bytes} } values snapshot($srv)->%* ],
      $is_large ? [552] : [ 226, $bytes ],
      "$s->{name}: " . ($is_large ? 'nothing stays' : 'the next one'));
  }
  $client->quit;
  return;
}

# ProFTPD gives a file away by its name before there is a data connection.
sub check_owner ($srv, $client, $s) {
  for my $command (qw(STOR APPE)) {
    prepare($srv, 'new');
    my $code = upload($client, $s, $command, 'x', session => 'none',
      finish => 'close');
    is_deeply([ $code, snapshot($srv) ], [ 425, {} ],
      "$s->{name}: $command, new file, not resumed");
    for my $size (qw(longer empty)) {
      prepare($srv, 'new');
      $code = upload($client, $s, $command, $BYTES{$size});
      is_deeply([ $code, snapshot($srv)->{f}->@{qw(uid bytes)} ],
        [ 226, $s->{owner}, $BYTES{$size} ],
        "$s->{name}: $command, new file, $size upload completed");
    }
  }
  return $client->quit;
}

sub check_surrounding ($srv, $s) {
  return $s->{check}->($srv, $s) if $s->{check};
  my $client = login($srv, $s);
  return check_owner($srv, $client, $s) if $s->{owner};
  for (@TARGET) {
    my ($command, $kind) = @$_;
    next if $s->{lacks} && $command =~ /^$s->{lacks}/;
    check_failures($srv, $client, $s, $command, $kind)
      if $command ne 'REST APPE';
    check_completions($srv, $client, $s, $command, $kind);
  }
  check_limit($srv, $client, $s) if $s->{limit};
  is(($client->cmd('NOOP'))[0], 200, "$s->{name}: the session lives");
  $client->quit;
  return;
}

my $tables = File::Temp->newdir('ftps-tables-XXXXXX', TMPDIR => 1);
chmod 0755, $tables->dirname;

my @possible = grep { !missing_for($_) } @SURROUNDING;
my $srv = start_server($tables->dirname, @possible);

for my $s (@SURROUNDING) {
  SKIP: {
    my @missing = missing_for($s);
    skip "$s->{name}: not installed: @missing", 1 if @missing;
    eval { check_surrounding($srv, $s); 1 } or fail("$s->{name}: $@");
  }
}

is($srv->stop, 0, 'the daemon ended well');

# Without the caches of other modules.
SKIP: {
  my ($s) = grep { $_->{name} eq 'vroot' } @possible;
  skip 'mod_vroot is not installed', 1 if !$s;
  $srv = start_server($tables->dirname, $s);
  my $client = login($srv, $s);
  check_failures($srv, $client, { %$s, name => 'vroot alone' }, $_, 'new')
    for qw(STOR APPE);
  $client->quit;
  is($srv->stop, 0, 'vroot alone: the daemon ended well');
}

# The file is made when its first byte arrives.  Until then ProFTPD may have
# served another command, and each command sets the umask.
subtest 'the umask of the command' => sub {
  my $other = FTPS::Test::Server->new(extra => 'Umask 077 022')->start;
  my $client = $other->client;
  my $data = $client->data;
  is(($client->cmd('STOR f'))[0], 150, 'STOR');
  $client->send_line('XMKD folder');
  ok($data->accept && $data->handshake, 'the data connection');
  ok(FTPS::Test::Process->until(sub { -d $other->path('folder') }),
    'another command is served before the first byte');
  $data->write('x');
  $data->finish('wait');
  my @codes = sort map { ($client->reply)[0] } 1, 2;
  is_deeply(\@codes, [226, 257], 'both replies');
  is((stat $other->path('f'))[2] & 0777, 0600, 'the mode of the file');
  $client->quit;
  is($other->stop, 0, 'the daemon ended well');
};

# A small disk, which only the daemon sees.  The first byte finds it full.
subtest 'a full disk' => sub {
  my $other = FTPS::Test::Server->new(vhosts => [ { name => 'delete',
    port => 'own', extra => 'DeleteAbortedStores on' } ]);
  my $disk = $other->path('disk');
  mkdir $disk or die "$disk: $!";
  plan skip_all => 'mounts are not possible'
    if system "unshare -m mount -t tmpfs -o size=64k tmpfs $disk 2>/dev/null";
  $other->before('unshare', '-m', 'sh', '-c',
    "mount -t tmpfs -o size=64k tmpfs $disk && exec \"\$@\"", 'sh');
  $other->start;
  my $client = $other->client;
  isnt($client->stor('disk/fill', 'x' x 200_000)->{code}, 226, 'it is small');
  $client->quit;

  $client = $other->client(vhost => 'delete');
  for my $command (qw(STOR APPE)) {
    is($client->stor('disk/f', 'x', cmd => $command)->{code}, 452,
      "$command: no space");
    is($client->nlst('disk')->{data}, "disk/fill\r\n", "$command: no file");
  }
  $client->quit;
  is($other->stop, 0, 'the daemon ended well');
};

done_testing;
