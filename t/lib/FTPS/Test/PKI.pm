# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::PKI;

=head1 NAME

FTPS::Test::PKI - authorities and certificates, each with one purpose

=head1 SYNOPSIS

  my $pki  = FTPS::Test::PKI->new;
  my $good = $pki->cert('server');
  # $good->{cert}, {key}, {both}, {full}, {chain}, {ca}: paths of PEM files
  $pki->issue(like => 'server', cert => '/some/c.pem', key => '/some/k.pem');

=head1 DESCRIPTION

Everything is made on first use, in the directory named by the
environment variable FTPS_TEST_PKI, so that all tests of a run share it, or in
one temporary directory of this process.  Each entry is made under another name and
then renamed, so tests may run in parallel; if two make the same entry, both use the one that
was made first.

Purposes: see C<%PURPOSE>; C<names> lists them.  Authorities are C<ca>,
C<other-ca>, C<client-ca> and C<intermediate> (signed by C<ca>).

=head1 METHODS

=over

=item new

=item cert(NAME)

A hash of paths: C<cert> (the leaf alone), C<key>, C<both> (leaf and key),
C<full> (leaf and its intermediates), C<chain> (the intermediates alone, or
undef), C<ca> (the root that it leads to), and C<name>.

=item issue(like => NAME, cert => PATH, key => PATH, both => PATH, ...)

A new key and certificate of the purpose NAME, written to the paths given;
each file is replaced by one rename.  Any word of C<%PURPOSE> may be added to
change the certificate: C<cn>, C<san>, C<key_type>, C<issuer> (a purpose, or the
C<cert> and C<key> of one made before), C<from> and
C<to> (seconds from now), C<usage>, C<ocsp> (URL of its responder, or
several URLs with spaces between them),
C<must_staple>; C<pass> encrypts the key.  Returns the
SHA-256 fingerprint as C<fingerprint> does.

=item issue_to(BASE, WORDS)

The same, written to BASE.cert and BASE.key.  Returns cert => PATH, key => PATH.

=item pair(NAME)

C<cert> and C<key> of C<cert(NAME)> alone: the words of a client that shows it.

=item fingerprint(PATH)

SHA-256 of the first certificate in a file, in the form that
C<FTPS::Test::Client::peer_fingerprint> returns.

=item names, dir

=back

=head1 DIAGNOSTICS

Dies with the purpose and the call that failed, or with the path of a file.

=cut

use v5.36;
use File::Path qw(make_path remove_tree);
use File::Temp ();
use FTPS::Test::File qw(slurp spew replace);
use Net::SSLeay;

Net::SSLeay::initialize();

my $YEAR = 365 * 86400;
my $SAN  = 'DNS:localhost,DNS:ftps.test,IP:127.0.0.1,IP:::1';

my $NID_INFO_ACCESS = 177;
my $NID_TLS_FEATURE = 1020;

my %DEFAULT = (
  cn => 'localhost', san => $SAN, key_type => 'EC:prime256v1', issuer => 'ca',
  from => -86400, to => 10 * $YEAR, usage => 'serverAuth',
);

my %PURPOSE = (
  'ca'        => { ca => 1, cn => 'FTPS test CA', issuer => undef },
  'other-ca'  => { ca => 1, cn => 'FTPS test other CA', issuer => undef },
  'client-ca' => { ca => 1, cn => 'FTPS test client CA', issuer => undef },
  'intermediate' => { ca => 1, cn => 'FTPS test intermediate CA' },

  'server'          => {},
  'server-rsa'      => { key_type => 'RSA:2048' },
  'server-p384'     => { key_type => 'EC:secp384r1' },
  'server-expired'  => { from => -$YEAR, to => -86400 },
  'server-future'   => { from => $YEAR, to => 2 * $YEAR },
  'server-other'    => { issuer => 'other-ca' },
  'server-chain'    => { issuer => 'intermediate' },
  'server-mismatch' => { wrong_key => 1 },
  'a.test'          => { cn => 'a.test', san => 'DNS:a.test' },
  'b.test'          => { cn => 'b.test', san => 'DNS:b.test' },

  'client' =>
    { cn => 'proftpd', issuer => 'client-ca', usage => 'clientAuth' },
  'client-other' =>
    { cn => 'proftpd', issuer => 'other-ca', usage => 'clientAuth' },
  'client-expired' => {
    cn => 'proftpd', issuer => 'client-ca', usage => 'clientAuth',
    from => -$YEAR, to => -86400,
  },
);

