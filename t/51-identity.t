# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# How the module is found, and how long it lives: as mod_tls.c by another name,
# the real one refused, cache modules made for it, many SIGHUPs, ftpdctl rmmod
# and insmod, inetd, without root, together with other modules.
#
# FTPS_SLOW=1: 60 SIGHUPs in a row instead of 8.  Needs: root, proftpd-core,
# proftpd-mod-crypto (mod_tls), proftpd-dev, cc.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Find ();
use FTPS::Test::Build;
use FTPS::Test::Controls;
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Process;
use FTPS::Test::Server;
use IO::Socket::IP;
use Test::More;

my $HEADERS = '/usr/include/proftpd';
my $PROFTPD = $ENV{FTPS_PROFTPD} // '/usr/sbin/proftpd';
my $TOP     = "$FindBin::Bin/..";

my $EC = FTPS::Test::Server->new->pki->cert('server');
my @PAIR = ("TLSECCertificateFile $EC->{full}",
  "TLSECCertificateKeyFile $EC->{key}");
my @open;    # clients that stay a while: the daemon pauses whenever one ends
my $REFUSAL = qr/mod_tls\.c is loaded already, and mod_ftps replaces it/;

subtest 'sections for mod_tls.c' => sub {
  my $srv = FTPS::Test::Server->new(tls => ['<IfModule mod_tls.c>',
    'TLSEngine on', 'TLSRequired on', @PAIR, '</IfModule>'],
    extra => ['<IfModule !mod_tls.c>', 'NoSuchDirective', '</IfModule>',
      'LoadModule mod_tls.c']);
  $srv->config->link_stock('mod_tls');
  is +($srv->syntax_check)[0], 0, 'with a LoadModule mod_tls.c behind';
  $srv->start;
  works($srv, 'the sections count');
  ends($srv);
};

subtest 'the real mod_tls first' => sub {
  skip_without('mod_tls') or return;
  my $srv = FTPS::Test::Server->new(modules => ['mod_tls'], tls => \@PAIR);
  my ($status, $output) = $srv->syntax_check;
  is $status, 1, 'proftpd -t fails';
  is scalar(() = $output =~ /$REFUSAL/g), 1, 'one clear line';
  like $output, qr/remove the line "LoadModule mod_tls\.c"/, 'what to do';
  ok !eval { $srv->start; 1 }, 'the daemon does not start';
  like $@, $REFUSAL, 'the same line';
  is $srv->{process}->status, 1, 'status 1';
};

# As with a ProFTPD that has mod_tls linked in: it is there before the
# configuration is read.
subtest 'mod_tls linked into the daemon' => sub {
  skip_without('mod_tls') or return;
  plan skip_all => FTPS::Test::Build->lack if FTPS::Test::Build->lack;
  my $srv = FTPS::Test::Server->new(modules => ['mod_tls'],
    tls => ['TLSRequired on']);
  FTPS::Test::Build->module($srv, 'mod_probe_linked');
  $srv->rewrite(modules => [qw(mod_tls mod_probe_linked)]);
  my ($status, $output) = $srv->syntax_check;
  is $status, 0, 'taken' or diag $output;
  like $output, qr/mod_tls\.c, which is linked into this ProFTPD, is unloaded/,
    'and one line says so';
  like $output, qr/probe: postparse/,
    'modules that were linked in behind it do not lose their events';
  $srv->start;
  works($srv, 'a transfer');
  for my $n (1, 2) {
    $srv->rewrite(modules => []);
    ok $srv->hup, "SIGHUP $n";
    works($srv, "after SIGHUP $n");
  }
  ok !grep({ m{mod_tls/} } $srv->tlslog . $srv->systemlog . $srv->stderr),
    'the real one does nothing any more';
  ends($srv);

  my $late = FTPS::Test::Server->new(module => 'none',
    modules => [qw(mod_tls mod_probe_linked)], extra => ['TLSEngine off',
      'LoadModule mod_ftps.c']);
  FTPS::Test::Build->module($late, 'mod_probe_linked');
  symlink $srv->config->module_file, $late->dir . '/modules/mod_ftps.so';
  ($status, $output) = $late->syntax_check;
  is $status, 1, 'refused where mod_tls has read directives already';
  like $output, qr/$REFUSAL; put this line before the first TLS/,
    'and the line says what to do';
};

