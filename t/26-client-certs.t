# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Client certificates beyond the signature of a CA: revocation lists (of several
# CAs, along the chain, expired, of others, in a directory, renewed while the
# daemon runs), names that must be those of the client's host, and the events
# for other modules.
#
# Each row is a virtual host with a port of its own.  Needs: root, openssl.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::Build;
use FTPS::Test::CRL;
use FTPS::Test::File qw(slurp append);
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

FTPS::Test::Server->any_user;

my $pki   = FTPS::Test::PKI->new;
my $temp  = File::Temp->newdir('ftps-crl-XXXXXX', TMPDIR => 1);
my $lists = FTPS::Test::CRL->new($pki, "$temp/ca");

# Clients: two of the client CA, one of the intermediate CA, one of another CA.
my %CLIENT = (
  first => new_client(), second => new_client(),
  below => new_client(issuer => 'intermediate'),
  other => $pki->cert('client-other'),
  here  => new_client(cn => 'LocalHost',
    san => 'DNS:ftps.test,DNS:LOCALHOST,IP:127.0.0.1'),
  v6    => new_client(cn => 'localhost.', san => 'IP:::1'),
  mapped => new_client(san => 'IP:::ffff:127.0.0.1'),
  'other mapped' => new_client(san => 'IP:::ffff:127.0.0.2'),
  there => new_client(cn => 'elsewhere',
    san => 'DNS:localhost.test,DNS:*,IP:127.0.0.2'),
  nul   => new_client(cn => "localhost\0.evil.test",
    san => 'DNS:elsewhere'),
);
append($CLIENT{below}{cert}, slurp($pki->cert('intermediate')->{cert}));
# Each certificate costs the server time, wanted or not.
for my $row ([ long => 9 ], [ endless => 200 ]) {
  my ($name, $more) = @$row;
  $CLIENT{$name} = new_client();
  append($CLIENT{$name}{cert}, (slurp($pki->cert('client-ca')->{cert})) x $more);
}

my $first = $CLIENT{first}{cert};
my %LIST = (
  # Older: of two lists of one CA OpenSSL takes the newer one.
  empty    => $lists->make('client-ca', from => -172_800),
  first    => $lists->make('client-ca', revoked => [$first]),
  both     => $lists->make('client-ca',
    revoked => [$CLIENT{second}{cert}, $first]),
  expired  => $lists->make('client-ca', from => -9000, to => -60),
  early    => $lists->make('client-ca', from => 3600),
  others   => $lists->make('other-ca', revoked => [$first]),
  # Newer than the complete ones.
  delta    => $lists->make('client-ca', delta => 1, from => -3600,
    revoked => [$CLIENT{second}{cert}]),
  old_delta => $lists->make('client-ca', delta => 1, from => -9000, to => -60,
    revoked => [$CLIENT{second}{cert}]),
  false_delta => forged_delta(),
  root     => $lists->make('ca'),
  no_inter => $lists->make('ca',
    revoked => [$pki->cert('intermediate')->{cert}]),
  inter    => $lists->make('intermediate'),
  no_below => $lists->make('intermediate', revoked => [$CLIENT{below}{cert}]),
);

# From this release on mod_tls wants a list of each CA, and so do we.
my $WANTS_ALL = FTPS::Test::Server->host_version !~ /^1\.3\.(?:8|9(?:rc|$))/;

