# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# TLS sessions in shared memory: they are resumed by id from any process and
# after SIGHUP, after a restart only with TLSCacheSecretFile; by many clients at
# once, while sessions are killed and the file is damaged.  The files of the
# module are tested in t/41-shmcache.t.
#
# FTPS_SLOW=1: 50 clients with 20 listings each, twice, and killed sessions for
# 5 minutes.  Needs: root, proftpd-core.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fcntl qw(SEEK_SET);
use FTPS::Test::File qw(replace);
use FTPS::Test::Process;
use FTPS::Test::Server;
use POSIX ();
use Test::More;
use Time::HiRes ();

my ($CLIENTS, $LISTINGS, $SECONDS) = $ENV{FTPS_SLOW} ? (50, 20, 300)
  : (6, 3, 3);
my @IDS = (min => '1.2', max => '1.2', tickets => 0);

my $srv = FTPS::Test::Server->new(ours => ['mod_ftps_shmcache'],
  tls => ['TLSRequired on'], max_instances => 200);
my $file = $srv->dir . '/run/cache';
my @two = ("TLSSessionCache shm:/file=$file 600",
  "TLSStaplingCache shm:/file=$file");
$srv->rewrite(extra => [@two]);

subtest 'what is configured' => sub {
  my @rows = (
    ['mod_tls\'s example', 0, undef, '<IfModule mod_tls_shmcache.c>',
      "TLSSessionCache shm:/file=$file&size=512000 600",
      "TLSStaplingCache shm:/file=$file.ocsp&size=512000", '</IfModule>'],
    ['too small', 0, qr/size=1000 is too small, and 196608 bytes are used/,
      "TLSSessionCache shm:/file=$file&size=1000"],
    ['no folder', 0, qr/TLSSessionCache .*"\/none" cannot be written to/,
      'TLSSessionCache shm:/file=/none/cache'],
    ['two sizes', 0, qr/named with another size elsewhere/,
      "TLSSessionCache shm:/file=$file&size=512000", $two[1]],
  );
  for my $row (@rows) {
    my ($name, $wanted, $regex, @lines) = @$row;
    $srv->rewrite(extra => \@lines);
    my ($status, $output) = $srv->syntax_check;
    is $status, $wanted, "$name: status" or diag $output;
    is scalar(grep { /$regex/ } split /\n/, $output), 1, "$name: one line"
      if $regex;
  }
  ok !-e $file, 'proftpd -t makes no file';
};

# As after a boot, when the folder of a cache is in a file system in memory.
subtest 'a folder that is made after the start' => sub {
  my $folder = "$srv->{dir}/run/made";
  $srv->rewrite(extra => ["TLSSessionCache shm:/file=$folder/cache 600"]);
  $srv->start;
  my $c = $srv->client;
  ok $c->list->{ok}, 'a session';
  $c->quit;
  mkdir $folder or die "$folder: $!";
  ok $srv->hup && -s "$folder/cache", 'a reload makes the cache';
  is $srv->stop, 0, 'the daemon ends';
  $srv->rewrite(extra => [@two]);
};

# What lies in the file is sealed with a secret that dies with the daemon.
subtest 'another process, SIGHUP, restart' => sub {
  $srv->start;
  my $session = leave();
  resumes($session, 'another process');
  ok $srv->hup, 'SIGHUP';
  resumes($session, 'after it');
  is $srv->stop, 0;
  $srv->start;
  ok !is_resumed($session), 'a new daemon cannot read what the old one kept';
  resumes(leave(), 'what it keeps itself');
};

subtest 'a secret in a file' => sub {
  my ($old, $new) = map { $_ x 32 . "\n" } 'ab', 'cd';
  my $secret = secret_file($old);
  $srv->rewrite(tls => ['TLSRequired on', "TLSCacheSecretFile $secret"]);
  ok $srv->hup, 'SIGHUP';
  my $session = leave();
  is $srv->stop, 0;
  $srv->start;
  resumes($session, 'after a restart');
  secret_file($new, $old);
  resumes($session, 'with a new secret before the old one');
  my $second = leave();
  secret_file($new);
  ok !is_resumed($session), 'without the old one: a full handshake';
  resumes($second, 'what was sealed with the new one');
  secret_file(map { sprintf "%064d\n", $_ } 1 .. 5);
  my ($status, $output) = $srv->syntax_check;
  is $status, 1, 'five secrets are refused';
  like $output, qr/TLSCacheSecretFile \Q$secret\E: has 5 secrets.*; keep the/,
    'and why';
  $srv->rewrite(tls => ['TLSRequired on']);
  ok $srv->hup, 'SIGHUP';
};

