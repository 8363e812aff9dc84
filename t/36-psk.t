# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# TLSPreSharedKey, in TLS 1.2 and 1.3, with and without a certificate; unknown
# identities, wrong keys, bad files; and where the bytes of the keys are.
#
# Needs: root, proftpd-core.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::File qw(replace);
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

my $CA = FTPS::Test::PKI->new->cert('client-ca')->{cert};
my $PSK = 'PSK-AES128-GCM-SHA256:ECDHE-PSK-CHACHA20-POLY1305';
my $temp = File::Temp->newdir('ftps-psk-XXXXXX', TMPDIR => 1);

# Net::SSLeay's client takes a key for a number: it must not begin with zeros.
my %key = map {
  $_ => join '', map { sprintf '%02x', 1 + int rand 255 } 1 .. 32
} qw(me other renewed bare late);
my $UNKNOWN = 'ab' x 32;

sub put ($name, $text, $mode = 0600) {
  return replace("$temp/$name", $text, $mode);
}

put($_, "$key{$_}\n") for keys %key;
put('open', "$key{other}\n", 0644);
put('own', "$key{bare}\n");
put('bad', 'x' x 64);
put('short', 'ab');
chown 65534, 65534, put('theirs', "$key{other}\n");

sub line ($identity, $file) { return "TLSPreSharedKey $identity hex:$temp/$file" }

my $srv = FTPS::Test::Server->new(
  allow_log => qr/everybody may read it|belongs to another user|is not used/,
  tls => [line('me', 'me'), line('"with space"', 'other'),
    line('open', 'open'), line('theirs', 'theirs'),
    'TLSOptions SessionReuseRequiredAfterCCC'],
  vhosts => [
    { name => 'bare', port => 'own', cert => undef, tls => [line('me', 'own')] },
    { name => 'free', port => 'own',
      tls => [line('me', 'me'), 'TLSOptions NoSessionReuseRequired'] },
    { name => 'without', port => 'own' },
    { name => 'strict', port => 'own', tls => [line('me', 'me'),
      'TLSVerifyClient on', "TLSCACertificateFile $CA"] },
    { name => 'sni.test', tls => [line('late', 'late')] },
    { name => 'faulty', port => 'own', tls => [line('me', 'me'),
      line('later', 'later'), line('bad', 'bad'), line('short', 'short'),
      map { line("id$_", 'me') } 5 .. 18] },
  ]);
$srv->start;
my @BARE = (vhost => 'bare', psk => ['me', $key{bare}]);

sub versions ($version) {
  return (min => $version, max => $version,
    $version eq '1.2' ? (ciphers => $PSK) : ());
}

for my $version (qw(1.2 1.3)) {
  for my $row (['beside a certificate', psk => ['me', $key{me}]],
    ['the second key', psk => ['with space', $key{other}]],
    ['without certificate', @BARE],
    ['by SNI', sni => 'sni.test', psk => ['late', $key{late}]],
    ['no reuse', vhost => 'free', psk => ['me', $key{me}]])
  {
    my ($name, %o) = @$row;
    subtest "TLS $version, $name" => sub {
      FTPS::Test::Server->need_host if $o{sni};
      my $c = $srv->client(versions($version), %o);
      is $c->peer_fingerprint // '', '', 'no certificate';
      for my $n (1 .. 2) {
        my $r = $c->stor('up', "bytes $n");
        ok $r->{ok} && $r->{reused}, "upload $n resumes the session"
          or diag "$r->{code} $r->{text}";
        is $srv->read_file('up'), "bytes $n", 'and arrives';
      }
      my $r = $c->list('', session => 'none');
      if ($name eq 'no reuse') {
        ok $r->{ok}, 'the key is good for a data connection of its own';
      } else {
        is "$r->{code} $r->{ok}", '425 0',
          'the key alone is no proof for a data connection';
      }
      $c->quit;
    };
  }
}
subtest 'where clients must show a certificate' => sub {
  my @strict = (vhost => 'strict', min => '1.3');
  my $c = $srv->client(@strict, psk => ['me', $key{me}]);
  ok $c->list->{ok}, 'a key stands for it';
  $c->cmd('NOOP');
  my $ticket = $c->session;
  $c->quit;

  $c = $srv->client(@strict, session => $ticket);
  ok $c->session_reused && $c->list->{ok}, 'also when its session is resumed';
  $c->quit;
};
$srv->like_tlslog(qr/pre-shared key of identity 'with space' found/, 'told');
$srv->like_tlslog(qr/connection accepted, using cipher ECDHE-PSK-CHACHA20/,
  'with its cipher');
$srv->like_tlslog(qr/TLSv1\.3 connection accepted, using .*, pre-shared key$/m,
  'and in TLS 1.3');

# Name, TLS words, what TLSLog says.
for my $row (
  ['1.2', 'an unknown identity', psk => ['nobody', $UNKNOWN]],
  ['1.2', 'a wrong key', psk => ['me', $UNKNOWN]],
  ['1.2', 'of another server', psk => ['late', $key{late}]],
  ['1.2', 'an open file', psk => ['open', $key{other}]],
  ['1.2', 'a file of somebody', psk => ['theirs', $key{other}]],
  ['1.2', 'no keys at all', vhost => 'without',
    psk => ['me', $key{me}]],
  ['1.3', 'a wrong key', psk => ['me', $UNKNOWN]],
  ['1.3', 'without certificate, unknown', @BARE, psk => ['nobody', $UNKNOWN]],
) {
  my ($version, $name, %o) = @$row;
  my $c = $srv->connection(versions($version), %o);
  $c->connect;
  ok !$c->auth, "TLS $version, $name: no connection";
  $c->close;
}
$srv->like_tlslog(qr/no pre-shared key of identity 'nobody'/, 'told');
like $srv->systemlog . $srv->stderr,
  qr/TLSPreSharedKey open hex \S+: everybody may read it, so it is not used/,
  'told as well';
