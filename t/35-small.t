# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Small directives, each with its effect: TLSDHParamFile and AllowWeakDH,
# TLSSessionTickets, TLSRenegotiate, ExportCertData, NoEmptyFragments,
# TLSServerInfoFile, TLSMasqueradeAddress, TLSRandomSeed, TLSCryptoDevice, and
# the options that have none.  One virtual host for each.
#
# Needs: root, proftpd-core, openssl.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Process;
use FTPS::Test::Server;
use MIME::Base64 qw(encode_base64);
use Net::SSLeay;
use POSIX ();
use Socket ();
use Test::More;

my $WEAK = 'TLSOptions AllowWeakSecurity';
my $temp = File::Temp->newdir('ftps-small-XXXXXX', TMPDIR => 1);
my $probe = FTPS::Test::Server->new(cert => undef);
my $rsa = $probe->pki->cert('server-rsa');
my @RSA = ("TLSRSACertificateFile $rsa->{cert}",
  "TLSRSACertificateKeyFile $rsa->{key}");

sub openssl (@args) {
  return FTPS::Test::Process->must(['openssl', @args])
    =~ s/\A.*?(?=-----BEGIN)//sr;
}

sub put ($name, @texts) {
  return spew("$temp/$name", join '', @texts);
}

sub group ($name) {
  return openssl(qw(genpkey -genparam -algorithm DH -pkeyopt), "group:$name");
}

my %pem = (1024 => openssl(qw(dhparam -dsaparam 1024)),
  2048 => group('modp_2048'), 3072 => group('ffdhe3072'));
my %dh = (
  map({ $_ => put("dh$_", $pem{$_}) } keys %pem),
  mixed => put('mixed', "some words\n", slurp($rsa->{cert}),
    slurp($rsa->{key}), @pem{1024, 3072, 2048}),
  none => put('none', slurp($rsa->{cert})),
  damaged => put('damaged',
    $pem{2048} =~ s/^(?!--)(\w{4})/!!!!/mr),
  large => put('large', $pem{2048}, '#' x 300_000),
);

# A key for which the library by itself takes a prime of 4096 bits.
$probe->pki->issue(like => 'server-rsa', key_type => 'RSA:4096',
  map { $_ => "$temp/long-$_.pem" } qw(cert key));
my @LONG = ("TLSRSACertificateFile $temp/long-cert.pem",
  "TLSRSACertificateKeyFile $temp/long-key.pem");

# Keys that can be used with RSA-PSS alone, and with one digest of it.
my %PSS = (any => [], sha384 => [qw(-pkeyopt rsa_pss_keygen_md:sha384 -pkeyopt
  rsa_pss_keygen_mgf1_md:sha384 -pkeyopt rsa_pss_keygen_saltlen:48)]);
for my $kind (sort keys %PSS) {
  openssl(qw(req -x509 -newkey rsa-pss -pkeyopt rsa_keygen_bits:2048),
    $PSS{$kind}->@*, '-keyout', "$temp/pss-$kind.key", '-out',
    "$temp/pss-$kind.pem", qw(-nodes -subj /CN=localhost -days 9),
    $kind eq 'any' ? () : '-sha384');
  chmod 0600, "$temp/pss-$kind.key";
}

# Name, lines, bits that a client of DHE ciphers gets.
my @DH = (
  ['default', [], 2048],
  ['long key', [@LONG], 2048],
  ['level 3', [@LONG, 'TLSCipherSuite DEFAULT:@SECLEVEL=3'], 3072],
  ['longer', ["TLSDHParamFile $dh{3072}"], 3072],
  ['shortest-fit', ["TLSDHParamFile $dh{3072}", "TLSDHParamFile $dh{mixed}"],
    2048],
  ['weak', ["TLSDHParamFile $dh{1024}"], 2048],
  ['weak-and-good', ["TLSDHParamFile $dh{1024}", "TLSDHParamFile $dh{3072}"],
    3072],
  ['allowed', ["TLSDHParamFile $dh{1024}",
      "$WEAK AllowWeakDH"], 1024],
  ['allowed-not-taken', ["TLSDHParamFile $dh{mixed}", "$WEAK AllowWeakDH"],
    2048],
  ['refused-by-openssl', ["TLSDHParamFile $dh{1024}", 'TLSOptions AllowWeakDH'],
    2048],
);

# Extension 1000 with three bytes, for TLS 1.2.
my $info = put('info', "-----BEGIN SERVERINFO FOR test-----\n",
  encode_base64(pack 'nn/a*', 1000, 'abc'),
  "-----END SERVERINFO FOR test-----\n");

