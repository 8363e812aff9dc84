# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Other modules that use or receive facts about TLS: what they find in
# configuration records, events and the session; mod_snmp's tables; %{protocol}
# and the counters of bytes in logs; and hostile names of servers and clients,
# which reach mod_exec, mod_rewrite and mod_sql with limited length and without
# control bytes.
#
# FTPS_MODULE=mod_tls runs most of it with the stock module.  Needs: root, cc,
# proftpd-dev; mod_snmp and snmp, mod_exec, mod_rewrite, mod_sql_sqlite and
# sqlite3 for their parts.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::Build;
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

my $IS_STOCK = ($ENV{FTPS_MODULE} // '') eq 'mod_tls';

my $pki  = FTPS::Test::Server->new->pki;
my $temp = File::Temp->newdir('ftps-beside-XXXXXX', TMPDIR => 1);

sub run (@argv) { return FTPS::Test::Process->run([@argv]) }

# Lines of the probe, newest last.
sub heard ($srv, $text = $srv->systemlog) {
  return [map { /probe: (.*)/ ? $1 : () } split /\n/, $text];
}

sub hears ($srv, $line, $name) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  return ok($srv->wait_log(qr/probe: \Q$line\E$/m, 'system'), $name)
    || diag join "\n", heard($srv)->@*;
}

subtest 'records, events, the session' => sub {
  my $srv = FTPS::Test::Server->new(
    tls => ['TLSRequired auth+!data', 'TLSMasqueradeAddress 192.0.2.9',
      'TLSOptions StdEnvVars NoSessionReuseRequired'],
    extra => ['ServerAlias main.test', 'LoadModule mod_probe_neighbour.c'],
    vhosts => [{ name => 'other.test' },
      { name => 'strict', port => 'own' },
      { name => 'implicit', port => 'own', tls => 'TLSOptions UseImplicitSSL' }]);
  FTPS::Test::Build->module($srv, 'mod_probe_neighbour');
  my ($status, $output) = $srv->syntax_check;
  my @want = ('TLSEngine 1', 'TLSOptions ' . (0x20 | 0x100),
    'TLSRequired control 0', 'TLSRequired data -1', 'TLSRequired auth 1',
    'TLSMasqueradeAddress 192.0.2.9', 'TLSMasqueradeAddress name 192.0.2.9');
  is_deeply heard($srv, $output), \@want, 'records have values of their types';

  $srv->start;
  my $c = $srv->connection;
  $c->connect;
  ok $c->auth, 'AUTH TLS';
  hears($srv, 'handshake session.c', 'mod_tls.ctrl-handshake');
  $c->cmd('USER proftpd');
  is(($c->cmd('PASS test'))[0], 230, 'login');
  hears($srv, 'mech TLS', 'session.rfc2228_mech');
  hears($srv, 'protocol ftps', 'the protocol of the session');
  hears($srv, 'auth mod_auth_file.c', 'session.auth_mech');

  subtest 'SNI' => sub {
    FTPS::Test::Server->need_host;
    my $other = $srv->connection(sni => 'other.test');
    $other->connect;
    ok $other->auth, 'AUTH TLS';
    hears($srv, 'sni other.test', 'mod_tls.sni');
    hears($srv, 'reinit other.test', 'core.session-reinit');
  };

  $c = $srv->connection;
  $c->connect;
  $c->cmd('AUTH TLS');
  $c->raw("no handshake\r\n" x 10);
  $c->close;
  hears($srv, 'control failed with a number', 'mod_tls.ctrl-handshake-failed');

  $c = $srv->client(vhost => 'strict');
  my $d = $c->data;
  $c->cmd('STOR x');
  $d->raw("no handshake\r\n" x 10);
  $d->close;
  like +($c->reply)[0], qr/^425$/, 'no data handshake';
  hears($srv, 'data failed with a number', 'mod_tls.data-handshake-failed');

  if (!$IS_STOCK) {
    my $before = grep { /^handshake/ } heard($srv)->@*;
    $srv->client(vhost => 'implicit', implicit => 1);
    $c = $srv->connection;
    $c->connect;
    $c->auth('SSL');
    is scalar(grep { /^handshake session\.c/ } heard($srv)->@*), $before + 2,
      'ctrl-handshake with implicit TLS and AUTH SSL as well';
  }
  is $srv->stop, 0, 'the daemon ends';
};

