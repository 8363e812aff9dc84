#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Sessions in a cache of several processes: which connection finds which
# session, and that a cache which was changed, replayed or does not answer can
# do no harm.
#
# The cache is doc/example_cache.c, built as another author would, from what
# "make install" installs.  Its file is an array of places, so this test reads
# and writes entries itself, and stops the cache by holding its locks.
#
# Clients have no tickets (TLS 1.2 ids).

use v5.36;

use Cwd qw(abs_path);
use Fcntl qw(:DEFAULT SEEK_SET F_SETLK F_WRLCK);
use File::Basename qw(dirname);
use File::Temp ();
use POSIX ();
use Test::More;
use Time::HiRes ();

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::Build;
use FTPS::Test::Controls;
use FTPS::Test::File qw(replace);
use FTPS::Test::Process;
use FTPS::Test::Server;

# Where configure and make were run: the tree itself, or another folder.
my $BUILT_IN = abs_path(dirname($ENV{FTPS_MODULE_SO}
  // abs_path(__FILE__) . '/../build/x') . '/..');
my ($PLACES, $PLACE_SIZE, $HEAD, $VALUE_AT) = (1024, 4096, 16, 80);
my @IDS = (max => '1.2', tickets => 0);

# Connections stay open until the end of a subtest: each session that ends holds
# the daemon up for a moment.
my @open;

my $srv = FTPS::Test::Server->new(max_instances => 100,
  vhosts => [{ name => 'a.test' }, { name => 'b.test' }]);
plan skip_all => FTPS::Test::Build->lack if FTPS::Test::Build->lack;
plan skip_all => 'not configured here' if !-e "$BUILT_IN/Makefile";

my $dir = $srv->dir;
my $file = "$dir/run/cache";
my $pki = $srv->pki;
my @LOAD = 'LoadModule mod_example_cache.c';
my $ca = $pki->cert('client-ca')->{cert};

build_example();
$srv->rewrite(extra => [@LOAD, "TLSSessionCache example:$file 300"]);
$srv->start;

sub build_example () {
  my $into = File::Temp->newdir('ftps-store-XXXXXX', TMPDIR => 1);
  my ($status, $output) = FTPS::Test::Process->run(
    ['make', '-s', '-C', $BUILT_IN, 'install', "DESTDIR=$into"], seconds => 300);
  is $status, 0, 'make install' or diag $output;
  my ($source) = glob "$into/usr/local/share/doc/*/example_cache.c";
  my ($headers) = glob "$into/usr/local/include/mod_ftps";
  ok $source && -e "$headers/ftps_cache.h", 'example and header are installed'
    or BAIL_OUT('nothing to build');
  FTPS::Test::Build->module($srv, 'mod_example_cache', source => $source,
    include => $headers);
  return;
}

# Entries by place: key, value, expiry.
sub entries () {
  open my $in, '<:raw', $file or return {};
  my %found;
  for my $i (0 .. $PLACES - 1) {
    sysseek $in, $i * $PLACE_SIZE, SEEK_SET;
    my $place;
    sysread $in, $place, $PLACE_SIZE;
    my ($key_len, $value_len, $expires) = unpack 'LLQ', $place;
    next if !$key_len;
    $found{$i} = { at => $i, expires => $expires,
      key => substr($place, $HEAD, $key_len),
      value => substr($place, $VALUE_AT, $value_len) };
  }
  return \%found;
}

sub write_entry ($e) {
  open my $out, '+<:raw', $file or die "$file: $!";
  sysseek $out, $e->{at} * $PLACE_SIZE, SEEK_SET;
  syswrite $out, pack('LLQ', length $e->{key}, length $e->{value},
    $e->{expires}) . pack("a64", $e->{key}) . $e->{value};
  close $out or die "$file: $!";
  return;
}

sub clear_entries () {
  open my $out, '+<:raw', $file or die "$file: $!";
  syswrite $out, "\0" x ($PLACES * $PLACE_SIZE);
  close $out or die "$file: $!";
  return;
}

sub leave () {
  $_->quit for splice @open;
  return $srv->wait_sessions(0);
}

# The session of a new connection, and the entry it made.
sub new_session (%o) {
  my $before = entries();
  my $c = $srv->client(@IDS, %o);
  my $session = $c->session;
  push @open, $c;
  my $after = entries();
  my ($at) = grep { !$before->{$_}
    || $before->{$_}{key} ne $after->{$_}{key} } keys %$after;
  return ($session, defined $at ? $after->{$at} : undef);
}

# Is it resumed by a new control connection, and does all work, a transfer on a
# resumed data connection included?
sub resumes ($session, $wanted, $name, %o) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my $c = eval { $srv->client(@IDS, session => $session, %o) };
  return fail("$name: $@") if !$c;
  is !!$c->session_reused, !!$wanted,
    "$name: " . ($wanted ? 'resumed' : 'a full handshake');
  my $r = $c->stor('x', $name, finish => 'notify');
  is "$r->{code}/" . ($r->{reused} // ''), '226/1', "$name: a transfer";
  is $srv->read_file('x'), $name, "$name: its bytes";
  push @open, $c;
  return;
}

subtest 'another process, a restart, a new daemon' => sub {
  my ($session, $entry) = new_session();
  leave();
  ok $entry, 'stored';
  unlike $entry->{value}, qr/\Q${\ substr $entry->{key}, 9 }/, 'sealed';
  resumes($session, 1, 'another process');
  resumes($session, 1, 'once more');
  for my $n (1 .. 3) {
    ok $srv->hup, "SIGHUP $n";
    resumes($session, 1, "after SIGHUP $n");
  }
  is $srv->stop, 0, 'stop';
  $srv->start;
  resumes($session, 0, 'a new daemon, which has another secret');
  ($session) = new_session();

  my $c = $srv->client(@IDS, session => $session);
  my $d = $srv->client(@IDS, session => $session);
  for my $row (['the first', $c], ['the second', $d]) {
    my ($name, $own) = @$row;
    ok $own->session_reused, "$name of two with one session";
    my $r = $own->stor('y', $name, finish => 'notify');
    is $r->{code}, 226, "$name: a transfer";
    $own->quit;
  }
  leave();
};

subtest 'not stored where tickets serve' => sub {
  clear_entries();
  for my $row (['TLS 1.3', min => '1.3'], ['TLS 1.2 tickets', max => '1.2']) {
    my ($name, @tls) = @$row;
    my $c = $srv->client(@tls);
    my $r = $c->stor('x', $name, finish => 'notify');
    is $r->{code}, 226, "$name: a transfer";
    my $session = $c->session;
    $c->quit;
    ok $srv->client(@tls, session => $session)->session_reused,
      "$name: resumed all the same";
    is_deeply entries(), {}, "$name: nothing is stored";
  }
  leave();
};

subtest 'virtual hosts' => sub {
  FTPS::Test::Server->need_host;
  my ($main) = new_session();
  my ($own) = new_session(sni => 'a.test');
  resumes($main, 1, 'of the main server, there');
  resumes($main, 0, 'of the main server, at a.test', sni => 'a.test');
  resumes($own, 1, 'of a.test, there', sni => 'a.test');
  resumes($own, 0, 'of a.test, at b.test', sni => 'b.test');
  resumes($own, 0, 'of a.test, at the main server');
  leave();
};

# Servers of one name on two addresses, with a certificate each and one secret.
subtest 'namesakes' => sub {
  my $secret = replace("$dir/run/common", 'ab' x 32, 0600);
  my $own = FTPS::Test::Server->new(tls => "TLSCacheSecretFile $secret",
    vhosts => [{ name => 'other', address => '127.0.0.2', cert => 'a.test',
      tls => "TLSCacheSecretFile $secret",
      extra => 'ServerName "FTPS test"' }]);
  $own->start;
  for my $tls ([max => '1.2'], [min => '1.3']) {
    my $c = $own->client(@$tls);
    $c->cmd('NOOP');
    my $session = $c->session;
    $c->quit;
    for my $row (['127.0.0.1', 1], ['127.0.0.2', 0]) {
      my ($host, $wanted) = @$row;
      my $d = $own->connection(@$tls, host => $host, session => $session);
      $d->connect;
      ok $d->auth, "@$tls, $host";
      is !!$d->session_reused, !!$wanted, $wanted ? 'resumed' : 'not resumed';
      $d->quit;
    }
  }
  is $own->stop, 0, 'ends well';
};

# Each makes a value out of a good one and one of another session.
my @DAMAGES = (
  ['another version', sub ($v, $o) { "\x02" . substr $v, 1 }],
  ['a later end', sub ($v, $o) {
      substr($v, 0, 1) . "\0\0\0\x01" . substr $v, 5 }],
  ['an earlier end', sub ($v, $o) { substr($v, 0, 1) . "\0" x 8 . substr $v, 9 }],
  ['another salt', sub ($v, $o) { flip($v, 12) }],
  ['other content', sub ($v, $o) { flip($v, 60) }],
  ['another tag', sub ($v, $o) { flip($v, -1) }],
  ['one byte less', sub ($v, $o) { substr $v, 0, -1 }],
  ['one byte more', sub ($v, $o) { "$v\0" }],
  ['no content', sub ($v, $o) { substr $v, 0, 57 }],
  ['nothing', sub ($v, $o) { '' }],
  ['noise', sub ($v, $o) { 'x' x 3000 }],
  ['that of another session', sub ($v, $o) { $o }],
);

sub flip ($bytes, $at) {
  substr($bytes, $at, 1) ^.= "\x40";
  return $bytes;
}

subtest 'values that others wrote' => sub {
  my ($other, $its) = new_session();
  for my $row (@DAMAGES) {
    my ($name, $make) = @$row;
    my ($session, $entry) = new_session();
    write_entry({ %$entry, value => $make->($entry->{value}, $its->{value}) });
    resumes($session, 0, $name);
    my $now = entries()->{ $entry->{at} };
    ok !$now || $now->{key} ne $entry->{key}, "$name: removed"
      if $name ne 'nothing';
  }

  my ($session, $entry) = new_session();
  write_entry({ %$entry, value => flip($entry->{value}, 60) });
  write_entry($entry);
  resumes($session, 1, 'changed, and put right');
  open my $out, '+<:raw', $file or die $!;
  sysseek $out, $entry->{at} * $PLACE_SIZE + 4, SEEK_SET;
  syswrite $out, pack 'L', 0xffffffff;
  close $out;
  resumes($session, 0, 'a length beyond the file');
  leave();
};

# The second entry is kept by the cache beyond its time: the seal still looks.
subtest 'old sessions' => sub {
  my ($long) = new_session();
  $srv->rewrite(extra => [@LOAD, "TLSSessionCache example:$file 2"]);
  ok $srv->hup, 'sessions live for two seconds';
  my ($kept, $its) = new_session();
  write_entry({ %$its, expires => $its->{expires} + 1000 });
  my ($session, $entry) = new_session();
  resumes($session, 1, 'at once');
  FTPS::Test::Process->until(sub { time > $entry->{expires} + 1 });
  resumes($session, 0, 'too old');
  resumes($kept, 0, 'too old, in a cache that keeps everything');
  resumes($long, 0, 'too old by the configuration of now');
  $srv->rewrite(extra => [@LOAD, "TLSSessionCache example:$file 300"]);
  leave();
};

subtest 'a policy for client certificates' => sub {
  ok $srv->hup, 'no policy';
  my ($session) = new_session();
  $srv->rewrite(tls => ["TLSCACertificateFile $ca",
    'TLSVerifyClient optional']);
  ok $srv->hup, 'certificates are asked for';
  resumes($session, 0, 'a session of before');

  my @own = $pki->pair('client');
  ($session) = new_session(@own);
  resumes($session, 1, 'one with a certificate', @own);
  $srv->rewrite(tls => ["TLSCACertificateFile $ca", 'TLSVerifyClient on']);
  ok $srv->hup, 'certificates are required';
  resumes($session, 0, 'one of an earlier policy', @own);
  ($session) = new_session(@own);
  resumes($session, 1, 'one of this policy', @own);
  $srv->rewrite(tls => []);
  leave();
};

subtest 'secrets' => sub {
  my %pair = map { $_ => "$dir/run/$_.pem" } qw(cert key);
  my @tls = ("TLSECCertificateFile $pair{cert}",
    "TLSECCertificateKeyFile $pair{key}");
  $pki->issue(like => 'server', %pair);
  $srv->rewrite(tls => [@tls]);
  ok $srv->hup, 'a certificate of its own';
  my ($session) = new_session();
  resumes($session, 1, 'its session');
  $pki->issue(like => 'server', %pair);
  resumes($session, 0, 'with another key');

  my $secret = "$dir/run/secret";
  my $put = sub ($bytes) { replace($secret, $bytes, 0600) };
  $put->('a secret that is long enough to be one');
  $srv->rewrite(tls => [@tls, "TLSCacheSecretFile $secret"]);
  ok $srv->hup, 'a secret in a file';
  ($session) = new_session();
  resumes($session, 1, 'the same secret');
  $pki->issue(like => 'server', %pair);
  resumes($session, 1, 'the same secret, another key');
  $put->('another secret that is long enough to be one');
  resumes($session, 0, 'another secret');

  for my $row (
    ['too short', sub { $put->('x' x 31) }, 'has 31 bytes', 'openssl'],
    ['too long', sub { $put->('x' x 4097) }, 'has more than 4096 bytes',
      'openssl'],
    ['readable', sub { $put->('x' x 64); chmod 0644, $secret },
      'everybody may read it', 'chmod o-rw'],
    ['writable', sub { $put->('x' x 64); chmod 0602, $secret },
      'everybody may write to it', 'chmod o-rw'],
    ['of somebody', sub { $put->('x' x 64); chown 65534, 65534, $secret },
      'belongs to another user', 'chown root'],
    ['a directory', sub { unlink $secret; mkdir $secret },
      'is not a regular file', 'name one'],
    ['missing', sub { rmdir $secret }, 'No such file', 'check the path'],
  ) {
    my ($name, $make, $fault, $remedy) = @$row;
    $make->();
    my ($status, $output) = $srv->syntax_check;
    isnt $status, 0, "$name: refused";
    like $output, qr/TLSCacheSecretFile \Q$secret\E: .*\Q$fault\E.*\Q$remedy/,
      "$name: what and why";
  }
  $srv->rewrite(tls => []);
  ok $srv->hup, 'without it again';
  leave();
};

# (in own pages, elsewhere): how often a process has these bytes.
sub find_bytes ($pid, $bytes) {
  no warnings 'portable';
  my ($own, $elsewhere, @range) = (0, 0);
  open my $maps, '<', "/proc/$pid/smaps" or die "smaps: $!";
  open my $mem, '<:raw', "/proc/$pid/mem" or die "mem: $!";
  for my $line (<$maps>) {
    @range = (hex $1, hex $2) if $line =~ /^([0-9a-f]+)-([0-9a-f]+) r/;
    @range = () if $line =~ /^[0-9a-f]+-[0-9a-f]+ -|\[v(?:var|syscall)/;
    next if $line !~ /^VmFlags:(.*)/ || !@range;
    my $is_own = $1 =~ /\bdd\b/;
    my $text = '';
    sysseek $mem, $range[0], SEEK_SET;
    sysread $mem, $text, $range[1] - $range[0];
    my $n = () = $text =~ /\Q$bytes/g;
    $is_own ? ($own += $n) : ($elsewhere += $n);
  }
  return ($own, $elsewhere);
}

# What seals the sessions where a file holds these bytes.
sub secret_of ($bytes) {
  my $output = FTPS::Test::Process->must(['openssl', 'kdf', '-keylen', 32,
    '-kdfopt', 'digest:SHA256', '-kdfopt', 'hexkey:' . unpack('H*', $bytes),
    '-kdfopt', 'info:mod_ftps: sessions in caches, 2', 'HKDF']);
  return pack 'H*', $output =~ s/[^0-9A-F]//gr;
}

subtest 'where secrets are' => sub {
  plan skip_all => 'sanitizers have their own memory' if $ENV{FTPS_ASAN};
  plan skip_all => 'numbers are of another byte order'
    if pack('S', 1) ne "\1\0";
  my $path = replace("$dir/run/common", 'ab' x 32, 0600);
  my $secret = secret_of('ab' x 32);
  is length $secret, 32, 'a secret as another program derives it';
  $srv->rewrite(tls => ["TLSCacheSecretFile $path",
    'TLSOptions SessionReuseRequiredAfterCCC']);
  ok $srv->hup, 'a secret in a file';
  my ($own, $elsewhere) = find_bytes($srv->pid, $secret);
  is "$own, $elsewhere", '1, 0', 'the daemon: in its own pages';

  my $c = $srv->connection(@IDS);
  $c->connect;
  my ($pid) = $srv->sessions;
  ($own, $elsewhere) = find_bytes($pid, $secret);
  is "$own, $elsewhere", '1, 0', 'a session before AUTH: there as well';
  ok $c->auth, 'AUTH';
  $c->login;
  ($own, $elsewhere) = find_bytes($pid, $secret);
  is "$own, $elsewhere", '0, 0', 'after it: nowhere';
  $c->quit;
  leave();
  $srv->rewrite(tls => []);
  ok $srv->hup, 'without it again';
};

subtest 'a broken connection' => sub {
  clear_entries();  # no entry takes the place of another
  my $c = $srv->client(@IDS);
  my $session = $c->session;
  is scalar keys entries()->%*, 1, 'stored';
  $c->wire("\x17\x03\x03\0\x20" . 'x' x 32);
  ok FTPS::Test::Process->until(sub { !keys entries()->%* }),
    'forgotten after a fatal alert';
  $c->close;
  resumes($session, 0, 'not resumed');
  leave();
};

subtest 'the module comes and goes' => sub {
  plan skip_all => 'no ftpdctl' if !FTPS::Test::Controls->is_installed;
  my $control = sub (@words) {
    my (undef, $output) = FTPS::Test::Process->run(
      [FTPS::Test::Controls->command, '-s', "$dir/run/ctrls.sock", @words]);
    return $output;
  };
  my @with = ('ModuleControlsACLs insmod,rmmod allow user root',
    'ControlsInterval 1', @LOAD, "TLSSessionCache example:$file 300");
  $srv->rewrite(extra => \@with);
  ok $srv->hup, 'with ftpdctl';
  my ($session) = new_session();
  my $c = $srv->client(@IDS, session => $session);
  like $control->('rmmod', 'mod_example_cache.c'), qr/unloaded/, 'rmmod';
  resumes($session, 0, 'without it');
  my $r = $c->stor('x', 'x', finish => 'notify');
  is $r->{code}, 226, 'a session that has it goes on';
  $c->quit;
  like $control->('insmod', 'mod_example_cache.c'), qr/loaded/, 'insmod';
  resumes($session, 0, 'it is opened by a restart');
  ok $srv->hup, 'SIGHUP';
  resumes($session, 1, 'with it again');
  leave();
};

# All places locked: the example waits until its time is over.
sub hold_locks () {
  pipe(my $ready, my $held) or die "pipe: $!";
  my $pid = fork // die "fork: $!";
  if ($pid == 0) {
    close $ready;
    sysopen my $fh, $file, O_RDWR or POSIX::_exit(1);
    my $lock = pack 's s x![l!] l! l! i', F_WRLCK, SEEK_SET, 0, 0, 0;
    fcntl $fh, F_SETLK, $lock or POSIX::_exit(1);
    syswrite $held, 'x';
    sleep 60;
    POSIX::_exit(0);
  }
  close $held;
  my $byte = '';
  sysread $ready, $byte, 1;
  return $byte ? $pid : 0;
}

# From AUTH on: connecting may wait for what the daemon does.
sub login_seconds (%o) {
  my $c = $srv->connection(@IDS, %o);
  $c->connect;
  my $start = Time::HiRes::time;
  ok $c->auth, 'AUTH';
  $c->login;
  my $took = Time::HiRes::time - $start;
  $c->protect;
  my $r = $c->stor('x', 'slow', finish => 'notify');
  is $r->{code}, 226, 'a transfer';
  push @open, $c;
  return $took;
}

# Again when the machine was busy: a wait that is built in shows every time.
subtest 'a cache that does not answer' => sub {
  my ($session) = new_session();
  my $most = 0.5 + ($ENV{FTPS_ASAN} ? 1 : 0.15);
  my ($usual) = sort { $a <=> $b } map { login_seconds() } 1 .. 3;
  my ($first, $least);
  for my $try (1 .. 4) {
    my $holder = hold_locks() or return fail('locks');
    $first = login_seconds(session => $session);
    ($least) = sort { $a <=> $b }
      map { login_seconds(session => $session) } 1 .. 3;
    kill 'KILL', $holder;
    waitpid $holder, 0;
    cmp_ok $first, '>=', 0.25, 'the first login waits';
    ok FTPS::Test::Process->until(sub {
        my $c = $srv->client(@IDS, session => $session);
        my $is_reused = $c->session_reused;
        $c->quit;
        return $is_reused;
      }), 'and some seconds later it is asked again';
    last if $first - $usual < $most && $least < 0.25;
  }
  cmp_ok $first - $usual, '<', $most, 'for one deadline';
  cmp_ok $least, '<', 0.25, 'the next do not';
  leave();
};

subtest 'what is configured' => sub {
  for my $row (
    ['nothing to open', 'example:/no/such/directory/x', 'cannot be opened'],
    ['no path', 'example:', 'write the absolute path of a file'],
    ['another form', "example:$dir/proftpd.conf", 'cannot be opened'],
  ) {
    my ($name, $value, $fault) = @$row;
    for my $directive (qw(TLSSessionCache TLSStaplingCache)) {
      $srv->rewrite(extra => [@LOAD, "$directive $value"]);
      my ($status, $output) = $srv->syntax_check;
      is $status, 0, "$directive, $name: taken";
      like $output, qr/\Q$directive $value\E: .*\Q$fault\E.*; nothing is stored/,
        "$directive, $name: what and why";
    }
  }

  $srv->rewrite(extra => [@LOAD, 'TLSSessionCache example:/no/such/file/x']);
  ok $srv->hup, 'a restart with such a fault';
  ok $srv->wait_log(qr{TLSSessionCache example:/no/such/file/x: },
    'system'), 'is told';
  my ($session) = new_session();
  resumes($session, 0, 'without the cache');

  $srv->rewrite(extra => [@LOAD, "TLSSessionCache example:$file 300",
    "TLSStaplingCache example:$file"]);
  ok $srv->hup, 'one file for both uses';
  ($session) = new_session();
  resumes($session, 1, 'a session');

  replace("$dir/run/psk", '0123456789abcdef' x 4, 0600);
  $srv->rewrite(cert => undef,
    tls => ["TLSPreSharedKey me hex:$dir/run/psk"]);
  my ($status, $output) = $srv->syntax_check;
  is $status, 0, 'a server without a private key';
  unlike $output, qr/TLSSessionCache keeps none/,
    'the daemon makes a secret for it';

  $srv->rewrite(cert => 'server', tls => [], extra => []);
  ok $srv->hup, 'without the module';
  ($session) = new_session();
  resumes($session, 0, 'a session');
  $srv->rewrite(extra => [@LOAD, "TLSSessionCache example:$file 300"]);
  ok $srv->hup, 'with it again';
  ($session) = new_session();
  resumes($session, 1, 'a session');
  leave();
};

is $srv->stop, 0, 'the daemon ends well';
done_testing;
