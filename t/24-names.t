#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# TLSCertificateDirectory: the certificate of each name that a client sends,
# from the folders of certbot and of acme.sh, read at its first use.  A name
# never leaves the directory; one without a folder costs the same few looks each
# time.  Renewed and broken certificates, SIGHUP, lost processes.
#
# One daemon; each part has names of its own.

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path qw(make_path remove_tree);
use File::Temp ();
use POSIX ();
use Test::More;

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::Build;
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Patience qw(now);
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Server;

my $PKI  = FTPS::Test::PKI->new;
my $temp = File::Temp->newdir('ftps-names-XXXXXX', TMPDIR => 1);
my $root = "$temp/letsencrypt";
my $live = "$root/live";
my $acme = "$temp/acme";
make_path($live, "$root/archive", $acme);
my $version = 0;
my %print;

# As certbot has it: live/NAME has links to archive/NAME, and changes them.
sub certbot ($name, %o) {
  my $n = ++$version;
  my $folder = delete $o{folder} // $name =~ s/^\*\.//r;
  make_path("$live/$folder", "$root/archive/$folder");
  my %file = (cert => "fullchain$n.pem", key => "privkey$n.pem");
  $print{$folder} = $PKI->issue(like => 'server', cn => $name,
    san => "DNS:$name", %o,
    map { $_ => "$root/archive/$folder/$file{$_}" } keys %file);
  relink($folder, $n);
  return $print{$folder};
}

sub relink ($folder, $n) {
  for my $what (qw(fullchain privkey)) {
    my $link = "$live/$folder/$what.pem";
    symlink "../../archive/$folder/$what$n.pem", "$link.new" or die "$link: $!\n";
    rename "$link.new", $link or die "$link: $!\n";
  }
  return;
}

sub acme ($name, %o) {
  my $after = delete $o{after} // '';
  my $folder = "$acme/$name$after";
  make_path($folder);
  return $print{"$name$after"} = $PKI->issue(
    like => $after ? 'server' : 'server-rsa', cn => $name,
    san => "DNS:$name", cert => "$folder/fullchain.cer",
    key => "$folder/$name.key", %o);
}

my $own = $PKI->cert('server');
my $OWN = $PKI->fingerprint($own->{cert});
my $OWN_LINE = "TLSCertificate $own->{full} $own->{key}";
my $srv = FTPS::Test::Server->new(max_instances => 300,
  tls => [$OWN_LINE, "TLSCertificateDirectory $live"],
  vhosts => [ { name => 'acme', port => 'own', tls =>
        [ $OWN_LINE, "TLSCertificateDirectory $acme", 'TLSOptions NoSessionReuseRequired' ] },
    { name => 'session', port => 'own', tls =>
        [ $OWN_LINE, "TLSCertificateDirectory $live", 'TLSKeyIsolation off',
          'TLSOptions NoSessionReuseRequired' ] },
    { name => 'implicit', port => 'own', tls =>
        [ $OWN_LINE, "TLSCertificateDirectory $live",
          'TLSOptions UseImplicitSSL' ] } ]);
my @kept;

sub dial ($where, $name, %o) {
  my $c = $srv->connection(vhost => $where eq 'live' ? 'main' : $where,
    defined $name ? (sni => $name) : (), %o);
  push @kept, $c;
  my ($code, $text) = $c->connect;
  die "banner: $code $text\n" if $code != 220;
  return $c;
}

# The fingerprint that a client of this name gets.
sub shown ($where, $name, %o) {
  my $c = dial($where, $name, %o);
  $c->auth or return 'no handshake: ' . $c->error;
  my $print = $c->peer_fingerprint;
  push @kept, $c;
  return $print;
}


# Counts what processes do with files of the test's directories.
spew("$temp/count.c", <<'C');
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void note(const char *what, const char *path) {
  const char *dir = getenv("NAMES_DIR"), *log = getenv("NAMES_LOG");
  char line[1024];

  if (dir != NULL && strncmp(path, dir, strlen(dir)) == 0) {
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    int fd = real(log, O_WRONLY | O_APPEND);
    int n = snprintf(line, sizeof(line), "%s %s\n", what, path);

    if (write(fd, line, n) != n) {
      abort();
    }
    close(fd);
  }
}

FILE *fopen64(const char *path, const char *mode) {
  FILE *(*real)(const char *, const char *) = dlsym(RTLD_NEXT, "fopen64");
  note("open", path);
  return real(path, mode);
}

FILE *fopen(const char *path, const char *mode) {
  FILE *(*real)(const char *, const char *) = dlsym(RTLD_NEXT, "fopen");
  note("open", path);
  return real(path, mode);
}