# The module of this ProFTPD, but for one object that believes to be built for
# another.
subtest 'built for another ProFTPD' => sub {
  plan skip_all => FTPS::Test::Build->lack if FTPS::Test::Build->lack;
  my $srv   = FTPS::Test::Server->new(tls => ['TLSRequired on']);
  my $build = dirname($srv->config->module_file);
  my @objects = map { s{^\Q$TOP\E/(.*)c\z}{$build/$1o}r }
    map { glob "$TOP/mod_ftps/$_.c" } '*', '*/*', '*/*/*';
  plan skip_all => 'no objects beside the module' if grep { !-e } @objects;
  my $so = $srv->dir . '/modules/mod_ftps.so';
  # Number, its text, and whether it is taken.
  my ($own) = slurp("$HEADERS/version.h")
    =~ /PROFTPD_VERSION_NUMBER\s+(0x\w+)/ or die 'no version';
  for my $row ([hex($own) + 0x100, 'the next release', 0],
    [hex($own) - 0x100, 'the release before', 0],
    [(hex($own) & ~0xff) + 1, 'a candidate', 0],
    [(hex($own) & ~0xff) + 9, 'another letter', 1]) {
    my ($number, $text, $is_good) = @$row;
    unlink $so;
    FTPS::Test::Build->load($so, $number, $text, $build, @objects);
    my ($status, $output) = $srv->syntax_check;
    is $status, $is_good ? 0 : 1, "$text: status" or diag $output;
    next if $is_good;
    my @lines = grep { /mod_ftps/ } split /\n/, $output;
    is @lines, 1, "$text: one line";
    like $lines[0], qr/built for ProFTPD \Q$text\E .* every session would/,
      "$text: says why";
    $srv->config->write("Include $srv->{dir}/included.conf\n");
    spew("$srv->{dir}/included.conf", $srv->config->text);
    my ($included) = FTPS::Test::Process->run(
      [$PROFTPD, '-t', '-c', $srv->config->file]);
    is $included, 1, "$text: in an included file as well";
  }
};

subtest 'SIGHUP' => sub {
  my $srv = FTPS::Test::Server->new(tls => ['TLSRequired on']);
  $srv->start;
  my @old;
  for my $version ('1.2', '1.3') {
    my $c = $srv->client(min => $version, max => $version);
    works_on($c, "TLS $version, before");
    $c->cmd('NOOP');
    push @old, [$version, $c, $c->session];
  }
  for my $n (1 .. 5) {
    ok $srv->hup, "SIGHUP $n";
    works($srv, "after SIGHUP $n");
  }
  for my $row (@old) {
    my ($version, $c, $ticket) = @$row;
    my $r = $c->list;
    ok $r->{ok} && $r->{reused}, "TLS $version: the old session lists";
    works_on($c, "TLS $version: and transfers");
    $c->quit;
    $c = $srv->client(min => $version, max => $version, session => $ticket);
    ok $c->session_reused, "TLS $version: a session from before is resumed";
    works_on($c, "TLS $version: resumed");
    $c->quit;
  }
  no_children($srv, 'nothing is left');
  ends($srv);
};

subtest 'many SIGHUPs' => sub {
  plan skip_all => 'memory is measured without sanitizers' if $ENV{FTPS_ASAN};
  my ($settle, $end) = $ENV{FTPS_SLOW} ? (20, 60) : (4, 8);
  my $srv = FTPS::Test::Server->new(vhosts => [
    { name => 'a.test' }, { name => 'b.test' } ]);
  $srv->start;
  my ($kib, $fds);
  for my $n (1 .. $end) {
    $srv->hup or return fail("the daemon ended at SIGHUP $n");
    ($kib, $fds) = usage($srv->pid) if $n == $settle;
  }
  my ($kib_end, $fds_end) = usage($srv->pid);
  cmp_ok $kib_end - $kib, '<', 1024, "less than 1 MiB more ($kib, $kib_end)";
  is $fds_end, $fds, 'not one open file more';
  works($srv, 'and it works');
  no_children($srv, 'no child is left');
  ends($srv);
};

sub key_processes ($srv) {
  my %found = FTPS::Test::Process->key_processes($srv->pid);
  return map { @$_ } values %found;
}

