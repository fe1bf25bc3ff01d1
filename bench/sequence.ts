/** Bytes of a line, its newline counted. */
const LINE_BYTES = 10_000;
const DIGITS = 12;

/** Every line's bytes after its number: without a period, so that no part passes for another. */
const FILLER = filler(LINE_BYTES - DIGITS - 1);

const TICKS_PER_SECOND = 10;

/** In Perl, which costs the machine a tenth of what a shell does, and is there wherever ssh is. */
const PRINTER = `
  use Time::HiRes qw(time sleep);
  $| = 1;
  my ($until, $lines, $pause, $code, $filler) = @ARGV;
  my ($n, $next) = (0, time);
  until (-e $until) {
    my $text = join "", map { sprintf "%0${DIGITS}d%s\\n", $n++, $filler } 1 .. $lines;
    print $text or die "cannot print: $!";
    $next += $pause;
    my $left = $next - time;
    sleep $left if $left > 0;
  }
  exit $code;
`;

/**
 * A command that prints numbered lines at a steady rate until a file appears, then exits with
 * `code`. What was late is made up for.
 */
export function printSequence(
  { bytesPerSecond, until, code }: {
    bytesPerSecond: number;
    /** Path of the file that ends it. */
    until: string;
    code: number;
  },
): string[] {
  const lines = Math.round(bytesPerSecond / LINE_BYTES / TICKS_PER_SECOND);
  const args = [until, lines, 1 / TICKS_PER_SECOND, code, FILLER];
  return ["perl", "-e", PRINTER, ...args.map(String)];
}

/** Compares what arrives with the sequence, byte for byte. */
export class SequenceCheck {
  readonly #line = Buffer.from(`${"0".repeat(DIGITS)}${FILLER}\n`, "latin1");
  #number = 0;
  /** Bytes that were right. */
  bytes = 0;

  /** @throws {Error} at the first byte that is not the next one. */
  push(piece: Uint8Array): void {
    let at = 0;
    while (at < piece.length) {
      const column = this.bytes % LINE_BYTES;
      const length = Math.min(LINE_BYTES - column, piece.length - at);
      const expected = this.#line.subarray(column, column + length);
      if (Buffer.compare(expected, piece.subarray(at, at + length)) !== 0) {
        throw new Error(`wrong byte near offset ${this.bytes}`);
      }
      at += length;
      this.bytes += length;
      if (column + length === LINE_BYTES) this.#nextLine();
    }
  }

  /** Whether it stands between two lines. */
  get atLineEnd(): boolean {
    return this.bytes % LINE_BYTES === 0;
  }

  #nextLine(): void {
    this.#line.write(String(++this.#number).padStart(DIGITS, "0"), "latin1");
  }
}

function filler(length: number): string {
  let state = 1;
  let text = "";
  while (text.length < length) {
    // A linear congruential generator (Numerical Recipes); its high bits are the good ones.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text += (state >>> 8).toString(36);
  }
  return text.slice(0, length);
}