subtest 'logs' => sub {
  my $srv = FTPS::Test::Server->new(extra => [
    'LogFormat beside "%m %{protocol} %I %O"',
    'ExtendedLog /dev/null ALL beside']);
  $srv->rewrite(extra => ['LogFormat beside "%m %{protocol} %I %O"',
    "ExtendedLog $srv->{dir}/log/beside ALL beside"]);
  $srv->start;
  my $bytes = 'b' x 100_000;
  my $c = $srv->client;
  is $c->stor('file', $bytes)->{code}, 226, 'an upload';
  is $c->retr('file')->{data}, $bytes, 'a download';
  $srv->like_tlslog(
    qr/client reused TLS session for data connection/, 'TLSLog');
  $c->quit;
  my $line = qr/^QUIT (\S+) (\d+) (\d+)$/m;
  ok $srv->wait_log($line, 'beside'), 'a line';
  my ($protocol, $in, $out) = slurp("$srv->{dir}/log/beside", '') =~ $line;
  is $protocol, 'ftps', '%{protocol}';
  for my $row (['%I', $in], ['%O', $out]) {
    my ($name, $n) = @$row;
    ok $n > 100_600 && $n < 110_000, "$name counts what TLS adds ($n)";
  }
  is $srv->stop, 0, 'the daemon ends';
};

# mod_snmp's numbers below 1.3.6.1.4.1.17852.2.2.5: FTPS sessions, logins,
# transfers.
my @SNMP = (
  ['1.2', 1, 'sessions'],
  ['1.3', 2, 'control handshakes that failed'],
  ['1.4', 1, 'data handshakes that failed'],
  ['1.5', 1, 'CCC'],
  ['2.1', 1, 'logins'],
  ['3.2', 1, 'listings'],
  ['3.5', 1, 'uploads'],
  ['3.6', 1, 'uploads that failed'],
  ['3.8', 1, 'downloads'],
);

sub walk ($port) {
  my ($status, $output) = run(qw(snmpwalk -v2c -c public -On -r 1 -t 5),
    "127.0.0.1:$port", '.1.3.6.1.4.1.17852.2.2.5');
  return { $output =~ /17852\.2\.2\.5\.(\d+\.\d+)\.0 = \w+: (\d+)/g };
}

