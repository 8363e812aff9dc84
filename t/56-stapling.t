# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# OCSP responses for the server's certificates: fetched by the daemon, stapled
# by sessions.  Responders that are good, bad, slow, false or use TLS; what
# clients get, what the system log says.
#
# Each row of %CASES is a virtual host with a port and a certificate of its own.
# Needs: root, openssl.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::File qw(spew);
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Responder;
use FTPS::Test::Server;
use Test::More;
use Time::HiRes qw(time);

my $pki  = FTPS::Test::PKI->new;
my $temp = File::Temp->newdir('ftps-stapling-XXXXXX', TMPDIR => 1);
my $ca   = $pki->cert('ca');
my (%cert, %responder);

sub responder ($name, %o) {
  return $responder{$name} = FTPS::Test::Responder->new($pki, $temp, %o);
}

sub front ($mode, %o) {
  return $responder{$mode} = FTPS::Test::Responder->front($mode, $temp, %o);
}

# A certificate for the row, and the lines that name it.
sub issue ($name, %words) {
  my %files = $pki->issue_to("$temp/$name", like => 'server',
    cn => $name =~ tr/ /-/r, %words);
  $cert{$name} = $files{cert};
  my $kind = ($words{key_type} // 'EC') =~ /^RSA/ ? 'RSA' : 'EC';
  return ("TLS${kind}CertificateFile \"$files{cert}\"",
    "TLS${kind}CertificateKeyFile \"$files{key}\"");
}

responder('true');
responder('no expiry', minutes => undef);
my $other = $pki->cert('other-ca');
responder('foreign', signer => $other);
my %signer = $pki->issue_to("$temp/signer", usage => 'OCSPSigning');
responder('named', signer => \%signer, options => []);
my %client = $pki->issue_to("$temp/nobody", usage => 'clientAuth');
responder('unnamed', signer => \%client);
front('tls', backend => $responder{true}->port, $pki->pair('server'));
my $tls = $responder{tls}->port;
my $alien = FTPS::Test::Responder->front('tls', $temp,
  backend => $responder{true}->port, $pki->pair('server-other'));
my $named_otherwise = FTPS::Test::Responder->front('tls', $temp,
  backend => $responder{true}->port, $pki->pair('a.test'));
front($_) for qw(silent garbage endless error);
my $refusing = FTPS::Test::Responder->front('tls', $temp,
  backend => $responder{error}->port, $pki->pair('server'));
front('redirect', backend => $responder{true}->port);
my $nobody = FTPS::Test::Server->free_port;

# Row: responder, what clients get, what the system log says of the response
# (`good` says so itself), more lines and words of the certificate.
my $FALSE = qr/is not signed by the CA of the certificate, nor by a/;
my %CASES = (
  'good'         => { at => 'true' },
  'revoked'      => { at => 'true', get => 'later',
    log => qr/the certificate is REVOKED, says responder http:/ },
  'unknown'      => { at => 'true', get => 'later',
    log => qr/responder \S+ does not know the certificate: check TLSSt/ },
  'no expiry'    => { at => 'no expiry' },
  'no nonce'     => { file => 'no nonce', get => 'later',
    log => qr/its response lacks the nonce .*TLSStaplingOptions NoNonce/ },
  'no nonce wanted' => { file => 'no nonce wanted',
    lines => ['TLSStaplingOptions NoNonce'] },
  'another one'  => { file => 'good', get => 'later',
    lines => ['TLSStaplingOptions NoNonce'],
    log => qr/its response is about another certificate/ },
  'foreign'      => { at => 'foreign', get => 'later',
    log => qr/its response $FALSE/ },
  'unverified'   => { at => 'foreign', lines => ['TLSStaplingOptions NoVerify'] },
  'named'        => { at => 'named' },
  'unnamed'      => { at => 'unnamed', get => 'later',
    log => qr/its response $FALSE/ },
  'silent'       => { at => 'silent', get => 'later',
    log => qr/no answer(?: within 4 seconds|: .*timeout)/ },
  'garbage'      => { at => 'garbage', get => 'later',
    log => qr/its response cannot be read/ },
  'endless'      => { at => 'endless', get => 'later',
    log => qr/no answer: .*(?:length|large|long)/ },
  'error'        => { at => 'error', get => 'later',
    log => qr{no answer: HTTP/1\.0 500 No;} },
  'error, https' => {
    url => 'https://localhost:' . $refusing->port, get => 'later',
    lines => ["TLSCACertificateFile $ca->{cert}"],
    log => qr{no answer: HTTP/1\.0 500 No;} },
  'redirect'     => { at => 'redirect', get => 'later',
    log => qr/no answer: .*redirect/ },
  'refused'      => { url => "http://127.0.0.1:$nobody/", get => 'later',
    log => qr/no answer: .*Connection refused/ },
  'no such name' => { url => 'http://no-such-host.invalid/', get => 'later',
    log => qr/responder http:\S+invalid\/: no answer: .*service not known/ },
  'https'        => { url => "https://localhost:$tls/ocsp?a=b",
    lines => ["TLSCACertificateFile $ca->{cert}"] },
  'https, by address' => { url => "https://127.0.0.1:$tls",
    lines => ["TLSCACertificateFile $ca->{cert}"] },
  'https, CA not trusted' => {
    url => 'https://localhost:' . $alien->port, get => 'later',
    lines => ["TLSCACertificateFile $ca->{cert}"],
    log => qr/no answer: .*certificate verify failed/ },
  'https, of another name' => {
    url => 'https://localhost:' . $named_otherwise->port, get => 'later',
    lines => ["TLSCACertificateFile $ca->{cert}"],
    log => qr/no answer: .*certificate verify failed/ },
  'overridden'   => { url => "http://127.0.0.1:$nobody/",
    lines => ['TLSStaplingResponder ' . $responder{true}->url,
      'TLSStaplingOptions NoNonce'] },
  'no fake'      => { at => 'garbage', get => 'none',
    lines => ['TLSStaplingOptions NoFakeTryLater'],
    log => qr/its response cannot be read/ },
  'promised'     => { at => 'garbage', get => 'later', must_staple => 1,
    lines => ['TLSStaplingOptions NoFakeTryLater'],
    log => qr/its response cannot be read/ },
  'nobody to ask' => { get => 'none',
    log => qr/TLSStapling on: certificate "[^"]*" names no OCSP responder/ },
  'no CA'        => { at => 'true', get => 'none', no_chain => 1,
    log => qr/TLSStapling on: certificate "[^"]*" cannot be asked about/ },
  'off'          => { at => 'true', get => 'none',
    lines => ['TLSStapling off'], log => qr// },
  'two kinds'    => { at => 'true' },
  'shared'       => { like => 'good' },
);

my @vhosts;
for my $name (grep { !$CASES{$_}{like} } sort keys %CASES) {
  my $row = $CASES{$name};
  $row->{port} = FTPS::Test::Server->free_port if $row->{file};
  $row->{url} = "http://127.0.0.1:$row->{port}/" if $row->{file};
  my $url = $row->{url} // ($row->{at} ? $responder{ $row->{at} }->url : undef);
  $row->{files} = [issue($name, ocsp => $url,
    must_staple => $row->{must_staple})];
  push @{ $row->{files} }, issue("$name RSA", ocsp => $url,
    key_type => 'RSA:2048') if $name eq 'two kinds';
}
for my $name (sort keys %CASES) {
  my $row = $CASES{$name};
  $row->{files} //= $CASES{ $row->{like} }{files};
  push @vhosts, { name => $name =~ tr/a-z//cdr, port => 'own', tls => [
    $row->{files}->@*, ($row->{no_chain} ? ()
      : "TLSCertificateChainFile $ca->{cert}"),
    ($row->{lines} // [])->@*,
    (grep { /^TLSStapling / } ($row->{lines} // [])->@*)
      ? () : 'TLSStapling on',
    'TLSStaplingTimeout 4',
  ] };
}

my $srv = FTPS::Test::Server->new(vhosts => \@vhosts, max_instances => 200);
my @known = map { $cert{$_} } grep { !/revoked|unknown/ } keys %cert;
for my $name ('true', 'no expiry', 'foreign', 'named', 'unnamed') {
  $responder{$name}->set(known => \@known, revoked => [$cert{revoked}])->start;
}

for my $name (grep { $CASES{$_}{file} } sort keys %CASES) {
  my $row = $CASES{$name};
  $responder{true}->prepare($cert{ $row->{file} }, "$temp/$name.der");
  $responder{"file $name"} = FTPS::Test::Responder->front('file', $temp,
    backend => "$temp/$name.der", port => $row->{port});
}

# "none", "later", or what openssl makes of the response about `cert`.
sub state_of ($der, $path) {
  return 'nothing seen' if !defined $der;
  return 'none' if $der eq '';
  return 'later' if $der eq pack 'H*', '30030a0103';
  state %known;
  return $known{"$path\n$der"} //= ask_openssl($der, $path);
}

sub ask_openssl ($der, $path) {
  spew("$temp/response", $der);
  my (undef, $text) = FTPS::Test::Process->run(['openssl', 'ocsp',
    '-respin', "$temp/response", '-issuer', $ca->{cert}, '-cert', $path,
    '-noverify', '-no_nonce']);
  return $text =~ /^\Q$path\E: (\w+)/m ? $1 : $text;
}

# They stay open for a while: the daemon pauses whenever one ends.
sub connection ($name, %tls) {
  state @open;
  my $c = $srv->connection(vhost => $name =~ tr/a-z//cdr, status => 1, %tls);
  $c->connect;
  $c->auth or die "$name: ", $c->error;
  $c->cmd('NOOP');
  push @open, $c;
  return $c;
}

sub given ($name, %tls) {
  my $path = delete $tls{path} // $cert{$name};
  my $c = connection($name, %tls);
  return state_of($c->stream->stapled, $path);
}

sub said ($name) {
  my $cn = $name =~ tr/ /-/r;
  my %seen;
  return grep { !$seen{$_}++ } map { s/^.*?mod_ftps: //r }
    grep { /OCSP|TLSStapling/ && /CN = "?\Q$cn\E"?"/ }
    split /\n/, $srv->stderr . $srv->systemlog;
}

sub good_lines ($name) {
  return scalar grep { /CN = \Q$name\E": there is one, and it says "good"/ }
    split /\n/, $srv->systemlog;
}

my ($status) = $srv->syntax_check;
is $status, 0, 'proftpd -t is content';
is $responder{true}->asked, 0, 'and asks nobody';

my $started = time;
$srv->start;
ok connection('silent'), 'sessions start at once';
ok time - $started < 4, 'without waiting for responders';

my @asked = grep { !$CASES{$_}{like} && $_ ne 'off' } keys %CASES;
ok(FTPS::Test::Process->until(sub {
  return !grep { !said($_) } @asked;
}), 'all have been asked') or diag map { "$_\n" } grep { !said($_) } @asked;

for my $name (sort keys %CASES) {
  my $row = $CASES{$name};
  my $path = $cert{ $row->{like} // $name };
  is given($name, max => $_, path => $path), $row->{get} // 'good',
    "$name, TLS $_" for '1.2', '1.3';
  next if $row->{like} || $name eq 'off';
  my @lines = said($name);
  is @lines, 1, "$name: one line" or diag "@lines";
  like $lines[0], $row->{log} // qr/there is one, and it says "good"$/,
    "$name: that says what";
}

is given('two kinds', max => '1.2', path => $cert{'two kinds RSA'},
  ciphers => 'ECDHE-RSA-AES128-GCM-SHA256'), 'good', 'the other certificate';
is scalar(grep { /CN = two-kinds-RSA"/ } split /\n/, $srv->systemlog), 1,
  'has its own response';

subtest 'who does not ask, or resumes' => sub {
  my $c = connection('good', status => 0);
  is $c->stream->stapled, undef, 'not asked';
  my $session = $c->session;
  for my $max ('1.2', '1.3') {
    $c = connection('good', max => $max);
    my $again = connection('good', max => $max, session => $c->session);
    ok $again->session_reused, "TLS $max: resumed";
    is $again->stream->stapled // '', '', 'no response';
  }
};

subtest 'SIGHUP' => sub {
  my $asked = $responder{true}->asked;
  $responder{true}->stop;
  ok $srv->hup, 'while the responder is down';
  is given('good'), 'good', 'the response stays';
  is given('shared', path => $cert{good}), 'good', 'for both';
  $responder{true}->set(known => [@known, @cert{qw(revoked unknown)}],
    revoked => [])->start;
  ok $srv->hup, 'those without a response are asked again';
  for my $name (qw(revoked unknown)) {
    ok(FTPS::Test::Process->until(sub { good_lines($name) == 1 }),
      "$name: the log says that it is good now") or diag said($name);
    is given($name), 'good', 'and it is stapled';
  }
  is scalar(said('garbage')), 1, 'what has not changed is not told again';
};

subtest 'renewed' => sub {
  my $new = 'good';
  my @lines = issue($new, ocsp => $responder{true}->url);
  $responder{true}->stop;
  $responder{true}->start;
  ok $srv->hup, 'a new certificate';
  ok(FTPS::Test::Process->until(sub { good_lines('good') == 2 }),
    'the log tells of its response') or diag said('good');
  is given('good'), 'good', 'it is stapled';
};

SKIP: {
  skip 'takes two minutes: set FTPS_SLOW=1', 1 if !$ENV{FTPS_SLOW};
  subtest 'by itself' => sub {
    my $asked = $responder{true}->asked;
    issue('good', ocsp => $responder{true}->url);
    $responder{true}->stop;
    $responder{true}->set(minutes => 1)->start;
    ok(FTPS::Test::Process->until(sub { good_lines('good') == 3 }),
      'a new certificate is seen and asked about');
    is given('good'), 'good', 'its response is stapled';
    $asked = $responder{true}->asked;
    ok(FTPS::Test::Process->until(sub { $responder{true}->asked > $asked }),
      'the responder is asked again before the response ends');
    is given('good'), 'good', 'there is a response all the time';
    $responder{true}->stop;
    ok(FTPS::Test::Process->until(80,
        sub { sleep 2; given('good') eq 'later' }),
      'none is stapled that is out of date');
    like $srv->systemlog, qr/CN = good": responder \S+: no answer: Conn.*get the/,
      'the log tells early that the responder does not answer';
  };
}

is $srv->stop, 0, 'the daemon ends well';
$_->stop for values %responder, $alien, $named_otherwise;
done_testing;
