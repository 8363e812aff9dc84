#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# TLSRequired in all of its places: Directory, .ftpaccess, Anonymous,
# VirtualHost and Global.  A refusal has its code and its text, comes before the
# 150, is in TLSLog, and nothing was transferred: no byte arrived, no file is
# new or changed.
#
# The path of the client is checked before the command runs.  Other modules and
# directives change it (mod_rewrite, ListOptions, mod_vroot's aliases).  So the
# path in use is checked again when a file or a directory is opened, and no byte
# has been transferred, and no file made or emptied, by then.
#
# The path of a transfer counts, not the working directory as with mod_tls, so
# this is not run with the stock module.

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Find qw(find);
use File::Path qw(make_path);
use Test::More;

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::Checks qw(is_reply);
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Server;

my $DATA = 'SSL/TLS required on the data channel';
my $CONTROL = 'SSL/TLS required on the control channel';

# A server whose users have home/{f,open/f,secret/f,secret/deep/f}; the lines
# are made by a sub that gets the home directory of its user.
sub serve ($lines, %o) {
  my $user = delete $o{user} // 'proftpd';
  my $srv = FTPS::Test::Server->new(
    tls => ['TLSOptions NoSessionReuseRequired'], %o);
  my $home = $srv->home($user);
  make_path(map { "$home/$_" } qw(open secret/deep));
  $srv->write_file("$_/f", "old $_", $user) for qw(. open secret secret/deep);
  my $uid = $srv->config->uid($user);
  chown $uid, $uid, map { "$home/$_" } qw(open secret secret/deep);
  $srv->rewrite(extra => [ $lines->($home) ]);
  return $srv->start;
}

sub section ($name, @lines) {
  my ($word) = split / /, $name;
  return ("<$name>", @lines, "</$word>");
}

sub access_file ($srv, $dir, @lines) {
  my $path = $srv->write_file("$dir/.ftpaccess", join('', map "$_\n", @lines));
  my $past = time - 60;
  utime $past, $past, $path;
  return;
}

# Every file below a directory with what is in it.
sub snapshot ($dir) {
  my %found;
  find({ no_chdir => 1, wanted => sub {
    my $name = $File::Find::name;
    $found{$name} = -f $name ? slurp($name) : undef;
  } }, $dir);
  return \%found;
}