my @CBC = ('TLSProtocol TLSv1', $WEAK, 'TLSCipherSuite AES128-SHA:@SECLEVEL=0');
my @VHOSTS = (
  map({ [ "dh-$_->[0]", $_->[1]->@*,
    "@{$_->[1]}" =~ /long-cert/ ? () : @RSA ] } @DH),
  ['ids', 'TLSSessionTickets off'],
  ['delay', 'TCPNoDelay off'],
  ['rekey', 'TLSRenegotiate ctrl 1 data 16 timeout 300 required on'],
  ['export', 'TLSOptions ExportCertData'],
  ['fragments', @RSA, @CBC],
  ['no-fragments', @RSA, @CBC, 'TLSOptions NoEmptyFragments'],
  ['info', "TLSServerInfoFile $info"],
  ['two-certs-info', "TLSServerInfoFile $info", @RSA,
    map({ "TLSECCertificate$_->[0] $_->[1]" }
      [File => $probe->pki->cert('server')->{cert}],
      [KeyFile => $probe->pki->cert('server')->{key}])],
  map({ [ "pss-$_", "TLSRSACertificateFile $temp/pss-$_.pem",
    "TLSRSACertificateKeyFile $temp/pss-$_.key" ] } sort keys %PSS),
  ['masquerade', 'TLSMasqueradeAddress 192.0.2.7'],
  ['unknown', 'TLSMasqueradeAddress no..name'],
);

my $srv = FTPS::Test::Server->new(
  allow_log => qr/less than 2048 bits|cannot be resolved|TLSRandomSeed/,
  tls => ["TLSRandomSeed $temp/seed", 'TLSCryptoDevice ALL',
    'TLSOptions AllowClientRenegotiations NoAutoECDH'],
  extra => 'LogFormat env "%m %{TLS_SERVER_CERT}e"',
  global => "ExtendedLog $temp/env DIRS env",
  vhosts => [map { my ($name, @tls) = @$_;
    +{ name => $name, port => 'own', tls => \@tls } } @VHOSTS]);
$srv->start;

# Before it has a log the daemon tells its terminal.
sub told () { return $srv->systemlog . $srv->stderr }

# What `openssl s_client` says about a handshake of TLS 1.2.
sub s_client ($name, $ciphers, @options) {
  my $process = FTPS::Test::Process->start(['openssl', 's_client', '-connect',
      '127.0.0.1:' . $srv->vhost_port($name), qw(-starttls ftp -tls1_2 -cipher),
      $ciphers, @options], output => "$temp/s_client");
  $process->wait;
  $process->kill_now;
  return slurp("$temp/s_client", '');
}

for my $row (@DH) {
  my ($name, $lines, $bits) = @$row;
  like s_client("dh-$name", 'DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0'),
    qr/(?:Server|Peer) Temp Key: DH, $bits bits/, "DH, $name: $bits bits";
}
like told(),
  qr/TLSDHParamFile \S+dh1024: its parameters have less than 2048 bits/,
  'weak parameters are told';

for my $kind (sort keys %PSS) {
  my $digest = $kind eq 'any' ? 'sha256' : $kind;
  for my $version (['-tls1_2', '-cipher', 'ECDHE-RSA-AES256-GCM-SHA384'],
      ['-tls1_3']) {
    my $process = FTPS::Test::Process->start(['openssl', 's_client', '-connect',
        '127.0.0.1:' . $srv->vhost_port("pss-$kind"), qw(-starttls ftp),
        @$version, '-sigalgs', "rsa_pss_pss_$digest"],
      output => "$temp/s_client");
    $process->wait;
    $process->kill_now;
    like slurp("$temp/s_client", ''),
      qr/Peer signature type: (?:RSA-PSS|rsa_pss_pss_)/,
      "a key of RSA-PSS, $kind, $version->[0]";
  }
}

# A copy of the server's end of a socket: pidfd_open, pidfd_getfd.
sub servers_end ($port) {
  for my $pid ($srv->sessions) {
    my $process = syscall 434, 0 + $pid, 0;
    next if $process < 0;
    my ($ours) = grep { is_to($_, $port) } grep { $_ >= 0 }
      map { m{(\d+)$} ? syscall(438, $process, 0 + $1, 0) : -1 }
      glob "/proc/$pid/fd/*";
    POSIX::close($process);
    return $ours if defined $ours;
  }
  return;
}

sub is_to ($fd, $port) {
  open my $socket, '+<&', $fd or return 0;
  my $peer = getpeername $socket or return 0;
  return length $peer == 16 && (Socket::unpack_sockaddr_in($peer))[0] == $port;
}

