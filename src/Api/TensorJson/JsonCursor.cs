using Krewe.Abstractions.Errors;

namespace Krewe.Api.TensorJson;

/// <summary>
/// A strict pull parser for JSON (RFC 8259, plus the bare words of <see cref="FloatWords"/>) over a whole body. Callers ask for what they
/// expect, can move <see cref="Position"/> back, and scan tensor data directly from <see cref="Json"/>. Every failure is a
/// <see cref="KreweException"/> with line and byte, counted from 1.
/// </summary>
internal ref struct JsonCursor
{
    /// <summary>The maximum nesting depth.</summary>
    public const int MaxDepth = 64;

    /// <summary>Starts at the first byte; throws if the text is not UTF-8.</summary>
    public JsonCursor(ReadOnlySpan<byte> json)
    {
        Json = json;
        if (!System.Text.Unicode.Utf8.IsValid(json))
        {
            Position = JsonPlace.FirstInvalidUtf8(json);
            throw SyntaxError("expected UTF-8 text");
        }
    }

    private JsonCursor(ReadOnlySpan<byte> json, int position)
    {
        Json = json;
        Position = position;
    }

    /// <summary>The whole text.</summary>
    public ReadOnlySpan<byte> Json { get; }

    /// <summary>The offset of the next byte.</summary>
    public int Position { get; set; }

    /// <summary>Unread bytes.</summary>
    public readonly int Remaining => Json.Length - Position;

    /// <summary>A cursor within text that another cursor has validated as UTF-8.</summary>
    public static JsonCursor At(ReadOnlySpan<byte> json, int position) => new(json, position);

    /// <summary>Skips white space and returns the next byte without consuming it; 0 at the end.</summary>
    public byte Peek()
    {
        var json = Json;
        var at = Position;
        while ((uint)at < (uint)json.Length)
        {
            var c = json[at];
            if (c > ' ' || (c != ' ' && c != '\n' && c != '\r' && c != '\t'))
            {
                Position = at;
                return c;
            }

            at++;
        }

        Position = at;
        return 0;
    }

    /// <summary>Consumes the next byte if it is <paramref name="token"/>.</summary>
    public bool TryTake(char token)
    {
        var found = Peek() == token && Position < Json.Length;
        Position += found ? 1 : 0;
        return found;
    }

    /// <summary>Opens an object; <paramref name="what"/> names it in errors.</summary>
    public void OpenObject(string what) => Open('{', "an object", what);

    /// <summary>Opens an array; <paramref name="what"/> names it in errors.</summary>
    public void OpenArray(string what) => Open('[', "an array", what);

    /// <summary>Advances to the value of the object's next member; false at its end.</summary>
    public bool NextMember(ref bool first, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (!Next(ref first, '}', "a member"))
        {
            return false;
        }

        if (Peek() != '"')
        {
            throw SyntaxError($"expected a member name in double quotes, got {Token()}");
        }

        name = ReadText();
        return TryTake(':') ? true : throw SyntaxError($"expected ':' after a member name, got {Token()}");
    }

    /// <summary>Advances to the array's next item; false at its end.</summary>
    public bool NextItem(ref bool first) => Next(ref first, ']', "an item");

    /// <summary>Reads a string as UTF-8, unescaped; <paramref name="what"/> names it in errors.</summary>
    public ReadOnlySpan<byte> ReadText(string what) =>
        Peek() == '"' ? ReadText() : throw WrongToken(what, "a string");

    /// <summary>Reads an integer of at least <paramref name="min"/>; <paramref name="what"/> names it in errors.</summary>
    public long ReadInteger(string what, long min)
    {
        Peek();
        var start = Position;
        var at = start;
        if (IntegerElement<long>.TryRead(Json, ref at, out var value) && value >= min)
        {
            Position = at;
            return value;
        }

        throw WrongToken(what, min == long.MinValue ? "an integer of 64 bits" : $"an integer of 64 bits, {min} or more");
    }

    /// <summary>Reads true or false; <paramref name="what"/> names it in errors.</summary>
    public bool ReadBoolean(string what)
    {
        var c = Peek();
        if (c is (byte)'t' or (byte)'f')
        {
            TakeLiteral(c == 't' ? "true"u8 : "false"u8);
            return c == 't';
        }

        throw WrongToken(what, "true or false");
    }

    /// <summary>Consumes null if it is next.</summary>
    public bool TryTakeNull()
    {
        var found = Peek() == 'n';
        if (found)
        {
            TakeLiteral("null"u8);
        }

        return found;
    }

    /// <summary>Skips one value of any kind.</summary>
    public void Skip() => Skip(MaxDepth);

    /// <summary>Throws if anything but white space is left.</summary>
    public void ExpectEnd(string what)
    {
        if (Peek() != 0 || Position < Json.Length)
        {
            throw SyntaxError($"expected nothing after {what}, got {Token()}");
        }
    }

    /// <summary>The error for invalid JSON.</summary>
    public readonly KreweException SyntaxError(string problem) =>
        KreweException.InvalidInput($"invalid JSON at {JsonPlace.Of(Json, Position)}: {problem}");

    /// <summary>The error for valid JSON with an invalid value.</summary>
    public readonly KreweException Wrong(string problem) =>
        KreweException.InvalidInput($"{problem} ({JsonPlace.Of(Json, Position)})");

    /// <summary>The error for a value of the wrong kind; a syntax error if the value is invalid JSON.</summary>
    public KreweException WrongToken(string what, string expected)
    {
        Peek();
        var token = Token();
        var start = Position;
        Skip();
        Position = start;
        return Wrong($"{what}: expected {expected}, got {token}");
    }

    /// <summary>Describes the next token.</summary>
    public readonly string Token() => JsonPlace.Describe(Json, Position);

    /// <summary>Reads the string that starts here; without escapes, the result references the body.</summary>
    public ReadOnlySpan<byte> ReadText()
    {
        var raw = TakeRawString(out var escaped);
        if (!escaped)
        {
            return raw;
        }

        var text = new byte[raw.Length];
        return text.AsSpan(0, JsonEscapes.Unescape(raw, text));
    }

    /// <summary>
    /// Consumes the string that starts here and returns the bytes between its quotes, with escapes validated but not decoded.
    /// </summary>
    public ReadOnlySpan<byte> TakeRawString(out bool escaped)
    {
        var start = ++Position;
        Span<byte> decoded = stackalloc byte[4];
        for (escaped = false; ;)
        {
            var stop = Json[Position..].IndexOfAny(JsonStringWriter.Escaped);
            if (stop < 0)
            {
                Position = Json.Length;
                throw SyntaxError("expected '\"' at the end of a string, got the end of the text");
            }

            Position += stop;
            switch (Json[Position])
            {
                case (byte)'"':
                    return Json[start..Position++];
                case (byte)'\\':
                    escaped = true;
                    Position += JsonEscapes.Decode(this, decoded, out _);
                    break;
                default:
                    throw SyntaxError($"expected control characters in a string to be escaped, got byte 0x{Json[Position]:x2}");
            }
        }
    }

    private void Open(char token, string expected, string what)
    {
        if (!TryTake(token))
        {
            throw WrongToken(what, expected);
        }
    }

    private bool Next(ref bool first, char close, string what)
    {
        if (TryTake(close))
        {
            return false;
        }

        if (!first && !TryTake(','))
        {
            throw SyntaxError($"expected ',' or '{close}' after {what}, got {Token()}");
        }

        first = false;
        return true;
    }

    private void Skip(int depth)
    {
        switch (Peek())
        {
            case (byte)'"':
                TakeRawString(out _);
                break;
            case (byte)'{' or (byte)'[' when depth == 0:
                throw SyntaxError($"expected at most {MaxDepth} levels of nesting");
            case (byte)'{':
                SkipObject(depth - 1);
                break;
            case (byte)'[':
                SkipArray(depth - 1);
                break;
            case (byte)'t':
                TakeLiteral("true"u8);
                break;
            case (byte)'f':
                TakeLiteral("false"u8);
                break;
            case (byte)'n':
                TakeLiteral("null"u8);
                break;
            default:
                SkipNumber();
                break;
        }
    }

    private void SkipObject(int depth)
    {
        Position++;
        for (var first = true; Next(ref first, '}', "a member");)
        {
            if (Peek() != '"')
            {
                throw SyntaxError($"expected a member name in double quotes, got {Token()}");
            }

            TakeRawString(out _);
            if (!TryTake(':'))
            {
                throw SyntaxError($"expected ':' after a member name, got {Token()}");
            }

            Skip(depth);
        }
    }

    private void SkipArray(int depth)
    {
        Position++;
        for (var first = true; Next(ref first, ']', "an item");)
        {
            Skip(depth);
        }
    }

    private void SkipNumber()
    {
        var rest = Json[Position..];
        var length = JsonNumber.Length(rest) is > 0 and var digits ? digits : FloatWords.BareLength(rest);
        if (length == 0)
        {
            throw SyntaxError($"expected a value, got {Token()}");
        }

        Position += length;
    }

    private void TakeLiteral(scoped ReadOnlySpan<byte> literal)
    {
        if (!Json[Position..].StartsWith(literal))
        {
            throw SyntaxError($"expected a value, got {Token()}");
        }

        Position += literal.Length;
    }
}
