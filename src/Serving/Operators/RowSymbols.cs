using System.Globalization;

namespace Krewe.Serving.Operators;

/// <summary>Names unknown sizes; sizes computed in the same way from the same inputs get the same name.</summary>
internal sealed class RowSymbols
{
    private readonly Dictionary<string, Extent> known = new(StringComparer.Ordinal);

    /// <summary>A size derived from others by an opaque computation.</summary>
    public Extent Derived(string how, params ReadOnlySpan<Extent> from) => Name('s', how, from);

    /// <summary>The same for a computed number that may be negative.</summary>
    public Extent Computed(string how, params ReadOnlySpan<Extent> from) => Name('c', how, from);

    /// <summary>A size unequal to all others.</summary>
    public Extent Fresh(bool mayFollowBatch = false) => Name(known.Count, 's', mayFollowBatch, $"fresh {known.Count}");

    /// <summary>False if it may be negative.</summary>
    public static bool IsSize(Extent extent) => extent.Factor >= 0 && extent.Symbols.All(symbol => symbol.Length == 1 || symbol[1] == 's');

    private Extent Name(char kind, string how, ReadOnlySpan<Extent> from)
    {
        var mayFollow = false;
        foreach (var extent in from)
        {
            mayFollow |= extent.MayFollowBatch;
        }

        var key = $"{how}({string.Join(',', from.ToArray().Select(extent => extent.ToString()))})";
        return known.TryGetValue(key, out var extent2) ? extent2 : Name(known.Count, kind, mayFollow, key);
    }

    private Extent Name(int number, char kind, bool mayFollow, string key) =>
        known[key] = Extent.Unknown(string.Create(CultureInfo.InvariantCulture, $"{kind}{number}"), mayFollow);
}