int open(const char *path, int flags, ...) {
  int (*real)(const char *, int, int) = dlsym(RTLD_NEXT, "open");
  note("open", path);
  return real(path, flags, 0600);
}

int stat(const char *path, struct stat *st) {
  int (*real)(const char *, struct stat *) = dlsym(RTLD_NEXT, "stat");
  note("stat", path);
  return real(path, st);
}
C
# The sanitizers have functions of their own in the place of these.
my $can_count = !$ENV{FTPS_ASAN} && system('gcc', '-shared', '-fPIC', '-w',
  '-o', "$temp/count.so", "$temp/count.c") == 0;
spew("$temp/counted", '');
chmod 0666, "$temp/counted";

# Opened files and looks while the code runs.
sub counted ($code) {
  truncate "$temp/counted", 0;
  $code->();
  my @lines = split /\n/, slurp("$temp/counted");
  return (scalar(grep { /^open/ } @lines), scalar(grep { /^stat/ } @lines));
}

sub soon ($code, $name) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  return ok(FTPS::Test::Process->until($code), $name)
    || diag($srv->systemlog, $srv->tlslog);
}

sub is_shown ($name, $want, $why, $where = 'live', %o) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  return is(shown($where, $name, %o), $want, $why) || diag($srv->tlslog);
}

# The daemon has it: a session opens no file.
sub is_kept ($name) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  return if !$can_count;
  return soon(sub {
    (counted(sub { shown('live', $name, ca => undef) }))[0] == 0;
  },
    "$name: later sessions open no file");
}

certbot("$_.example") for qw(a.test b.test renew.test data);
certbot('*.wild.example');
# Thousands, of which few are used.
my %some = map { $_ => (glob "$root/archive/data.example/$_*")[0] }
  qw(fullchain privkey);