subtest 'TCPNoDelay' => sub {
  plan skip_all => 'this kernel cannot copy descriptors'
    if syscall(434, $$, 0) < 0;
  $srv->write_file('much', 'x' x 4_000_000);
  for my $row (['ids', 1], ['delay', 0]) {
    my ($vhost, $wanted) = @$row;
    my $c = $srv->client(vhost => $vhost);
    my $flag = 'not found';
    my $r = $c->retr('much', during => sub ($client, $d) {
      my $fd = servers_end($d->sock->sockport) // return $d->wait_notify;
      open my $socket, '+<&=', $fd or die "$!\n";

      # The client may be quicker than the server's end of the handshake.
      FTPS::Test::Process->until(5, sub {
        $flag = unpack 'i', getsockopt $socket, Socket::IPPROTO_TCP,
          Socket::TCP_NODELAY;
        return $flag == $wanted;
      });
      return $d->wait_notify;
    });
    is $r->{code}, 226, "$vhost: a download";
    is $flag, $wanted, "$vhost: TCP_NODELAY after the handshake";
    $c->quit;
  }
};

subtest 'TLSSessionTickets off' => sub {
  my $c = $srv->client(vhost => 'ids', max => '1.2');
  is $c->stream->tickets, 0, 'TLS 1.2: no ticket';
  for my $n (1 .. 2) {
    my $r = $c->list;
    ok $r->{ok} && $r->{reused}, "transfer $n reuses the session by its id";
  }
  my $other = $srv->client(vhost => 'ids', max => '1.2');
  my $r = $other->list('', session => $c->session);
  is "$r->{code} $r->{ok}", '226 1', 'that of the same login, too'
    or diag explain $r;
  $_->quit for $c, $other;

  $c = $srv->client(vhost => 'ids', min => '1.3');
  $r = $c->list;
  ok $r->{ok} && $r->{reused}, 'TLS 1.3 has tickets';
  cmp_ok $c->stream->tickets, '>', 0, 'and sends them';
  $c->quit;
};

subtest 'TLSRenegotiate' => sub {
  my $bytes = join '', map { pack 'N', $_ } 1 .. 50_000;
  $srv->write_file('big', $bytes);
  like told(), qr/"rekey": TLSRenegotiate: connections of TLS 1\.3 get/,
    'what becomes of TLS 1.2 is told at the start';

  my $c = $srv->client(vhost => 'rekey', min => '1.3');
  my ($updates, $r) = (0);
  $r = $c->retr('big', during => sub ($client, $d) {
    my $data = '';
    while (length(my $some = $d->read_some(65_536))) { $data .= $some }
    $updates = $d->key_updates;
    $d->finish('notify');
    return $data;
  });
  ok $r->{ok} && $r->{data} eq $bytes, 'TLS 1.3 download, byte for byte'
    or diag "$r->{code} $r->{text}";
  cmp_ok $updates, '>=', 8, 'new keys on the way';

  # The send buffer is full when a record asks for new keys.
  my $long = $bytes x 40;
  $srv->write_file('long', $long);
  $r = $c->retr('long', during => sub ($client, $d) {
    my $before = -1;
    FTPS::Test::Process->until(sub {
      my $is_stuck = $d->unread == $before;
      $before = $d->unread;
      return $is_stuck && $before > 0;
    });
    my $data = $d->wait_notify;
    $d->finish('notify');
    return $data;
  });
  ok $r->{ok} && $r->{data} eq $long, 'a slow reader, byte for byte'
    or diag "$r->{code} $r->{text}";

  is $c->stor('up', $bytes, finish => 'close')->{code}, 226, 'upload';
  is $srv->read_file('up'), $bytes, 'byte for byte, though it is never read';

  ok FTPS::Test::Process->until(sub {
    $c->cmd('NOOP');
    return $c->stream->key_updates > 0;
  }), 'control connection: new keys with time';
  is(($c->cmd('NOOP'))[0], 200, 'it goes on');
  cmp_ok $c->stream->sent_key_updates, '>', 0, 'client was asked for new ones';
  ok $c->list->{ok}, 'transfers go on';
  $c->quit;

  $c = $srv->client(vhost => 'rekey', max => '1.2');
  $r = $c->retr('big');
  ok $r->{ok} && $r->{data} eq $bytes, 'TLS 1.2 goes on with its keys';
  $c->quit;
};

subtest 'ExportCertData' => sub {
  for my $row (['ids', qr/^(?:PWD -?\n)\z/],
    ['export', qr/^PWD -----BEGIN CERTIFICATE-----/m])
  {
    my ($name, $like) = @$row;
    put('env');
    my $c = $srv->client(vhost => $name);
    $c->cmd('PWD');
    $c->quit;
    like slurp("$temp/env", ''), $like, $name;
  }
};