sub new ($class) {
  state $temp;
  my $dir = $ENV{FTPS_TEST_PKI};
  if (!$dir) {
    $temp //= File::Temp->newdir('ftps-pki-XXXXXX', TMPDIR => 1);
    $dir = $temp->dirname;
  }
  make_path($dir);
  return bless { dir => $dir }, $class;
}

sub dir ($self) { return $self->{dir} }

sub names ($class) { return sort keys %PURPOSE }

sub cert ($self, $name) {
  die "PKI: no certificate named '$name'\n" if !$PURPOSE{$name};
  my $dir = "$self->{dir}/$name";
  $self->_create($name, $dir) if !-d $dir;
  my %paths = map { $_ => "$dir/$_.pem" } qw(cert key both full);
  $paths{chain} = -e "$dir/chain.pem" ? "$dir/chain.pem" : undef;
  $paths{ca} = "$self->{dir}/" . $self->_root($name) . '/cert.pem';
  return { name => $name, %paths };
}

sub issue ($self, %o) {
  my %to = map { $_ => delete $o{$_} }
    grep { defined $o{$_} } qw(cert key both);
  my $name = delete $o{like} // 'server';
  my %made = $self->_make($name, { $PURPOSE{$name}->%*, %o });
  for my $kind (keys %to) {
    replace($to{$kind}, $made{$kind}, 0600);
  }
  return $made{fingerprint};
}

sub issue_to ($self, $base, @words) {
  my %files = map { $_ => "$base.$_" } qw(cert key);
  $self->issue(%files, @words);
  return %files;
}

sub pair ($self, $name) { return $self->cert($name)->%{qw(cert key)} }

sub fingerprint ($self, $path) {
  my $x509 = _read_pem($path, \&Net::SSLeay::PEM_read_bio_X509);
  my $print = Net::SSLeay::X509_get_fingerprint($x509, 'sha256');
  Net::SSLeay::X509_free($x509);
  return $print;
}

sub _root ($self, $name) {
  my $up = _words($name)->{issuer};
  return defined $up ? $self->_root($up) : $name;
}

sub _words ($name, $changes = $PURPOSE{$name}) {
  return { %DEFAULT, %$changes };
}

sub _create ($self, $name, $dir) {
  my %made = $self->_make($name, $PURPOSE{$name});
  my $aside = "$self->{dir}/.making-$name.$$";
  make_path($aside);
  for my $kind (grep { length $made{$_} } qw(cert key both full chain)) {
    spew("$aside/$kind.pem", $made{$kind}, $kind =~ /key|both/ ? 0600 : 0644);
  }
  if (!rename $aside, $dir) {
    my $why = $!;
    remove_tree($aside);
    die "PKI: renaming $aside to $dir: $why\n" if !-d $dir;
  }
  return;
}

