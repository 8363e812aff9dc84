# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# TLSSessionTicketKeys: which tickets new control connections may use, and that
# data connections resume through every change of the keys; keys of a file, as
# nginx, Apache httpd and HAProxy have them, good and bad; tickets as they are
# documented in tickets/keyring.h, taken apart and forged; and where in memory
# the keys are.  With FTPS_SLOW=1 also keys that expire.
#
# Needs: root, openssl, a C compiler; haproxy and nginx, if installed.

use v5.36;
use Digest::SHA qw(hmac_sha256 sha256);
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::Build;
use FTPS::Test::File qw(slurp replace);
use FTPS::Test::Process;
use FTPS::Test::Server;
use MIME::Base64 qw(encode_base64);
use Test::More;

my @VERSIONS = ('1.2', '1.3');
my $temp = File::Temp->newdir('ftps-tickets-XXXXXX', TMPDIR => 1);
my %record = map { $_ => random(80) } qw(a b c d);
$record{$_} = random(48) for qw(e f);
put("$_.bin", $record{$_}), put("$_.secret", extract($record{$_}))
  for sort keys %record;
put('keys', $record{a});

my $file = FTPS::Test::Server->new(
  max_instances => 100, tls => ["TLSSessionTicketKeys file $temp/keys"],
  allow_log => qr/the old ticket keys stay/)->start;
my $memory = FTPS::Test::Server->new(
  max_instances => 100, tls => ['TLSSessionTicketKeys age 60 count 2'])->start;

# Looked at by the timer, while all else is tried.
my ($bad, $good) = map {
  put($_, $record{a});
  FTPS::Test::Server->new(tls => ["TLSSessionTicketKeys file $temp/$_"],
    allow_log => qr/the old ticket keys stay/)->start;
} 'bad', 'good';
put('bad', 'no keys at all');
put('good', $record{b});

sub random ($n) {
  open my $in, '<:raw', '/dev/urandom' or die "urandom: $!\n";
  read($in, my $bytes, $n) == $n or die "urandom: $!\n";
  return $bytes;
}

sub put ($name, $bytes, $mode = 0600) {
  return replace("$temp/$name", $bytes, $mode);
}

# What tickets/keyring.h says.
sub extract ($bytes) { return hmac_sha256($bytes, "\0" x 32) }

sub expand ($secret, $info) {
  my $first = hmac_sha256("$info\1", $secret);
  return $first . hmac_sha256("$first$info\2", $secret);
}

sub id_of ($secret) {
  return substr expand($secret, 'mod_ftps ticket id'), 0, 8;
}

sub keys_of ($secret, $salt) {
  my $both = expand($secret, "mod_ftps ticket keys$salt");
  return (substr($both, 0, 32), substr $both, 32);
}

# Where in the bytes of a client's session the ticket is.
sub place_of_ticket ($session) {
  put('session', $session);
  my $text = FTPS::Test::Process->must([qw(openssl asn1parse -inform DER -in),
    "$temp/session"]);
  $text =~ /cont \[ 10 \].*\n\s*(\d+):d=\d+\s+hl=(\d+) l=\s*(\d+) prim: OCTET/
    or die "no ticket in:\n$text";
  return ($1 + $2, $3);
}

sub ticket_of ($session) {
  my ($at, $len) = place_of_ticket($session);
  return substr $session, $at, $len;
}

sub aes ($how, $key, $iv, $bytes) {
  put('aes', $bytes);
  FTPS::Test::Process->must([qw(openssl enc), $how, '-aes-256-cbc', '-K',
    unpack('H*', $key), '-iv', unpack('H*', $iv), '-nopad', '-in', "$temp/aes",
    '-out', "$temp/aes.out"]);
  return slurp("$temp/aes.out");
}

# The session in a ticket, as the server wrote it; undef: not with this secret.
sub read_ticket ($ticket, $secret) {
  my ($name, $iv, $inner, $mac) =
    unpack 'a16 a16 a' . (length($ticket) - 64) . ' a32', $ticket;
  return if substr($name, 0, 8) ne id_of($secret);
  my ($aes, $hmac) = keys_of($secret, substr $name, 8);
  return if hmac_sha256("$name$iv$inner", $hmac) ne $mac;
  return aes('-d', $aes, $iv, $inner);
}

# The client's session with a ticket of the same content, under other keys.
sub with_ticket ($session, $inner, $name, $aes, $hmac) {
  my $iv = random(16);
  my $body = $name . $iv . aes('-e', $aes, $iv, $inner);
  my ($at, $len) = place_of_ticket($session);
  my $ticket = $body . hmac_sha256($body, $hmac);
  die "a ticket of another size\n" if length $ticket != $len;
  substr $session, $at, $len, $ticket;
  return $session;
}