subtest 'NoEmptyFragments' => sub {
  my %records;
  for my $name (qw(fragments no-fragments)) {
    my $c = $srv->client(vhost => $name, min => '1.0', max => '1.0',
      ciphers => 'AES128-SHA:@SECLEVEL=0');
    # 256: the header of a record.
    Net::SSLeay::set_msg_callback($c->stream->ssl,
      sub ($sent, $version, $type, @rest) {
        $records{$name}++ if $type == 256 && !$sent;
      });
    is(($c->cmd('NOOP'))[0], 200, "$name: a reply");
    $c->quit;
  }
  cmp_ok $records{'no-fragments'}, '>', 0, 'TLS 1.0: records are seen';
  is $records{fragments}, 2 * $records{'no-fragments'},
    'and an empty one before each without the option';
};

for my $row (['info', 'ECDHE-ECDSA'], ['two-certs-info', 'ECDHE-RSA'],
  ['two-certs-info', 'ECDHE-ECDSA']) {
  my ($name, $kind) = @$row;
  my $output = s_client($name, "$kind-AES128-GCM-SHA256", '-serverinfo', 1000);
  like $output, qr/BEGIN SERVERINFO FOR EXTENSION 1000-----\nA\+gAA2FiYw==/,
    "TLSServerInfoFile, $name, $kind";
}

subtest 'TLSMasqueradeAddress' => sub {
  my $c = $srv->client(vhost => 'masquerade');
  like join(' ', $c->cmd('PASV')), qr/^227 .*\(192,0,2,7,\d+,\d+\)/, 'in PASV';
  ok $c->list('', mode => 'epsv')->{ok}, 'EPSV has no address';
  $c->quit;

  $c = $srv->connection(vhost => 'masquerade');
  $c->connect;
  $c->login;
  like join(' ', $c->cmd('PASV')), qr/^227 .*\(127,0,0,1,\d+,\d+\)/,
    'not without TLS';
  $c->quit;

  $c = $srv->client(vhost => 'unknown');
  ok $c->list->{ok}, 'a name that cannot be resolved is left out';
  $c->quit;
  like told(),
    qr/TLSMasqueradeAddress: "no\.\.name" cannot be resolved/, 'and told';
};

subtest 'no effect, but a notice' => sub {
  my $told = told();
  like $told, qr/TLSCryptoDevice: "ALL" is ignored/, 'TLSCryptoDevice';
  like $told, qr/TLSOptions: "\Q$_\E" is deprecated and has no effect/, $_
    for qw(AllowClientRenegotiations NoAutoECDH);
};

subtest 'TLSRandomSeed' => sub {
  ok !-e "$temp/seed", 'not written before the end';
  ok $srv->hup, 'configuration read again';
  $srv->client->quit;
  is $srv->stop, 0, 'the daemon ends';
  is -s "$temp/seed", 1024, 'a new seed';
  is +(stat _)[2] & 0777, 0600, 'for root alone';
  my $old = slurp("$temp/seed", '');
  $srv->start;
  $srv->client->quit;
  is $srv->stop, 0, 'once more';
  isnt slurp("$temp/seed", ''), $old, 'another seed';

  # Whoever lays a file in the way gets nothing written to it.
  for my $row (['of somebody', 'belongs to another user',
        sub { chown 65534, 65534, "$temp/seed" }],
      ['for all to read', 'everybody may read it', sub { chmod 0644,
        "$temp/seed" }],
      ['with another name', undef, sub { link "$temp/seed", "$temp/name" }]) {
    my ($name, $fault, $make) = @$row;
    unlink "$temp/seed";
    put('seed', 'precious');
    chmod 0600, "$temp/seed";
    $make->();
    $srv->start;
    is $srv->stop, 0, "$name: the daemon runs";
    is slurp("$temp/seed", ''), 'precious', "$name: not written to";
    like told(), qr/TLSRandomSeed \S+: \Q$fault\E/, "$name: told" if $fault;
    like told(), qr/TLSRandomSeed \S+: cannot be written: .*root's/,
      "$name: told at the end";
  }
};

