# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::ClientTable;

=head1 NAME

FTPS::Test::ClientTable - the FTPS clients of the matrix, in their order

=head1 SYNOPSIS

  for my $client (FTPS::Test::ClientTable->all) { say $client->{name} }

=head1 DESCRIPTION

Words of a client:

=over

=item name, tls

As doc/clients.md calls it, and the library that it has its TLS from.

=item packages, npm

Debian's packages that must be installed; the first one's version is the
client's.  npm: a package of npm instead, whose version it is.

=item run

What is called, before the name of the plan (FTPS::Test::Clients).  %c is the
folder of the programs (t/clients), %l one for files, %n npm's node_modules.

=item prepare

A command that has to work once before.

=item env

What is in its environment besides.

=item seconds

How long a run may take (40).

=item looks

How often its program connects only to look at the certificate.

=item fxp

It makes two servers transfer between them.

=back

=cut

use v5.36;

my $PYTHON = '/usr/bin/python3';
# Commons Net uses Commons IO from 3.10 on.
my $JAR = join ':', map { "/usr/share/java/commons-$_.jar" } 'net', 'io';
my $GO = { GOPATH => '/usr/share/gocode', GO111MODULE => 'off',
  GOCACHE => '%l/cache' };
my $NODE = { NODE_PATH => '%n' };

my @TABLE = (
  { name => 'lftp', tls => 'GnuTLS', packages => ['lftp'],
    run => ['%c/lftp.sh'], fxp => 1 },
  { name => 'curl', tls => 'OpenSSL', packages => ['curl'],
    run => ['%c/curl.sh'] },
  { name => 'Python pycurl', tls => 'libcurl, GnuTLS',
    packages => ['python3-pycurl'], run => [ $PYTHON, '%c/python-pycurl.py' ] },
  { name => 'PHP curl', tls => 'libcurl, OpenSSL',
    packages => [ 'php-curl', 'php-cli' ], run => [ 'php', '%c/curl.php' ] },
  { name => 'git-ftp', tls => 'curl', packages => [ 'git-ftp', 'curl' ],
    run => ['%c/git-ftp.sh'] },
  { name => 'wget', tls => 'GnuTLS', packages => ['wget'],
    run => ['%c/wget.sh'] },
  { name => 'ftp-ssl', tls => 'OpenSSL', packages => ['ftp-ssl'],
    run => ['%c/ftp-ssl.sh'] },
  { name => 'FileZilla', tls => 'GnuTLS',
    packages => [ 'filezilla', 'xvfb', 'xdotool', 'sqlite3' ], seconds => 80, looks => 1,
    run => [ 'perl', '%c/filezilla.pl' ] },
  { name => 'gvfs (Files, gio)', tls => 'GnuTLS',
    packages => [ 'gvfs-backends', 'glib-networking', 'dbus' ],
    run => ['%c/gvfs.sh'] },
  { name => 'PHP ftp', tls => 'OpenSSL', packages => ['php-cli'],
    run => [ 'php', '%c/ftp.php' ] },
  { name => 'Python ftplib, with the subclass', tls => 'OpenSSL',
    packages => ['python3'], run => [ $PYTHON, '%c/python-ftplib.py' ] },
  { name => 'Python ftplib', tls => 'OpenSSL', packages => ['python3'],
    run => [ $PYTHON, '%c/python-ftplib.py', '--without-reuse' ] },
  { name => 'ftputil, with the subclass', tls => 'OpenSSL',
    packages => ['python3-ftputil'], run => [ $PYTHON, '%c/python-ftputil.py' ] },
  { name => 'aioftp', tls => 'OpenSSL', packages => ['python3-aioftp'],
    run => [ $PYTHON, '%c/python-aioftp.py' ] },
  { name => 'Perl Net::FTP, with one session key', tls => 'OpenSSL',
    packages => [ 'perl', 'libio-socket-ssl-perl' ],
    run => [ '/usr/bin/perl', '%c/net-ftp.pl' ] },
  { name => 'Perl Net::FTP', tls => 'OpenSSL',
    packages => [ 'perl', 'libio-socket-ssl-perl' ],
    run => [ '/usr/bin/perl', '%c/net-ftp.pl', '--without-reuse' ] },
  { name => 'Ruby Net::FTP', tls => 'OpenSSL', packages => ['ruby'],
    run => [ '/usr/bin/ruby', '%c/net-ftp.rb' ] },
  { name => 'rclone', tls => 'Go', packages => ['rclone'],
    run => [ 'perl', '%c/rclone.pl' ] },
  { name => 'Go jlaffaye/ftp', tls => 'Go',
    packages => [ 'golang-github-jlaffaye-ftp-dev', 'golang-go' ], env => $GO,
    prepare => [ 'go', 'build', '-o', '%l/goftp', '%c/goftp.go' ],
    run => ['%l/goftp'] },
  { name => 'Java, with sockets that resume', tls => 'JSSE',
    packages => ['~jdk-headless'],
    prepare => [ 'javac', '-d', '%l/java', '%c/FtpsClient.java' ],
    run => [ 'java', '-cp', '%l/java', 'FtpsClient' ] },
  { name => 'Commons Net, with the subclass', tls => 'JSSE',
    packages => [ 'libcommons-net-java', '~jdk-headless' ],
    prepare => [ 'javac', '-cp', $JAR, '-d', '%l/net', '%c/CommonsNet.java' ],
    run => [ 'java', '-cp', "$JAR:%l/net", 'CommonsNet', '--resume' ] },
  { name => 'Commons Net', tls => 'JSSE',
    packages => [ 'libcommons-net-java', '~jdk-headless' ],
    prepare => [ 'javac', '-cp', $JAR, '-d', '%l/net', '%c/CommonsNet.java' ],
    run => [ 'java', '-cp', "$JAR:%l/net", 'CommonsNet' ] },
  { name => 'Mono FtpWebRequest', tls => 'BoringSSL',
    packages => [ 'mono-runtime', 'mono-devel' ],
    prepare => [ 'mcs', '-out:%l/ftp.exe', '%c/FtpWeb.cs' ],
    run => [ 'mono', '%l/ftp.exe' ] },
  (map { { name => "npm $_->[0]", tls => 'OpenSSL', packages => ['nodejs'],
    npm => $_->[0], env => $NODE, seconds => 20,
    run => [ 'node', $_->[1]->@* ] } }
    [ 'basic-ftp', ['%c/basic-ftp.js'] ],
    map { [ $_, [ '%c/node-ftp.js', $_ ] ] }
      'promise-ftp', 'ftp', '@icetee/ftp', 'ftp-ts'),
  (map { { name => "npm $_->[0], newest Node.js", tls => 'OpenSSL',
    npm => $_->[0], needs_npm => 'node', env => $NODE, seconds => 20,
    run => [ '%n/node/bin/node', $_->[1]->@* ] } }
    [ 'basic-ftp', ['%c/basic-ftp.js'] ],
    map { [ $_, [ '%c/node-ftp.js', $_ ] ] } 'promise-ftp', 'ftp-ts'),
);

sub all ($class) { return @TABLE }

# What `npm install` is to bring.
sub npm_packages ($class) {
  my %seen;
  return grep { !$seen{$_}++ } map { grep { defined } $_->@{qw(npm needs_npm)} }
    @TABLE;
}

1;