subtest 'ftpdctl' => sub {
  skip_without('mod_tls') or return;
  plan skip_all => 'no ftpdctl' if !FTPS::Test::Controls->is_installed;
  my $srv = FTPS::Test::Server->new(tls => ['TLSRequired on'], extra =>
    ['ModuleControlsACLs insmod,lsmod,rmmod allow user root',
      'ControlsInterval 1']);
  $srv->config->link_stock('mod_tls');
  $srv->start;
  my $running = $srv->client;
  my $control = sub (@words) { return control($srv, @words) };
  my $list = $control->('lsmod');
  like $list, qr/mod_$_\.c/, "mod_$_.c is listed" for qw(ftps tls);
  my @ending;
  for my $n (1, 2) {
    my @keepers = key_processes($srv);
    like $control->('rmmod', 'mod_ftps.c'), qr/unloaded/, "rmmod $n";
    ok !key_processes($srv), 'the daemon has no processes with keys';
    push @ending, @keepers;
    my $c = $srv->connection;
    like +($c->connect)[0], qr/^220$/, 'the daemon answers';
    ok !$c->auth, 'without TLS';
    $c->quit;
    like $control->('insmod', 'mod_ftps.c'), qr/loaded/, "insmod $n";
    works($srv, "after insmod $n");
  }
  works_on($running, 'a session of before goes on');
  $running->quit;
  @open = ();
  is scalar @ending, 4, 'there were two keepers and two signers';
  ok(FTPS::Test::Process->until(sub {
    !grep { FTPS::Test::Process->lives($_) } @ending;
  }), 'the processes with keys have ended');

  like $control->('insmod', 'mod_tls.c'), qr/Already loaded/,
    'mod_tls.c is there already';
  like $control->('rmmod', 'mod_tls.c'), qr/unloaded/, 'rmmod mod_tls.c';
  works($srv, 'TLS goes on');
  $control->('insmod', 'mod_tls.c');
  ok $srv->wait_log(qr/mod_tls\.c cannot be loaded beside mod_ftps\.c/,
    'system'), 'the real one is refused, and the log says so';
  unlike $control->('lsmod'), qr/mod_tls\.c/, 'and not listed';
  works($srv, 'TLS goes on');
  ok $srv->hup, 'SIGHUP';
  works($srv, 'TLS goes on after it');
  like $control->('lsmod'), qr/mod_tls\.c/, 'our own is back';
  ends($srv);
};

# ProFTPD frees its servers, and new ones may be at the same addresses.
subtest 'a configuration without it, then insmod' => sub {
  plan skip_all => 'no ftpdctl' if !FTPS::Test::Controls->is_installed;
  my $srv = FTPS::Test::Server->new(vhosts => [ { name => 'a.test',
    port => 'own' } ], extra => ['ModuleControlsACLs insmod allow user root',
      'ControlsInterval 1']);
  $srv->start;
  my @ports = ($srv->port, $srv->vhost_port('a.test'));
  my $rewrite = sub ($module, $name) {
    $srv->rewrite(module => $module,
      vhosts => [ { name => $name, port => $ports[1] } ]);
    return ok $srv->hup, "SIGHUP to a configuration with $module";
  };
  $rewrite->('none', 'other.test');
  like control($srv, qw(insmod mod_ftps.c)), qr/loaded/, 'insmod';
  for my $port (@ports) {
    my $c = $srv->connection(port => $port);
    $c->connect;
    is join(' ', $c->cmd('AUTH TLS')), '500 AUTH not understood',
      "port $port: no TLS in this configuration";
    is +($c->cmd('NOOP'))[0], 200, 'and the session goes on';
  }
  $rewrite->('mod_ftps', 'a.test');
  works($srv, 'TLS is back');
  ends($srv);
};

my @CACHES = map { "mod_tls_$_" } qw(shmcache memcache redis fscache);

subtest 'cache modules made for mod_tls' => sub {
  my @there = grep { !FTPS::Test::Config->lacking($_) } @CACHES;
  plan skip_all => 'none is installed' if !@there;
  my $srv = FTPS::Test::Server->new;
  $srv->config->link_stock(@there);
  for my $names (map({ [$_] } @there), \@there) {
    $srv->rewrite(extra => [map { "LoadModule $_.c" } @$names]);
    my ($status, $output) = $srv->syntax_check;
    is $status, 0, "@$names: proftpd -t" or diag $output;
    $srv->{process} ? ok($srv->hup, "@$names: SIGHUP") : $srv->start;
    works($srv, "@$names: a transfer");
  }
  ends($srv);
};