like $srv->systemlog . $srv->stderr,
  qr/TLSPreSharedKey theirs hex \S+: belongs to another user; run chown root/,
  'and a file that somebody else can change';

# An unknown identity and a wrong key look the same to a client.
{
  my @alerts = map {
    my $c = $srv->connection(versions('1.2'), psk => $_);
    $c->connect;
    $c->auth;
    my $alert = $c->alert;
    $c->close;
    $alert
  } ['nobody', $UNKNOWN], ['me', $UNKNOWN];
  is $alerts[0], $alerts[1], 'identities cannot be found out';
}

for my $psk (undef, ['nobody', $UNKNOWN]) {
  my $c = $srv->client(min => '1.3', $psk ? (psk => $psk) : ());
  ok length $c->peer_fingerprint, 'TLS 1.3: the certificate is used, '
    . ($psk ? 'an unknown identity ignored' : 'without a key');
  ok $c->list->{reused}, 'tickets are found beside identities';
  $c->quit;
}

subtest 'keys that cannot be used' => sub {
  my @at = (vhost => 'faulty', min => '1.3');
  my $told = $srv->systemlog . $srv->stderr;
  like $told, qr/of 18 keys the first 16 are used/, 'too many';
  for my $id ('me', 'id16') {
    my $c = $srv->client(@at, psk => [$id, $key{me}]);
    ok $c->list->{ok}, "$id: the others work";
    $c->quit;
  }
  put('later', "$key{other}\n");
  my $c = $srv->client(@at, psk => ['later', $key{other}]);
  ok $srv->wait_log(qr/pre-shared key of identity 'later' found/),
    'a file that came later is used';
  $c->quit;
};

subtest 'a renewed file' => sub {
  put('own', "$key{renewed}\n");
  my $c = $srv->client(@BARE, psk => ['me', $key{renewed}], min => '1.3');
  ok $c->list->{ok}, 'is used by the next session';
  $c->quit;
};

# Where the bytes are: mappings with and without the mark "dd" (not dumped).
sub places ($pid, $hex) {
  my $bytes = pack 'H*', $hex;
  my (%found, $from, $to, $hit);
  open my $smaps, '<', "/proc/$pid/smaps" or die "smaps: $!";
  open my $mem, '<:raw', "/proc/$pid/mem" or die "mem: $!";
  while (my $line = <$smaps>) {
    if ($line =~ /^([0-9a-f]+)-([0-9a-f]+) r/) {
      no warnings 'portable';
      ($from, $to, $hit) = (hex $1, hex $2, 0);
      my $text = '';
      # What is larger belongs to a sanitizer.
      if ($to - $from < 1 << 28 && sysseek $mem, $from, 0) {
        my $got = sysread $mem, $text, $to - $from;
        $hit = defined $got && index($text, $bytes) >= 0;
      }
    } elsif ($line =~ /^VmFlags:(.*)/) {
      $found{ $1 =~ /\bdd\b/ ? 'own pages' : 'elsewhere' } = 1 if $hit;
      $hit = 0;
    }
  }
  return join ' and ', sort keys %found;
}

subtest 'where the keys are' => sub {
  is places($srv->pid, $key{$_}), 'own pages', "daemon: $_"
    for qw(me other late);
  ok $srv->wait_sessions(0), 'no other session';
  my $c = $srv->connection(min => '1.3', psk => ['me', $key{me}]);
  $c->connect;
  my ($pid) = $srv->sessions;
  is places($pid, $key{me}), 'own pages', 'session before AUTH';
  is places($pid, $key{renewed}), '', 'not that of another port';
  ok $c->auth, 'handshake';
  $c->login;
  for my $name (qw(me other late)) {
    is places($pid, $key{$name}), '', "$name is gone after it";
  }
  $c->quit;
};

is $srv->stop, 0, 'the daemon ends';

# Text of the file, what is wrong.
my $probe = FTPS::Test::Server->new;
for my $row (['short', 'ab' x 9, 'has 18 hexadecimal digits', 'from 20 to 512'],
  ['odd', 'ab' x 10 . 'a', 'has 21', 'an even number'],
  ['long', 'ab' x 257, 'has more than 512', 'from 20 to 512'],
  ['words', 'no key at all, but words', 'something else', 'openssl rand'],
  ['empty', '', 'has 0', 'from 20 to 512'],
  ['gone', undef, 'cannot be read', 'No such file'])
{
  my ($name, $text, @texts) = @$row;
  put($name, $text) if defined $text;
  my ($status, $output) = $probe->config_error(line('me', $name));
  is $status, 0, "$name: does not stop the start";
  my ($fault) = $output =~ /^(.*mod_ftps: TLSPreSharedKey .* not used)$/m;
  ok index($fault // '', $_) >= 0, "  names $_" or diag $output
    for "TLSPreSharedKey me hex:$temp/$name", @texts;
}

done_testing;
