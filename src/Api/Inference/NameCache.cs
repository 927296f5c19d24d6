using System.Text;

namespace Krewe.Api.Inference;

/// <summary>
/// Converts UTF-8 names to strings. The same names recur in every request, so short ASCII ones are cached in a table of
/// fixed size, in which a new name replaces the one in its slot. A slot is one reference: a race costs an allocation.
/// </summary>
internal sealed class NameCache
{
    private const int Slots = 1024;

    private const int LongestKept = 64;

    private readonly string?[] names = new string?[Slots];

    /// <summary>The process-wide cache.</summary>
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