subtest 'a cache module of anybody' => sub {
  plan skip_all => FTPS::Test::Build->lack if FTPS::Test::Build->lack;
  my $srv = FTPS::Test::Server->new;
  my $own = "$TOP/mod_ftps/include";
  my %said;
  for my $row (["the installed header", 'legacy', $HEADERS],
    ['our mod_tls.h', 'legacy', $own], ['ftps_cache.h', 'cache', $own]) {
    my ($name, $probe, $headers) = @$row;
    if (!-e "$headers/" . ($probe eq 'cache' ? 'ftps_cache.h' : 'mod_tls.h')) {
      SKIP: { skip "$name: not there", 1 }
      next;
    }
    FTPS::Test::Build->module($srv, "mod_probe_$probe", include => $headers);
    $srv->rewrite(extra => ["LoadModule mod_probe_$probe.c"]);
    my ($status, $output) = $srv->syntax_check;
    is $status, 0, "$name: loads" or diag $output;
    my @lines = $output =~ /^probe: (.*)$/mg;
    $said{$name} = [grep { /^layout: / } @lines];
    answers($name, grep { !/^layout: / } @lines);
  }
  is_deeply $said{'our mod_tls.h'}, $said{'the installed header'},
    'the layout is that of the installed header'
    if $said{'the installed header'};
};

subtest 'without root' => sub {
  plan skip_all => 'no setpriv' if !-x '/usr/bin/setpriv';
  my $srv = FTPS::Test::Server->new(default_root => undef, cert => undef);
  my $dir = $srv->dir;
  mkdir "$dir/tls";
  copy($EC->{$_}, "$dir/tls/$_.pem") for qw(full key);
  chmod 0600, "$dir/tls/key.pem";

  # The clone may be below /root, which nobody else can read.
  my $module = "$dir/modules/mod_ftps.so";
  my $built  = readlink $module;
  unlink $module;
  copy($built, $module) or die "$module: $!";
  $srv->rewrite(tls => ["TLSECCertificateFile $dir/tls/full.pem",
    "TLSECCertificateKeyFile $dir/tls/key.pem"]);
  File::Find::find({ no_chdir => 1,
    wanted => sub { chown 65534, 65534, $_ if !-l } }, $dir);
  $srv->before(qw(/usr/bin/setpriv --reuid=65534 --regid=65534 --clear-groups));
  $srv->start;
  works($srv, 'a transfer');
  my $r = $srv->client->retr('test');
  ok $r->{ok}, 'a download';
  ok $srv->hup, 'SIGHUP';
  works($srv, 'a transfer after it');
  ends($srv);
};

subtest 'ServerType inetd' => sub {
  my $srv = FTPS::Test::Server->new(tls => ['TLSRequired on']);
  my $config = $srv->config;
  $config->write($config->text =~ s/^ServerType standalone/ServerType inetd/mr);
  my $inetd = $srv->start_inetd;
  for my $version ('1.2', '1.3') {
    my $c = $srv->client(min => $version, max => $version);
    works_on($c, "TLS $version");
    $c->quit;
  }
  unlike $srv->tlslog, qr/error|fail|refus/i, 'nothing odd is logged';
  my $raw = IO::Socket::IP->new(PeerHost => '127.0.0.1', PeerPort => $srv->port)
    or die "inetd: $@";
  syswrite $raw, "QUIT\r\n";
  like do { local $/ = undef; <$raw> }, qr/\A220 [^\n]*\n221 [^\n]*\n\z/,
    'standard output is the client: it gets replies and nothing else';
  $inetd->kill_now;

  # Each connection has a daemon of its own, and they have one cache.
  $srv = FTPS::Test::Server->new(ours => ['mod_ftps_shmcache'],
    tls => ['TLSRequired on']);
  $srv->rewrite(extra => ["TLSSessionCache shm:/file=$srv->{dir}/run/cache"]);
  $config = $srv->config;
  $config->write($config->text =~ s/^ServerType standalone/ServerType inetd/mr);
  $inetd = $srv->start_inetd;
  my $c = $srv->client(max => '1.2', tickets => 0);
  my $session = $c->session;
  $c->quit;
  $c = $srv->client(max => '1.2', tickets => 0, session => $session);
  ok $c->session_reused, 'a session in shared memory is found by the next one';
  $c->quit;
  $inetd->kill_now;
};