for my $n (1 .. 1000) {
  my $folder = "$live/t$n.thousands.example";
  mkdir $folder or die "$folder: $!\n";
  link $some{$_}, "$folder/$_.pem" or die "$folder: $!\n" for sort keys %some;
}
certbot("n$_.many.example") for 1 .. 12;
acme('both.example');
acme('both.example', after => '_ecc');
acme('*.stars.example', after => '_ecc');
acme('only-rsa.example');
{
  local %ENV = (%ENV, $can_count ? (LD_PRELOAD => join ' ',
      "$temp/count.so", $ENV{LD_PRELOAD} // ()) : (),
    NAMES_DIR => $root, NAMES_LOG => "$temp/counted");
  $srv->start;
}

subtest 'nothing is read at the start' => sub {
  plan skip_all => 'nothing can be compiled here' if !$can_count;
  is(scalar(() = slurp("$temp/counted") =~ /^open /mg), 0,
    '1,000 folders: no file');
  my @looks = slurp("$temp/counted") =~ m{^stat \S+/live/(.*)}mg;
  is("@looks", '', 'and no look at a folder');
};

my $EC12 = 'ECDHE-ECDSA-AES128-GCM-SHA256';
my $RSA12 = 'ECDHE-RSA-AES128-GCM-SHA256';
my @FOUND = (
  [ live => 'a.test.example', 'a.test.example' ],
  [ live => 'A.Test.Example', 'a.test.example' ],
  [ live => 'a.test.example.', 'a.test.example' ],
  [ live => 'b.test.example', 'b.test.example' ],
  [ live => 'x.wild.example', 'wild.example' ],
  [ live => 'y.wild.example', 'wild.example' ],
  [ live => 'wild.example', undef ],
  [ live => 'x.y.wild.example', undef ],
  [ live => 'unknown.example', undef ],
  [ live => 'x.a.test.example', undef ],
  [ live => 'example', undef ],
  [ live => undef, undef ],
  [ live => '127.0.0.1', undef ],
  [ session => 'a.test.example', 'a.test.example' ],
  [ acme => 'both.example', 'both.example_ecc' ],
  [ acme => 'both.example', 'both.example', $RSA12 ],
  [ acme => 'both.example', 'both.example_ecc', $EC12 ],
  [ acme => 'y.stars.example', '*.stars.example_ecc' ],
  [ acme => 'only-rsa.example', 'only-rsa.example' ],
);
for my $row (@FOUND) {
  my ($where, $name, $folder, $cipher) = @$row;
  for my $max ($cipher ? '1.2' : ('1.2', '1.3')) {
    is_shown($name, defined $folder ? $print{$folder} : $OWN,
      "$where, " . ($name // 'no name') . ", TLS $max", $where, max => $max,
      $cipher ? (ciphers => $cipher) : ());
  }
}

subtest 'implicit TLS' => sub {
  for my $name ('b.test.example', 'a.test.example') {
    my $c = dial('implicit', $name, implicit => 1);
    is($c->peer_fingerprint, $print{$name}, $name);
  }
};

# Whose folder it is may put anything there; nobody waits for a writer.
subtest 'a FIFO in the place of a certificate' => sub {
  make_path("$live/fifo.example");
  POSIX::mkfifo("$live/fifo.example/fullchain.pem", 0600) or die "fifo: $!";
  link $some{privkey}, "$live/fifo.example/privkey.pem" or die "fifo: $!";
  for my $n (1, 2) {
    my $begin = now();
    is_shown('fifo.example', $OWN, "$n: the server's own certificate");
    cmp_ok(now() - $begin, '<', 4, "$n: at once");
  }
};

subtest 'the daemon reads it once, for all later sessions' => sub {
  plan skip_all => 'calls cannot be counted' if !$can_count;
  is_kept($_) for 'a.test.example', 'x.wild.example', 'z.wild.example';
};

# No byte of these reaches the file system.  Looks are those of the directory's
# servers at a session's start, not of a name.
subtest 'names that never leave the directory' => sub {
  make_path("$temp/outside.example");
  $PKI->issue(like => 'server', san => 'DNS:outside.example',
    cert => "$temp/outside.example/fullchain.pem",
    key => "$temp/outside.example/privkey.pem");
  for my $name ('..', '../a.test.example', '.', '.a.test.example',
    'a..test.example', '../../outside.example', 'archive/a.test.example',
    "a.test.example\n",
    '*.wild.example', "b\xc3\xbccher.example", '-' x 64 . '.example',
    'x' x 254, join('.', ('y' x 60) x 5), '_', '', "/$live/a.test.example") {
    my $print;
    my ($opened, $looked) = counted(sub { $print = shown('live', $name) });
    my $text = substr $name =~ s/[^ -~]/?/gr, 0, 30;
    is($print, $OWN, "$text: the server's own certificate");
    is($opened, 0, "$text: nothing is opened");
    unlike(slurp("$temp/counted"), qr/\.\.|outside|\/\./, "$text: no such path");
  }
};

subtest 'a name without a folder costs the same each time' => sub {
  plan skip_all => 'nothing can be compiled here' if !$can_count;
  my %cost;
  for my $n (1 .. 6) {
    my ($opened, $looked) = counted(sub { shown('live', "u$n.un.known") });
    $cost{"$opened opened, $looked looks"} = 1;
  }
  my @cost = keys %cost;
  is(scalar @cost, 1, 'the same') or diag("@cost");
  like($cost[0], qr/^0 opened, (?:[1-9]|1\d|20) looks$/, 'few, and no file');
};

subtest 'links and folders that are not used' => sub {
  symlink "$temp/outside.example", "$live/outside.example";
  is_shown('outside.example', $OWN, 'a link out of the directory');
  soon(sub { $srv->systemlog =~
    m{TLSCertificateDirectory \Q$live\E: .*outside.example/fullchain.pem is a link that leads out of it.* copy the file} },
    'the log says so');
  certbot('other.example', folder => 'wrong.example');
  is_shown('wrong.example', $OWN, 'a certificate for another name');
  soon(sub { $srv->systemlog =~ /folder "wrong\.example" is not made out to that name/ },
    'the log says so');
  symlink 'a.test.example', "$live/alias.example";
  is_shown('alias.example', $OWN, 'a link to a folder of another name');
  is_shown('other.example', $OWN, 'a name that no folder has');

  my @said;
  is_shown('outside.example', $OWN, 'again') for 1 .. 3;
  is(scalar(() = $srv->systemlog =~ /is a link that leads out of it/g), 1,
    'said once');
};

subtest 'what cannot be used' => sub {
  my %fault = (
    'half.example' => sub ($dir) { truncate "$dir/fullchain.cer", 40 },
    'nokey.example' => sub ($dir) { unlink "$dir/nokey.example.key" },
    'foreign.example' => sub ($dir) { $PKI->issue(like => 'server-rsa',
      key => "$dir/foreign.example.key") },
  );
  for my $name (sort keys %fault) {
    acme($name);
    $fault{$name}->("$acme/$name");
    is_shown($name, $OWN, "$name: the server's own", 'acme') for 1 .. 2;
    soon(sub { $srv->systemlog =~ /\Q$name\E.*clients of that name get the server's own/ },
      "$name: the log says why");
    is_shown($name, $OWN, "$name: again", 'acme') for 1 .. 2;
    is(scalar(() = $srv->systemlog =~
      /\Q$name\E.*clients of that name get the server's own/g), 1,
      "$name: said once");
    acme($name);
    is_shown($name, $print{$name}, "$name: corrected", 'acme');
  }
};

# A session of the one name must not be resumed under the other.
subtest 'resumption' => sub {
  for my $how (qw(1.2 1.3)) {
    my $c = dial('live', 'a.test.example', max => $how);
    $c->auth;
    $c->login;
    my $r = $c->list;
    ok($r->{ok} && $r->{reused}, "TLS $how: a data connection resumes")
      or diag($r->{text});
    my $session = $c->session;
    $c->quit;
    for my $row (['a.test.example', 1], ['b.test.example', 0],
      ['unknown.example', 0], [undef, 0]) {
      my ($name, $is_resumed) = @$row;
      my $again = dial('live', $name, max => $how, session => $session);
      ok($again->auth, "TLS $how: " . ($name // 'no name')) or diag($again->error);
      is($again->session_reused ? 1 : 0, $is_resumed, 'resumed, or not');
    }
  }
};

subtest 'full handshakes of data connections' => sub {
  for my $row ([ 'acme', 'both.example', $print{'both.example_ecc'} ],
    [ 'session', 'a.test.example', $print{'a.test.example'} ]) {
    my ($where, $name, $want) = @$row;
    my $c = dial($where, $name);
    $c->auth;
    $c->login;
    for my $n (1 .. 3) {
      my $print;
      my $r = $c->list('', session => 'none', during => sub ($client, $data) {
        $print = $data->peer_fingerprint;
      });
      is($print, $want, "$where, $n: the same certificate") or diag($r->{text});
    }
  }
};

# ProFTPD knows the names of virtual hosts alone.
subtest 'HOST' => sub {
  for my $row ([ 'a.test.example', undef, 'a.test.example' ],
    [ 'A.Test.Example', 'a.test.example', 'a.test.example' ],
    [ 'x.wild.example', undef, 'wild.example' ]) {
    my ($host, $sni, $folder) = @$row;
    my $c = dial('live', $sni);
    is(join(' ', $c->cmd("HOST $host")), '220 HOST command successful',
      "HOST $host");
    ok($c->auth, 'AUTH') or diag($c->error);
    is($c->peer_fingerprint, $print{$folder}, 'its certificate');
    is(($c->cmd("HOST $host"))[0], $sni ? 220 : 503, 'HOST after it');
    is(($c->cmd('HOST b.test.example'))[0], $sni ? 504 : 503,
      'another name after it');
    $c->login;
    is(($c->cmd("HOST $host"))[0], 503, 'and after the login');
  }
  my $c = dial('live', 'b.test.example');
  $c->cmd('HOST a.test.example');
  ok(!$c->auth, 'HOST is not SNI: refused');
  is($c->alert, 'access denied', 'alert');
  $c = dial('live', undef);
  is(($c->cmd("HOST $_"))[0], 504, "HOST $_") for 'unknown.example',
    '../a.test.example', 'a.test.example/';
};

subtest 'renewal' => sub {
  my $name = 'renew.test.example';
  is_shown($name, $print{$name}, 'before');
  is_kept($name);
  my $running = dial('live', $name);
  $running->auth;
  $running->login;
  my $old = certbot($name);
  is_shown($name, $print{$name}, 'the next session has the new one');
  soon(sub { $srv->systemlog =~
    /the changed certificate of "\Q$name\E" is in use now/ }, 'the daemon too');
  ok($running->list->{ok}, 'a running session goes on');
  is_kept($name);

  my $good = $print{$name};
  my $before = length $srv->systemlog;
  certbot($name);
  truncate "$live/$name/privkey.pem", 30;
  is_shown($name, $good, 'a broken one: the old one') for 1 .. 2;
  soon(sub { substr($srv->systemlog, $before) =~
    /\Q$name\E.*the old certificate stays in use/ }, 'the log says why');
  is_shown($name, $good, 'the old one') for 1 .. 2;
  ok($srv->hup, 'SIGHUP');
  is_shown($name, $good, 'the old one after it') for 1 .. 3;
  is(scalar(() = substr($srv->systemlog, $before) =~
    /\Q$name\E.*the old certificate stays in use/g), 1, 'said once');
  certbot($name);
  is_shown($name, $print{$name}, 'corrected');
  is_kept($name);

  remove_tree("$live/$name");
  is_shown($name, $OWN, 'removed');
  certbot($name);
  is_shown($name, $print{$name}, 'and there again');
};

subtest 'the life of a certificate' => sub {
  my $day = 86400;
  my %words = (from => -85 * $day, to => 5 * $day);
  for my $name ('late.example', 'over.example', 'fine.example') {
    certbot($name, $name eq 'late.example' ? %words
      : $name eq 'over.example' ? (from => -90 * $day, to => -5 * 3600) : ());
    is_shown($name, $print{$name}, $name, 'live', ca => undef);
    is_kept($name);
  }
  soon(sub { $srv->systemlog =~
      m{TLSCertificateDirectory \S+/late\.example/fullchain\.pem: the certificate expires in } },
    'a line at its first use says that it should have been renewed');
  soon(sub { $srv->systemlog =~
      m{TLSCertificateDirectory \S+/over\.example/fullchain\.pem: the certificate has expired } },
    'or that it has expired');
  certbot($_) for 'late.example', 'over.example', 'fine.example';
  is_shown($_, $print{$_}, "$_ renewed") for 'late.example', 'over.example',
    'fine.example';
  soon(sub { $srv->systemlog =~
      /CN = late\.example" was renewed too late, when [45] days of the one before were left/ },
    'renewed too late');
  soon(sub { $srv->systemlog =~
      /CN = over\.example" was renewed [45] hours after the end of the one before/ },
    'renewed after the end');
  unlike($srv->systemlog, qr/fine\.example" was renewed/, 'renewed in time');
};

subtest 'SIGHUP' => sub {
  for my $n (1 .. 3) {
    ok($srv->hup, "SIGHUP $n");
    is_shown('a.test.example', $print{'a.test.example'}, "$n: the same");
    is_kept('a.test.example');
  }
  @kept = ();
  soon(sub {
    my %found = FTPS::Test::Process->key_processes($srv->pid);
    return 2 == map { @$_ } values %found;
  }, 'when all sessions have ended, one keeper and one signer are there');
};

subtest 'lost processes' => sub {
  is_shown('a.test.example', $print{'a.test.example'}, 'before');
  is_kept('a.test.example');
  for my $which (qw(ftps-signer ftps-keeper)) {
    my %found = FTPS::Test::Process->key_processes($srv->pid);
    kill KILL => map { @$_ } $found{$which} // [];
    is_shown('a.test.example', $print{'a.test.example'}, "$which: killed");
    is_shown('n1.many.example', $print{'n1.many.example'}, "$which: a new name");
  }
};

subtest 'memory' => sub {
  my $memscan = FTPS::Test::Build->program("$temp/memscan");
  my @keys = map { "$live/$_.example/privkey.pem" } 'a.test', 'n1.many', 'n2.many';
  my $scan = sub ($pid, $what) {
    my ($status, $output) = FTPS::Test::Process->run(
      [ $memscan, $pid, @keys ], seconds => 60);
    is($output, '', "$what: no private number") or diag($status);
  };
  @kept = ();
  $srv->wait_sessions(0, 60);
  my $c = dial('live', 'n2.many.example');
  $c->auth;
  is($c->peer_fingerprint, $print{'n2.many.example'}, 'the first to use it');
  $srv->wait_sessions(1, 60);
  $scan->($_, 'a session') for $srv->sessions;
  $scan->($srv->pid, 'the daemon');
};

subtest 'many names' => sub {
  is_shown("n$_.many.example", $print{"n$_.many.example"}, "name $_") for 1 .. 12;
  my ($opened, $looks) = counted(sub { shown('live', 'a.test.example') });
  is($opened, 0, 'a session opens none of them') if $can_count;
};

# Other virtual hosts are chosen by name; a certificate's name is the server's.
subtest 'names of virtual hosts' => sub {
  FTPS::Test::Server->need_host;
  $srv->rewrite(vhosts => [ { name => 'host.example' } ]);
  ok($srv->hup, 'configuration read again');
  is_shown('a.test.example', $print{'a.test.example'}, 'a name of the directory');
  my $c = dial('live', 'unknown.example');
  ok(!$c->auth, 'an unknown name is refused where names choose');
  is($c->alert, 'unrecognized name', 'alert');
};

subtest 'the directory is taken out' => sub {
  $srv->rewrite(tls => [$OWN_LINE], vhosts => []);
  ok($srv->hup, 'configuration read again');
  is_shown('a.test.example', $OWN, 'its names are gone');
  $srv->rewrite(tls => [$OWN_LINE, "TLSCertificateDirectory $temp/none"]);
  ok($srv->hup, 'a directory that is not there');
  like($srv->systemlog, qr{TLSCertificateDirectory \S+/none: there is no such directory, so all clients get the server's own}, 'a line');
  is_shown('a.test.example', $OWN, 'the own certificate');
};

@kept = ();
is($srv->stop, 0, 'the daemon stops');
done_testing;