# The PEM texts of one new certificate and its key.
sub _make ($self, $name, $changes) {
  my $w      = _words($name, $changes);
  my $key    = _new_key($w->{key_type});
  my $issuer = !defined $w->{issuer} ? undef
    : ref $w->{issuer} ? $w->{issuer} : $self->cert($w->{issuer});
  my ($ca_cert, $ca_key);
  if ($issuer) {
    $ca_cert = _read_pem($issuer->{cert}, \&Net::SSLeay::PEM_read_bio_X509);
    $ca_key  = _read_pem($issuer->{key},
      \&Net::SSLeay::PEM_read_bio_PrivateKey);
  }
  my $x509 = _new_cert($w, $key, $ca_cert);
  Net::SSLeay::X509_sign($x509, $ca_key // $key, Net::SSLeay::EVP_sha256())
    or die "PKI: signing '$name' failed\n";

  my $shown = $w->{wrong_key} ? _new_key($w->{key_type}) : $key;
  my %pem = (
    cert => Net::SSLeay::PEM_get_string_X509($x509),
    key  => _key_pem($shown, $w->{pass}),
    fingerprint => Net::SSLeay::X509_get_fingerprint($x509, 'sha256'),
  );
  $pem{both}  = $pem{cert} . $pem{key};
  $pem{chain} = '';
  if ($issuer && !ref $w->{issuer} && $self->_root($w->{issuer}) ne $w->{issuer}) {
    $pem{chain} = slurp($issuer->{full});
  }
  $pem{full} = $pem{cert} . $pem{chain};

  Net::SSLeay::EVP_PKEY_free($_) for grep { defined } $key, $ca_key,
    $w->{wrong_key} ? $shown : undef;
  Net::SSLeay::X509_free($_) for grep { defined } $x509, $ca_cert;
  return %pem;
}

sub _new_cert ($w, $key, $ca_cert) {
  my $x509 = Net::SSLeay::X509_new();
  Net::SSLeay::X509_set_version($x509, 2);
  my $serial = join '', map { sprintf '%02x', int rand 256 } 1 .. 15;
  Net::SSLeay::P_ASN1_INTEGER_set_hex(
    Net::SSLeay::X509_get_serialNumber($x509), "01$serial");
  Net::SSLeay::X509_gmtime_adj(
    Net::SSLeay::X509_get_notBefore($x509), $w->{from});
  Net::SSLeay::X509_gmtime_adj(Net::SSLeay::X509_get_notAfter($x509), $w->{to});

  my $subject = Net::SSLeay::X509_get_subject_name($x509);
  for my $rdn ([ O => 'FTPS tests' ], [ CN => $w->{cn} ]) {
    Net::SSLeay::X509_NAME_add_entry_by_txt($subject, $rdn->[0],
      Net::SSLeay::MBSTRING_UTF8(), $rdn->[1]);
  }
  Net::SSLeay::X509_set_issuer_name($x509,
    $ca_cert ? Net::SSLeay::X509_get_subject_name($ca_cert) : $subject);
  Net::SSLeay::X509_set_pubkey($x509, $key);

  my @kind = $w->{ca}
    ? (Net::SSLeay::NID_basic_constraints() => 'critical,CA:TRUE',
       Net::SSLeay::NID_key_usage() => 'critical,keyCertSign,cRLSign')
    : (Net::SSLeay::NID_basic_constraints() => 'critical,CA:FALSE',
       Net::SSLeay::NID_key_usage() => 'critical,digitalSignature'
         . ($w->{key_type} =~ /^RSA/ ? ',keyEncipherment' : ''),
       Net::SSLeay::NID_ext_key_usage() => $w->{usage},
       Net::SSLeay::NID_subject_alt_name() => $w->{san});
  push @kind, $NID_INFO_ACCESS =>
    join ',', map { "OCSP;URI:$_" } split / /, $w->{ocsp} if $w->{ocsp};
  push @kind, $NID_TLS_FEATURE => 'status_request' if $w->{must_staple};
  Net::SSLeay::P_X509_add_extensions($x509, $ca_cert // $x509,
    Net::SSLeay::NID_subject_key_identifier() => 'hash',
    Net::SSLeay::NID_authority_key_identifier() => 'keyid', @kind)
    or die "PKI: extensions of '$w->{cn}' failed\n";
  return $x509;
}

sub _new_key ($type) {
  my ($kind, $arg) = split /:/, $type;
  my $key = Net::SSLeay::EVP_PKEY_new();
  my $ok;
  if ($kind eq 'RSA') {
    my $rsa = Net::SSLeay::RSA_generate_key($arg, 65537);
    $ok = $rsa && Net::SSLeay::EVP_PKEY_assign_RSA($key, $rsa);
  } else {
    my $ec = Net::SSLeay::EC_KEY_generate_key($arg);
    $ok = $ec && Net::SSLeay::EVP_PKEY_assign_EC_KEY($key, $ec);
  }
  die "PKI: making a key of type $type failed\n" if !$ok;
  return $key;
}

sub _key_pem ($key, $pass) {
  return Net::SSLeay::PEM_get_string_PrivateKey($key) if !defined $pass;
  return Net::SSLeay::PEM_get_string_PrivateKey($key, $pass,
    Net::SSLeay::EVP_get_cipherbyname('AES-256-CBC'));
}

sub _read_pem ($path, $reader) {
  my $bio = Net::SSLeay::BIO_new_file($path, 'r')
    or die "PKI: cannot read $path\n";
  my $object = $reader->($bio) or die "PKI: nothing of use in $path\n";
  Net::SSLeay::BIO_free($bio);
  return $object;
}

1;