my %BESIDE = (
  mod_ban        => ['BanEngine on', 'BanTable RUN/ban'],
  mod_copy       => [],
  mod_ctrls_admin => ['AdminControlsEngine on'],
  mod_deflate    => ['DeflateEngine on'],
  mod_exec       => [],
  mod_ifsession  => ['<IfUser proftpd>', 'AllowOverwrite on', '</IfUser>'],
  mod_quotatab   => ['QuotaEngine on', 'QuotaLog RUN/quota'],
  mod_rewrite    => ['RewriteEngine on'],
  mod_sftp       => ['<VirtualHost 127.0.0.1>', 'Port SFTPPORT',
    'SFTPEngine on', "SFTPHostKey RUN/hostkey", '</VirtualHost>'],
  mod_snmp       => [],
  mod_statcache  => ['StatCacheEngine on', 'StatCacheTable RUN/stat'],
  mod_unique_id  => [],
  mod_vroot      => ['VRootEngine on'],
  mod_wrap2      => [],
);

subtest 'beside other modules' => sub {
  my @there = grep { !FTPS::Test::Config->lacking($_) } sort keys %BESIDE;
  my $srv = FTPS::Test::Server->new(tls => ['TLSRequired on'],
    extra => ['CapabilitiesEngine on']);
  $srv->config->link_stock(@there);
  my $run = $srv->dir . '/run';
  copy($srv->pki->cert('server-rsa')->{key}, "$run/hostkey");
  chmod 0600, "$run/hostkey";
  $srv->start;
  works($srv, 'mod_cap');
  my @lines = map { s/RUN/$run/r =~ s/SFTPPORT/$srv->free_port/er }
    map { $BESIDE{$_}->@* } @there;
  $srv->rewrite(modules => \@there, extra => \@lines);
  ok $srv->hup, "before mod_ftps: @there";
  works($srv, 'a transfer');
  $srv->rewrite(modules => [],
    extra => [map({ "LoadModule $_.c" } @there), @lines]);
  ok $srv->hup, 'behind mod_ftps';
  works($srv, 'a transfer');
  no_children($srv, 'nothing is left');
  ends($srv);
};

done_testing;

sub skip_without ($module) {
  return 1 if !FTPS::Test::Config->lacking($module);
  plan skip_all => "$module is not installed";
  return 0;
}

# A new session that has to do TLS, with a transfer each way.
sub works ($srv, $name) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my $c = eval { $srv->client } or return fail("$name: $@");
  push @open, $c;
  return works_on($c, $name);
}

sub ends ($srv) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  @open = ();
  return is $srv->stop, 0, 'the daemon ends';
}

sub works_on ($client, $name) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my $bytes = join '', map { chr int rand 256 } 1 .. 5000;
  my $up    = $client->stor('test', $bytes);
  my $down  = $client->retr('test');
  return ok($client->is_tls && $up->{ok} && $down->{ok} && $down->{reused}
      && $down->{data} eq $bytes, $name)
    || diag map { "$_->{code} $_->{text}\n" } $up, $down;
}

sub usage ($pid) {
  open my $in, '<', "/proc/$pid/status" or die "status: $!";
  my ($kib) = map { /^VmRSS:\s+(\d+)/ ? $1 : () } <$in>;
  my @fds = glob "/proc/$pid/fd/*";
  return ($kib, scalar @fds);
}

sub children ($pid) {
  open my $in, '<', "/proc/$pid/task/$pid/children" or return;
  return split / /, <$in> // '';
}

# Neither sessions nor zombies, once all clients have left.
sub no_children ($srv, $name) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  $_->quit for splice @open;
  return ok(FTPS::Test::Process->until(sub { !children($srv->pid) }),
    $name);
}

sub control ($srv, @words) {
  my ($status, $output) = FTPS::Test::Process->run(
    [FTPS::Test::Controls->command, '-s', $srv->dir . '/run/ctrls.sock', @words]);
  return $output;
}

sub answers ($name, @lines) {
  my %wanted = (
    'add no name' => 'Invalid argument', 'add nothing' => 'Invalid argument',
    'add another ABI' => 'Invalid argument', 'add one callback short' => 'Invalid argument',
    'add' => 0, 'add anew' => 0, 'add once more' => 0,
    'add again' => 'File exists', 'remove no name' => 'Invalid argument',
    'remove other' => 'No such file or directory', 'remove' => 0,
    'remove anew' => 0, 'remove again' => 'No such file or directory',
  );
  cmp_ok scalar @lines, '>=', 9, "$name: registers and unregisters";
  for my $line (@lines) {
    my ($what, $answer) = $line =~ /^(.*?): (.*)/;
    is $answer, $wanted{ $what =~ s/^(?:sess|ocsp) //r }, "$name: $what";
  }
  return;
}