# File with lists => clients that are let in, or why not.
my $revoked = qr/certificate revoked \(depth 0, /;
my %CASES = (
  'empty'    => [['empty'], first => 'in', second => 'in', long => 'in',
    endless => qr/excessive message size/],
  'first'    => [['first'], first => $revoked, second => 'in'],
  'second entry' => [['both'], first => $revoked, second => $revoked],
  'several CAs' => [['empty', 'others', 'root', 'inter'],
    first => 'in', other => 'in', below => 'in'],
  'several, revoked' => [['others', 'root', 'no_below', 'first'],
    first => $revoked, second => 'in', below => $revoked],
  'intermediate' => [['no_inter', 'inter'],
    below => qr/certificate revoked \(depth 1, .*intermediate/],
  'another CA' => [['others'], other => 'in', $WANTS_ALL
    ? (first => qr/refused: unable to get certificate CRL \(depth 0,/)
    : (first => 'in',
      first => qr/not checked for revocation: there is no list of its CA \(d/)],
  'no root' => [['inter'], below => $WANTS_ALL
    ? qr/refused: unable to get certificate CRL \(depth 1,/ : 'in'],
  'expired'  => [['expired'], first => qr/refused: CRL has expired \(depth 0/],
  'expired and new' => [['expired', 'first'], first => $revoked,
    second => 'in'],
  # OpenSSL would take the delta list for a complete one.
  'delta'    => [['first', 'delta'], first => $revoked, second => $revoked,
    here => 'in'],
  'delta expired' => [['first', 'old_delta'], first => $revoked,
    second => $revoked, here => 'in'],
  'delta forged' => [['first', 'false_delta'], first => $revoked,
    second => 'in'],
  'delta alone' => [['delta'], first => qr/unable to get certificate CRL \(dep/,
    second => qr/unable to get certificate CRL \(dep/],
  'early'    => [['early'], first => qr/refused: CRL is not yet valid/],
);

put_lists($_, $CASES{$_}[0]->@*) for keys %CASES;
mkdir "$temp/hashed" or die;
$lists->put_hashed("$temp/hashed", 'client-ca', $LIST{first});
mkdir "$temp/others" or die;
$lists->put_hashed("$temp/others", 'other-ca', $LIST{others});
chmod 0700, "$temp/hashed", "$temp" or die;

# Options => clients.
my $refused = qr/refused after the handshake: TLSOptions/;
my %NAMES = (
  dNSNameRequired => [here => 'in',
    there => qr/$refused dNSNameRequired: no dNSName in it is "localhost"/,
    nul => $refused],
  CommonNameRequired => [here => 'in',
    there => qr/$refused CommonNameRequired: no common name in it is "localh/,
    nul => $refused, v6 => $refused],
  iPAddressRequired => [here => 'in',
    there => qr/$refused iPAddressRequired: no iPAddress in it/,
    mapped => 'in', 'other mapped' => $refused, v6 => $refused],
  'dNSNameRequired CommonNameRequired iPAddressRequired' =>
    [here => 'in', there => $refused],
);

my $cas = "$temp/cas.pem";
append($cas, map { slurp($pki->cert($_)->{cert}) }
  qw(ca client-ca other-ca));
my @verify = ("TLSCACertificateFile $cas", 'TLSVerifyClient on');

my $srv = FTPS::Test::Server->new(
  extra => ['UseReverseDNS on', 'LoadModule mod_probe_events.c'],
  tls => [@verify, "TLSCARevocationPath $temp/hashed"],
  vhosts => [(map { {
    name => $_, port => 'own', cert => 'server',
    tls => [@verify, 'TLSCARevocationFile ' . list_file($_)],
  } } sort keys %CASES), (map { {
    name => $_, port => 'own', cert => 'server',
    tls => [@verify, "TLSOptions $_"],
  } } sort keys %NAMES), {
    name => 'optional', port => 'own', cert => 'server',
    tls => [$verify[0], 'TLSVerifyClient optional',
      'TLSOptions dNSNameRequired'],
  }, {
    name => 'implicit', port => 'own', cert => 'server',
    tls => [@verify, 'TLSOptions dNSNameRequired UseImplicitSSL'],
  }, {
    name => 'two lines', port => 'own', cert => 'server',
    tls => [@verify, map { "TLSCARevocationFile $_" } list_file('another CA'),
      list_file('first')],
  }, {
    name => 'two directories', port => 'own', cert => 'server',
    tls => [@verify, map { "TLSCARevocationPath $temp/$_" } 'others', 'hashed'],
  }, {
    name => 'reload', port => 'own', cert => 'server',
    tls => [@verify, 'TLSVerifyOrder crl',
      'TLSCARevocationFile ' . list_file('reload')],
  }, {
    name => 'many', port => 'own', cert => 'server',
    tls => [@verify, map { 'TLSCARevocationFile ' . list_file($_) }
      ('empty') x 80, 'many'],
  }]);
put_lists($_, 'empty') for qw(reload many);
FTPS::Test::Build->module($srv, 'mod_probe_events');
$srv->start;

sub new_client (@words) {
  state $n = 0;
  return { $pki->issue_to("$temp/client" . ++$n, like => 'client', @words) };
}

# The name is that of the client CA, the signature is not.
sub forged_delta () {
  my %ca = $pki->issue_to("$temp/forger", like => 'client-ca');
  return FTPS::Test::CRL->new($pki, "$temp/forged")->make(\%ca, delta => 1,
    from => -3600, revoked => [$CLIENT{second}{cert}]);
}

sub list_file ($case) { return "$temp/lists-" . ($case =~ tr/a-z//cdr) }

sub put_lists ($case, @names) {
  return $lists->put(list_file($case), map { $LIST{$_} } @names);
}

# The connection, when a command is answered.
sub enter ($vhost, $client, %o) {
  my $c = $srv->connection(vhost => $vhost, cert => $client->{cert},
    key => $client->{key}, %o);
  $c->connect;
  return $c->is_let_in ? $c : undef;
}

sub try_client ($vhost, $who, $want, %o) {
  $srv->mark;
  my $c = enter($vhost, $CLIENT{$who}, %o);
  my $name = "$vhost: $who" . ($o{max} ? " $o{max}" : '');
  if ($want eq 'in') {
    ok($c, "$name is let in") or diag $srv->new_log;
    return $c;
  }
  my $about = qr/not checked/ if "$want" =~ /not checked/;
  is(!!$c, !!$about, "$name: " . ($about ? 'let in' : 'refused'));
  $srv->like_new($want, $name);
  return;
}

for my $case (sort keys %CASES) {
  my (undef, @tries) = $CASES{$case}->@*;
  while (my ($who, $want) = splice @tries, 0, 2) {
    try_client($case, $who, $want, max => '1.3');
  }
}
try_client('first', 'first', $revoked, max => '1.2');
try_client('first', 'second', 'in', max => '1.2');

# The directory is closed to the user of the sessions.
try_client('main', 'first', $revoked);
try_client('main', 'second', 'in');

# With mod_tls the second line is not read.
for my $vhost ('two lines', 'two directories') {
  try_client($vhost, 'first', $revoked);
  try_client($vhost, 'second', 'in');
}

for my $options (sort keys %NAMES) {
  my @tries = $NAMES{$options}->@*;
  while (my ($who, $want) = splice @tries, 0, 2) {
    try_client($options, $who, $want, max => $_) for '1.2', '1.3';
  }
}

subtest 'what other modules are told' => sub {
  my $told = sub ($from) {
    my $lines = substr $srv->systemlog, $from;
    return join ', ', $lines =~ /probe: (.*)/g;
  };
  my $from = length $srv->systemlog;
  try_client('several CAs', 'below', 'in');
  is $told->($from), 'good NULL, good NULL, good NULL',
    'each certificate of the chain';
  $from = length $srv->systemlog;
  try_client('main', 'first', $revoked);
  is $told->($from), 'bad 23', 'the one that is refused, and why';
};

subtest 'a certificate of somebody else' => sub {
  my $c = $srv->connection(vhost => 'dNSNameRequired', $CLIENT{there}->%*);
  $c->connect;
  ok($c->auth, 'the handshake succeeds');
  is(join(' ', $c->reply), '421 Client certificate not accepted', 'and then');
  my ($code, $text) = $c->reply;
  like("$code $text", qr/^0 /, 'is the end');

  $c = $srv->connection(vhost => 'implicit', implicit => 1, $CLIENT{there}->%*);
  is(join(' ', $c->connect), '421 Client certificate not accepted',
    'implicit TLS: no banner');
  $c = $srv->connection(vhost => 'implicit', implicit => 1, $CLIENT{here}->%*);
  is(($c->connect)[0], 220, 'implicit TLS: the right one');

  ok(enter('optional', {}), 'optional: no certificate');
  ok(enter('optional', $CLIENT{here}), 'optional: the right one');
  try_client('optional', 'there', $refused);
};

subtest 'lists that are renewed' => sub {
  my $c = enter('reload', $CLIENT{first});
  $c->login('proftpd', 'test');
  $c->protect('P');
  my $ticket = $c->session;

  ok(enter('reload', $CLIENT{first}, session => $ticket)->session_reused,
    'the same lists: the session is resumed');
  put_lists('reload', 'first');
  try_client('reload', 'first', $revoked);
  $srv->mark;
  ok(!enter('reload', $CLIENT{first}, session => $ticket),
    'a session from before is not resumed');
  $srv->like_new($revoked, 'but verified anew');
  is($c->stor('up', 'bytes')->{code}, 226, 'who is in stays in');

  try_client('many', 'first', 'in');
  put_lists('many', 'first');
  try_client('many', 'first', $revoked);

  $lists->put("$temp/hashed/" . hashed_name(), $LIST{both});
  try_client('main', 'second', $revoked);

  ok($srv->hup, 'the daemon reads the new lists');
  $lists->put(list_file('reload'), 'no list at all');
  try_client('reload', 'first', $revoked);
  $srv->like_tlslog(qr/old certificate stays in use: TLSCARevocationFile /,
    'lists that cannot be read change nothing');
};

sub hashed_name () {
  opendir my $dir, "$temp/hashed" or die;
  return (grep { /[.]r0$/ } readdir $dir)[0];
}

subtest 'faults' => sub {
  mkdir "$temp/empty" or die;
  mkdir "$temp/broken" or die;
  append("$temp/der", "\x30\x82");
  append("$temp/broken.pem", $LIST{empty} =~ s/^(.{60,70}\n)/x$1/mr);
  append("$temp/cut.pem", substr $LIST{empty}, 0, 200);
  append("$temp/asks.pem", "-----BEGIN X509 CRL-----\n",
    "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,", '0' x 32,
    "\n\nAAAA\n-----END X509 CRL-----\n");
  append("$temp/open.pem", $LIST{empty});
  chmod 0666, "$temp/open.pem" or die;
  my @faults = (
    ['File', 'missing', 'No such file', 'check the path'],
    ['File', 'empty', 'is not a regular file', 'name one'],
    ['File', 'der', 'holds no revocation list in PEM form', 'openssl crl'],
    ['File', 'broken.pem', 'cannot be read', 'openssl crl'],
    ['File', 'cut.pem', 'cannot be read', 'openssl crl'],
    ['File', 'asks.pem', 'cannot be read', 'openssl crl'],
    ['File', 'open.pem', 'is world-writable', 'chmod o-w'],
    ['Path', 'missing', 'No such file', 'check the path'],
    ['Path', 'der', 'is not a directory', 'name one'],
    ['Path', 'empty', 'holds no revocation list with a h', 'openssl rehash'],
  );
  for my $row (@faults) {
    my ($kind, $file, @texts) = @$row;
    my $probe = FTPS::Test::Server->new(
      tls => [@verify, "TLSCARevocation$kind $temp/$file"]);
    my ($status, $output) = $probe->syntax_check;
    my ($line) = $output =~ m{^(.*TLSCARevocation$kind $temp/.*)$}m;
    my @lacking = grep { index($line // '', $_) < 0 } @texts;
    ok($status == 1 && !@lacking, "$kind $file") or diag $output;
  }
};

# Nothing is open then, and mod_tls starts.
subtest 'no lists where nobody is asked for a certificate' => sub {
  for my $row (['File', $cas], ['Path', "$temp/empty"]) {
    my ($kind, $path) = @$row;
    my $probe = FTPS::Test::Server->new(tls => ["TLSCARevocation$kind $path"]);
    my ($status, $output) = $probe->syntax_check;
    is $status, 0, "$kind: taken" or diag $output;
    like $output, qr/TLSCARevocation$kind: has no effect, .* TLSVerifyClient/,
      'and a line says that it has no effect';
  }
};

is $srv->stop, 0, 'the daemon ends well';

# What is required and cannot be judged is refused; mod_tls lets all in.
subtest 'names without reverse DNS' => sub {
  for my $option (qw(dNSNameRequired CommonNameRequired)) {
    my $nameless = FTPS::Test::Server->new(
      tls => [@verify, "TLSOptions $option"]);
    my ($status, $output) = $nameless->syntax_check;
    is $status, 0, "$option: taken";
    like $output, qr/TLSOptions $option: every client .* is refused, because/,
      "$option: the start says what comes of it";
    $nameless->start;
    my $c = $nameless->connection($CLIENT{here}->%*);
    $c->connect;
    $c->auth;
    is(($c->cmd('NOOP'))[0], 421, "$option: refused");
    $nameless->like_tlslog(
      qr/$option: the name of the client's host is not known, because/);
    is $nameless->stop, 0, 'the daemon ends well';
  }
};

subtest 'IPv6' => sub {
  my $six = FTPS::Test::Server->new(ipv6 => 1, tls => [@verify,
    'TLSOptions iPAddressRequired']);
  $six->start;
  my %at = ('127.0.0.1' => ['v6', 'here', 'mapped'],
    '::1' => ['here', 'v6']);
  for my $address (sort keys %at) {
    for my $who ($at{$address}->@*) {
      my $c = $six->connection(host => $address, $CLIENT{$who}->%*);
      $c->connect;
      $c->auth;
      is(($c->cmd('NOOP'))[0], $who eq $at{$address}[0] ? 421 : 200,
        "$who at $address");
    }
  }
  is $six->stop, 0, 'the daemon ends well';
};
done_testing;
