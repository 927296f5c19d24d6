using System.Buffers.Text;
using System.Security.Cryptography;

namespace Krewe.Access.Keys;

/// <summary>Makes API keys: <c>krewe_</c>, the id, and 256 random bits. Scanners of repositories find them by their beginning.</summary>
internal static class NewKey
{
    private const string Beginning = "krewe_";
    private const string IdLetters = "abcdefghijkmnpqrstuvwxyz23456789";
    private const int IdLength = 8;
    private const int SecretBytes = 32;

    /// <summary>A new id of a key, which is no secret.</summary>
    public static string Id() => RandomNumberGenerator.GetString(IdLetters, IdLength);

    /// <summary>A new secret for an id; shown once.</summary>
    public static string Secret(string id) =>
        $"{Beginning}{id}_{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes))}";

    /// <summary>What may be shown of a key to recognise it.</summary>
    public static string PrefixOf(string secret) => secret[..(Beginning.Length + IdLength)];
}
