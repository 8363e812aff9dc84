# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::Page;

=head1 NAME

FTPS::Test::Page - follows a page of doc/, block by block

=head1 SYNOPSIS

  my $page = FTPS::Test::Page->new('doc/howto/letsencrypt.md');
  $page->blocks;            # { mark, argument, text, line }
  $page->unmarked;          # blocks that nobody follows
  $page->follow(setup => 'a shell script', first => \@blocks);   # tests, in a copy

=head1 DESCRIPTION

A comment before a block of code says what becomes of it.  Readers do not see it.

=over

=item <!-- run -->, <!-- run, prints nothing -->, <!-- run, fails -->

The block is run by C<sh -eu>, as root.  Its status is 0; or it does not count,
and nothing is printed; or it is another one.  After C<<!-- run outside -->> it
is run on a host beside this one.

=item <!-- file PATH -->, <!-- top of PATH -->, <!-- end of PATH -->

The block is that file, or is added to it.

=item <!-- prints REGEX -->

What the block before printed matches: a block of output, or no block at all.

=item <!-- shown: why -->

The block is not run, for this reason.

=back

C<follow> runs everything in t/lib/throw-away, with t/pages/bin first in PATH, and
is one test for each block.  It skips when there can be no such copy, and stops
with a note when a command ends with 77, as t/pages/bin/apt does.

=cut

use v5.36;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp ();
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Process;
use JSON::PP qw(decode_json encode_json);
use Test::More ();

my $LIB = dirname(dirname(dirname(abs_path(__FILE__))));
my $TOP = dirname(dirname($LIB));

sub new ($class, $path) {
  open my $in, '<', "$TOP/$path" or die "$path: $!\n";
  my @lines = <$in>;
  return bless { path => $path, lines => \@lines }, $class;
}

# A block after a mark: fenced, or lines that begin with four blanks.
sub _text_after ($lines, $i) {
  my $at = $i + 1;
  $at++ while $at < @$lines && $lines->[$at] =~ /^\s*$/;
  return undef if $at >= @$lines;
  my @text;
  if ($lines->[$at] =~ /^```/) {
    push @text, $lines->[$at] while $lines->[++$at] !~ /^```/;
    return join '', @text;
  }
  while ($at < @$lines && $lines->[$at] =~ /^(?:    (.*\n)|\n)/) {
    push @text, $1 // "\n";
    $at++;
  }
  pop @text while @text && $text[-1] eq "\n";
  return @text ? join '', @text : undef;
}

my $MARK = qr{^\s*<!-- (run,?|file|top of|end of|prints|shown:) ?(.*?) -->$};

sub blocks ($self) {
  my $lines = $self->{lines};
  my @found;
  for my $i (0 .. $#$lines) {
    my ($mark, $argument) = $lines->[$i] =~ $MARK or next;
    push @found, { mark => $mark =~ s/[:,]//r, argument => $argument,
      line => $i + 1, text => _text_after($lines, $i) };
  }
  return @found;
}

# Line numbers of fenced blocks without a mark.
sub unmarked ($self) {
  my ($is_in, @found) = 0;
  my $lines = $self->{lines};
  for my $i (0 .. $#$lines) {
    next if $lines->[$i] !~ /^```/;
    $is_in = !$is_in;
    my $before = $i - 1;
    $before-- while $before > 0 && $lines->[$before] =~ /^\s*$/;
    push @found, $i + 1 if $is_in && $lines->[$before] !~ /^\s*<!-- /;
  }
  return @found;
}

sub follow ($self, %o) {
  my $dir = File::Temp->newdir('ftps-page-XXXXXX', TMPDIR => 1);
  chmod 0755, $dir;
  mkdir "$dir/$_" for qw(copy in);
  spew("$dir/in/plan", encode_json([
    { mark => 'run', argument => '', line => 0, text => $o{setup} // '' },
    ($o{first} // [])->@*, $self->blocks]));
  my ($status, $output) = FTPS::Test::Process->run(["$LIB/throw-away",
    "$dir/copy", $^X, "-I$LIB", '-MFTPS::Test::Page', '-e',
    'FTPS::Test::Page->follow_inside(@ARGV)', "$dir/in/plan"], seconds => 600);
  Test::More::plan(skip_all => "no copy of the system: $output")
    if $status == 69;
  my @steps = grep { $_->{mark} ne 'shown' } ($o{first} // [])->@*,
    $self->blocks;
  return $self->_judge($status, $output, @steps + 1);
}

sub _judge ($self, $status, $output, $steps) {
  my $done = 0;
  for my $row (map { /^\{"/ ? decode_json($_) : () } split /\n/, $output) {
    return Test::More::note("$self->{path}: not followed to the end: "
      . $row->{output}) if $row->{status} == 77;
    my $name = "$self->{path}:$row->{line}: $row->{name}";
    Test::More::is($row->{status}, 0, $name)
      or Test::More::diag($row->{output});
    $done++;
  }
  Test::More::is($done, $steps, "$self->{path}: all steps were done")
    or Test::More::diag("status $status\n$output");
  return $done;
}

# In the copy: one line of JSON for each step.  The first fault is the last step.
sub follow_inside ($class, $plan) {
  my $steps = decode_json(slurp($plan));
  $ENV{PATH} = "$TOP/t/pages/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin"
    . ':/usr/bin:/sbin:/bin';
  chdir '/root' or die "/root: $!\n";
  $| = 1;
  my $last = '';
  for my $step (grep { $_->{mark} ne 'shown' } @$steps) {
    my ($status, $output) = _do_step($step, \$last);
    say encode_json({ line => $step->{line}, status => $status,
      output => $output, name => "$step->{mark} "
        . ($step->{argument} || (split /\n/, $step->{text} // '')[0] // '') });
    last if $status;
  }
  return;
}

sub _do_step ($step, $last) {
  my ($mark, $text) = ($step->{mark}, $step->{text});
  if ($mark eq 'prints') {
    return (0, '') if $$last =~ /$step->{argument}/m;
    return (1, "not printed: $step->{argument}\nprinted: $$last");
  }
  return _write($step) if $mark ne 'run';
  my $file = File::Temp->new;
  my @where = $step->{argument} eq 'outside'
    ? qw(ip netns exec outside) : ();
  my $status = system(@where, 'sh', '-c', 'exec sh -euc "$1" >"$2" 2>&1 </dev/null',
    'sh', $text, "$file");
  $$last = slurp("$file");
  $status = $status >> 8 || $status;
  $status = length $$last if $step->{argument} eq 'prints nothing';
  $status = !$status if $step->{argument} eq 'fails';
  return ($status + 0, "$text\n$$last");
}

sub _write ($step) {
  my ($mark, $path, $text) = $step->@{qw(mark argument text)};
  my $is_done = eval {
    my $old = $mark eq 'file' ? '' : slurp($path);
    spew($path, $mark eq 'end of' ? $old . $text : $text . $old);
  };
  return $is_done ? (0, '') : (1, $@);
}

1;