# A session in one of three states: control connection in clear; protected,
# PROT C; protected, PROT P.
sub session ($srv, $state, %o) {
  my $c = $srv->connection(%o);
  $c->connect;
  if ($state ne 'plain') {
    $c->auth or die 'AUTH: ' . $c->error . "\n";
  }
  $c->cmd('USER ' . ($o{user} // 'proftpd'));
  $c->cmd('PASS test');
  if ($state ne 'plain') {
    $c->cmd('PBSZ 0');
    $c->cmd($state eq 'private' ? 'PROT P' : 'PROT C');
  }
  $c->cmd('TYPE I');
  return $c;
}

sub transfer ($c, $line) {
  my ($verb, $arg) = $line =~ /^(\w+) ?(.*)/;
  return $c->retr($arg) if $verb eq 'RETR';
  return $c->stor($arg, 'new', cmd => $verb) if $verb =~ /^(?:STO|APPE)/;
  my $method = lc $verb;
  return $c->$method($arg);
}

sub is_refused ($c, $line, $name) {
  my $r = transfer($c, $line);
  is("$r->{pre}[0] $r->{pre}[1]", "522 $DATA", "$name: $line: refused");
  is($r->{data} // '', '', "$name: $line: nothing came");
  return;
}

sub is_done ($c, $line, $name) {
  my $r = transfer($c, $line);
  is($r->{code}, 226, "$name: $line: done") or diag($r->{text});
  return $r;
}

my @REFUSED_FROM_OUTSIDE = (
  'RETR secret/f', 'RETR secret/deep/f', 'RETR open/../secret/f',
  'RETR secret/none', 'RETR link/f', 'STOR secret/f', 'STOR secret/new',
  'APPE secret/f', 'APPE secret/deep/new', 'LIST secret', 'LIST -la secret',
  'LIST -l -a secret/', 'LIST link', 'NLST secret', 'NLST secret/*', 'NLST */f',
  'LIST s*/f', 'MLSD secret', 'LIST -R', 'LIST -aR .', 'NLST -R');
my @REFUSED_INSIDE = ('RETR f', 'RETR deep/f', 'STOR new', 'STOU', 'APPE f',
  'LIST', 'LIST -l', 'LIST -l/open', 'NLST', 'MLSD', 'LIST ../secret');
my @DONE_FROM_OUTSIDE = ('RETR f', 'RETR open/f', 'RETR secret/../f', 'LIST',
  'LIST -la', 'LIST open', 'LIST s*', 'NLST', 'NLST open/*', 'MLSD',
  'LIST -R open', 'STOR open/up', 'APPE open/up');
my @DONE_INSIDE = ('RETR ../f', 'LIST ..', 'RETR ../open/f');

sub check_state ($srv, $state) {
  my $home = $srv->home;
  my $c = session($srv, $state);
  my $before = snapshot("$home/secret");
  is_refused($c, $_, $state) for @REFUSED_FROM_OUTSIDE;
  is_done($c, $_, $state) for @DONE_FROM_OUTSIDE;
  $c->cmd('CWD secret');
  is_refused($c, $_, "$state, inside") for @REFUSED_INSIDE;
  is_done($c, $_, "$state, inside") for @DONE_INSIDE;
  $c->cmd('CDUP');
  is_done($c, 'RETR f', "$state, outside again");
  is_deeply(snapshot("$home/secret"), $before, "$state: nothing has changed");
  is($srv->read_file('open/up'), 'newnew', "$state: what is free was stored");
  unlink "$home/open/up";
  $c->close;
  return;
}

sub check_private ($srv) {
  my $c = session($srv, 'private');
  is_done($c, 'RETR secret/f', 'private');
  is_done($c, 'LIST -R', 'private');
  is_done($c, 'STOR secret/up', 'private');
  is($srv->read_file('secret/up'), 'new', 'private: the file is there');
  $c->cmd('CWD secret');
  is_done($c, 'MLSD', 'private, inside');
  $c->close;
  return;
}

sub check_directory (%o) {
  my $srv = serve(sub ($home) {
    return section("Directory $home/secret", 'TLSRequired data');
  }, %o);
  symlink 'secret', $srv->path('link');
  check_state($srv, $_) for qw(plain clear);
  check_private($srv);
  $srv->like_tlslog(qr/refused: STOR: 522 \Q$DATA\E/, 'the refusal is logged');
  is($srv->stop, 0, 'exit status of the daemon');
  return;
}

subtest 'Directory' => sub { check_directory() };
subtest 'Directory, chroot' => sub { check_directory(default_root => '~') };

subtest 'Directory in Directory' => sub {
  my $srv = serve(sub ($home) {
    return (section("Directory $home", 'TLSRequired data'),
      section("Directory $home/open", 'TLSRequired off'));
  });
  my $c = session($srv, 'plain');
  is_refused($c, $_, 'outer') for 'RETR f', 'LIST', 'STOR new';
  is_done($c, $_, 'inner') for 'RETR open/f', 'LIST open';
  make_path($srv->path('open/sub'));
  $c->cmd('CWD open/sub');
  is_done($c, $_, 'inside the inner one') for 'LIST ..', 'NLST ..', 'MLSD ..',
    'RETR ../f', 'LIST';
  is_refused($c, $_, 'inside the inner one') for 'LIST ../..', 'RETR ../../f';
  ok(!-e $srv->path('new'), 'outer: no file');
  $c->close;
  is($srv->stop, 0, 'exit status of the daemon');
};

subtest 'Directory with on: a session in clear goes on' => sub {
  my $srv = serve(sub ($home) {
    return section("Directory $home/secret", 'TLSRequired on');
  });
  my $c = session($srv, 'plain');
  is_refused($c, 'RETR secret/f', 'on');
  is_reply($c, 'NOOP', '200 NOOP command successful', 'on');
  $c->close;
  is($srv->stop, 0, 'exit status of the daemon');
};

subtest 'a Directory does not weaken the server' => sub {
  my $srv = serve(sub ($home) {
    return ('TLSRequired data',
      section("Directory $home/open", 'TLSRequired off'));
  });
  for my $state (qw(plain clear)) {
    my $c = session($srv, $state);
    is_refused($c, $_, $state) for 'RETR f', 'RETR open/f', 'STOR open/new';
    $c->close;
  }
  ok(!-e $srv->path('open/new'), 'no file');
  is($srv->stop, 0, 'exit status of the daemon');
};

subtest '.ftpaccess' => sub {
  my $srv = serve(sub ($home) { return 'AllowOverride on' });
  access_file($srv, 'secret', 'TLSRequired data');
  access_file($srv, 'open', 'Umask 022');
  for my $state (qw(plain clear)) {
    my $before = snapshot($srv->path('secret'));
    for my $line ('RETR secret/f', 'RETR secret/deep/f', 'STOR secret/new',
        'STOR secret/f', 'LIST secret', 'NLST secret/*', 'MLSD secret/deep') {
      my $c = session($srv, $state);
      is_refused($c, $line, "$state, first command");
      $c->close;
    }
    my $c = session($srv, $state);
    $c->cmd('CWD secret');
    is_refused($c, $_, "$state, inside") for 'RETR f', 'STOU', 'LIST';
    is_done($c, $_, $state) for 'RETR ../f', 'RETR ../open/f', 'LIST ..';
    $c->close;
    is_deeply(snapshot($srv->path('secret')), $before,
      "$state: nothing has changed");
  }
  my $c = session($srv, 'private');
  is_done($c, 'RETR secret/f', 'private');
  $c->close;
  is($srv->stop, 0, 'exit status of the daemon');
};

subtest '.ftpaccess does not weaken the configuration' => sub {
  my $srv = serve(sub ($home) {
    return ('AllowOverride on',
      section("Directory $home/secret", 'TLSRequired data'));
  });
  access_file($srv, 'secret', 'TLSRequired off');
  access_file($srv, 'secret/deep', 'TLSRequired off');
  my $c = session($srv, 'plain');
  is_refused($c, $_, 'first') for 'RETR secret/f', 'RETR secret/deep/f';
  is_refused($c, $_, 'again') for 'RETR secret/f', 'RETR secret/deep/f';
  is_done($c, 'RETR f', 'outside');
  $c->close;
  is($srv->stop, 0, 'exit status of the daemon');
};

subtest '.ftpaccess is not read without AllowOverride' => sub {
  my $srv = serve(sub ($home) { return 'AllowOverride off' });
  access_file($srv, 'secret', 'TLSRequired data');
  my $c = session($srv, 'plain');
  is_done($c, 'RETR secret/f', 'off');
  $c->close;
  is($srv->stop, 0, 'exit status of the daemon');
};

# The early look is at the words, and does not search below them.
subtest '.ftpaccess below a listing' => sub {
  my $srv = serve(sub ($home) { return 'AllowOverride on' });
  access_file($srv, 'secret/deep', 'TLSRequired data');
  for my $line ('LIST -R', 'LIST -R secret', 'LIST -laR') {
    my $c = session($srv, 'plain');
    my $r = transfer($c, $line);
    like($r->{data}, qr/deep/, "$line: the directory");
    unlike($r->{data}, qr/deep:\s+\S*\s*-\S+.* f\b/s, "$line: not its files");
    is($r->{final}[0], 522, "$line: the reply says so");
    is_done($c, 'LIST secret', 'above');
    $c->close;
  }
  my $c = session($srv, 'private');
  is_done($c, 'LIST -R', 'private');
  $c->close;
  is($srv->stop, 0, 'exit status of the daemon');
};

sub anonymous ($home, @lines) {
  return section("Anonymous $home", 'User proftpd', 'Group proftpd',
    'UserAlias anonymous proftpd', 'RequireValidShell off', @lines);
}

subtest 'Anonymous: data' => sub {
  my $srv = serve(sub ($home) { return anonymous($home, 'TLSRequired data') },
    user => 'anon');
  for my $state (qw(plain clear)) {
    my $c = session($srv, $state, user => 'anonymous');
    is_reply($c, 'PWD', '257 "/" is the current directory', $state);
    is_refused($c, $_, $state) for 'RETR f', 'LIST', 'STOR new';
    $c->close;
  }
  ok(!-e $srv->path('new', 'anon'), 'no file');
  my $c = session($srv, 'private', user => 'anonymous');
  is(is_done($c, 'RETR f', 'private')->{data}, 'old .', 'private: content');
  is_reply($c, 'PROT C', '534 Unwilling to accept security parameters',
    'private');
  $c->close;
  is($srv->stop, 0, 'exit status of the daemon');
};

subtest 'Anonymous: on' => sub {
  my $srv = serve(sub ($home) { return anonymous($home, 'TLSRequired on') },
    user => 'anon');
  my $c = session($srv, 'plain', user => 'anonymous');
  is_reply($c, $_, "550 $CONTROL", 'in clear') for 'PWD', 'PASV', 'RETR f';
  is_reply($c, 'QUIT', '221 Goodbye.', 'in clear');
  $c->close;
  $c = session($srv, 'plain', user => 'other');
  is_reply($c, 'NOOP', '200 NOOP command successful', 'another user in clear');
  is_done($c, 'LIST', 'another user in clear');
  $c->close;
  $c = session($srv, 'private', user => 'anonymous');
  is_done($c, 'LIST', 'private');
  $c->close;
  is($srv->stop, 0, 'exit status of the daemon');
};

subtest 'Anonymous: !data' => sub {
  my $srv = serve(sub ($home) { return anonymous($home, 'TLSRequired !data') },
    user => 'anon');
  for my $state (qw(clear private)) {
    my $c = session($srv, $state, user => 'anonymous');
    is_reply($c, 'PROT P', '200 Protection set to Private',
      "$state: as with mod_tls");
    is_done($c, 'LIST', $state);
    $c->close;
  }
  is($srv->stop, 0, 'exit status of the daemon');
};

subtest 'Anonymous does not weaken the server' => sub {
  my $srv = serve(sub ($home) {
    return ('TLSRequired on', anonymous($home, 'TLSRequired off'));
  }, user => 'anon');
  my $c = session($srv, 'plain', user => 'anonymous');
  is_reply($c, $_, "550 $CONTROL", 'in clear')
    for 'USER anonymous', 'PASS x', 'NOOP', 'LIST';
  $c->close;
  $c = session($srv, 'clear', user => 'anonymous');
  is_refused($c, 'LIST', 'clear');
  $c->close;
  is($srv->stop, 0, 'exit status of the daemon');
};

# The last reply is the refusal, and no byte came; a 150 may come before it.
sub is_refused_in_use ($c, $line, $name) {
  my $r = transfer($c, $line);
  my ($code, $text) = $r->{final} ? $r->{final}->@* : $r->{pre}->@*;
  is("$code $text", "522 $DATA", "$name: $line: refused");
  is($r->{data} // '', '', "$name: $line: nothing came");
  is_reply($c, 'NOOP', '200 NOOP command successful', "$name: the session");
  return;
}

# What the client says, where mod_rewrite makes it something below "secret".
my @REWRITTEN = ('RETR alias/f', 'RETR alias/deep/f',
  'STOR alias/f', 'STOR alias/new', 'APPE alias/f', 'APPE alias/new',
  'LIST alias/', 'LIST alias/f', 'LIST -a alias/', 'NLST alias/',
  'NLST alias/f', 'MLSD alias/', 'NLST alias/*');

sub check_rewritten (%o) {
  my $srv = serve(sub ($home) {
    return (section("Directory $home/secret", 'TLSRequired data'),
      'RewriteEngine on',    # each rule has a condition: from 1.3.9e on it must
      'RewriteCondition %m .', 'RewriteRule ^(.*)alias/(.*) $1secret/$2',
      'RewriteCondition %m .', 'RewriteRule ^(.*)hollow/(.*) $1open/$2');
  }, modules => ['mod_rewrite'], %o);
  my $secret = $srv->home . '/secret';
  my $before = snapshot($secret);
  for my $state (qw(plain clear)) {
    my $c = session($srv, $state);
    is_refused_in_use($c, $_, $state) for @REWRITTEN;
    is_done($c, $_, $state) for 'RETR hollow/f', 'LIST hollow/', 'NLST hollow/',
      'RETR f', 'STOR hollow/up', 'MLSD hollow/';
    $c->close;
  }
  is_deeply(snapshot($secret), $before, 'nothing has changed');
  my $c = session($srv, 'private');
  is(is_done($c, 'RETR alias/f', 'private')->{data}, 'old secret', 'content');
  is_done($c, $_, 'private') for 'STOR alias/up', 'LIST alias/', 'MLSD alias/';
  $c->close;
  $srv->like_tlslog(qr/refused: RETR: 522 \Q$DATA\E/, 'the log');
  is($srv->stop, 0, 'exit status of the daemon');
  return;
}

subtest 'mod_rewrite' => sub {
  plan skip_all => 'no mod_rewrite'
    if FTPS::Test::Config->lacking('mod_rewrite');
  subtest 'plain' => sub { check_rewritten() };
  subtest 'chroot' => sub { check_rewritten(default_root => '~') };
};

subtest 'ListOptions -R' => sub {
  my $srv = serve(sub ($home) {
    return ('ListOptions -R',
      section("Directory $home/secret", 'TLSRequired data'));
  });
  my $c = session($srv, 'plain');
  for my $line ('LIST', 'LIST .', 'LIST -l') {
    my $r = transfer($c, $line);
    unlike($r->{data} // '', qr/deep/, "$line: nothing of what is inside");
    is($r->{final} && $r->{final}[0], 522, "$line: the reply says so");
  }
  is_done($c, 'LIST open', 'elsewhere');
  $c->close;
  $c = session($srv, 'private');
  like(is_done($c, 'LIST', 'private')->{data}, qr/deep/, 'private: all of it');
  $c->close;
  is($srv->stop, 0, 'exit status of the daemon');
};

subtest 'aliases of mod_vroot' => sub {
  plan skip_all => 'no mod_vroot' if FTPS::Test::Config->lacking('mod_vroot');
  my $srv = serve(sub ($home) {
    my $vault = dirname($home) . '/vault';
    return (section("Directory $vault", 'TLSRequired data'),
      'VRootEngine on', 'DefaultRoot ~', "VRootAlias $vault ~/linked",
      "VRootAlias $vault/deep ~/below", "VRootAlias $vault/f ~/single");
  }, modules => ['mod_vroot']);
  my $vault = dirname($srv->home) . '/vault';
  make_path("$vault/deep");
  spew($_, 'old vault') for "$vault/f", "$vault/deep/f";
  my $uid = $srv->config->uid('proftpd');
  chown $uid, $uid, $vault, "$vault/deep", "$vault/f", "$vault/deep/f";
  my $before = snapshot($vault);
  for my $state (qw(plain clear)) {
    my $c = session($srv, $state);
    is_refused_in_use($c, $_, $state) for 'RETR linked/f', 'RETR below/f',
      'RETR linked/deep/f', 'RETR single', 'STOR linked/f', 'STOR linked/new',
      'STOR below/new', 'APPE linked/f', 'STOR single', 'LIST linked',
      'MLSD linked', 'NLST below', 'MLSD below';
    is_done($c, $_, $state) for 'RETR f', 'LIST', 'RETR open/f', 'MLSD';
    $c->cmd('CWD linked');
    is_refused_in_use($c, $_, "$state, inside") for 'STOU', 'RETR f', 'LIST';
    $c->close;
  }
  is_deeply(snapshot($vault), $before, 'nothing has changed');
  my $c = session($srv, 'private');
  is(is_done($c, 'RETR linked/f', 'private')->{data}, 'old vault', 'content');
  is_done($c, $_, 'private') for 'STOR up', 'MLSD linked', 'LIST linked';
  $c->close;
  is($srv->stop, 0, 'exit status of the daemon');
};

sub check_required ($srv, $vhost) {
  my $c = $srv->connection(vhost => $vhost);
  $c->connect;
  is_reply($c, $_, "550 $CONTROL", $vhost)
    for 'NOOP', 'USER proftpd', 'LIST', 'STOR x';
  $c->close;
  return;
}

subtest 'VirtualHost' => sub {
  my $srv = serve(sub ($home) { return () },
    vhosts => [ { name => 'own.test', port => 'own', tls => 'TLSRequired on' } ]);
  check_required($srv, 'own.test');
  my $c = session($srv, 'plain');
  is_reply($c, 'NOOP', '200 NOOP command successful', 'main server');
  is_done($c, 'RETR f', 'main server');
  $c->close;
  is($srv->stop, 0, 'exit status of the daemon');
};

subtest 'Global' => sub {
  my $srv = serve(sub ($home) { return () }, global => 'TLSRequired on',
    vhosts => [ { name => 'own.test', port => 'own' },
      { name => 'free.test', port => 'own', tls => 'TLSRequired off' } ]);
  check_required($srv, 'main');
  check_required($srv, 'own.test');
  my $c = session($srv, 'plain', vhost => 'free.test');
  is_done($c, 'RETR f', 'free.test has its own value');
  $c->close;
  is($srv->stop, 0, 'exit status of the daemon');
};

done_testing;
