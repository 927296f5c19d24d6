using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Krewe.Access.Keys;

/// <summary>
/// The SHA-256 of an API key. A key has 256 random bits, so a fast hash is enough, and how long a look-up by it takes tells nothing.
/// </summary>
internal readonly record struct KeyHash(ulong A, ulong B, ulong C, ulong D)
{
    /// <summary>The most characters that are hashed.</summary>
    public const int MaxKeyLength = 256;

    /// <summary>Hashes a key without allocating; false if it is too long or not ASCII.</summary>
    public static bool TryOf(ReadOnlySpan<char> key, out KeyHash hash)
    {
        Span<byte> text = stackalloc byte[MaxKeyLength];
        Span<ulong> parts = stackalloc ulong[4];
        hash = default;
        if (key.Length is 0 or > MaxKeyLength || !Ascii.IsValid(key) || !Encoding.ASCII.TryGetBytes(key, text, out var length))
        {
            return false;
        }

        SHA256.HashData(text[..length], MemoryMarshal.AsBytes(parts));
        hash = new KeyHash(parts[0], parts[1], parts[2], parts[3]);
        return true;
    }

    /// <summary>Hashes a text of any length, by its UTF-16, without allocating.</summary>
    public static KeyHash OfText(ReadOnlySpan<char> text)
    {
        Span<ulong> parts = stackalloc ulong[4];
        SHA256.HashData(MemoryMarshal.AsBytes(text), MemoryMarshal.AsBytes(parts));
        return new KeyHash(parts[0], parts[1], parts[2], parts[3]);
    }

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static KeyHash Parse(string hex)
    {
        Span<ulong> parts = stackalloc ulong[4];
        Convert.FromHexString(hex, MemoryMarshal.AsBytes(parts), out _, out _);
        return new KeyHash(parts[0], parts[1], parts[2], parts[3]);
    }

    // Already random.
    public override int GetHashCode() => (int)A;

    /// <summary>64 hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(MemoryMarshal.AsBytes<ulong>([A, B, C, D]));
}