# The same content for another name: tickets/mark.h has the proof in it, here of
# a client without a certificate.
sub proved ($inner, $secret, $name) {
  my ($context) = $inner =~ /\xA4\x22\x04\x20(.{32})/s or die "no context\n";
  $inner =~ /\x04\x48.{32}(.{8})(?=.{32})/s or die "no mark\n";
  my ($at, $time) = ($+[0], $1);
  my $key = substr expand($secret, 'mod_ftps ticket holder'), 0, 32;
  substr $inner, $at, 32,
    hmac_sha256($name . sha256("$time\x20$context\0"), $key);
  return $inner;
}

# Each session that ends stops its daemon from accepting others for 0.2 s, so
# they stay while nobody counts them.
my @kept;

sub enter ($srv, $version, %o) {
  my $c = $srv->client(min => $version, max => $version, %o);
  push @kept, $c;
  $c->cmd('NOOP');
  return $c;
}

sub resumes ($srv, $version, $session) {
  my $c = enter($srv, $version, session => $session);
  my $reused = $c->session_reused ? 1 : 0;
  my $r = $c->stor('check', "$version $reused");
  ok $r->{ok} && $r->{reused} && $srv->read_file('check') eq "$version $reused",
    "TLS $version: its data connections resume" or diag $r->{text};
  return $reused;
}

sub transfers ($c, $name, @words) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my $r = $c->list('', @words);
  ok $r->{ok} && $r->{reused}, $name or diag "$r->{code} $r->{text}";
  return;
}

sub renew ($bytes, $mode = 0600) {
  put('keys', $bytes, $mode);
  $file->hup or die "no restart\n";
  return;
}

# Files of the memory of a process: in pages that core dumps do not hold, or
# elsewhere.
my $memscan = FTPS::Test::Build->program("$temp/memscan");

sub finds ($pid, @names) {
  my ($range, %own, %found);
  for (split /\n/, slurp("/proc/$pid/smaps")) {
    $range = $1 if /^([0-9a-f]+-[0-9a-f]+) /;
    $own{$range} = 1 if /^VmFlags:.* dd\b/;
  }
  my ($status, $output) = FTPS::Test::Process->run(
    [$memscan, $pid, map { "\@$temp/$_" } @names]);
  die "memscan: $output\n" if $status > 1;
  for (split /\n/, $output) {
    my (undef, $in, undef, undef, $what) = split / /;
    my ($name) = $what =~ /^(\w+\.\w+):/;
    $found{ $own{$in} ? $name : "$name elsewhere" } = 1;
  }
  return join ' ', sort keys %found;
}

my @ALL = map { ("$_.bin", "$_.secret") } qw(a b c d);

sub none_left ($srv) {
  @kept = ();
  $srv->wait_sessions(0) or die "a session is left\n";
  return;
}

sub only_session ($srv) {
  $srv->wait_sessions(1) or die "not one session\n";
  return ($srv->sessions)[0];
}

my %old;
for my $version (@VERSIONS) {
  subtest "tickets as documented, TLS $version" => sub {
    my $c = enter($file, $version);
    my $session = $c->session;
    my $inner = read_ticket(ticket_of($session), extract($record{a}));
    ok defined $inner, 'the record of the file is what protects it';
    is substr($inner, 0, 1), "\x30", 'what is in it is a session';
    my $second = read_ticket(ticket_of($c->sessions->[0]),
      extract($record{a}));
    ok defined $second, 'every one of them';
    is resumes($file, $version, $session), 1, 'resumed';

    my $id = id_of(extract($record{a}));
    my @own = keys_of(extract($record{a}), 'any salt');
    is resumes($file, $version,
      with_ticket($session,
        proved($inner, extract($record{a}), "${id}any salt"),
        "${id}any salt", @own)), 1, 'made anew with another salt: resumed';
    is resumes($file, $version,
      with_ticket($session, $inner, "${id}any salt", @own)), 0,
      'without a proof for that name: a full handshake';

    # Keys that are not there are not all zeros.
    for my $row (['no name', "\0" x 16, ("\0" x 32) x 2],
      ['the right name', "${id}any salt", ("\0" x 32) x 2],
      ['another name', 'x' x 16, @own],
      ['other keys', "${id}any salt", keys_of(extract($record{b}), 'any salt')])
    {
      my ($name, @forged) = @$row;
      is resumes($file, $version, with_ticket($session, $inner, @forged)), 0,
        "forged, $name: a full handshake";
    }
    $c = enter($file, $version);
    my $r = $c->list('',
      session => with_ticket($session, $inner, "\0" x 16, ("\0" x 32) x 2));
    is $r->{code}, 425, 'forged, on a data connection: refused';
    $old{$version} = $session;
  };
}

