using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Krewe.Abstractions.Errors;

namespace Krewe.Abstractions.Publishing;

/// <summary>A SHA-256 digest, written as 64 lower-case hexadecimal digits.</summary>
public readonly record struct Sha256Digest
{
    /// <summary>The length of a digest, in bytes.</summary>
    public const int SizeBytes = SHA256.HashSizeInBytes;

    private Sha256Digest(string hex) => Hex = hex;

    /// <summary>The digits; null only in <c>default</c>, which is not a valid digest.</summary>
    public string Hex { get; }

    /// <summary>Creates a digest from 32 bytes; any other length throws <see cref="KreweException"/>.</summary>
    public static Sha256Digest FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length == SizeBytes
        ? new Sha256Digest(Convert.ToHexStringLower(bytes))
        : throw KreweException.InvalidInput($"a SHA-256 digest has {SizeBytes} bytes: {bytes.Length} were given");

    /// <summary>Parses 64 hexadecimal digits of either case; anything else throws <see cref="KreweException"/>.</summary>
    public static Sha256Digest Parse(string? text) => TryParse(text, out var digest)
        ? digest
        : throw KreweException.InvalidInput(
            $"'{ErrorText.Quote(text)}' is not a SHA-256 digest: expected {2 * SizeBytes} hexadecimal digits");

    /// <summary>Parses 64 hexadecimal digits; false if invalid.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Sha256Digest digest)
    {
        var valid = text is { Length: 2 * SizeBytes } && text.All(char.IsAsciiHexDigit);
        digest = valid ? new Sha256Digest(text!.ToLowerInvariant()) : default;
        return valid;
    }

    /// <inheritdoc/>
    public override string ToString() => Hex ?? "";
}
