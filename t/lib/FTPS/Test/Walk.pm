# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::Walk;

=head1 NAME

FTPS::Test::Walk - one session that does random things, and what must hold

=head1 SYNOPSIS

  my $walk = FTPS::Test::Walk->new(server => $srv, seed => 7, steps => 30,
    places => ['a.test']);
  my @faults = $walk->run;
  print "$_\n" for $walk->story;

=head1 DESCRIPTION

The seed chooses the virtual host (by name, of C<places>), the version of TLS,
and every step.  Names of files begin with the seed, so that many walks can be
played at the same time, in the home of one user.

What must hold:

=over

=item *

After 234, and on data connections under PROT P, the server sends TLS records
only; in clear it answers 421 to bytes that are not TLS.  CCC ends this for the
control connection.

=item *

Each command is answered within C<patience> (60) seconds, however the data
connection ends.  Only QUIT, a broken handshake, bytes behind AUTH and a reply
of 421 end the session.

=item *

A file has the bytes that its last 226 acknowledged.  An upload without 226
leaves it as it was, if no byte of the data connection was accepted; otherwise
the new bytes may be there in part.  A download that was read to close_notify
and is 226 has every byte.

=back

=head1 METHODS

=over

=item run

Plays the walk; the list of what did not hold.

=item story, counts

What was done, as lines; how often, as a hash.

=back

=cut

use v5.36;
use FTPS::Test::Client;
use Time::HiRes qw(sleep);

my @SIZES = (0, 1, 100, 5000, 70_000, 400_000);
my $NAMES = 2;

# [weight, method, words ...]
my @STEPS = (
  [14, 'upload'], [14, 'download'], [5, 'listing'], [8, 'half_begun'],
  [4, 'level', 'P'], [2, 'level', 'C'], [1, 'level', 'S'], [1, 'level', 'p x'],
  [3, 'sscn', 'ON'], [3, 'sscn', 'OFF'], [1, 'sscn', 'on'], [1, 'sscn', ''],
  [2, 'auth', 'TLS'], [1, 'auth', 'SSL'], [1, 'auth', 'X'], [1, 'auth', ''],
  [2, 'ccc', 'notify'], [2, 'ccc', 'bare'],
  (map { [1, 'plain', $_] } 'NOOP', 'PWD', 'FEAT', 'PBSZ 0', 'PBSZ', 'PBSZ 9 9',
    'REST 3', 'REST x', 'TYPE A', 'TYPE I', 'MODE B',
    'STRU R', 'STAT', 'ABOR', 'REIN', 'HOST a.test', 'OPTS MLST x', 'CPSV',
    'SITE HELP', 'PROT', "NO\x01OP", "\xff\xf4\xff\xf2ABOR", 'USER nobody',
    'PASS wrong', 'ENC x', 'MIC x', 'ADAT x', 'EPSV ALL', 'EPSV 9',
    'PORT 127,0,0,1,0,1', 'PORT 1,2,3', 'EPRT |9|x|1|', 'RETR', 'STOR'),
  [2, 'long_line'], [2, 'many_lines'], [2, 'removed'], [2, 'renamed'],
  [1, 'leave'],
);
my @WEIGHTED = map { my $row = $_; ($row) x $row->[0] } @STEPS;

my @BEGINS = (undef, undef, undef, 'hello', 'handshake');
my @FINISHES = qw(wait wait wait notify fin close reset);

sub new ($class, %o) {
  my $self = bless { steps => 30, patience => 60, %o, holds => {}, serial => 0,
    story => [], faults => [], counts => {} }, $class;
  return $self;
}

sub counts ($self) { return $self->{counts} }

sub story ($self) {
  return map { "  $self->{seed}: $_" } $self->{story}->@*;
}

sub _tell ($self, $text) {
  push $self->{story}->@*, $text =~ s/[^ -~]/?/gr;
  return;
}

sub _fault ($self, $text) {
  push $self->{faults}->@*, $text;
  $self->_tell("FAULT: $text");
  return;
}

sub _count ($self, $what) { $self->{counts}{$what}++; return }

sub _pick ($self, @list) { return $list[ rand @list ] }