subtest 'mod_snmp' => sub {
  plan skip_all => 'no mod_snmp' if FTPS::Test::Config->lacking('mod_snmp');
  plan skip_all => 'no snmpwalk' if !-x '/usr/bin/snmpwalk';
  plan skip_all => 'the numbers are ours' if $IS_STOCK;
  my $srv  = FTPS::Test::Server->new(modules => ['mod_snmp']);
  my $port = $srv->port + 12_000;
  mkdir "$srv->{dir}/snmp";
  $srv->rewrite(extra => ['SNMPEngine on', "SNMPAgent master 127.0.0.1:$port",
    'SNMPCommunity public', "SNMPTables $srv->{dir}/snmp",
    "SNMPLog $srv->{dir}/log/snmp"]);
  $srv->start;
  my $before = FTPS::Test::Process->until(sub {
    my $walk = walk($port);
    return %$walk ? $walk : '';
  });
  ok $before, 'the agent answers, with tables of FTPS' or return;
  my @agents = $srv->sessions;

  my $c = $srv->client;
  $c->stor('x', 'y' x 5000);
  $c->retr('x');
  $c->list;
  $c->stor('z', '1', session => 'none');
  $c->ccc('notify');
  $c->quit;
  for (1, 2) {
    $c = $srv->connection;
    $c->connect;
    $c->cmd('AUTH TLS');
    $c->close;
  }
  $srv->wait_sessions(scalar @agents);
  my %now = walk($port)->%*;
  is(($now{ $_->[0] } // 'none') - $before->{ $_->[0] }, $_->[1], $_->[2])
    for @SNMP;
  is $srv->stop, 0, 'the daemon ends';
};

# Subjects of client certificates, and what is left of them.
# A directory that sessions may write to.
mkdir "$temp/open";
chmod 0755, $temp;
chmod 0777, "$temp/open";

my %HOSTILE = (
  lines => ["evil\r\nSITE EXEC", 'evil\x0d\x0aSITE EXEC'],
  escape => ["\e[31mred\a", '\x1b[31mred\x07'],
  sql => [q{x'); DROP TABLE seen; --}, q{x'); DROP TABLE seen; --}],
  format => ['%n%s%{env:PATH}', '%n%s%{env:PATH}'],
  shell => ['$(touch /tmp/x);`id`|', '$(touch /tmp/x);`id`|'],
  long => ['L' x 64, 'L' x 64],
);

sub with ($name) {
  return $pki->issue_to("$temp/$name", like => 'client',
    cn => $HOSTILE{$name}[0]);
}

my @VERIFY = ('TLSVerifyClient optional', 'TLSOptions StdEnvVars',
  'TLSCACertificateFile ' . $pki->cert('client-ca')->{cert});

subtest 'mod_exec' => sub {
  plan skip_all => 'no mod_exec' if FTPS::Test::Config->lacking('mod_exec');
  plan skip_all => 'the texts are ours' if $IS_STOCK;
  my $srv = FTPS::Test::Server->new(modules => ['mod_exec'],
    default_root => undef, tls => \@VERIFY);
  my $script = spew("$temp/exec.sh", "#!/bin/sh\n"
    . qq(printf '<%s>' "\$TLS_CLIENT_S_DN_CN" >"$temp/open/exec"\n), 0755);
  $srv->rewrite(extra => ['ExecEngine on', "ExecLog $srv->{dir}/log/exec",
    'ExecEnviron TLS_CLIENT_S_DN_CN -', "ExecOnCommand NOOP $script"]);
  $srv->start;
  for my $name (sort keys %HOSTILE) {
    my $file = "$temp/open/exec";
    unlink $file;
    my $c = $srv->client(with($name));
    is(($c->cmd('NOOP'))[0], 200, "$name: NOOP");
    FTPS::Test::Process->until(sub { -s $file });
    is slurp($file, ''), "<$HOSTILE{$name}[1]>", "$name: in its environment";
  }
  is $srv->stop, 0, 'the daemon ends';
};

subtest 'certificates as variables' => sub {
  my $srv = FTPS::Test::Server->new(tls => ['TLSVerifyClient on',
    'TLSOptions ExportCertData', 'TLSCACertificateFile '
      . $pki->cert('ca')->{cert}]);
  my %leaf = $pki->issue_to("$temp/chain", like => 'client',
    issuer => 'intermediate');
  my @pem = map { slurp($_) =~ s/\s*\z//r } $leaf{cert},
    $pki->cert('intermediate')->{cert};
  spew("$temp/whole.pem", join '', map { "$_\n" } @pem);
  my @names = map { "TLS_CLIENT_CERT$_" } '', '_CHAIN1', '_CHAIN2';
  $srv->rewrite(extra => ["ExtendedLog $srv->{dir}/log/beside ALL beside",
    'LogFormat beside "%m ' . join(' ', map { "<%{$_}e>" } @names) . '"']);
  $srv->start;
  $srv->client(%leaf, cert => "$temp/whole.pem")->quit;
  my $line = qr/^QUIT <(.*?)\s*> <(.*?)\s*> <(.*?)\s*>$/ms;
  ok $srv->wait_log($line, 'beside'), 'a line';
  my @got = slurp("$srv->{dir}/log/beside", '') =~ $line;
  is $got[0], $pem[0], 'TLS_CLIENT_CERT';
  is $got[1], $pem[1], 'TLS_CLIENT_CERT_CHAIN1: the one above it';
  like $got[2], qr/^-?$/, 'no more of it';
  is $srv->stop, 0, 'the daemon ends';
};

# MKD makes a directory of the client's name, whatever was asked for.
subtest 'mod_rewrite' => sub {
  plan skip_all => 'no mod_rewrite'
    if FTPS::Test::Config->lacking('mod_rewrite');
  plan skip_all => 'the texts are ours' if $IS_STOCK;
  my $srv = FTPS::Test::Server->new(modules => ['mod_rewrite'],
    tls => \@VERIFY, extra => ['RewriteEngine on',
      'RewriteCondition %m MKD', 'RewriteRule (.*) by-%{ENV:TLS_CLIENT_S_DN_CN}']);
  $srv->start;
  for my $name (qw(lines escape long)) {
    my $c = $srv->client(with($name));
    is(($c->cmd('MKD any'))[0], 257, "$name: MKD");
    my ($made) = map { m{/(by-[^/]*)\z}s ? $1 : () } glob $srv->home . '/by-*';
    is $made, "by-$HOSTILE{$name}[1]", "$name: a name without control bytes";
    rmdir $srv->home . "/$made";
  }
  is $srv->stop, 0, 'the daemon ends';
};

subtest 'mod_sql' => sub {
  plan skip_all => 'no mod_sql_sqlite'
    if FTPS::Test::Config->lacking('mod_sql', 'mod_sql_sqlite');
  plan skip_all => 'no sqlite3' if !-x '/usr/bin/sqlite3';
  plan skip_all => 'the texts are ours' if $IS_STOCK;
  my $srv = FTPS::Test::Server->new(modules => ['mod_sql', 'mod_sql_sqlite'],
    tls => \@VERIFY, extra => []);
  my $db = "$temp/open/db";
  run('sqlite3', $db, 'CREATE TABLE seen (note TEXT)');
  chmod 0666, $db;
  $srv->rewrite(extra => ['SQLBackend sqlite3', "SQLConnectInfo $db",
    'SQLEngine log', "SQLLogFile $srv->{dir}/log/sql",
    q{SQLNamedQuery see INSERT "'%{note:TLS_CLIENT_S_DN_CN}'" seen},
    'SQLLog PASS see']);
  $srv->start;
  for my $name (sort keys %HOSTILE) {
    $srv->client(with($name));
    my $want = $HOSTILE{$name}[1];
    my $row = FTPS::Test::Process->until(sub {
      return (run('sqlite3', $db, 'SELECT note FROM seen'))[1];
    });
    is $row, "$want\n", "$name: in the table, escaped";
    run('sqlite3', $db, 'DELETE FROM seen');
  }
  is $srv->stop, 0, 'the daemon ends';
};

done_testing;
