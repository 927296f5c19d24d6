namespace Krewe.Abstractions.Errors;

/// <summary>Suggests known names for a misspelt one.</summary>
public static class NearestNames
{
    private const int MaxSuggestions = 3;

    /// <summary>The closest names, best first; empty if none is close.</summary>
    public static IReadOnlyList<string> Find(string name, IEnumerable<string> known) =>
    [
        .. known.Select(other => (Name: other, Distance: Distance(name, other)))
            .Where(other => other.Distance <= Math.Min(name.Length - 1, Math.Max(2, name.Length / 3)))
            .OrderBy(other => other.Distance).ThenBy(other => other.Name, StringComparer.Ordinal)
            .Take(MaxSuggestions).Select(other => other.Name),
    ];

    /// <summary>The case-insensitive Levenshtein distance; 1 if one name is a prefix of the other.</summary>
    private static int Distance(string one, string other)
    {
        var shorter = Math.Min(one.Length, other.Length);
        if (shorter > 2 && one.AsSpan(0, shorter).Equals(other.AsSpan(0, shorter), StringComparison.OrdinalIgnoreCase))
        {
            return 1;
        }

        Span<int> row = stackalloc int[other.Length + 1];
        for (var j = 0; j <= other.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 0; i < one.Length; i++)
        {
            var diagonal = row[0]++;
            for (var j = 0; j < other.Length; j++)
            {
                var replaced = diagonal + (char.ToLowerInvariant(one[i]) == char.ToLowerInvariant(other[j]) ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(replaced, Math.Min(row[j], diagonal) + 1);
            }
        }

        return row[^1];
    }
}
