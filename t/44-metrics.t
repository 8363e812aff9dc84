# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# ftpdctl tls metrics, and tls info -j: counts of many sessions at once, of one
# that was killed, across SIGHUP and a killed signer; certificates renewed in
# time, late and too late; valid for promtool, for JSON, and of a limited size
# whatever clients and names of servers are.
#
# Needs: root, proftpd-core with ftpdctl; promtool (Debian: prometheus) for one
# of the checks.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::Controls;
use FTPS::Test::File qw(slurp);
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Server;
use JSON::PP qw(decode_json);
use Test::More;

FTPS::Test::Server->new;
plan skip_all => 'no ftpdctl' if !FTPS::Test::Controls->is_installed;

my $SESSIONS = 12;
my $OLD = 'old';
my @CONTROLS = (FTPS::Test::Controls->lines,
  'TLSControlsACLs all allow user root');
my ($PROMTOOL) = grep { -x } map { "$_/promtool" } split /:/,
  "$ENV{PATH}:/usr/bin";
my $dir = File::Temp->newdir('ftps-metrics-XXXXXX', TMPDIR => 1);
my $MONITORING = "$FindBin::Bin/../doc/monitoring";
my $pki = FTPS::Test::PKI->new;
my $issue = sub (@words) {
  return $pki->issue(cert => "$dir/c", key => "$dir/k", @words);
};
$issue->(cn => qq(a "b" \\ \xff\n{c="d"}));
my $srv = FTPS::Test::Server->new(extra => \@CONTROLS,
  tls => ["TLSCertificate $dir/c $dir/k"],
  vhosts => [{ name => $OLD, port => 'own', tls => ['TLSProfile old'] },
    map { { name => $_, port => 'own', tls => ["TLSLog $dir/$_",
      "TLSLogFormat $_", 'TLSVerifyClient optional',
      'TLSCACertificateFile ' . $pki->cert('client-ca')->{cert}] } }
      qw(keys json)]);
$srv->start;
my $ctl = FTPS::Test::Controls->new($srv);