# Lines, texts of the fault.
for my $row (
  ['no file', ["TLSDHParamFile $temp/gone"], "$temp/gone", 'cannot be read',
    'No such file'],
  ['a directory', ["TLSDHParamFile $temp"], $temp, 'not a file of DH'],
) {
  my ($name, $lines, @texts) = @$row;
  my ($status, $output) = $probe->config_error(@RSA, @$lines);
  is $status, 1, "$name: a fault";
  my ($line) = $output =~ /^(.*mod_ftps: server .*)$/m;
  ok index($line // '', $_) >= 0, "  names $_" or diag $output for @texts;
}

# mod_tls starts with such files, and with so many.
is +($probe->config_error(@RSA, ("TLSDHParamFile $dh{2048}") x 9))[0], 0,
  'nine files: no fault';
$dh{device} = '/dev/null';
for my $row (['none', 'there are no DH parameters'], ['damaged', 'damaged'],
  ['device', 'there are no DH parameters'], ['large'],
  ['1024', '1024 bits', 'security level 2', 'AllowWeakSecurity']) {
  my ($name, @texts) = @$row;
  my ($status, $output) = $probe->config_error(@RSA, "TLSDHParamFile $dh{$name}",
    $name eq '1024' ? 'TLSOptions AllowWeakDH' : ());
  is $status, 0, "$name: no fault";
  next if !@texts;
  my ($line) = $output =~ /^(.*mod_ftps: TLSDHParamFile\b.*)$/m;
  ok index($line // '', $_) >= 0, "  but $_" or diag $output
    for $name eq '1024' ? () : $dh{$name}, @texts, 'openssl dhparam';
}

# TLSKeyLogFile: keys of control and data connections, for those servers alone
# that have it, and in no file that others can read.
subtest 'TLSKeyLogFile' => sub {
  my $open = put('open-keys');
  chmod 0644, $open;
  symlink "$temp/elsewhere", "$temp/link";
  my %line = map { $_ => "TLSKeyLogFile $temp/$_" } qw(keys sni-keys open-keys
    link);
  my $srv = FTPS::Test::Server->new(tls => [$line{keys}], vhosts => [
    { name => 'b.test', tls => [$line{'sni-keys'}] },
    { name => 'open', port => 'own', tls => [$line{'open-keys'}] },
    { name => 'link', port => 'own', tls => [$line{link}] },
    { name => 'none', port => 'own' } ])->start;
  ok !-e "$temp/keys", 'the daemon makes no file';

  my $c = $srv->client(max => '1.2');
  my $ssl = $c->stream->ssl;
  my $random = unpack 'H*', Net::SSLeay::get_client_random($ssl);
  my $secret = unpack 'H*',
    Net::SSLeay::SESSION_get_master_key(Net::SSLeay::get_session($ssl));
  is slurp("$temp/keys", ''), "CLIENT_RANDOM $random $secret\n",
    'TLS 1.2: the keys of the client';
  is sprintf('%04o', (stat "$temp/keys")[2] & 07777), '0600', 'mode';
  ok $c->stor('keys', 'x')->{ok}, 'an upload';
  is scalar(() = slurp("$temp/keys", '')
    =~ /^CLIENT_RANDOM \w{64} $secret$/mg), 2,
    'and the keys of its data connection';

  my $before = -s "$temp/keys";
  $c = $srv->client(min => '1.3');
  $random = unpack 'H*', Net::SSLeay::get_client_random($c->stream->ssl);
  my $new = substr slurp("$temp/keys", ''), $before;
  like $new, qr/^$_ $random \w{64,96}$/m, "TLS 1.3: $_"
    for map { ("CLIENT_$_", "SERVER_$_") } qw(HANDSHAKE_TRAFFIC_SECRET
      TRAFFIC_SECRET_0);

  $before = -s "$temp/keys";
  for my $name ('open', 'link', 'none') {
    my $r = $srv->client(vhost => $name)->stor('keys', 'x');
    is $r->{code}, 226, "$name: a session";
  }
  is -s $open, 0, 'nothing in a file that others can read';
  ok !-e "$temp/elsewhere", 'nothing behind a link';
  is -s "$temp/keys", $before, 'nothing of other servers';
  for my $row ([ 'open-keys', 'others can read it; run chmod 0600 on it' ],
    [ 'link', '' ])
  {
    my ($file, $why) = @$row;
    ok $srv->wait_log(qr{TLSKeyLogFile \Q$temp/$file\E: is not written: \Q$why},
      'system'), "$file: the log says so";
  }

  subtest 'SNI' => sub {
    FTPS::Test::Server->need_host;
    $c = $srv->client(sni => 'b.test', max => '1.2');
    like slurp("$temp/sni-keys", ''), qr/\ACLIENT_RANDOM \w{64} \w{96}\n\z/,
      'the file of the server that SNI has chosen';
    is -s "$temp/keys", $before, 'and not that of the first one';
  };
  is $srv->stop, 0, 'the daemon ends';
};

done_testing;
