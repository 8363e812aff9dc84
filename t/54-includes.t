# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Faults in included files, in Debian's layout: proftpd.conf, modules.conf,
# tls.conf and conf.d, as the package has them.  ProFTPD only warns about such a
# fault, does not read what follows the Include, and goes on with status 0.
# With mod_ftps a start and `proftpd -t` end with status 1, and at SIGHUP all
# servers keep their TLS settings; the system log says so.
#
# Needs: root, proftpd-core with its files in /usr/share/proftpd/templates.

use v5.36;
use FindBin;
use File::Basename qw(dirname);
use lib "$FindBin::Bin/lib";
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

my $TEMPLATES = '/usr/share/proftpd/templates';
my $BUILD = dirname($ENV{FTPS_MODULE_SO} // "$FindBin::Bin/../build/x");
my @FILES = qw(proftpd.conf modules.conf tls.conf);
for my $file (@FILES) {
  plan skip_all => "no $TEMPLATES/$file" if !-e "$TEMPLATES/$file";
}

# Words: tls, the lines of tls.conf (its section has them all commented out);
# first, lines of proftpd.conf before its first Include; before and behind,
# lines of modules.conf.
package DebianConfig {
  our @ISA = ('FTPS::Test::Config');

  sub text ($self, @more) {
    my $dir = $self->{dir};
    mkdir "$dir/etc";
    mkdir "$dir/etc/conf.d";
    my %text = map { $_ => $self->adapt(main::slurp("$TEMPLATES/$_")) } @FILES;
    $text{'modules.conf'} =~ s/^(ModulePath.*\n)/$1 . join '',
      map { "$_\n" } ($self->{before} \/\/ [])->@*/me;
    $text{'modules.conf'} .= join '', map { "$_\n" }
      ($self->{behind} // ['LoadModule mod_ftps.c'])->@*;
    $text{'tls.conf'} =~ s{(?=^</IfModule>)}
      {join '', map { "$_\n" } $self->{tls}->@*, @more}me;
    $text{'proftpd.conf'} =~ s/^#(?=Include.*tls\.conf)//m;
    main::spew("$dir/etc/$_", $text{$_}) for qw(modules.conf tls.conf);
    main::spew("$dir/etc/conf.d/site.conf", join '', map { "$_\n" }
      '<Global>', 'AuthOrder mod_auth_file.c', "AuthUserFile $dir/passwd",
      "AuthGroupFile $dir/group", 'RequireValidShell off', 'DelayEngine off',
      'WtmpLog off', 'DefaultRoot ~', '</Global>');
    return join "\n", "PidFile $dir/run/pid",
      "ScoreboardFile $dir/run/scoreboard", "Port $self->{port}",
      "DefaultAddress 127.0.0.1",
      'UseReverseDNS off', ($self->{first} // [])->@*, $text{'proftpd.conf'};
  }

  sub adapt ($self, $text) {
    my $dir = $self->{dir};
    return $text =~ s{/etc/proftpd/}{$dir/etc/}gr
      =~ s{/var/log/proftpd/proftpd\.log}{$dir/log/system}gr
      =~ s{/var/log/proftpd/}{$dir/log/}gr
      =~ s{/(?:var/)?run/proftpd/proftpd\.sock}{$dir/run/ctrls.sock}gr
      =~ s{/usr/lib/proftpd\b}{$dir/modules}gr
      =~ s/^(ControlsEngine\s+)off/$1on/mr
      =~ s/^(ControlsInterval\s+)\d+/${1}1/mr
      =~ s/^Port\s+\d+/Port $self->{port}/mr
      =~ s/^User\s+proftpd/User nobody/mr
      =~ s/^UseIPv6\s+on/UseIPv6 off/mr;
  }
}

my $pki = FTPS::Test::Server->new->pki;
my $ec  = $pki->cert('server');
my @GOOD = ('TLSEngine on', 'TLSRequired on',
  "TLSECCertificateFile $ec->{full}", "TLSECCertificateKeyFile $ec->{key}");

# Name, lines of tls.conf, and what the log says of it.
my $SUMMARY = qr/1 directives? above/;
my @FAULTS = (
  ['TLSRequired', ['TLSRequired onn'], 'TLSRequired: "onn" is not a known'],
  ['TLSEngine', ['TLSEngine onn'], 'TLSEngine: "onn" is not a known'],
  ['TLSVerifyClient', ['TLSVerifyClient yess'],
    'TLSVerifyClient: "yess" is not a known'],
  ['TLSOptions', ['TLSOptions NoCertRequst'], '"NoCertRequst" is not an option'],
  ['TLSSessionCache', ['TLSSessionCache shm:/file=/var/run/x'],
    'no cache of this type is loaded'],
  ['TLSTimeoutHandshake', ['TLSTimeoutHandshake never'], '"never" is not a'],
  ['a certificate', ['TLSECCertificateFile server.pem'],
    'must be an absolute path'],
  ['a wrong section', ['<Anonymous /srv>', 'TLSProtocol TLSv1.3',
    '</Anonymous>'], 'is not allowed in'],
  # ProFTPD does not read what follows that Include.
  ['a name that nobody knows', ['TLSRequird on'],
    "unknown configuration directive 'TLSRequird'", 'cut'],
);

# The fault takes the place of the good line of the same directive.
sub with_fault (@lines) {
  my %has = map { (split)[0] => 1 } @lines;
  return (grep({ !$has{ (split)[0] } } @GOOD), @lines);
}

sub server (%words) {
  my $srv = FTPS::Test::Server->new(tls => \@GOOD);
  bless $srv->config, 'DebianConfig';
  $srv->config->set(%words);
  for my $so (glob(FTPS::Test::Config->stock_dir . '/*.so'),
    "$BUILD/mod_ftps_shmcache.so") {
    my ($name) = $so =~ m{([^/]+)\z};
    symlink $so, "$srv->{dir}/modules/$name";
  }
  return $srv;
}

subtest 'Debian\'s files as they are' => sub {
  my $srv = server();
  my ($status, $output) = $srv->syntax_check;
  is $status, 0, 'taken' or diag $output;
  unlike $output, qr/refused|unable to include/, 'without a word about faults';
  $srv->start;
  works($srv, 'a session');
  is $srv->stop, 0, 'the daemon ends';
};

for my $row (@FAULTS) {
  my ($name, $lines, $text) = @$row;
  subtest "$name, at a start" => sub {
    my $srv = server(tls => [with_fault(@$lines)]);
    refuses($srv, $text);
  };
}

subtest 'mod_tls loaded before' => sub {
  plan skip_all => 'no mod_tls' if FTPS::Test::Config->lacking('mod_tls');
  refuses(server(before => ['LoadModule mod_tls.c']),
    'mod_tls.c is loaded already');
};

subtest 'a cache module without mod_ftps' => sub {
  refuses(server(before => ['LoadModule mod_ftps_shmcache.c']),
    'mod_ftps is not loaded yet');
};

subtest 'a module that is not there, behind mod_ftps' => sub {
  my $srv = server(behind => ['LoadModule mod_ftps.c',
    'LoadModule mod_missing.c']);
  my ($status, $output) = $srv->syntax_check;
  is $status, 0, 'ProFTPD goes on';
  like $output, qr/could not include a file.*TLS directives may be missing/,
    'and one line says what is lost';
};

# One daemon, hit by each fault in turn.
subtest 'at SIGHUP' => sub {
  my $srv = server();
  $srv->start;
  works($srv, 'at first');
  for my $row (@FAULTS) {
    my ($name, $lines, $text, $is_cut) = @$row;
    my $before = length $srv->systemlog;
    $srv->config->set(tls => [with_fault('TLSProtocol TLSv1.2', @$lines)]);
    $srv->rewrite;
    ok $srv->hup, "$name: the daemon lives";
    my $log = substr $srv->systemlog, $before;
    like $log, qr/\Q$text\E/, "$name: the system log has the fault";
    like $log, qr/go on with the TLS settings that they had/,
      "$name: and what comes of it";
    $is_cut ? is_closed($srv, $name) : works($srv, $name);
  }
  $srv->config->set(tls => [@GOOD, 'TLSRequired off'],
    before => ['LoadModule mod_tls.c']);
  if (!FTPS::Test::Config->lacking('mod_tls')) {
    my $before = length $srv->systemlog;
    $srv->rewrite;
    ok $srv->hup, 'mod_tls before it: the daemon lives';
    like substr($srv->systemlog, $before), qr/mod_tls\.c is unloaded again/,
      'the system log says so';
    works($srv, 'mod_tls before it');
    unlike substr($srv->systemlog, $before) . $srv->tlslog, qr{mod_tls/},
      'mod_tls before it: it does nothing';
  }
  $srv->config->set(tls => [grep({ !/TLSRequired/ } @GOOD), 'TLSRequired off'],
    before => []);
  $srv->rewrite;
  ok $srv->hup, 'good again';
  my $c = $srv->connection;
  $c->connect;
  is +($c->cmd('USER proftpd'))[0], 331, 'and the new settings are in use';
  is $srv->stop, 0, 'the daemon ends';
};

# What is meant for all in the documents.
subtest 'the layout that fails closed' => sub {
  my @first = ("ModulePath DIR/modules", 'LoadModule mod_ftps.c',
    'TLSEngine on', 'TLSRequired on');
  my $srv = server(behind => []);
  $_ =~ s/DIR/$srv->{dir}/ for @first;
  $srv->config->set(first => \@first);
  my ($status, $output) = $srv->syntax_check;
  is $status, 0, 'taken' or diag $output;
  $srv->start;
  works($srv, 'a session');
  is $srv->stop, 0, 'the daemon ends';

  $srv->config->set(behind => ['LoadModule mod_missing.c']);
  $srv->start;
  my $c = $srv->connection;
  $c->connect;
  is +($c->cmd('USER proftpd'))[0], 550,
    'a module is missing in modules.conf: no login in clear';
  $c->quit;
  is $srv->stop, 0, 'the daemon ends';

  unlink "$srv->{dir}/modules/mod_ftps.so";
  ($status, $output) = $srv->syntax_check;
  is $status, 1, 'without mod_ftps.so: status 1';
};

# While somebody listens to the logs, ProFTPD formats each debug message.
{
  my $quiet = FTPS::Test::Server->new(trace => 'event:3')->start;
  $quiet->client->quit;
  is $quiet->stop, 0, 'a daemon with a trace';
  my $trace = $quiet->trace;
  like $trace, qr/module 'ftps' .*unregistering handler for event '$_'/,
    "no session listens to $_" for qw(core.log.syslog core.log.systemlog);
}

done_testing;

sub refuses ($srv, $text) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my ($status, $output) = $srv->syntax_check;
  is $status, 1, 'proftpd -t: status 1';
  like $output, qr/\Q$text\E/, 'the fault';
  $srv->config->write($srv->config->text);
  my $start = FTPS::Test::Process->start(
    ['/usr/sbin/proftpd', '-n', '-q', '-c', $srv->config->file],
    output => "$srv->{dir}/log/stderr", env => $srv->_sanitizer_env);
  ok $start->wait, 'a start ends';
  is $start->status, 1, 'with status 1';
  return $start->kill_now;
}

# Clear logins are refused; with TLS all is as it was, and what stands behind
# the Include is in force.
sub works ($srv, $name) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  is_closed($srv, $name);
  my $c = eval { $srv->client } or return fail("$name: $@");
  ok $c->list->{ok}, "$name: login and transfer";
  like join(' ', $c->cmd('PWD')), qr{257 "/" }, "$name: the rest is read";
  $c->quit;
  return;
}

sub is_closed ($srv, $name) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my $c = $srv->connection;
  $c->connect;
  is +($c->cmd('USER proftpd'))[0], 550, "$name: no login in clear";
  ok $c->auth, "$name: AUTH TLS";
  is $c->version, 'TLSv1.3', "$name: with the settings from before";
  return $c->quit;
}