# name{labels} => value; what is wrong fails.
sub metrics ($name, $text = ($ctl->ask('tls metrics'))[0]) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my (%value, %seen, $family, @bad);
  for my $line (split /\n/, $text) {
    if ($line =~ /^# (HELP|TYPE) (ftps_\w+) \S/) {
      push @bad, $line if $1 eq 'HELP' && $seen{$2}++;
      $family = $2;
    } elsif ($line
        =~ /^(ftps_\w+)(\{(?:\w+="(?:[^"\\\n]|\\.)*",?)+\})? (-?[\d.]+)$/) {
      push @bad, $line if $1 ne $family || exists $value{"$1" . ($2 // '')};
      $value{"$1" . ($2 // '')} = $3;
    } else {
      push @bad, $line;
    }
  }
  is_deeply \@bad, [], "$name: every line is valid";
  $value{lines} = () = $text =~ /^(?!ftps_client_)/mg;
  $value{text} = $text;
  return \%value;
}

sub handshakes ($m, $channel, $version, $resumed) {
  return $m->{qq(ftps_handshakes_total{channel="$channel",version="$version",)
    . qq(resumed="$resumed"})} // 0;
}

sub refusals ($m, $word) {
  return $m->{qq(ftps_refusals_total{reason="$word"})};
}

my $m;

subtest 'many sessions at once' => sub {
  my @results = FTPS::Test::Process->crowd($SESSIONS, sub {
    my $i = $$;
    my $version = $i % 2 ? '1.2' : '1.3';
    my $c = $srv->client(max => $version);
    $c->stor("f$i", 'x' x 1000);
    $c->retr("f$i");
    my $d = $c->data(session => 'none');
    $c->send_line("RETR f$i");
    $d->handshake && $d->finish('notify');
    my ($code) = ($c->reply)[0] == 150 ? $c->reply : 0;
    $c->cmd('PROT S');
    $c->quit;
    return "$version $code";
  });
  is +(grep { / 425$/ } @results), $SESSIONS, 'each was refused once'
    or diag @results;
  my $old = grep { /^1\.2/ } @results;
  my $c = $srv->client;
  kill KILL => sessions_of();
  ok FTPS::Test::Process->until(sub { !sessions_of() }), 'all have ended';
  $m = metrics('counts');
  is handshakes($m, 'control', 'TLSv1.2', 'none'), $old, 'TLS 1.2';
  is handshakes($m, 'control', 'TLSv1.3', 'none'), $SESSIONS - $old + 1,
    'TLS 1.3, with the session that was killed';
  is handshakes($m, 'data', 'TLSv1.2', 'ticket'), 2 * $old,
    'data, TLS 1.2';
  is handshakes($m, 'data', 'TLSv1.3', 'ticket'),
    2 * ($SESSIONS - $old), 'data, TLS 1.3';
  is refusals($m, 'session-not-resumed'), $SESSIONS, 'refused data connections';
  is refusals($m, 'prot-unsupported'), $SESSIONS, 'refused PROT';
  is refusals($m, 'too-many-handshakes'), 0, 'and what did not happen';
  my $sum = 0;
  $sum += $m->{$_} for grep { /^ftps_handshake_suites_total/ } keys %$m;
  is $sum, 3 * $SESSIONS + 1, 'each handshake has a suite';
  ok +(grep { /^ftps_handshake_groups_total\{group="(?:X25519|P-256)/ } keys %$m),
    'and the exchange of keys a group';
  for my $direction (qw(in out)) {
    cmp_ok $m->{qq(ftps_bytes_total{channel="data",direction="$direction"})},
      '>', 1000 * $SESSIONS, "bytes $direction";
  }
  SKIP: {
    skip 'the signer may not call what valgrind needs', 2 if $ENV{FTPS_VALGRIND};
    cmp_ok $m->{'ftps_signatures_total{result="made"}'}, '>=', $SESSIONS,
      'signatures';
    cmp_ok $m->{ftps_signature_wait_seconds_total}, '>', 0, 'and their time';
  }
};

# Handshakes, refusals, messages, alarms, with hostile words of the client.
my @KEYS = qw(peer user channel clnt sni version suite group resumed certificate
  client_certificate ms in out reason);
for my $format (qw(keys json)) {
  my $c = $srv->client(vhost => $format, ca => undef, sni => $format,
    $pki->pair('client'));
  $c->stor('a', 'x');
  my $d = $c->data(session => 'none', sni => "a\"\\b");
  $c->send_line('RETR a');
  $d->handshake && $d->finish('notify');
  $c->reply for 1, 2;
  $c->quit;
  $c = $srv->connection(vhost => $format, ca => undef);
  $c->connect;
  $c->cmd(qq(USER a"b\\\xff\xc3\xa4\x01\xe2\x80\xa8) . 'x' x 200);
  $c->cmd(qq(PBSZ "\xff" {}));
  $c->cmd(qq(CLNT "\xfe"\\n));
  $c->cmd('AUTH');
  $c->auth('TLS', behind => "NOOP\r\n");
  $c->close;
  $c = $srv->connection(vhost => $format, sni => "\xff\"\\}", ca => undef);
  $c->connect;
  $c->auth;
  $c->close;
}

subtest 'TLSLogFormat json' => sub {
  my @lines = split /\n/, slurp("$dir/json");
  my @objects = map { eval { decode_json($_) } // fail "$_: $@" } @lines;
  my %of;
  push $of{$_->{event}}->@*, $_ for @objects;
  is_deeply [sort keys %of], [qw(handshake message refusal)], 'events';
  my ($control, $data) = $of{handshake}->@*;
  is_deeply [$control->@{qw(peer user channel sni resumed certificate
      client_certificate reason)}], ['127.0.0.1', undef, 'control', 'json',
      'none', 'O = FTPS tests, CN = localhost', 'O = FTPS tests, CN = proftpd',
      undef], 'a handshake';
  is_deeply [$data->@{qw(user channel resumed certificate client_certificate)}],
    ['proftpd', 'data', 'ticket', undef, 'O = FTPS tests, CN = proftpd'],
    'of a data connection';
  cmp_ok $data->{$_}, '>', 0, "$_ of it" for qw(in out);
  like $_->{time}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'time'
    for $objects[0];
  my %reason = map { $_->{reason} => $_ } $of{refusal}->@*;
  is $reason{'session-not-resumed'}{channel}, 'data', 'a refused data connection';
  my $name = qq(a"b\\x5c\\xff\xe4\\x01\\xe2\\x80\\xa8xxx);
  is substr($reason{'auth-no-mechanism'}{user}, 0, length $name), $name,
    'a hostile name of a user';
  is $reason{'auth-no-mechanism'}{clnt}, '"\\xfe"\\x5cn', 'and CLNT';
  ok $reason{'bytes-after-auth'}, 'an alarm';
  like $reason{'bytes-after-auth'}{text}, qr/^bytes sent in clear behind AUTH/,
    'with its text';
  for my $line (grep { !/"event":"message"/ } @lines) {
    my @found = grep { $_ !~ /^(?:time|pid|event|text)$/ }
      $line =~ /[{,]"(\w+)":/g;
    is "@found", "@KEYS", 'all keys, in order';
  }
};

subtest 'TLSLogFormat keys' => sub {
  my $log = slurp("$dir/keys");
  my $value = qr/(?:"(?:[^"\\]|\\.)*"|[^\s"]+)/;
  my $keys = join ' ', map { "$_=$value" } @KEYS;
  my @events = grep { /\]: (?:handshake|refusal) peer=/ } split /\n/, $log;
  cmp_ok scalar @events, '>=', 5, 'events';
  like $_, qr/\]: (?:handshake|refusal) $keys$/, 'all keys, in order' for @events;
  like $log, qr/\]: TLSv1\.3 connection accepted, using cipher /,
    'and the lines that sites know';
  like $log, qr/ user=- channel=control clnt=- sni=keys version=TLSv1.3 .* reason=-$/m,
    'a handshake';
  like $log, qr/ user="a\\"b\\\\x5c\\\\xff\xc3\xa4\\\\x01.* reason=auth-no-mechanism$/m,
    'a refusal';
};

# Whatever clients do, tables and texts have a limit; and what happens to
# certificates and to the signer is counted.
ok $srv->hup, 'SIGHUP';
my %keys = FTPS::Test::Process->key_processes($srv->pid);
kill KILL => $keys{'ftps-signer'}->@* if $keys{'ftps-signer'};
for my $i (1 .. 30) {
  my $c = $srv->connection(sni => "n$i-" . join '.', ('x' x 50) x 3);
  $c->connect;
  $c->auth;
  $c->close;
}
my %is_run = run_clients();
for my $text ('FileZilla 3.67', 'x' x 200, qq("\xff\\{"})) {
  my $c = $srv->client;
  $c->cmd("CLNT $text");
  $c->list;
  $c->quit;
}
renew(1, to => 5 * 86400, from => -20 * 86400);
renew(2, to => -7200, from => -5 * 86400);
renew(3);
renew(4, to => -10);
my $later = $ctl->send('tls info -j');
my $text = run_unit();
my ($json) = $later->();
my $n = metrics('after SIGHUP', $text);

subtest 'after SIGHUP' => sub {
  cmp_ok handshakes($n, 'control', 'TLSv1.3', 'none'), '>=',
    handshakes($m, 'control', 'TLSv1.3', 'none') + 30, 'counts go on';
  is refusals($n, 'session-not-resumed'),
    $SESSIONS + 2 + ($is_run{'Python ftplib?'} ? 1 : 0), 'with these';
  is $n->{ftps_signer_restarts_total}, $keys{'ftps-signer'} ? 1 : 0,
    'a killed signer' if !$ENV{FTPS_VALGRIND};
  cmp_ok $n->{lines}, '<=', $m->{lines} + 4,
    'names that clients send make nothing longer';
  cmp_ok scalar(() = $n->{text} =~ /^/mg), '<', 1000, 'and all fits';
};

subtest 'software of clients' => sub {
  my $data = sub ($software, $reuse) {
    return $n->{qq(ftps_client_data_connections_total{software="$software",)
      . qq(reuse="$reuse"})};
  };
  is $n->{'ftps_client_sessions_total{software="unknown"}'}, undef,
    'the test library looks like another client';
  is $data->('FileZilla', 'resumed'), 1, 'by CLNT';
  is $data->('other', 'resumed'), 2, 'by another CLNT';
  is $data->('curl?', 'resumed'), 1, 'curl' if $is_run{'curl?'};
  cmp_ok $data->('lftp', 'resumed'), '>=', 1, 'lftp' if $is_run{lftp};
  is $data->('Python ftplib?', 'refused'), 1 + $SESSIONS + 2,
    'Python ftplib, which does not resume' if $is_run{'Python ftplib?'};
  my ($hello) = $n->{text} =~ /^ftps_client_hellos_total\{software="FileZilla",ja4="([^"]*)",event="resumed"\} 1$/m;
  like $hello, qr/^t13i\d{4}00_[0-9a-f]{12}_[0-9a-f]{12}$/, 'a fingerprint';
  my @shared = $n->{text}
    =~ /^ftps_client_hellos_total\{.*ja4="\Q$hello\E",event="session"\}/gm;
  cmp_ok scalar @shared, '>=', 2, 'which other software may have as well';
};

subtest 'certificates' => sub {
  is_deeply [map { $n->{qq(ftps_certificates_renewed_total{when="$_"})} }
    qw(in_time late after_end)], [2, 1, 1], 'how they were renewed';
  is_deeply [map { $n->{qq(ftps_certificates{state="$_"})} }
    qw(fine late expired)], [1, 0, 1], 'not at all: one is expired';
  like $srv->systemlog, qr/server "FTPS test": the certificate "[^"]*CN = renewed.test" was renewed 2 hours after the end of the one before/,
    'too late is a line';
  my ($left) = $n->{text}
    =~ /^ftps_certificate_left_seconds\{server="FTPS test".* (-\d+)$/m;
  cmp_ok $left, '<', 0, 'it has a negative rest';
};

subtest 'JSON' => sub {
  my @objects = map { eval { decode_json($_) } // fail "JSON: $_" }
    split /\n/, $json;
  my %of = map { $_->{metric} => 1 } grep { $_->{metric} } @objects;
  ok $of{"ftps_$_"}, "has $_" for qw(handshakes_total refusals_total
    certificate_left_seconds servers);
  my @old = grep { ($_->{server} // '') eq $OLD } @objects;
  my ($head) = grep { $_->{profile} } @old;
  is $head->{profile}, 'old', 'a server';
  my ($protocols) = grep { $_->{protocols} } @old;
  is_deeply $protocols->{protocols}, [qw(TLSv1 TLSv1.1 TLSv1.2 TLSv1.3)],
    'its protocols';
  ok +(grep { $_ eq 'ECDHE-ECDSA-AES128-SHA' } map { ($_->{ciphers} // [])->@* }
    @old), 'its ciphers';
  my ($cert) = grep { $_->{certificate} } @old;
  cmp_ok $cert->{days_left}, '>', 3600, 'the days that its certificate has left';
  my ($expired) = grep { $_->{certificate} && $_->{server} eq 'FTPS test' }
    @objects;
  is $expired->{days_left}, -1, 'and of one that has none';
};

# Debian's prometheus needs 330 MB, so tests do not ask for it.
subtest 'promtool' => sub {
  plan skip_all => 'no promtool' if !$PROMTOOL;
  is qx($PROMTOOL check metrics < $dir/mod_ftps.prom 2>&1), '', 'accepts all';
  is $?, 0, 'with status 0';
  my $said = qx($PROMTOOL check rules $MONITORING/mod_ftps-alerts.yml 2>&1);
  is $?, 0, 'and the alerts' or diag $said;
};

# What the files for others name exists.
subtest 'dashboard, alerts, page' => sub {
  my %known = map { /^# TYPE (\w+)/ ? ($1 => 1) : () } split /\n/, $n->{text};
  my $board = slurp("$MONITORING/grafana-dashboard.json");
  cmp_ok scalar decode_json($board)->{panels}->@*, '>', 10, 'panels';
  my $page = slurp("$MONITORING/../monitoring.md");
  for my $text ($board, slurp("$MONITORING/mod_ftps-alerts.yml"), $page) {
    is_deeply [grep { !$known{$_} } $text =~ /\b(ftps_\w+)/g], [],
      'all that is named exists';
  }
  is_deeply [grep { $page !~ /`$_`/ } sort keys %known], [],
    'and the page has all';
};

is $srv->stop, 0, 'the daemon ends';
done_testing;

# Sessions, without the processes that have the keys.
sub sessions_of () {
  my %other = FTPS::Test::Process->key_processes($srv->pid);
  my %is = map { $_ => 1 } map { @$_ } values %other;
  return grep { !$is{$_} } $srv->sessions;
}

# The command of the unit for the textfile collector, until the daemon has
# heard it.
sub run_unit () {
  my ($command) = slurp("$MONITORING/mod_ftps-metrics.service")
    =~ m{^ExecStart=/bin/sh -c '(.*?)'$}ms;
  $command =~ s/\\\n//g;
  $command =~ s/\$\$/\$/g;
  my %env = (SOCKET => $srv->dir . '/run/ctrls.sock', FOLDER => "$dir",
    PATH => $ENV{PATH});
  my $file = "$dir/mod_ftps.prom";
  for (1 .. 10) {
    FTPS::Test::Process->run(['/bin/sh', '-c', $command], seconds => 60,
      env => \%env);
    last if -e $file;
  }
  is_deeply [grep { !/prom$/ } map { s{.*/}{}r } glob "$dir/.mod_ftps*"], [],
    'the unit leaves no file but its own';
  return slurp($file);
}

# Programs that are installed: the name in the metrics => whether it has run.
sub run_clients () {
  my $port = $srv->port;
  my $ca = $pki->cert('server')->{ca};
  my $python = <<~"PY";
    import ftplib, ssl
    ftp = ftplib.FTP_TLS(context=ssl.create_default_context(cafile="$ca"))
    ftp.connect("localhost", $port)
    ftp.login("proftpd", "test")
    ftp.prot_p()
    try:
        ftp.nlst()
    except (ftplib.all_errors):
        pass
    PY
  my %run = (
    'curl?' => ['curl', '-qs', '--ssl-reqd', '--cacert', $ca, '-u',
      'proftpd:test', "ftp://localhost:$port/"],
    'lftp' => ['lftp', '-c', "set ssl:ca-file $ca; set net:max-retries 1; "
      . "open -u proftpd,test -p $port localhost; ls"],
    'Python ftplib?' => ['python3', '-c', $python],
  );
  my %done;
  for my $name (sort keys %run) {
    next if !grep { -x "$_/$run{$name}[0]" } split /:/, $ENV{PATH};
    my ($status, $said) = FTPS::Test::Process->run($run{$name}, seconds => 60,
      env => { HOME => $dir });
    is $status, 0, "$name runs" or diag $said;
    $done{$name} = 1;
  }
  return %done;
}

# The certificate is replaced, and a session tells the daemon.
sub renew ($n, %words) {
  $issue->(cn => 'renewed.test', %words);
  ok FTPS::Test::Process->until(sub {
    my $c = $srv->connection(ca => undef);
    $c->connect;
    $c->close;
    return $n == (() = $srv->systemlog =~ /changed certificate files are in/g);
  }), "renewal $n";
  return;
}
