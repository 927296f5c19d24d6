using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Krewe.Rollouts.Plans;

namespace Krewe.Rollouts.Routes;

/// <summary>
/// Hashes a caller's key to a number from 0 to <see cref="Share.Whole"/>, per rollout. A key keeps its number, so a
/// caller that has the new version keeps it while the share grows. Each rollout hashes differently, so that the first callers vary.
/// </summary>
public static class StickyKey
{
    /// <summary>The maximum length of a key, in characters.</summary>
    public const int MaxLength = 256;

    /// <summary>0 to <see cref="Share.Whole"/> - 1, uniformly distributed.</summary>
    public static int Place(string rollout, ReadOnlySpan<char> key)
    {
        Span<byte> text = stackalloc byte[Encoding.UTF8.GetMaxByteCount(
            Math.Min(rollout.Length, MaxLength) + 1 + Math.Min(key.Length, MaxLength))];
        var length = Encoding.UTF8.GetBytes(rollout.AsSpan(0, Math.Min(rollout.Length, MaxLength)), text);
        text[length++] = 0;
        length += Encoding.UTF8.GetBytes(key[..Math.Min(key.Length, MaxLength)], text[length..]);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..length], digest);
        return (int)(BinaryPrimitives.ReadUInt64LittleEndian(digest) % Share.Whole);
    }
}
