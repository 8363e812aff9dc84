# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::Memcached;

=head1 NAME

FTPS::Test::Memcached - a real memcached on a free port

=head1 SYNOPSIS

  my $m = FTPS::Test::Memcached->start;
  my $address = $m->address;            # for MemcacheServers
  my ($key) = $m->keys('ftps:sess:');
  $m->set($key, 'garbage');
  $m->signal('STOP');
  $m->kill;

=head1 METHODS

=over

=item is_installed

=item start(port => PORT, address => ADDRESS, socket => PATH)

Returns when it answers.  C<kill> and C<start> again with the same port is a
restart.  With C<socket> it listens there alone, and everybody may connect.

=item address, port, pid, signal(NAME), kill

=item keys(PREFIX), get(KEY), set(KEY, BYTES), stats, stat(NAME)

By a connection of the test's own.

=back

=cut

use v5.36;
use FTPS::Test::Process;
use IO::Socket::IP;
use IO::Socket::UNIX;

sub _program () {
  my ($path) = grep { -x } map { "$_/memcached" } qw(/usr/bin /usr/local/bin);
  return $path;
}

sub is_installed ($class) { return !!_program() }

sub start ($class, %o) {
  my $self = bless { host => $o{address} // '127.0.0.1',
    socket => $o{socket} }, $class;
  for my $try (1 .. 20) {
    $self->{port} = $o{port} // 20000 + int rand 12000;
    my $process = $self->{process} = FTPS::Test::Process->start([ _program(),
      '-u', 'nobody', $self->_place, '-m', 16, '-t', 2 ], nice => -10);
    return $self if FTPS::Test::Process->until(sub {
      return 'ended' if $process->has_ended;
      return eval { $self->stat('pid') };
    }) eq $process->pid;
    $process->kill_now;
  }
  die "memcached: does not start\n";
}

sub _place ($self) {
  return ('-s', $self->{socket}, '-a', '0666') if $self->{socket};
  return ('-l', $self->{host}, '-p', $self->{port}, '-U', 0);
}

sub address ($self) { return $self->{socket} // "$self->{host}:$self->{port}" }
sub port ($self)          { return $self->{port} }
sub pid ($self)           { return $self->{process}->pid }
sub signal ($self, $name) { return $self->{process}->signal($name) }
sub kill ($self)          { return $self->{process}->kill_now }

sub _dial ($self) {
  return ($self->{socket}
      ? IO::Socket::UNIX->new(Peer => $self->{socket}, Timeout => 5)
      : IO::Socket::IP->new(PeerHost => $self->{host},
        PeerPort => $self->{port}, Timeout => 5))
    // die "memcached: $!\n";
}

# Lines of the answer, up to the one that ends it.
sub _ask ($self, $text) {
  my $sock = $self->_dial;
  print {$sock} $text;
  my @lines;
  while (defined(my $line = <$sock>)) {
    push @lines, $line =~ s/\r?\n\z//r;
    last if $line =~ /^(?:END|STORED|NOT_STORED|DELETED|NOT_FOUND|\w*ERROR)\b/;
  }
  return @lines;
}

sub keys ($self, $prefix = '') {
  return sort grep { index($_, $prefix) == 0 } map {
    /^key=(\S+)/ ? $1 =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ger : ()
  } $self->_ask("lru_crawler metadump all\r\n");
}

sub get ($self, $key) {
  my $sock = $self->_dial;
  print {$sock} "get $key\r\n";
  my ($len) = (<$sock> // '') =~ /^VALUE \S+ \d+ (\d+)/ or return undef;
  my $bytes;
  read $sock, $bytes, $len;
  return $bytes;
}

sub set ($self, $key, $bytes) {
  my ($answer) = $self->_ask(
    "set $key 0 600 " . length($bytes) . "\r\n$bytes\r\n");
  return ($answer // '') eq 'STORED';
}

sub stats ($self) {
  return map { /^STAT (\S+) (.*)/ ? ($1, $2) : () } $self->_ask("stats\r\n");
}

sub stat ($self, $name) { return { $self->stats }->{$name} }

1;