subtest 'where they are' => sub {
  is finds($file->pid, @ALL), 'a.secret', 'daemon: in its own pages';
  for my $version (@VERSIONS) {
    none_left($file);
    my $c = $file->connection(min => $version, max => $version,
      session => $old{$version});
    $c->connect;
    my $pid = only_session($file);
    is finds($pid, @ALL), 'a.secret', "TLS $version, before AUTH: the same";
    ok $c->auth && $c->session_reused, 'resumed';
    $c->cmd('NOOP');
    is finds($pid, @ALL), '', 'nowhere after the handshake';
    $c->login;
    transfers($c, 'a transfer');
    is finds($pid, @ALL), '', 'nor after a transfer';
  }
  none_left($file);
  my $c = $file->connection;
  $c->connect;
  $c->cmd('USER proftpd');
  is(($c->cmd('PASS test'))[0], 230, 'a login without TLS');
  is finds(only_session($file), @ALL), '', 'nowhere after it';
};

subtest 'a new record in front' => sub {
  my %open = map { $_ => enter($file, $_) } @VERSIONS;
  my %twice = map { $_ => enter($file, $_, session => $old{$_}) } @VERSIONS;
  renew($record{b} . $record{a});
  is finds($file->pid, @ALL), 'a.secret b.secret', 'daemon: both';
  for my $version (@VERSIONS) {
    is resumes($file, $version, $old{$version}), 1, 'the old one is taken';
    my $c = enter($file, $version);
    ok defined read_ticket(ticket_of($c->session), extract($record{b})),
      'the first is for new ones';
  }

  renew($record{c});
  is finds($file->pid, @ALL), 'c.secret', 'those that are gone are wiped';
  for my $version (@VERSIONS) {
    is resumes($file, $version, $old{$version}), 0,
      'a ticket of theirs: a full handshake';
    my ($c, $second) = ($open{$version}, $twice{$version});
    transfers($c, "what was open goes on, transfer $_") for 1 .. 3;
    ok $second->session_reused, 'and what had been resumed';
    transfers($second, "transfer $_") for 1 .. 3;
    transfers($second, 'with the ticket of the first connection',
      session => $old{$version}) if $version eq '1.2';
  }
};

subtest 'other forms' => sub {
  my @line = map { encode_base64($record{$_}, '') . "\n" } qw(a b c d e);
  for my $row (['48 bytes', $record{e}, 'e'],
    ['48 bytes, twice', $record{f} . $record{e}, 'f'],
    ['a line', $line[0], 'a'], ['two lines', "$line[0]$line[1]", 'a'],
    ['four lines', join('', @line[0 .. 3]), 'c'],
    ['lines of two sizes', join('', @line[3, 4, 0]), 'e'])
  {
    my ($name, $bytes, $first) = @$row;
    renew($bytes);
    my $c = enter($file, '1.3');
    ok defined read_ticket(ticket_of($c->session), extract($record{$first})),
      "$name: $first is for new tickets";
  }
  is finds($file->pid, @ALL), 'a.secret d.secret', 'and all are there';
};

# Files that others take as they are.
subtest 'other servers' => sub {
  my $pem = $file->pki->cert('server')->{both};
  put('lines', join '', map { encode_base64($record{$_}, '') . "\n" }
    qw(a b c));
  put('haproxy.cfg', <<~"END");
    defaults
      mode tcp
      timeout connect 1s
      timeout client 1s
      timeout server 1s
    listen tickets
      bind 127.0.0.1:@{[ $file->port ]} ssl crt $pem tls-ticket-keys $temp/lines
      server one 127.0.0.1:@{[ $memory->port ]}
    END
  put('nginx.conf', <<~"END");
    pid $temp/nginx.pid;
    error_log stderr;
    events { }
    http {
      access_log off;
      server {
        listen 127.0.0.1:@{[ $file->port ]} ssl;
        ssl_certificate $pem;
        ssl_certificate_key $pem;
        ssl_session_ticket_key $temp/a.bin;
        ssl_session_ticket_key $temp/e.bin;
      }
    }
    END
  for my $row (['haproxy', 'lines', qw(-c -f), "$temp/haproxy.cfg"],
    ['nginx', 'a.bin', qw(-t -c), "$temp/nginx.conf"])
  {
    my ($program, $keys, @words) = @$row;
    SKIP: {
      my ($path) = grep { -x } map { "$_/$program" } qw(/usr/sbin /usr/bin);
      skip "$program is not installed", 1 if !$path;
      my ($status, $output) = FTPS::Test::Process->run([$path, @words]);
      is $status, 0, "$program takes the file" or diag $output;
    }
    renew(slurp("$temp/$keys"));
    ok defined read_ticket(ticket_of(enter($file, '1.3')->session),
      extract($record{ $keys eq 'lines' ? 'b' : 'a' })), 'and so do we';
  }
};

