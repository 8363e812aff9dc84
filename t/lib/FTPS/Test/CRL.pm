# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::CRL;

=head1 NAME

FTPS::Test::CRL - certificate revocation lists of the test authorities

=head1 SYNOPSIS

  my $lists = FTPS::Test::CRL->new($pki, $dir);
  my $pem = $lists->make('client-ca', revoked => [$path_of_cert]);
  $lists->put($file, $pem, $more_pem);
  $lists->put_hashed($directory, 'client-ca', $pem);

=head1 METHODS

=over

=item new(PKI, DIR)

DIR is a place for the files that C<openssl ca> needs.

=item make(AUTHORITY, revoked => [CERT, ...], from => TIME, to => TIME)

The PEM text of a list signed by an authority of FTPS::Test::PKI.  Times are
seconds from now, by default yesterday and in a month.  C<delta> makes a delta
list to the first complete one.  AUTHORITY may also be a hash with C<cert> and
C<key>, the files of an authority that is not in the PKI.

=item put(FILE, TEXTS)

Replaces a file by one rename.

=item put_hashed(DIRECTORY, AUTHORITY, TEXTS)

The same, with the name that OpenSSL looks for; numbered from 0.

=back

=head1 DIAGNOSTICS

Dies with what openssl said.

=cut

use v5.36;
use File::Path qw(make_path);
use FTPS::Test::File qw(slurp spew replace);
use FTPS::Test::Process;
use POSIX qw(strftime);

my $number = 0;

sub new ($class, $pki, $dir) {
  make_path($dir);
  return bless { pki => $pki, dir => $dir }, $class;
}

sub make ($self, $authority, %o) {
  my $ca   = ref $authority ? $authority : $self->{pki}->cert($authority);
  my $base = "$self->{dir}/" . ++$number;
  my @rows = map { $self->_row($_) } ($o{revoked} // [])->@*;
  spew("$base.index", join '', @rows);
  spew("$base.number", sprintf "%04X\n", $number);
  spew("$base.cnf", <<~"END");
    [ca]
    default_ca = this
    [this]
    database = $base.index
    crlnumber = $base.number
    default_md = sha256
    crl_extensions = extensions
    [extensions]
    authorityKeyIdentifier = keyid
    @{[ $o{delta} ? 'deltaCRL = critical,DER:020101' : '' ]}
    END
  _openssl('ca', '-config', "$base.cnf", '-gencrl', '-out', "$base.pem",
    '-cert', $ca->{cert}, '-keyfile', $ca->{key},
    '-crl_lastupdate', _time($o{from} // -86400),
    '-crl_nextupdate', _time($o{to} // 30 * 86400));
  return slurp("$base.pem");
}

sub put ($self, $file, @texts) {
  replace($file, join '', @texts);
  return;
}

sub put_hashed ($self, $directory, $authority, @texts) {
  my $hash = _openssl('x509', '-noout', '-subject_hash', '-in',
    $self->{pki}->cert($authority)->{cert});
  chomp $hash;
  for my $i (0 .. $#texts) {
    $self->put("$directory/$hash.r$i", $texts[$i]);
  }
  return;
}

# A line of the data base that "openssl ca" keeps.
sub _row ($self, $cert) {
  my $serial = _openssl('x509', '-noout', '-serial', '-in', $cert);
  my ($hex) = $serial =~ /^serial=(\w+)/ or die "CRL: no serial: $serial\n";
  return join("\t", 'R', '361231235959Z', _time(-3600) =~ s/^20//r, $hex,
    'unknown', '/CN=revoked') . "\n";
}

sub _time ($from_now) { return strftime('%Y%m%d%H%M%SZ', gmtime time + $from_now) }

sub _openssl (@words) {
  return FTPS::Test::Process->must(['openssl', @words]);
}

1;
