# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# mod_ftps_shmcache with the real daemon: what happens to its files at start,
# SIGHUP, restart and under faults, what sessions find in it, and under which
# names other modules find it.
#
# Here the cache is called directly, through t/lib/mod_probe_provider.c; TLS
# sessions in it are tested in t/48-shmcache-tls.t.
#
# Needs: root, proftpd-core, proftpd-dev, cc; proftpd-mod-crypto for one test.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::Build;
use FTPS::Test::File qw(spew);
use FTPS::Test::Process;
use FTPS::Test::Server;
use Fcntl qw(SEEK_SET);
use Test::More;
use Time::HiRes ();

my $MINIMUM = 196608;
my $DEFAULT = 16842752;

plan skip_all => FTPS::Test::Build->lack if FTPS::Test::Build->lack;

subtest 'what is written in the configuration' => sub {
  my $srv = server();
  my $dir = $srv->dir;
  chown 65534, 65534, spew("$dir/foreign", '');
  symlink "$dir/foreign", "$dir/link";
  mkdir "$dir/directory";
  my @refused = (
    ['', qr{"shm:/file=PATH\[&size=BYTES\]" is wanted}],
    ['file=/x', qr/is wanted/], ['/', qr/"" is not known/],
    ['/size=1000000', qr/is wanted/],
    ["/file=$dir/a&size=1m", qr/"size=1m": a number of bytes is wanted/],
    ["/file=$dir/a&size=-1", qr/a number of bytes/],
    ["/file=$dir/a&size=99999999999999999999", qr/a number of bytes/],
    ["/file=$dir/a&size=999999999999", qr/the largest \d+ bytes/],
    ["/file=$dir/a&sizes=1", qr/"sizes=1" is not known/],
    ["/file=$dir/a&file=$dir/b", qr{"file=$dir/b" is not known, or there twice}],
    ['/file=a', qr/begins with \//],
    ["/file=$dir/none/a", qr{directory "$dir/none" cannot be written to}],
    ["/file=$dir/link", qr{"$dir/link": it is a symbolic link}],
    ["/file=$dir/directory", qr/it is no regular file/],
    ["/file=$dir/foreign", qr/belongs to another user/],
  );
  for my $row (@refused) {
    my ($info, $why) = @$row;
    $srv->rewrite(extra => [qq(ProbeCache sess "$info")]);
    my ($status, $output) = $srv->syntax_check;
    is $status, 1, "\"$info\": status";
    my @lines = grep { /probe: / } split /\n/, $output;
    is @lines, 1, 'one line';
    like $lines[0], $why, 'that says why';
  }
  # 20664 and 41328 are in mod_tls's manual.
  for my $size (0, 10, 20664, 41328) {
    $srv->rewrite(extra => lines("/file=$dir/a&size=$size"));
    my ($status, $output) = $srv->syntax_check;
    is $status, 0, "size=$size: taken";
    like $output, qr/size=$size is too small, and $MINIMUM bytes are used/,
      'and one line says so';
  }
  $srv->rewrite(extra => lines("/file=$dir/a&size=$MINIMUM",
    "/file=$dir/a&size=999999"));
  like +($srv->syntax_check)[1], qr/is named with another size elsewhere/,
    'two sizes for one file';
  $srv->rewrite(extra => lines("/file=$dir/a", "/file=$dir/a"));
  is +($srv->syntax_check)[0], 0, 'one file for two uses';
  my $listing = $srv->_proftpd('-vv', '-c', "$dir/check.conf");
  ok $listing->wait && $listing->status == 0, 'proftpd -vv';
  $listing->kill_now;
  ok !-e "$dir/a" && !-e "$dir/a.lock", 'neither makes a file';
};

subtest 'a daemon' => sub {
  my $srv = server('cache', 'cache');
  my $file = $srv->dir . '/cache';
  $srv->start;
  is_deeply [map { (stat $_)[2, 4, 7] } $file, "$file.lock"],
    [0100600, 0, $DEFAULT, 0100600, 0, 0], 'the files are root\'s alone';

  my ($c, $d) = map { login($srv) } 1, 2;
  is ask($c, 'put sess one 400 100'), 'ok', 'a session of a user puts one in';
  is ask($d, 'get sess one'), 'ok 400 o', 'another one finds it';
  is ask($d, 'get ocsp one'), 'miss', 'but not as something else';
  is ask($d, 'add sess one 10 100'), 'miss', 'add: there is one';
  is ask($d, 'add ocsp one 10 100'), 'ok', 'add: there is none';
  is ask($c, 'get ocsp one'), 'ok 10 o', 'which is found then';
  is ask($c, 'put sess one 20 100'), 'ok', 'another value';
  is ask($d, 'get sess one'), 'ok 20 o', 'takes its place';
  is ask($d, 'put sess old 20 0'), 'ok', 'one that has expired';
  is ask($d, 'get sess old'), 'miss', 'is not there';
  is ask($c, 'fill sess 0 10000'), 10000, 'ten thousand entries';
  is ask($d, 'find sess 0 10000'), 10000, 'have room';
  like ask($d, 'status sess'),
    qr/^10001 entries 0 evictions \d+ expired \d+ of $DEFAULT$/, 'status';
  is ask($d, 'iterate ocsp'), '1 1', 'iterate';
  is ask($d, 'clear sess'), 10001, 'clear';
  is ask($d, 'get ocsp one'), 'ok 10 o', 'clear keeps other uses';
  is ask($d, 'del ocsp one'), 'ok', 'del';
  is ask($d, 'del ocsp one'), 'miss', 'del again';

  my %opened = descriptors($srv->sessions);
  is_deeply [sort keys %opened], ["$file", "$file.lock"], 'open in sessions';
  for my $path (sort keys %opened) {
    my ($fd, $flags) = $opened{$path}->@*;
    cmp_ok $fd, '>', 2, 'not in the place of a connection';
    ok $flags & 02000000, 'close-on-exec';
    is $flags & 3, $path eq $file ? 0 : 2, 'not to be cut by a session'
      if $path eq $file;
  }
  $_->quit for $c, $d;
  is $srv->stop, 0;
};

subtest 'SIGHUP, restart, size' => sub {
  my $srv = server('cache', 'cache');
  my $file = $srv->dir . '/cache';
  $srv->start;
  my $fds = descriptor_count($srv->pid);
  my $c = login($srv);
  is ask($c, 'fill sess 0 1000'), 1000, 'entries';
  my $inode = (stat $file)[1];
  for my $n (1 .. 3) {
    ok $srv->hup, "SIGHUP $n";
    is ask(fresh($srv), 'find sess 0 1000'), 1000, 'they are there';
  }
  has_descriptors($srv, $fds);
  is ask($c, 'put sess x 10 100'), 'ok', 'a session of before goes on';
  is ask(fresh($srv), 'get sess x'), 'ok 10 x', 'with all others';

  my $mtime = (Time::HiRes::stat $file)[9];
  my $bigger = 'cache&size=33554432';
  $srv->rewrite(extra => lines($srv, $bigger, $bigger));
  is +($srv->syntax_check)[0], 0, 'proftpd -t with another size';
  is_deeply [(Time::HiRes::stat $file)[1, 7, 9]], [$inode, $DEFAULT, $mtime],
    'touches nothing';
  ok $srv->hup, 'SIGHUP with another size';
  is -s $file, 33554432 - (33554432 - 65536) % 131072, 'is its new size';
  is ask(fresh($srv), 'find sess 0 1000'), 1000, 'with the entries';
  is ask($c, 'put sess y 10 100'), 'ok', 'a session of before goes on';
  has_descriptors($srv, $fds);
  ok $srv->wait_log(qr/mod_ftps_shmcache: file "$file" has \d+ bytes now/,
    'system'), 'a line';

  $c->quit;
  is $srv->stop, 0;
  my $smaller = 'cache&size=1000000';
  for my $size ($bigger, $smaller, $smaller) {
    $srv->rewrite(extra => lines($srv, $size, $size));
    $srv->start;
    is ask(fresh($srv), 'find sess 0 1000'), 1000, "restart: $size";
    is $srv->stop, 0;
  }
  is -s $file, 1000000 - (1000000 - 65536) % 131072, 'the smaller size';
};

subtest 'faults' => sub {
  my $srv = server('cache', 'cache');
  my $file = $srv->dir . '/cache';
  my $said = sub { scalar(() = $srv->systemlog =~ /$_[0]/g) };
  $srv->start;
  my $c = login($srv);
  is ask($c, 'fill sess 0 1000'), 1000, 'entries';
  write_at($file, 65536, join '', map { chr rand 256 } 1 .. 400000);
  like ask($c, 'find sess 0 1000'), qr/^\d+$/, 'garbage in it';
  is ask(fresh($srv), 'fill sess 0 1000'), 1000, 'is written over';
  is ask($c, 'find sess 0 1000'), 1000, 'and all is found';

  write_at($file, 0, 'x');
  is ask($c, 'find sess 0 1000'), 1000, 'a broken header: sessions go on';
  ok $srv->hup, 'SIGHUP';
  is ask(fresh($srv), 'find sess 0 1000'), 0, 'a new file';
  ok -e "$file.bad", 'the old one is set aside';
  ok $srv->wait_log(qr/"\Q$file\E": it was not made by \S+; it is now/,
    'system'), 'the log says so';
  is $said->(qr/it is now "\S+\.bad"/), 1, 'in one line';
  $c->quit;
  is $srv->stop, 0;

  $srv->start;
  is ask(fresh($srv), 'fill sess 0 100'), 100, 'entries';
  is $srv->stop, 0;
  write_at($file, 20, 'garbage');
  $srv->start;
  is $said->(qr/"$file": its header is damaged; it is now "\S+\.bad\.1"/), 1,
    'damaged between: one line';
  $c = login($srv);
  is ask($c, 'fill sess 0 100'), 100, 'a new file';

  truncate $file, 0;
  is ask($c, 'get sess 1'), 'unavailable', 'cut while it is used: a session';
  is ask(fresh($srv), 'get sess 1'), 'unavailable', 'and the next one';
  ok $srv->hup, 'SIGHUP';
  is ask(fresh($srv), 'fill sess 0 100'), 100, 'is well again';

  is ask(fresh($srv), 'remove ocsp'), -1, 'remove: a user may not';
  is ask(connected($srv), 'remove ocsp'), 0, 'root may';
  ok !-e $file && !-e "$file.lock", 'the files are gone';
  ok $srv->hup, 'SIGHUP';
  is ask(fresh($srv), 'fill sess 0 100'), 100, 'makes them anew';
  $c->quit;
  is $srv->stop, 0;

  unlink $file;
  symlink '/etc/passwd', $file;
  is +($srv->syntax_check)[0], 1, 'a link in its place: proftpd -t';
  unlink $file;
  spew($file, '');
  $srv->start;
  is ask(fresh($srv), 'fill sess 0 100'), 100, 'an empty file is used';
  ok !-e "$file.bad.2", 'and not set aside';
  is $srv->stop, 0;

  unlink "$file.lock";
  my $other = spew($srv->dir . '/other', '', 0644);
  link $other, "$file.lock" or die "link: $!";
  $srv->start;
  is ask(fresh($srv), 'get sess 1'), 'unavailable', 'a hard link as lock file';
  is +(stat $other)[2] & 07777, 0644, 'is left as it is';
  ok $srv->wait_log(qr/"\Q$file\E\.lock": it has another name as well/,
    'system'), 'and the log says so';
  is $srv->stop, 0;
};

subtest 'sessions that are killed' => sub {
  my $srv = server('cache', 'cache');
  $srv->start;
  my $stays = login($srv);
  for my $n (1 .. 6) {
    my @before = $srv->sessions;
    my @busy = map { login($srv) } 1, 2;
    $_->send_line('CACHE fill sess 0 2000000') for @busy;
    is ask($stays, "put sess key$n 1000 100"), 'ok', "round $n: put";
    like ask($stays, "get sess key$n"), qr/^(?:ok 1000 k|miss)$/, 'get';
    my %before = map { $_ => 1 } @before;
    kill KILL => grep { !$before{$_} } $srv->sessions;
    $_->close for @busy;
  }
  is ask($stays, 'clear sess') >= 0, 1, 'clear';
  is ask($stays, 'fill sess 0 5000'), 5000, 'everything can be used';
  is ask($stays, 'find sess 0 5000'), 5000, 'and holds';
  $stays->quit;
  is $srv->stop, 0;
};

subtest 'names' => sub {
  my $probe = server();
  $probe->rewrite(extra => ['<IfModule mod_tls_shmcache.c>',
    'ProbeCache sess /file=' . $probe->dir . '/a', '</IfModule>',
    '<IfModule !mod_tls_shmcache.c>', 'NoSuchDirective', '</IfModule>']);
  $probe->start;
  is ask(fresh($probe), 'fill sess 0 10'), 10, 'mod_tls_shmcache.c is there';
  is $probe->stop, 0;

  # What mod_ftps gives to binary cache modules is needed to load this one.
  SKIP: {
    skip 'no mod_tls_shmcache (proftpd-mod-crypto)', 4
      if FTPS::Test::Config->lacking('mod_tls_shmcache');
    beside_real(1, 'mod_ftps_shmcache.c', 'mod_tls_shmcache.c');
    beside_real(0, 'mod_tls_shmcache.c', 'mod_ftps_shmcache.c');
  }

  my $early = FTPS::Test::Server->new(module => 'none',
    ours => ['mod_ftps_shmcache']);
  my ($status, $output) = $early->syntax_check;
  is $status, 1, 'before mod_ftps: status';
  like $output, qr/put the line "LoadModule mod_ftps\.c" before this one/,
    'and why';
};

done_testing();

# A daemon without TLS, with the probe; files, below its folder, of the spaces
# "sess" and "ocsp".
sub server (@files) {
  my $srv = FTPS::Test::Server->new(module => 'none');
  link_ours($srv);
  FTPS::Test::Build->module($srv, 'mod_probe_provider',
    flags => ['-Wl,-z,nodelete']);
  $srv->config->set(ours => ['mod_probe_provider', 'mod_ftps_shmcache']);
  $srv->config->set(extra => lines($srv, @files)) if @files;
  return $srv;
}

# Lines of the configuration: infos, or a server and what follows its folder.
sub lines ($first, @rest) {
  my @infos = ref $first ? map { '/file=' . $first->dir . "/$_" } @rest
    : ($first, @rest);
  my @spaces = qw(sess ocsp);
  return [map { "ProbeCache $spaces[$_] \"$infos[$_]\"" } 0 .. $#infos];
}

sub beside_real ($works, @order) {
  my $srv = FTPS::Test::Server->new(module => 'mod_ftps',
    extra => [map { "LoadModule $_" } @order]);
  link_ours($srv);
  $srv->config->link_stock('mod_tls_shmcache');
  my ($status, $output) = $srv->syntax_check;
  is $status, $works ? 0 : 1, "@order: status" or diag $output;
  my @lines = grep { /tls_shmcache\.c is loaded already, and mod_ftps_shmc/ }
    split /\n/, $output;
  is @lines, $works ? 0 : 1, 'and what is said';
  return;
}

sub link_ours ($srv) {
  my $built = ($ENV{FTPS_MODULE_SO} // "$FindBin::Bin/../build/mod_ftps.so")
    =~ s{[^/]*\z}{}r;
  symlink "${built}mod_ftps_shmcache.so",
    $srv->dir . '/modules/mod_ftps_shmcache.so';
  return;
}

sub connected ($srv) {
  my $c = $srv->connection;
  my ($code) = $c->connect;
  die "not connected: $code" if $code != 220;
  return $c;
}

# In the clear; below a chroot and with the rights of the user.
sub login ($srv) {
  my $c = connected($srv);
  $c->cmd('USER proftpd');
  my ($code, $text) = $c->cmd('PASS test');
  die "not logged in: $code $text" if $code != 230;
  return $c;
}

# For one question.
sub fresh ($srv) { return login($srv) }

sub ask ($c, $question) {
  my ($code, $text) = $c->cmd("CACHE $question");
  return $code == 200 ? $text : "$code $text";
}

# path => [descriptor, flags], of those below the folder of the test.
sub descriptors ($pid, @) {
  my %found;
  for my $fd (glob "/proc/$pid/fd/*") {
    my $path = readlink $fd // next;
    next if $path !~ m{/cache[^/]*$};
    my ($n) = $fd =~ m{(\d+)$};
    open my $in, '<', "/proc/$pid/fdinfo/$n" or next;
    my ($flags) = map { /^flags:\s+(\d+)/ ? oct $1 : () } <$in>;
    $found{$path} = [$n, $flags];
  }
  return %found;
}

# The daemon has one more for each session that it has just begun.
sub has_descriptors ($srv, $n) {
  FTPS::Test::Process->until(sub { descriptor_count($srv->pid) == $n });
  return is descriptor_count($srv->pid), $n, 'no descriptor more';
}

sub descriptor_count ($pid) { return scalar(() = glob "/proc/$pid/fd/*") }

sub write_at ($path, $at, $bytes) {
  open my $out, '+<:raw', $path or die "$path: $!";
  seek $out, $at, SEEK_SET;
  print {$out} $bytes;
  close $out or die "$path: $!";
  return;
}
