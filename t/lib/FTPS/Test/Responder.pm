# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::Responder;

=head1 NAME

FTPS::Test::Responder - OCSP responders, right and wrong ones

=head1 SYNOPSIS

  my $r = FTPS::Test::Responder->new($pki, $dir, authority => 'ca',
    known => [$cert_path], revoked => [$other_path]);
  $r->start;
  $pki->issue(like => 'server', ocsp => $r->url, ...);
  my $front = FTPS::Test::Responder->front('silent', $dir);

=head1 METHODS

=over

=item new(PKI, DIR, %o)

C<openssl ocsp>, not started yet.  Words: C<authority> (the CA for which it
answers: a purpose, or its C<cert> and C<key>), C<known> and C<revoked> (paths of certificates), C<signer> (a hash with
C<cert> and C<key>; the CA itself), C<minutes> (how long a response is good for,
60; undef: it does not say), C<options> (more words for the program), C<port>.

=item front(MODE, DIR, %o)

F<http_front.pl>, started.  Words: C<backend> (a port or a file), C<cert>,
C<key>, C<port>.

=item prepare(CERT, FILE)

Writes a response about a certificate, without nonce, to a file.

=item set(%o), start, stop, port, url, asked

C<set> changes words for the next start, C<asked> is the number of requests
so far.

=back

=cut

use v5.36;
use File::Basename qw(dirname);
use File::Path qw(make_path);
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Process;
use FTPS::Test::Server;
use IO::Socket::IP;
use Net::SSLeay;

my $FRONT  = dirname(__FILE__) . '/../../http_front.pl';
my $number = 0;

sub new ($class, $pki, $dir, %o) {
  make_path($dir);
  my $base = "$dir/responder" . ++$number;
  return bless { pki => $pki, base => $base, authority => 'ca', known => [],
    revoked => [], minutes => 60, options => [],
    port => FTPS::Test::Server->free_port, %o },
    $class;
}

sub front ($class, $mode, $dir, %o) {
  make_path($dir);
  my $self = bless { base => "$dir/front" . ++$number,
    port => $o{port} // FTPS::Test::Server->free_port }, $class;
  return $self->_run([$^X, $FRONT, $mode, $self->{port},
    map { $o{$_} // '' } qw(backend cert key)], qr/^ready/m);
}

sub set ($self, %o) {
  @$self{ keys %o } = values %o;
  return $self;
}

sub start ($self) {
  return $self->_run(['openssl', 'ocsp', '-port', $self->{port}, '-ignore_err',
    $self->_words], qr/waiting for OCSP client/i);
}

sub prepare ($self, $cert, $file) {
  my $ca = $self->_ca->{cert};
  FTPS::Test::Process->must(['openssl', 'ocsp', '-issuer', $ca, '-cert', $cert,
    '-no_nonce', '-reqout', "$file.request"]);
  FTPS::Test::Process->must(['openssl', 'ocsp', '-reqin', "$file.request",
    '-respout', $file, $self->_words]);
  return;
}

sub _ca ($self) {
  my $ca = $self->{authority};
  return ref $ca ? $ca : $self->{pki}->cert($ca);
}

# Writes the data base; the words that say who answers, and how.
sub _words ($self) {
  my $ca = $self->_ca;
  my $signer = $self->{signer} // $ca;
  my @rows = ((map { _row('V', $_) } $self->{known}->@*),
    map { _row('R', $_) } $self->{revoked}->@*);
  spew("$self->{base}.index", join '', @rows);
  my @validity =
    defined $self->{minutes} ? ('-nmin', $self->{minutes}) : ();
  return ('-index', "$self->{base}.index", '-CA', $ca->{cert},
    '-rsigner', $signer->{cert}, '-rkey', $signer->{key}, @validity,
    $self->{options}->@*);
}

sub _run ($self, $argv, $ready) {
  $self->{process} =
    FTPS::Test::Process->start($argv, output => "$self->{base}.log");
  FTPS::Test::Process->until(sub { $self->log =~ $ready })
    or die "responder: @$argv: not ready:\n", $self->log;
  return $self;
}

sub stop ($self) {
  my $process = delete $self->{process} or return;
  $process->kill_now;
  rename "$self->{base}.log", "$self->{base}.log." . ++$number;
  return;
}

sub port ($self) { return $self->{port} }
sub url ($self)  { return "http://127.0.0.1:$self->{port}/" }

sub asked ($self) {
  my $n = 0;
  for my $file (glob "$self->{base}.log*") {
    open my $in, '<', $file or next;
    $n += grep { /POST|^asked/ } <$in>;
  }
  return $n;
}

sub log ($self)  { return slurp("$self->{base}.log", '') }

# A line of the data base that "openssl ocsp" reads.
sub _row ($state, $cert) {
  my $bio = Net::SSLeay::BIO_new_file($cert, 'r')
    or die "responder: cannot read $cert\n";
  my $x509 = Net::SSLeay::PEM_read_bio_X509($bio)
    or die "responder: no certificate in $cert\n";
  my $hex = Net::SSLeay::P_ASN1_INTEGER_get_hex(
    Net::SSLeay::X509_get_serialNumber($x509));
  Net::SSLeay::X509_free($x509);
  Net::SSLeay::BIO_free($bio);
  return join("\t", $state, '361231235959Z',
    $state eq 'R' ? '260101000000Z' : '', $hex, 'unknown', "/CN=$hex") . "\n";
}

1;
