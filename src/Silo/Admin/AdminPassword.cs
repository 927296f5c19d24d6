using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Krewe.Silo.Admin;

/// <summary>Checks HTTP Basic authentication (RFC 7617) for the only user.</summary>
internal sealed class AdminPassword(string password)
{
    public const string User = "admin";

    /// <summary>The WWW-Authenticate header of a 401.</summary>
    public const string Challenge = "Basic realm=\"krewe\", charset=\"UTF-8\"";

    private readonly byte[] expected = SHA256.HashData(Encoding.UTF8.GetBytes($"{User}:{password}"));

    /// <summary>
    /// True if an <c>Authorization</c> header has the right user and password. The comparison takes constant time.
    /// </summary>
    public bool Accepts(string? header)
    {
        Span<byte> given = stackalloc byte[SHA256.HashSizeInBytes];
        return TryRead(header, out var credentials)
            && SHA256.TryHashData(credentials, given, out _)
            && CryptographicOperations.FixedTimeEquals(given, expected);
    }

    private static bool TryRead(string? header, out byte[] credentials)
    {
        credentials = [];
        if (!AuthenticationHeaderValue.TryParse(header, out var value)
            || !value.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase)
            || value.Parameter is not { } encoded)
        {
            return false;
        }

        var bytes = new byte[encoded.Length];
        var valid = Convert.TryFromBase64String(encoded, bytes, out var length);
        credentials = bytes[..length];
        return valid;
    }
}