# Bytes or undef, mode, what the fault is and what to do.
my @BAD = (
  ['gone', undef, 0600, 'No such file', 'check the path'],
  ['readable', $record{a}, 0644, 'everybody may read it', 'chmod o-rw'],
  ['writable', $record{a}, 0602, 'everybody may write to it', 'chmod o-rw'],
  ['foreign', $record{a}, 0600, 'belongs to another user', 'chown root'],
  ['empty', '', 0600, 'is empty', 'openssl rand 80'],
  ['short', substr($record{a}, 1), 0600, 'has 79 bytes', '80 or 48 bytes'],
  ['zeros', "\0" x 80, 0600, 'nothing but one byte', 'openssl rand 80'],
  ['words', "no key\n", 0600, 'no record', 'openssl rand 80'],
  ['many', $record{a} x 33, 0600, '33 records', 'take the oldest out'],
  ['long', $record{a} x 820, 0600, 'more than 65536', '80 or 48 bytes'],
);
my $probe = FTPS::Test::Server->new;
for my $row (@BAD, ['folder', '', 0, 'not a regular file', 'name one']) {
  my ($name, $bytes, $mode, @texts) = @$row;
  my $path = $name eq 'folder' ? "$temp" : "$temp/bad-$name";
  put("bad-$name", $bytes, $mode) if defined $bytes && $mode;
  chown 65534, 65534, $path if $name eq 'foreign';
  my ($status, $output) = $probe->config_error(
    "TLSSessionTicketKeys file $path");
  is $status, 1, "$name: a fault at the start";
  my ($fault) = $output =~ /^(.*TLSSessionTicketKeys file \Q$path\E: .*)$/m;
  ok index($fault // '', $_) >= 0, "  says: $_" or diag $output for @texts;
}

subtest 'a bad file at a restart' => sub {
  renew($record{a});
  is resumes($file, '1.3', $old{'1.3'}), 1, 'a good one';
  renew($record{b}, 0644);
  like $file->systemlog, qr/TLSSessionTicketKeys file .*: everybody may read/,
    'is told';
  is resumes($file, $_, $old{$_}), 1, "TLS $_: the old keys stay"
    for @VERSIONS;
};

subtest 'in memory' => sub {
  my %first = map { $_ => enter($memory, $_) } @VERSIONS;
  my %session = map { $_ => $first{$_}->session } @VERSIONS;
  is resumes($memory, $_, $session{$_}), 1, "TLS $_: resumed" for @VERSIONS;
  ok $memory->hup, 'SIGHUP';
  is resumes($memory, $_, $session{$_}), 1, "TLS $_: resumed after SIGHUP"
    for @VERSIONS;
  is unpack('H*', substr(ticket_of($session{$_}), 0, 8)),
    unpack('H*', substr(ticket_of($first{$_}->session), 0, 8)), 'one key'
    for @VERSIONS;

  SKIP: {
    skip 'FTPS_SLOW is not set', 8 if !$ENV{FTPS_SLOW};
    sleep 76;
    is resumes($memory, $_, $session{$_}), 0, "TLS $_: expired" for @VERSIONS;
    my $old = ticket_of($session{'1.3'});
    my $new = ticket_of(enter($memory, '1.3')->session);
    isnt substr($new, 0, 8), substr($old, 0, 8), 'there is a new key';
    transfers($first{$_}, "TLS $_: what was open goes on") for @VERSIONS;
  }
};

subtest 'by the timer' => sub {
  my $told = qr/the old ticket keys stay in use: \S+ file \S+: has a line/;
  ok $bad->wait_log($told, 'system'), 'a bad file is told';
  is resumes($bad, '1.3', enter($bad, '1.3')->session), 1, 'and not used';
  ok $good->wait_log(qr/changed ticket keys are in use now/, 'system'),
    'a good one as well';
  is finds($good->pid, @ALL), 'b.secret', 'and used';
  sleep 16 if $ENV{FTPS_SLOW};
  my @told = $bad->systemlog =~ /$told/g;
  is @told, 1, 'the fault is told once';
};

is $_->stop, 0, 'a daemon ends' for $file, $memory, $bad, $good;
done_testing;
