# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# ftpdctl tls: who may use it, the answers to right and wrong words, the output
# for a cache of ours and for one made for mod_tls; before and after SIGHUP.
#
# Needs: root, proftpd-core with ftpdctl, proftpd-dev and cc for the cache that
# was made for mod_tls, build/mod_ftps_shmcache.so.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Copy qw(copy);
use File::Temp ();
use FTPS::Test::Build;
use FTPS::Test::Controls;
use FTPS::Test::File qw(spew);
use FTPS::Test::Process;
use FTPS::Test::PKI;
use FTPS::Test::Server;
use JSON::PP qw(decode_json);
use Test::More;

my $TOP     = "$FindBin::Bin/..";
my @CONTROLS = FTPS::Test::Controls->lines;
my @ALL      = (@CONTROLS, 'TLSControlsACLs all allow user root');

FTPS::Test::Server->new;
plan skip_all => 'no ftpdctl' if !FTPS::Test::Controls->is_installed;

# [request, answer as root with these permissions]
my @WORDS = (
  ['tls', 'tls: missing required parameters'],
  ['tls foo',
    q(tls: unknown tls action: 'foo'; known are info, metrics, ocspcache, )
      . 'reload and sesscache'],
  ['tls info -x', q(tls info: unsupported parameter: '-x')],
  ['tls info -j -x', q(tls info: unsupported parameter: '-j')],
  ['tls metrics -j', q(tls metrics: unsupported parameter: '-j')],
  ['tls reload all', q(tls reload: unsupported parameter: 'all')],
  ['tls sesscache', 'tls sesscache: missing required parameters'],
  ['tls ocspcache', 'tls ocspcache: missing required parameters'],
  ['tls sesscache foo', q(tls sesscache: unknown sesscache action: 'foo'; )
    . 'known are info, clear and remove'],
  ['tls ocspcache foo', q(tls ocspcache: unknown ocspcache action: 'foo'; )
    . 'known are info, clear and remove'],
  ['tls sesscache info', 'No TLSSessionCache configured'],
  ['tls sesscache info -v', 'No TLSSessionCache configured'],
  ['tls ocspcache info', 'No TLSStaplingCache configured'],
  ['tls sesscache info -x', q(tls sesscache: unsupported parameter: '-x')],
  ['tls sesscache info all', q(tls sesscache: unsupported parameter: 'all')],
  ['tls sesscache clear', 'tls sesscache: error clearing session cache: '
    . 'Function not implemented'],
  ['tls sesscache clear now', q(tls sesscache: unsupported parameter: 'now')],
  ['tls sesscache remove', 'tls sesscache: error removing session cache: '
    . 'Function not implemented'],
  ['tls ocspcache clear', 'tls ocspcache: error clearing OCSP cache: '
    . 'Function not implemented'],
  ['tls ocspcache remove', 'tls ocspcache: error removing OCSP cache: '
    . 'Function not implemented'],
  ['tls sesscache ' . 'x' x 200, q(tls sesscache: unknown sesscache action: ')
    . 'x' x 64 . q('; known are info, clear and remove)],
);

# TLSControlsACLs => requests that are answered with something else than
# "access denied".
my @REQUESTS = ('tls info', 'tls metrics', 'tls reload', map { my $c = $_; map { "tls $c $_" } qw(info clear remove) }
  qw(sesscache ocspcache));
my @ACLS = (
  [[], []],
  [['all allow user root'], \@REQUESTS],
  [['all allow group root'], \@REQUESTS],
  [['all allow user *'], \@REQUESTS],
  [['all allow user nobody'], []],
  [['all deny user nobody'], \@REQUESTS],
  [['all deny user root'], []],
  [['info allow user root'], ['tls info']],
  [['metrics allow user root'], ['tls metrics']],
  [['reload allow user root'], ['tls reload']],
  [['sesscache allow user root'], []],
  [['sesscache,info allow user root'], ['tls info', 'tls sesscache info']],
  [['sesscache,ocspcache allow user root', 'clear allow group root'],
    ['tls sesscache clear', 'tls ocspcache clear']],
  [['ocspcache,remove allow user nobody,root'], ['tls ocspcache remove']],
  [['all allow user root', 'remove allow user nobody'],
    [grep { !/remove/ } @REQUESTS]],
);

subtest 'words' => sub {
  my ($srv, $ctl) = start(extra => \@ALL);
  for my $round ('at first', 'after SIGHUP') {
    my @answers = $ctl->ask(map { $_->[0] } @WORDS);
    for my $i (0 .. $#WORDS) {
      my $keys = $WORDS[$i][0] =~ /^tls sesscache info(?: -v)?$/
        ? qr/\n\nTicket keys: 1 from memory, the newest \d+ s old/ : qr//;
      like $answers[$i], qr/^\Q$WORDS[$i][1]\E$keys$/, "$round: $WORDS[$i][0]";
    }
    my ($list, $json) = $ctl->ask('help', 'tls sesscache info -j');
    like $list, qr/^tls: /m, "$round: ftpdctl help";
    my $status = decode_json($json);
    is $status->{type}, undef, "$round: JSON";
    is $status->{ticket_keys}{source}, 'memory', "$round: with ticket keys";
    last if $round ne 'at first';
    ok $srv->hup, 'SIGHUP';
  }
  is $srv->stop, 0, 'the daemon ends';
};

subtest 'permissions' => sub {
  my @rows;
  for my $row (@ACLS) {
    my ($srv, $ctl) = start(extra =>
      [@CONTROLS, map { "TLSControlsACLs $_" } $row->[0]->@*]);
    push @rows, [@$row, $srv, $ctl->send(@REQUESTS)];
  }
  for my $row (@rows) {
    my ($acls, $allowed, $srv, $answers) = @$row;
    my $name = join(', ', @$acls) || 'none';
    my @answers = $answers->();
    is_deeply [map { $REQUESTS[$_] } grep { $answers[$_] ne 'access denied' }
        0 .. $#REQUESTS], $allowed, "$name: what is allowed";
    is scalar(grep { $_ eq 'access denied' } @answers),
      @REQUESTS - @$allowed, "$name: and what is not";
  }

  my $srv = $rows[0][2];
  my $ctl = FTPS::Test::Controls->new($srv);
  $srv->rewrite(extra => [@CONTROLS,
    'TLSControlsACLs sesscache,info allow user root']);
  ok $srv->hup, 'SIGHUP with other permissions';
  my $other = $ctl->send({ user => 65534 }, 'tls sesscache info');
  like +($ctl->ask('tls sesscache info'))[0],
    qr/^No TLSSessionCache configured$/m, 'root may now';
  is +($other->())[0], 'access denied', 'another user may not';
  is $_->[2]->stop, 0, 'the daemon ends' for @rows;
};

# What the servers accept, which "proftpd -t" tells as well.
subtest 'tls info' => sub {
  my $srv = FTPS::Test::Server->new(extra => \@ALL, vhosts => [
    { name => 'same', port => 'own' },
    { name => 'old', port => 'own', cert => 'server-rsa',
      tls => ['TLSProfile old'] },
    { name => 'own', port => 'own', tls => ['TLSProfile modern',
      'TLSProtocol TLSv1.2', 'TLSCipherSuite ECDHE-ECDSA-AES256-GCM-SHA384',
      'TLSECDHCurve P-384', 'TLSOptions AllowWeakSecurity'] },
  ]);
  my ($status, $output) = $srv->syntax_check;
  $srv->start;
  my ($text) = FTPS::Test::Controls->new($srv)->ask('tls info');
  my ($told) = $output =~ /^(server ".*)/ms;
  my $dateless = sub ($lines) { $lines =~ s/ \(\d+ days\)$//mgr =~ s/\n\z//r };
  is $dateless->($told), $dateless->($text), 'proftpd -t says the same';
  my @parts = split /^(?=server ")/m, $text;
  my %part = map { /^server "([^"]+)/ => $_ =~ s/\n {4}/ /gr } @parts;
  is_deeply [sort keys %part], ['FTPS test', 'old', 'own', 'same'], 'servers';
  like $part{$_}, qr/\Aserver "$_" \(127\.0\.0\.1, port \d+\):\n  certificate: "O = FTPS tests, CN = localhost", key of type \S+, until \w+ .* GMT \(\d+ days\)$/m,
    "$_: its certificate" for sort keys %part;
  unlike $part{'FTPS test'}, qr/TLSProfile/, 'equal ones together';
  my @want = (
    same => ['TLSProfile: intermediate', 'protocols: TLSv1.2 TLSv1.3',
      qr/ciphers: TLS_\S+ TLS_\S+ TLS_\S+(?: ECDHE-ECDSA-\S+(?:GCM|POLY)\S+){3}/,
      qr/groups: (?:X25519MLKEM768 )?X25519 P-256 P-384/,
      qr/signature algorithms: .*\becdsa_secp256r1_sha256\b.*/,
      qr/security level: [12]/],
    old => ['TLSProfile: old', 'protocols: TLSv1 TLSv1.1 TLSv1.2 TLSv1.3',
      qr/ciphers: .* AES128-SHA\b.*/,
      qr/signature algorithms: .*\brsa_pkcs1_sha1\b.*/, 'security level: 0'],
    own => ['TLSProfile: modern', 'protocols: TLSv1.2',
      'ciphers: ECDHE-ECDSA-AES256-GCM-SHA384', 'groups: P-384',
      'security level: 0'],
  );
  while (my ($name, $lines) = splice @want, 0, 2) {
    like $part{$name}, qr/^  @{[ref $_ ? $_ : quotemeta]}$/m, "$name: $_"
      for @$lines;
  }
  is $srv->stop, 0, 'the daemon ends';
};

# KiB of files and shared memory that a process has mapped and touched.
sub mapped_of ($pid) {
  open my $in, '<', "/proc/$pid/status" or return 0;
  my $sum = 0;
  while (my $line = <$in>) {
    $sum += $1 if $line =~ /^Rss(?:File|Shmem):\s+(\d+) kB/;
  }
  return $sum;
}

subtest 'tls reload' => sub {
  my $dir = File::Temp->newdir('ftps-reload-XXXXXX', TMPDIR => 1);
  my $pki = FTPS::Test::PKI->new;
  my $issue = sub (%words) {
    return $pki->issue(cert => "$dir/c", key => "$dir/k", %words);
  };
  $issue->();
  my @tls = ("TLSCertificate $dir/c $dir/k", "TLSCertificate "
    . $pki->cert('server-rsa')->{both}, "TLSCACertificateFile $dir/ca");
  copy($pki->cert('ca')->{cert}, "$dir/ca");
  my $srv = FTPS::Test::Server->new(tls => \@tls, extra => \@ALL,
    vhosts => [map { { name => $_, port => 'own', tls => \@tls } } qw(v w)]);
  $srv->start;
  my $ctl = FTPS::Test::Controls->new($srv);
  my $reload = sub { ($ctl->ask('tls reload'))[0] };
  my $all = qr/^server "FTPS test" and 2 more: /;

  is $reload->(), 'nothing has changed', 'nothing';
  my $print = $issue->(to => 5 * 86400, cn => 'five.test');
  like $reload->(), qr/${all}the certificate "O = FTPS tests, CN = five\.test" with a key of type id-ecPublicKey is in use now, until \w+ .* GMT \(the one before: until .*GMT\)$/,
    'a new certificate';
  is $srv->client->peer_fingerprint, $print, 'which clients get';
  is scalar(() = $srv->systemlog =~ /changed certificate files are in use/g), 3,
    'and the daemon has it';
  is $reload->(), 'nothing has changed', 'nothing more';

  copy($pki->cert('client-ca')->{cert}, "$dir/ca");
  like $reload->(),
    qr/${all}changed files are in use now; the certificates are the same$/,
    'other files';
  spew("$dir/c", '');
  my $fault = qr/${all}TLSCertificate \S+: holds no certificate.*; the old certificate stays in use$/;
  like $reload->(), $fault, "a fault, try $_" for 1, 2;
  is $srv->client->peer_fingerprint, $print, 'clients get the old one';
  $print = $issue->();
  like $reload->(), qr/${all}the certificate "O = FTPS tests, CN = localhost" /,
    'corrected';
  is $reload->(), 'nothing has changed', 'nothing more';
  is $srv->client->peer_fingerprint, $print, 'and in use';
  is $srv->stop, 0, 'the daemon ends';
};

subtest 'a cache of ours' => sub {
  my $so = ($ENV{FTPS_MODULE_SO} // "$TOP/build/mod_ftps.so")
    =~ s/mod_ftps\.so$/mod_ftps_shmcache.so/r;
  plan skip_all => 'mod_ftps_shmcache is not built' if !-e $so;
  my ($srv, $ctl) = start(ours => ['mod_ftps_shmcache'], cache => sub ($dir) {
    return qq(TLSSessionCache shm:/file=$dir/run/sessions"\xe9);
  });
  resume($srv) for 1, 2;
  my $mapped = mapped_of($srv->pid);
  my ($text, $long, $json, $list, $metrics) = $ctl->ask(
    (map { "tls sesscache info$_" } '', ' -v', ' -j', ' -j -v'), 'tls metrics');
  like $text, qr/^'shm' SSL session cache provided by mod_ftps\/\d/, 'its name';
  like $text, qr/^$_$/m, $_ for 'Configured as: shm:/file=.*/run/sessions"\\\\xe9',
    'Memory used: \d+ of \d+ bytes', 'Current session cache size: 2',
    'Cache lifetime hits: 2', 'Cache lifetime misses: 0',
    'Cache lifetime sessions stored: 2', 'Cache lifetime sessions evicted: 0',
    'Cache lifetime sessions expired: 0',
    'Cache lifetime errors handling sessions in cache: 0',
    'Cache lifetime unreadable sessions: 0',
    'Cache unavailable for: 0\.000 s',
    'Ticket keys: 1 from memory, the newest \d+ s old';
  is scalar(() = $long =~ /-----BEGIN SSL SESSION PARAMETERS-----/g), 2,
    'two sessions are listed';
  like $long, qr/^\s+$_/m, $_ for 'Session ID: sealed, entry [0-9A-F]{20,}$',
    'Session ID Context: [0-9A-F]{16}$', 'Protocol: TLSv1\.2 or older$',
    'Expires: \w+ \w+ +\d+ [\d:]+ \d{4} \(\d+ secs\)$';
  unlike $long, qr/Master/i, 'no secret';
  my $status = decode_json($json);
  is_deeply [map { $status->{$_} } qw(cache type entries hits misses stores
      evictions errors unreadable unavailable_ms)],
    ['sesscache', 'shm', 2, 2, 0, 2, 0, 0, 0, 0], 'the same as JSON';
  like $metrics, qr/^ftps_cache_$_$/m, "metrics: $_"
    for 'calls_total\{cache="sessions",result="hit"\} 2',
      'calls_total\{cache="sessions",result="store"\} 2',
      'available\{cache="sessions"\} 1';
  like $metrics, qr/^ftps_handshakes_total\{channel="control",version="TLSv1.2",resumed="id"\} 2$/m,
    'metrics: resumed by their ids';
  like $status->{info}, qr{/run/sessions"\\xe9\z}, 'which is UTF-8';
  cmp_ok $status->{memory_used}, '>', 0, 'with the memory used';
  my @objects = map { decode_json($_) } split /\n/, $list;
  is scalar(grep { $_->{session} && $_->{expires} > time } @objects), 2,
    'and with all sessions';

  ok $srv->hup, 'SIGHUP';
  ($json) = $ctl->ask('tls sesscache info -j');
  $status = decode_json($json);
  is $status->{entries}, 2, 'after it: both are there';
  is $status->{hits}, 2, 'and the numbers go on';
  is_deeply [$ctl->ask('tls sesscache clear')],
    [q(tls sesscache: cleared 2 sessions from 'shm' session cache)], 'clear';
  resume($srv);
  is_deeply [$ctl->ask('tls sesscache clear')],
    [q(tls sesscache: cleared 1 session from 'shm' session cache)],
    'it was in use after that';
  cmp_ok mapped_of($srv->pid), '<', $mapped + 2048,
    'the daemon is no larger after all that';
  is_deeply [$ctl->ask('tls sesscache remove')],
    [q(tls sesscache: removed 'shm' session cache)], 'remove';
  ok defined eval { $srv->client->quit; 1 }, 'logins go on';
  is $srv->stop, 0, 'the daemon ends';
};

subtest 'a cache made for mod_tls' => sub {
  plan skip_all => FTPS::Test::Build->lack if FTPS::Test::Build->lack;
  my ($srv, $ctl) = start(probe => 1, cache => sub ($dir) {
    return ('LoadModule mod_probe_files.c', "TLSSessionCache files:$dir/cache",
      "TLSStaplingCache files:$dir/cache");
  });
  my @texts = $ctl->ask('tls sesscache info', 'tls ocspcache info',
    'tls sesscache info -j', 'tls sesscache info -v', 'tls sesscache clear',
    'tls ocspcache clear', 'tls sesscache remove', 'tls ocspcache remove');
  my $dir = $srv->dir . '/cache';
  like $texts[0], qr/^Files of \Q$dir\E$/m, 'its own text';
  like $texts[1], qr/^Responses in \Q$dir\E$/m, 'of responses';
  my $status = decode_json($texts[2]);
  is $status->{type}, 'files', 'JSON: the type';
  is $status->{entries}, undef, 'and no number that nobody knows';
  my @lines = split /\n/, $texts[3];
  cmp_ok scalar @lines, '<', 1024, 'a long list is cut';
  like $texts[3], qr/^\(cut: there is more than fits\)$/m, 'and says so';
  is $texts[4], q(tls sesscache: cleared 3 sessions from 'files' session cache),
    'clear';
  is $texts[5], q(tls ocspcache: cleared 1 response from 'files' OCSP cache),
    'clear, responses';
  is $texts[6], q(tls sesscache: removed 'files' session cache), 'remove';
  is $texts[7], q(tls ocspcache: removed 'files' OCSP cache),
    'remove, responses';
  fault($srv, 'error');
  is_deeply [$ctl->ask('tls sesscache clear', 'tls sesscache info')],
    ['tls sesscache: error clearing session cache: Input/output error',
    'tls sesscache: error obtaining status of session cache: '
      . 'Input/output error'], 'a module that fails';
  fault($srv, '');
  ok $srv->hup, 'SIGHUP';
  my ($after) = $ctl->ask('tls sesscache info');
  like $after, qr/^Files of \Q$dir\E$/m, 'and after it';
  is $srv->stop, 0, 'the daemon ends';
};

# The host loses other modules' listeners when one goes that is not the last.
subtest 'modules that go and come again' => sub {
  my ($dir) = ($ENV{FTPS_MODULE_SO} // "$TOP/build/mod_ftps.so") =~ m{(.*)/};
  my @ours = qw(mod_ftps_shmcache mod_ftps_memcache);
  plan skip_all => "not built: @ours" if grep { !-e "$dir/$_.so" } @ours;
  my ($srv, $ctl) = start(ours => \@ours, cache => sub ($dir) {
    return ('ModuleControlsACLs insmod,rmmod allow user root',
      "TLSSessionCache shm:/file=$dir/run/sessions");
  });
  for my $name ('mod_ftps_shmcache', 'mod_ftps') {
    is_deeply [map { $ctl->ask("$_ $name.c") } qw(rmmod insmod)],
      ["'$name.c' unloaded", "'$name.c' loaded"], $name;
    ok eval { $srv->client->list->{ok} }, 'a listing';
    ok $srv->hup, 'SIGHUP';
    resume($srv);
  }
  is $srv->stop, 0, 'the daemon ends';
};

done_testing;

sub start (%o) {
  my $srv = FTPS::Test::Server->new(ours => $o{ours} // [],
    tls => ['TLSRequired on'], extra => $o{extra} // []);
  mkdir $srv->dir . '/cache';
  chmod 0777, $srv->dir . '/cache';
  FTPS::Test::Build->module($srv, 'mod_probe_files') if $o{probe};
  $srv->rewrite(extra => [@ALL, $o{cache}->($srv->dir)]) if $o{cache};
  $srv->start;
  return ($srv, FTPS::Test::Controls->new($srv));
}

sub fault ($srv, $word) {
  return spew($srv->dir . '/cache/fault', $word);
}

# One session that is stored, and resumed by the next connection.
sub resume ($srv) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my @words = (max => '1.2', tickets => 0);
  my $c = $srv->client(@words);
  my $session = $c->session;
  $c->quit;
  $c = $srv->client(@words, session => $session);
  ok $c->session_reused, 'a session is resumed';
  return $c->quit;
}
