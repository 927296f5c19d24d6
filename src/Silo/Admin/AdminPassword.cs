using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Krewe.Silo.Admin;

/// <summary>Holds credentials of HTTP Basic authentication (RFC 7617) against the one user there is.</summary>
internal sealed class AdminPassword(string password)
{
    public const string User = "admin";

    /// <summary>What a refused caller is asked for.</summary>
    public const string Challenge = "Basic realm=\"krewe\", charset=\"UTF-8\"";

    private readonly byte[] expected = SHA256.HashData(Encoding.UTF8.GetBytes($"{User}:{password}"));

    /// <summary>
    /// True where a header <c>Authorization</c> has the right user and password. How wrong it is does not show in the time it takes.
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