subtest 'a crowd' => sub {
  for my $tls ([@IDS], [min => '1.3']) {
    my $name = "TLS $tls->[1]";
    my @said = FTPS::Test::Process->crowd($CLIENTS, sub { lists(@$tls) });
    is_deeply [grep { $_ ne 'well' } @said], [], "$name: no error";
    is scalar(@said), $CLIENTS, "$name: all of them";
  }
};

subtest 'damaged' => sub {
  my $session = leave();
  damage(65536, 128 * 131072);
  my $c = $srv->client(@IDS, session => $session);
  ok !$c->session_reused, 'not found: a full handshake';
  ok $c->list->{ok}, 'which is a good one';
  $c->quit;
  resumes(leave(), 'what is stored afterwards');

  damage(0, 72);
  resumes(leave(), 'with a broken header');
  truncate $file, 1000;
  $c = $srv->client(@IDS, session => leave());
  ok !$c->session_reused && $c->list->{ok}, 'cut: full handshakes';
  $c->quit;
  ok $srv->hup, 'SIGHUP';
  ok $srv->wait_log(qr/"\Q$file\E": it \w+ .*; it is now "\S+\.bad"/,
    'system'), 'the log says what was set aside';

  # The cache is left alone for some seconds after it could not answer.
  ok FTPS::Test::Process->until(sub { is_resumed(leave()) }),
    'and sessions are found again';
};

subtest 'sessions are killed' => sub {
  my $end = time + $SECONDS;
  my ($n, @faults) = (0);
  my $kills = fork // die "fork: $!";
  if (!$kills) {
    kill_some($end);
    POSIX::_exit(0);
  }
  while (time < $end) {
    my $session = eval { leave() } or next;
    my ($resumed, $listed);
    eval {
      my $c = $srv->client(@IDS, session => $session);
      $resumed = $c->session_reused;
      $listed = $c->list->{ok};
      ($c->cmd('NOOP'))[0] == 200;
    } or next;    # hit
    $n++;
    push @faults, 'not resumed' if !$resumed;
    push @faults, 'no listing' if !$listed;
  }
  waitpid $kills, 0;
  cmp_ok $n, '>', 0, "clients that were not hit ($n)";
  diag "$n clients" if $ENV{FTPS_SLOW};
  my %count;
  $count{$_}++ for @faults;
  is $count{'no listing'}, undef, 'their listings';
  cmp_ok $count{'not resumed'} // 0, '<=', $n / 10,
    'resumed, but for stripes that a killed session left half changed';
  resumes(leave(), 'and afterwards');
  is $srv->stop, 0;
};

done_testing();

sub secret_file (@secrets) {
  return replace($srv->dir . '/run/secret', join('', @secrets), 0600);
}

# The TLS session of a client that has been and gone.
sub leave () {
  my $c = $srv->client(@IDS);
  my $session = $c->session;
  $c->quit;
  return $session;
}

sub is_resumed ($session) {
  my $c = $srv->client(@IDS, session => $session);
  my $is = $c->session_reused;
  $c->quit;
  return $is;
}

sub resumes ($session, $name) {
  my $c = $srv->client(@IDS, session => $session);
  ok $c->session_reused, "$name: resumed";
  my $r = $c->list;
  ok $r->{ok} && $r->{reused}, "$name: a listing";
  $c->quit;
  return;
}

# A client that comes twice.
sub lists (@tls) {
  my $session;
  for my $time (1, 2) {
    my $c = $srv->client(@tls,
      $session ? (session => $session) : ());
    return "not resumed" if $session && !$c->session_reused;
    for my $i (1 .. $LISTINGS) {
      my $r = $c->list(undef);
      return "listing $i: $r->{code} $r->{text}" if !$r->{ok} || !$r->{reused};
    }
    $session = $c->session;
    $c->quit;
  }
  return 'well';
}

sub kill_some ($end) {
  while (time < $end) {
    my @sessions = $srv->sessions;
    kill KILL => $sessions[rand @sessions] if @sessions;
    Time::HiRes::sleep(0.02 + rand 0.2);
  }
  return;
}

sub damage ($at, $len) {
  open my $out, '+<:raw', $file or die "$file: $!";
  seek $out, $at, SEEK_SET;
  my $noise = pack 'C*', map { rand 256 } 1 .. $len % 65536 || 65536;
  print {$out} $noise for 1 .. $len / length $noise;
  close $out or die "$file: $!";
  return;
}
