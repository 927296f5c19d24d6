using System.Text;

namespace Krewe.Api.Inference;

/// <summary>
/// Turns the UTF-8 of names into strings. The same few names come with every request, so short ASCII ones are kept in a table of
/// fixed size, where a newcomer takes the place of whoever has its slot. A slot is one reference: a race costs a string.
/// </summary>
internal sealed class NameCache
{
    private const int Slots = 1024;

    private const int LongestKept = 64;

    private readonly string?[] names = new string?[Slots];

    /// <summary>The cache of the process.</summary>
    public static NameCache Shared { get; } = new();

    /// <summary>The name as a string.</summary>
    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > LongestKept)
        {
            return Encoding.UTF8.GetString(utf8);
        }

        var hash = 2166136261u;
        foreach (var b in utf8)
        {
            hash = (hash ^ b) * 16777619;
        }

        ref var slot = ref names[(hash ^ (hash >> 16)) & (Slots - 1)];
        var known = Volatile.Read(ref slot);
        if (known is not null && Ascii.Equals(utf8, known))
        {
            return known;
        }

        var name = Encoding.UTF8.GetString(utf8);
        if (name.Length == utf8.Length)
        {
            Volatile.Write(ref slot, name);
        }

        return name;
    }
}