sub run ($self) {
  srand $self->{seed};
  my $steps = 1 + int rand $self->{steps};
  $steps = 0 if !eval { $self->_begin };
  $self->_judge_death($@) if $@;
  for (1 .. $steps) {
    my ($weight, $step, @words) = $self->_pick(@WEIGHTED)->@*;
    $self->{may_end} = 0;
    my $goes_on = eval { $self->can("_step_$step")->($self, @words) };
    $self->_judge_death($@) if $@;
    $self->_count("steps $step");
    last if !$goes_on;
  }
  $self->_end;
  return $self->{faults}->@*;
}

sub _judge_death ($self, $why) {
  chomp $why;
  return $self->_tell($why) if $why eq 'ended';
  $self->_fault($why =~ s/; so far: .*//sr);
  return;
}

# ---- the control connection

sub _begin ($self) {
  $self->{place} = $self->_pick($self->{places}->@*);
  my $max = $self->_pick('1.2', '1.3');
  $self->{c} = FTPS::Test::Client->new(timeout => $self->{patience},
    port => $self->{server}->vhost_port($self->{place}), max => $max,
    data_mode => $self->_pick(qw(pasv epsv port eprt)));
  $self->_tell("$self->{place}, TLS $max");
  $self->_reply($self->{c}->connect);
  $self->_step_auth($self->_pick('TLS', 'TLS', 'SSL')) or return 0
    if rand() < 0.85;
  return 1 if rand() < 0.05;
  $self->_do('USER proftpd');
  $self->_do('PASS test');
  $self->_do('TYPE I');
  $self->_step_level('P') if $self->{c}->is_tls && rand() < 0.9;
  return 1;
}

# Dies with 'ended' where the session may end, else with what is wrong.
sub _reply ($self, $code, $text) {
  $self->_tell("  $code $text" =~ s/\n.*/ .../sr);
  if ($code == 0) {
    my $error = $self->{c}->error // '';
    die "bytes of the server are no TLS: $error\n"
      if $error =~ /wrong version|packet length|unknown proto|http request/i;
    die "ended\n" if $self->{may_end};
    die "the session ended: $text\n";
  }
  if ($code == 421) {
    $self->{may_end} = 1;
  }
  return ($code, $text);
}

sub _do ($self, $line) {
  $self->_tell($line);
  my $prot = $self->{c}{prot};
  my ($code, $text) = $self->_reply($self->{c}->cmd($line));
  $self->{c}{prot} = $prot if $code != 200;
  $self->{rest} = 1 if $line eq 'REST 3' && $code == 350;
  die "ended\n" if $code == 421;
  return wantarray ? ($code, $text) : $code;
}

sub _step_plain ($self, $line) {
  $self->{may_end} = 1 if $line =~ /^(?:USER|PASS|HOST)/;
  $self->_do($line);
  return 1;
}

sub _step_level ($self, $level) { $self->_do("PROT $level"); return 1 }

sub _step_sscn ($self, $mode) {
  $self->{is_client} = $mode eq 'ON' if $self->_do("SSCN $mode") == 200
    && $mode =~ /^(?:ON|OFF)$/;
  return 1;
}

sub _step_auth ($self, $mechanism) {
  my $c = $self->{c};
  my $code = $self->_do("AUTH $mechanism" =~ s/ $//r);
  return 1 if $code != 234;
  $self->_fault('AUTH was taken twice') if $self->{has_tls}++;
  my $how = rand() < 0.9 ? 'whole' : $self->_pick(qw(nothing text cut));
  return $self->_broken_handshake($how) if $how ne 'whole';
  $c->start_tls or die 'handshake: ' . $c->error . "\n";
  $c->{prot} = 'P' if $mechanism eq 'SSL';
  return 1;
}

# What comes back of the server until the end.
sub _broken_handshake ($self, $how) {
  my $stream = $self->{c}->stream;
  $self->_tell("handshake: $how");
  $stream->raw($how eq 'text' ? "NOOP\r\nPWD\r\n" : "\x16\x03\x01\x02\x00\x01")
    if $how ne 'nothing';
  $stream->half_close if rand() < 0.5;
  my $got = $self->_all_of($stream);
  $got =~ s/^421 [^\r\n]*\r\n// if $how eq 'text';
  $self->_fault('clear bytes in place of a handshake: ' . substr $got, 0, 80)
    if !is_records($got);
  return 0;
}

sub _all_of ($self, $stream) {
  my $got = '';
  while (1) {
    my $some = $stream->read_within($self->{patience});
    die "the server leaves a connection open\n" if !defined $some;
    return $got if !length $some;
    $got .= $some;
  }
}

# True for TLS records, of which the last may be cut.
sub is_records ($bytes) {
  while (length $bytes) {
    my ($type, $major, $minor, $length) = unpack 'CCCn', "$bytes\0\0\0\0";
    return 0 if $type < 20 || $type > 23;
    return 1 if length $bytes < 5;
    return 0 if $major != 3 || $minor > 4 || $length > 16640;
    $bytes = substr $bytes, 5 + $length < length $bytes ? 5 + $length
      : length $bytes;
  }
  return 1;
}

sub _step_ccc ($self, $how) {
  my $c = $self->{c};
  if (!$c->is_tls) {
    $self->_do('CCC');
    return 1;
  }
  $self->_tell("CCC, $how");
  $self->{is_cleared} = 1 if ($self->_reply($c->ccc($how)))[0] == 200;
  return 1;
}

sub _step_long_line ($self) {
  $self->_do('NOOP ' . 'x' x $self->_pick(10, 100, 300, 490));
  return 1;
}

# Several commands in one write; each has its answer.
sub _step_many_lines ($self) {
  my @lines = map { $self->_pick('NOOP', 'PWD', 'PROT P', 'SSCN OFF', 'FEAT') }
    0 .. rand 6;
  $self->_tell(join ' + ', @lines);
  my $prot = $self->{c}{prot};
  $self->{c}->raw(join '', map { "$_\r\n" } @lines);
  for my $line (@lines) {
    my ($code) = $self->_reply($self->{c}->reply);
    $prot = 'P' if $line eq 'PROT P' && $code == 200;
    $self->{is_client} = 0 if $line eq 'SSCN OFF' && $code == 200;
  }
  $self->{c}{prot} = $prot;
  return 1;
}

sub _step_leave ($self) {
  $self->{may_end} = 1;
  my $how = $self->_pick(qw(quit close reset));
  $self->_tell($how);
  $how eq 'quit' ? $self->_do('QUIT') : $self->{c}->$how;
  return 0;
}

# ---- files

sub _name ($self, $number = int rand $NAMES) {
  return "s$self->{seed}-$number" . ($self->{moved}{$number} // '');
}

# What an upload has left half-way is not used again.
sub _retire ($self, $name) {
  delete $self->{holds}{$name};
  $name =~ /^s\d+-(\d+)/ or return;
  $self->{moved}{$1} = '-' . ++$self->{serial};
  return;
}

sub _check_file ($self, $name, $why) {
  my ($is, $want) = ($self->{server}->read_file($name), $self->{holds}{$name});
  return if !defined $is && !defined $want;
  return if defined $is && defined $want && $is eq $want;
  $self->_fault(sprintf '%s: %s, where %s was acknowledged (%s)', $name,
    map({ defined ? length($_) . ' bytes' : 'no file' } $is, $want), $why);
  return;
}

sub _step_removed ($self) {
  my $name = $self->_name;
  delete $self->{holds}{$name} if $self->_do("DELE $name") == 250;
  $self->_check_file($name, 'DELE');
  return 1;
}

sub _step_renamed ($self) {
  my ($from, $to) = ($self->_name, $self->_name);
  return 1 if $from eq $to || $self->_do("RNFR $from") != 350;
  $self->{holds}{$to} = delete $self->{holds}{$from}
    if $self->_do("RNTO $to") == 250;
  $self->_check_file($_, 'RNTO') for $from, $to;
  return 1;
}

# ---- transfers

sub _fresh_bytes ($self) {
  my $size = $self->_pick(@SIZES);
  my $seed = int rand 2**31;
  return substr pack('N*', map { $seed * ($_ + 1) % 2**32 } 0 .. $size / 4), 0,
    $size;
}

sub _words ($self) {
  my $is_server = $self->{is_client} && rand() < 0.5;
  my $pair = $is_server ? $self->{server}->pki->cert('server') : {};
  return (mode => $self->_pick(qw(pasv epsv port eprt)),
    session => $self->_pick(qw(reuse reuse reuse reuse same none)),
    $is_server ? (role => 'server', cert => $pair->{cert}, key => $pair->{key})
      : ());
}

# One transfer: opens, sends the command, plays the data connection, reads the
# replies.  Dies as _reply() does.
sub _transfer ($self, $line, %o) {
  my $c = $self->{c};
  my %words = $self->_words;
  my %r = (code => 0, moved => 0, got => '', is_whole => 0);
  $self->_tell("$line, $words{mode}, $words{session}, PROT $c->{prot}, "
    . ($o{finish} // 'wait') . ($o{abort} ? ', ABOR' : ''));
  my $d = eval { $c->data(%words) };
  if (!$d) {
    die $@ if $@ !~ /^data: .* answered (\d+)/;
    $self->_tell("  $@");
    $self->_reply($1, $@) if $1 == 0 || $1 == 421;
    return \%r;
  }
  my $begin = $self->_pick(@BEGINS);
  eval { $d->hello } if ($begin // '') eq 'hello' && $c->{prot} eq 'P'
    && $words{mode} =~ /pasv|epsv/;
  my ($code, $text) = $self->_reply($c->cmd($line));
  $r{text} = $text;
  if ($code != 150 && $code != 125) {
    $self->_check_silence($d) if $words{mode} =~ /pasv|epsv/;
    $d->close;
    return { %r, code => $code };
  }
  $d->{listener} && $d->accept || $d->is_open
    or die "no data connection came\n";
  $self->_play($d, \%r, \%o);
  ($r{code}) = $self->_reply($c->reply);
  $self->_reply($c->reply) if $r{aborted} && $r{code} != 225;
  return \%r;
}

sub _play ($self, $d, $r, $o) {
  my $c = $self->{c};
  if (!$d->handshake) {
    my $error = $d->error // '';
    $self->_fault("data connection: $error")
      if $error =~ /wrong version|packet length|unknown proto|http request/i;
    $d->close;
    return;
  }
  $r->{shaken} = 1;
  if ($o->{abort}) {
    $d->write(substr $o->{bytes}, 0, 3000) if defined $o->{bytes};
    $r->{moved} = $r->{aborted} = 1;
    # In clear ProFTPD may see an ABOR late, with any module or none: then
    # TimeoutStalled ends the session.
    $self->{may_end} = 1 if $c->{prot} ne 'P';
    $c->abort($c->is_tls ? $self->_pick(qw(plain telnet)) : 'plain');
    $self->_drain($d);
    $d->close;
    return;
  }
  my $finish = $o->{finish} // 'wait';
  if (defined $o->{bytes}) {
    $r->{moved} = length $o->{bytes} ? 1 : 0;
    $d->write($o->{bytes});
    $d->finish($finish);
    return;
  }
  if ($finish eq 'wait') {
    $r->{got} = $d->wait_notify;
    $r->{is_whole} = ($d->eof // '') eq ($d->is_tls ? 'close_notify' : 'fin');
  } else {
    $r->{got} = $d->read_some(1000);
  }
  $d->finish($finish);
  return;
}

sub _drain ($self, $d) {
  for (1 .. 10_000) {
    my $got = $d->read_within($self->{patience});
    die "the server leaves a data connection open\n" if !defined $got;
    last if !length $got;
  }
  return;
}

# A data connection that the client has not begun: records, or nothing.
sub _check_silence ($self, $d) {
  return if $self->{c}{prot} ne 'P' || !$d->sock;
  my $got = '';
  while ($d->sock && defined(my $n = sysread $d->sock, my $some, 65_536)) {
    last if !$n;
    $got .= $some;
  }
  $self->_fault('clear bytes on a data connection: ' . substr $got, 0, 60)
    if !is_records($got);
  return;
}

sub _step_upload ($self) {
  my $name = $self->_name;
  my $verb = $self->_pick(qw(STOR STOR STOR APPE));
  my ($old, $bytes) = ($self->{holds}{$name}, $self->_fresh_bytes);
  my $finish = $self->_pick(@FINISHES);
  my $is_protected = $self->{c}{prot} eq 'P';
  my $r = eval { $self->_transfer("$verb $name", bytes => $bytes,
    finish => $finish, abort => rand() < 0.1) };
  if (!$r) {
    $self->_retire($name);
    die $@;
  }
  my $want = $self->_wanted($verb, $old, $bytes, $name);
  if ($r->{code} == 226 && !$r->{aborted}) {
    $self->_count('uploads');
    # The client has sent the bytes and TYPE A may be on; NUL bytes stay.
    return 1 if $self->_is_text($want, $name);
    $self->{holds}{$name} = $want;
    $self->_check_file($name, "226 after $finish");
    $self->_fault("$name: 226 after a reset") if $finish eq 'reset';
    return 1;
  }
  $self->_count('uploads without 226');
  if ($r->{moved} || !$is_protected && ($r->{shaken} || $r->{text})) {
    $self->_retire($name);
  } else {
    $self->_check_file($name, 'nothing of it was accepted');
  }
  return 1;
}

# What the file holds after a 226.  REST 3 counts, unless a command in between
# has used it up: then the file is the bytes.
sub _wanted ($self, $verb, $old, $bytes, $name) {
  $old //= '';
  my $plain = $verb eq 'APPE' ? $old . $bytes : $bytes;
  return $plain if !$self->{rest}
    || ($self->{server}->read_file($name) // '') eq $plain;
  my $new = substr($old . "\0\0\0", 0, 3) . $bytes;
  return $new . (length $old > length $new ? substr $old, length $new : '');
}

# In TYPE A the bytes are others: the file is not compared.
sub _is_text ($self, $want, $name) {
  my $is = $self->{server}->read_file($name) // return 0;
  return 0 if $is eq $want || !$self->{story}
    || !grep { /^TYPE A/ } $self->{story}->@*;
  $self->_retire($name);
  return 1;
}

sub _step_download ($self) {
  my $name = $self->_name;
  my $want = $self->{holds}{$name};
  my $r = $self->_transfer("RETR $name", finish => $self->_pick(@FINISHES),
    abort => rand() < 0.1);
  if (defined $want && $r->{code} == 226 && $r->{is_whole}) {
    $self->_count('downloads');
    my $is_same = $r->{got} eq $want;
    # A REST before it, or TYPE A.
    $is_same ||= substr($want, 3) eq $r->{got} if length $want > 3;
    $is_same ||= 1 if grep { /^TYPE A/ } $self->{story}->@*;
    $self->_fault("$name: 226, and " . length($r->{got}) . ' of '
      . length($want) . ' bytes') if !$is_same;
  }
  $self->_check_file($name, 'RETR');
  return 1;
}

sub _step_listing ($self) {
  $self->_transfer($self->_pick('LIST', 'NLST', 'MLSD', 'LIST -R', 'LIST x*'),
    finish => $self->_pick(@FINISHES), abort => rand() < 0.1);
  return 1;
}

# Data connections that nothing comes of: opened and left, reset, twice, with a
# part of a handshake or with text; then a command, or none.
sub _step_half_begun ($self) {
  my $c = $self->{c};
  my $how = $self->_pick(qw(left reset text hello twice unopened));
  my $mode = $self->_pick(qw(pasv epsv));
  $self->_tell("half-begun: $mode, $how");
  if ($how eq 'unopened') {
    $self->_do(uc $mode);
    return 1;
  }
  my $n = $how eq 'twice' ? 2 : 1;
  my @d = grep { defined } map { eval { $c->data(mode => $mode) } } 1 .. $n;
  return 1 if !@d;
  $d[0]->raw("GET / HTTP/1.0\r\n\r\n") if $how eq 'text';
  eval { $d[0]->hello } if $how eq 'hello' && $c->{prot} eq 'P';
  $d[0]->reset if $how eq 'reset';
  return 1 if rand() < 0.3;
  my $name = $self->_name;
  my $line = $self->_pick("RETR $name", "STOR $name", 'LIST', 'NOOP');
  my $is_kept = $c->{prot} eq 'P' || $line !~ /^STOR/;
  $d[-1]->close if $how eq 'left' && rand() < 0.5;
  my $code = $self->_do($line);
  if ($code == 150) {
    $self->_check_silence($_) for grep { $_->sock } @d;
    $_->close for grep { $_->sock } @d;
    $self->_reply($c->reply);
  }
  $is_kept ? $self->_check_file($name, "half-begun $line")
    : $self->_retire($name);
  return 1;
}

# Everything that was acknowledged is there, also after the session.
sub _end ($self) {
  eval { $self->{c}->close } if $self->{c};
  for my $name (sort keys $self->{holds}->%*) {
    next if !defined $self->{holds}{$name};
    $self->_check_file($name, 'at the end');
    $self->_count('files compared');
  }
  for my $path (glob $self->{server}->path("s$self->{seed}-*")) {
    unlink $path;
  }
  return;
}

1;
